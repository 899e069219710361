// What is guarded_map's own: any underlying map, nothing of the user's destroyed or called under the lock unseen.
#include <portolan/map/guarded_map.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include <gtest/gtest.h>

#include <portolan/map/in_key_order.hpp>

#include "tests/promises/threads.hpp"

namespace {

using promises::together;
using promises::watchdog;

TEST(guarded_map, stands_over_an_ordered_map_and_lists_in_its_order) {
  portolan::guarded_map<std::map<std::string, int>> map;
  for (const char* key : {"c", "a", "b"}) EXPECT_TRUE(map.insert(key, 1));
  std::string seen;
  map.for_each([&](const std::string& key, int) { seen += key; });
  EXPECT_EQ(seen, "abc");
  EXPECT_EQ(map.load_or_compute("d", [] { return 4; }), 4);
}

TEST(guarded_map, takes_over_a_map_with_its_entries) {
  std::unordered_map<int, int> filled{{1, 10}, {2, 20}};
  const portolan::guarded_map<std::unordered_map<int, int>> map(std::move(filled));
  EXPECT_EQ(map.size(), 2U);
  EXPECT_EQ(map.find(2), 20);
}

TEST(guarded_map, works_with_the_locks_of_the_standard_library) {
  portolan::guarded_map<std::unordered_map<int, int>, std::shared_mutex> map;
  together(4, [&](int thread) {
    for (int i = 0; i < 1000; ++i) map.insert(thread * 1000 + i, i);
  });
  EXPECT_EQ(map.size(), 4000U);
}

template <class Map>
concept can_find = requires(const Map& map) {
  map.find(1);
};
template <class Map>
concept can_snapshot = requires(const Map& map) {
  map.snapshot();
};

TEST(guarded_map, has_no_find_where_the_value_cannot_be_copied) {
  using map = portolan::guarded_map<std::unordered_map<int, std::unique_ptr<int>>>;
  static_assert(!can_find<map> && !can_snapshot<map>);
  map m;
  m.insert(1, std::make_unique<int>(5));
  EXPECT_EQ(**m.extract(1), 5);
}

TEST(guarded_map, locks_while_it_writes) {
  portolan::guarded_map<std::unordered_map<int, int>> map;
  together(4, [&](int) {
    for (int i = 0; i < support::scaled(20'000); ++i) {
      map.compute(i % 7, [](const int* now) { return now == nullptr ? 1 : *now + 1; });
    }
  });
  int sum = 0;
  map.for_each([&](int, int value) { sum += value; });
  EXPECT_EQ(sum, 4 * support::scaled(20'000));
}

// Method: a value whose copies meet at a barrier: two readers must be inside at one time, or they never get on.
struct meets {
  explicit meets(std::atomic<int>* counter) : inside(counter) {}
  meets(const meets& other) : inside(other.inside) {
    ++*inside;
    while (*inside < 2) std::this_thread::yield();
  }
  meets(meets&&) = default;
  meets& operator=(meets&&) = default;
  std::atomic<int>* inside;
};

TEST(guarded_map, lets_readers_in_together) {
  const watchdog guard("two readers");
  std::atomic<int> inside = 0;
  portolan::guarded_map<std::unordered_map<int, meets>> map;
  map.try_emplace(1, &inside);
  together(2, [&](int) { EXPECT_TRUE(map.find(1).has_value()); });
}

// Method: a value whose destructor calls the map that held it. Under the lock that would be refused, and end the program.
struct looks_back {
  using map = portolan::guarded_map<std::unordered_map<int, looks_back>>;
  looks_back(const map* from, int* count) : shared(from), destroyed(count) {}
  looks_back(const looks_back& other) : shared(other.shared), destroyed(nullptr) {}
  looks_back(looks_back&& other) noexcept : shared(other.shared), destroyed(std::exchange(other.destroyed, nullptr)) {}
  looks_back& operator=(looks_back&& other) noexcept {
    std::swap(shared, other.shared);
    std::swap(destroyed, other.destroyed);
    return *this;
  }
  ~looks_back();
  const map* shared;
  int* destroyed;
};
looks_back::~looks_back() {
  if (destroyed == nullptr) return;
  ++*destroyed;
  static_cast<void>(shared->contains(1));
}

TEST(guarded_map, destroys_what_it_removed_with_no_lock_held) {
  int destroyed = 0;
  looks_back::map map;
  const auto fill = [&] {
    for (int i = 0; i < 3; ++i) map.try_emplace(i, &map, &destroyed);
  };
  fill();
  map.erase(0);
  EXPECT_EQ(destroyed, 1);
  map.insert_or_assign(1, looks_back(&map, &destroyed));
  EXPECT_EQ(destroyed, 2);
  map.compute(2, [](const looks_back*) { return portolan::decision<looks_back>(portolan::erase); });
  EXPECT_EQ(destroyed, 3);
  map.clear();
  EXPECT_EQ(destroyed, 4);
  fill();
  EXPECT_EQ(map.erase_if([](int key, const looks_back&) { return key != 1; }), 2U);
  EXPECT_EQ(destroyed, 6);
  map.clear();
}

/// Owned by the values of a map, which it calls when it dies.
struct looks_back_from_afar {
  using map = portolan::guarded_map<std::unordered_map<int, std::shared_ptr<looks_back_from_afar>>>;
  explicit looks_back_from_afar(const map* from) : shared(from) {}
  ~looks_back_from_afar() { static_cast<void>(shared->contains(1)); }
  const map* shared;
};

TEST(guarded_map, destroys_what_it_replaced_with_no_lock_held) {
  looks_back_from_afar::map map;
  const auto fresh = [&] { return std::make_shared<looks_back_from_afar>(&map); };
  map.insert(1, fresh());
  map.insert_or_assign(1, fresh());
  map.exchange(1, fresh());
  map.compute(1, [&](const auto*) { return fresh(); });
  EXPECT_EQ(map.compare_exchange(1, *map.find(1), fresh()), portolan::comparison::matched);
  map.clear();
}

// A hash that calls the map that is hashing with it: a read inside a read, which a shared lock need not survive.
struct calls_back {
  static inline portolan::guarded_map<std::unordered_map<int, int, calls_back>>* target = nullptr;
  std::size_t operator()(int key) const {
    if (target != nullptr) static_cast<void>(std::exchange(target, nullptr)->contains(key + 1));
    return static_cast<std::size_t>(key);
  }
};

TEST(guarded_map, refuses_a_read_inside_a_read) {
  portolan::guarded_map<std::unordered_map<int, int, calls_back>> map;
  map.insert(1, 1);
  calls_back::target = &map;
  EXPECT_THROW(static_cast<void>(map.find(1)), portolan::reentrant_call);
  calls_back::target = nullptr;
  EXPECT_EQ(map.find(1), 1);
}

TEST(guarded_map, erases_only_what_the_predicate_saw) {
  portolan::guarded_map<std::unordered_map<int, int>> map;
  for (int i = 0; i < 10; ++i) map.insert(i, i);
  const auto erased = map.erase_if([&](int key, int) {
    if (key == 3) map.insert_or_assign(3, 33);
    return true;
  });
  EXPECT_EQ(erased, 9U);
  EXPECT_EQ(map.find(3), 33);
}

struct without_equality {
  int number;
};

TEST(guarded_map, asks_again_where_it_cannot_compare) {
  portolan::guarded_map<std::unordered_map<int, without_equality>> map;
  for (int i = 0; i < 10; ++i) map.insert(i, without_equality{i});
  bool changed = false;
  const auto erased = map.erase_if([&](int key, const without_equality& value) {
    if (key == 3 && !std::exchange(changed, true)) map.insert_or_assign(3, without_equality{100});
    return value.number < 50;
  });
  EXPECT_EQ(erased, 9U);
  EXPECT_EQ(map.find(3)->number, 100);
}

TEST(guarded_map, lists_in_key_order_on_request) {
  portolan::guarded_map<std::unordered_map<int, int>> map;
  for (int i = 100; i-- > 0;) map.insert(i * 37 % 100, i);
  int next = 0;
  for (const auto& [key, value] : portolan::in_key_order(map)) EXPECT_EQ(key, next++);
}

}  // namespace
