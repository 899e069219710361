// What is snapshot_map's own: states that are whole, and held for as long as one likes.
#include <portolan/map/snapshot_map.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <portolan/map/in_key_order.hpp>

#include "tests/promises/threads.hpp"
#include "tests/support/eventually.hpp"

namespace {

using promises::together;
using promises::watchdog;
using map_type = portolan::snapshot_map<int, int>;

TEST(snapshot_map, shows_an_empty_map_before_the_first_store) {
  const map_type map;
  EXPECT_EQ(map.view().size(), 0U);
  EXPECT_FALSE(map.view().find(1));
  map.view().for_each([](int, int) { FAIL(); });
  EXPECT_FALSE(map.find(1));
}

TEST(snapshot_map, keeps_a_view_as_it_was_whatever_happens_to_the_map) {
  auto map = std::make_unique<map_type>();
  for (int i = 0; i < 10; ++i) map->insert(i, i);
  const auto view = map->view();
  map->insert_or_assign(1, 100);
  map->erase(2);
  map->insert(10, 10);
  EXPECT_EQ(view.size(), 10U);
  EXPECT_EQ(view.find(1), 1);
  EXPECT_TRUE(view.contains(2));
  EXPECT_FALSE(view.contains(10));
  map->clear();
  map.reset();
  auto copy = view;
  int sum = 0;
  copy.for_each([&](int, int value) { sum += value; });
  EXPECT_EQ(sum, 45);
  EXPECT_EQ(copy.find(9), 9);
}

TEST(snapshot_map, loses_no_update_of_two_writers) {
  map_type map;
  const int updates = support::scaled(20'000);
  together(2, [&](int thread) {
    for (int i = 0; i < updates; ++i) {
      map.update([&](map_type::draft& draft) {
        const int before = draft.find(0).value_or(0);
        if (i % 16 == 0) std::this_thread::yield();
        draft.insert_or_assign(0, before + 1);
        draft.insert_or_assign(1 + thread, i);
      });
    }
  });
  EXPECT_EQ(map.find(0), 2 * updates);
}

// Method: one object moves between keys 0 and 1, ten more are always equal to one another and change together; whoever
// lists must find exactly one object and one number. A weak listing finds none or two sooner or later (A12).
TEST(snapshot_map, shows_a_batch_whole_or_not_at_all) {
  map_type map;
  map.insert(0, -1);
  for (int i = 2; i < 12; ++i) map.insert(i, 0);
  std::atomic<bool> done = false;
  together(3, [&](int thread) {
    if (thread == 0) {
      for (int i = 1; i <= support::scaled(5000); ++i) {
        map.update([&](map_type::draft& draft) {
          draft.erase((i + 1) % 2);
          draft.insert(i % 2, -1);
          for (int key = 2; key < 12; ++key) draft.insert_or_assign(key, i);
        });
      }
      done = true;
      return;
    }
    while (!done) {
      int objects = 0;
      std::vector<int> numbers;
      map.for_each([&](int key, int value) { key < 2 ? void(++objects) : numbers.push_back(value); });
      ASSERT_EQ(objects, 1);
      ASSERT_EQ(numbers.size(), 10U);
      for (const int number : numbers) ASSERT_EQ(number, numbers[0]);
    }
  });
}

TEST(snapshot_map, replaces_everything_at_once) {
  map_type map;
  std::atomic<bool> done = false;
  const auto generation = [](int number) {
    std::vector<std::pair<int, int>> all;
    for (int key = 0; key < 10 + number % 3; ++key) all.emplace_back(key, number);
    return all;
  };
  map.store_all(generation(0));
  together(3, [&](int thread) {
    if (thread == 0) {
      for (int i = 1; i <= support::scaled(3000); ++i) map.store_all(generation(i));
      done = true;
      return;
    }
    while (!done) {
      const auto view = map.view();
      const int number = *view.find(0);
      ASSERT_EQ(view.size(), static_cast<std::size_t>(10 + number % 3));
      view.for_each([&](int, int value) { ASSERT_EQ(value, number); });
    }
  });
  map.store_all(std::vector<std::pair<int, int>>());
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.stats().tables, 0U);
}

// Method: a reader stays inside its visitor, and a writer inside its update, until the other side has done its work.
TEST(snapshot_map, lets_neither_side_wait_for_the_other) {
  const watchdog guard("readers and writers");
  map_type map;
  map.insert(1, 1);
  std::atomic<int> step = 0;
  together(2, [&](int thread) {
    if (thread == 0) {
      map.for_each([&](int, int) {
        step = 1;
        while (step < 2) std::this_thread::yield();
      });
      while (step < 3) std::this_thread::yield();
      EXPECT_EQ(map.find(1), 2);
      EXPECT_EQ(map.view().size(), 1U);
      step = 4;
    } else {
      while (step < 1) std::this_thread::yield();
      map.insert_or_assign(1, 2);
      step = 2;
      map.update([&](map_type::draft& draft) {
        draft.insert(2, 2);
        step = 3;
        while (step < 4) std::this_thread::yield();
      });
    }
  });
  EXPECT_EQ(map.size(), 2U);
}

TEST(snapshot_map, publishes_nothing_of_an_update_that_throws) {
  map_type map;
  map.insert(1, 1);
  EXPECT_THROW(map.update([](map_type::draft& draft) {
    draft.clear();
    draft.insert(2, 2);
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  EXPECT_EQ(map.size(), 1U);
  EXPECT_EQ(map.find(1), 1);
}

TEST(snapshot_map, gives_back_what_an_update_returns_and_refuses_writes_from_inside) {
  map_type map;
  EXPECT_EQ(map.update([&](map_type::draft& draft) {
    EXPECT_THROW(map.insert(1, 1), portolan::reentrant_call);
    EXPECT_FALSE(map.find(1));
    draft.insert(3, 3);
    EXPECT_FALSE(map.contains(3));
    EXPECT_TRUE(draft.contains(3));
    return 7;
  }),
            7);
  EXPECT_EQ(map.size(), 1U);
}

/// A value that counts how many of its kind live, and whose destructor reads the map.
struct counted_value {
  static inline std::atomic<int> alive = 0;
  using map = portolan::snapshot_map<int, counted_value>;
  counted_value(int n, const map* in) : number(n), home(in) { ++alive; }
  counted_value(const counted_value&) = delete;
  counted_value& operator=(const counted_value&) = delete;
  ~counted_value() {
    --alive;
    if (home != nullptr) static_cast<void>(home->size());
  }
  int number;
  const map* home;
};

TEST(snapshot_map, frees_each_value_when_its_last_version_goes) {
  counted_value::map map;
  for (int i = 0; i < 100; ++i) map.try_emplace(i, i, nullptr);
  EXPECT_EQ(map.find(5)->number, 5);
  {
    const auto view = map.view();
    map.update([&](counted_value::map::draft& draft) {
      for (int i = 0; i < 100; ++i) draft.erase(i);
      for (int i = 0; i < 10; ++i) draft.try_emplace(1000, i, &map);
      draft.clear();
      draft.try_emplace(1001, 1, nullptr);
    });
    EXPECT_EQ(map.size(), 1U);
    EXPECT_GE(counted_value::alive, 101);
    EXPECT_EQ(view.size(), 100U);
  }
  // The timer frees what no operation does.
  EXPECT_TRUE(support::eventually([&] { return counted_value::alive == 1; })) << counted_value::alive;
}

TEST(snapshot_map, erases_only_what_the_predicate_saw_and_in_one_publish) {
  map_type map;
  for (int i = 0; i < 10; ++i) map.insert(i, i);
  EXPECT_EQ(map.erase_if([&](int key, int) {
    if (key == 3) map.insert_or_assign(3, 3);  // equal, but another one
    return true;
  }),
            9U);
  EXPECT_EQ(map.find(3), 3);
}

TEST(snapshot_map, lists_equal_states_equally_in_key_order) {
  map_type one;
  map_type other;
  for (int i = 0; i < 100; ++i) {
    one.insert(i, i);
    other.insert(99 - i, 99 - i);
  }
  EXPECT_EQ(portolan::in_key_order(one), portolan::in_key_order(other.view()));
}

/// A value whose first copy takes until the map has replaced and retired it many times over.
struct slow_copy {
  static inline std::atomic<int> step = 0;
  explicit slow_copy(int n) : number(n) {}
  slow_copy(slow_copy&&) = default;
  slow_copy(const slow_copy& other) : number(0) {
    int expected = 0;
    if (step.compare_exchange_strong(expected, 1)) {
      while (step < 2) std::this_thread::yield();
    }
    number = other.number;
  }
  int number;
};

// Method: a find is held up in the middle of its copy while the value is replaced and a thousand others are retired;
// what it copies from must not have been freed (run under AddressSanitizer).
TEST(snapshot_map, keeps_a_value_whole_while_it_is_copied) {
  const watchdog guard("slow copy");
  slow_copy::step = 0;
  portolan::snapshot_map<int, slow_copy> map;
  map.insert_or_assign(1, slow_copy(7));
  together(2, [&](int thread) {
    if (thread == 0) {
      EXPECT_EQ(map.find(1)->number, 7);
      return;
    }
    while (slow_copy::step < 1) std::this_thread::yield();
    for (int i = 0; i < 1000; ++i) map.insert_or_assign(1, slow_copy(i));
    slow_copy::step = 2;
  });
}

}  // namespace
