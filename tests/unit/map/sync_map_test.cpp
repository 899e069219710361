// What is sync_map's own: how keys settle in the read table, who needs the mutex, and what is let go of.
#include <portolan/map/sync_map.hpp>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/promises/threads.hpp"
#include "tests/support/eventually.hpp"

namespace {

using promises::chance;
using promises::together;
using promises::watchdog;

/// A map whose keys 0 … count-1 stand in the read table, with nothing dirty.
template <class Map>
void settle(Map& map, int count) {
  for (int i = 0; i < count; ++i) map.store(i, i);
  map.range([](int, const auto&) { return false; });
  ASSERT_EQ(map.stats().tables, 1U);
}

TEST(sync_map, promotes_the_dirty_table_after_as_many_misses_as_it_has_keys) {
  portolan::sync_map<int, int> map;
  settle(map, 10);
  map.store(10, 10);
  EXPECT_EQ(map.stats().tables, 2U);
  for (int miss = 0; miss < 10; ++miss) {
    EXPECT_EQ(map.load(10), 10);
    EXPECT_EQ(map.stats().tables, 2U);
  }
  EXPECT_EQ(map.load(10), 10);  // the eleventh miss, for eleven keys
  EXPECT_EQ(map.stats().tables, 1U);
}

TEST(sync_map, finds_an_expunged_key_that_comes_back) {
  portolan::sync_map<int, int> map;
  settle(map, 3);
  map.erase(1);
  map.store(3, 3);  // makes the dirty table: key 1 is expunged
  EXPECT_FALSE(map.load(1));
  map.store(1, 11);
  EXPECT_EQ(map.load(1), 11);
  map.range([](int, int) { return false; });  // promotes
  EXPECT_EQ(map.load(1), 11);
  map.erase(1);
  map.store(4, 4);
  EXPECT_FALSE(map.load_or_store(1, 111).loaded);
  map.range([](int, int) { return false; });
  EXPECT_EQ(map.load(1), 111);
  map.erase(1);
  map.store(5, 5);
  EXPECT_EQ(map.compute(1, [](const int* now) { return now == nullptr ? 1111 : 0; }), portolan::computed::inserted);
  map.range([](int, int) { return false; });
  EXPECT_EQ(map.load(1), 1111);
  EXPECT_EQ(map.size(), 6U);
}

// Method: a compute holds the mutex until the other thread has used settled keys in every way; if one of them needed the
// mutex, neither would get on.
TEST(sync_map, needs_no_mutex_for_settled_keys) {
  const watchdog guard("settled keys");
  portolan::sync_map<int, int> map;
  settle(map, 10);
  std::atomic<bool> entered = false;
  std::atomic<bool> used = false;
  together(2, [&](int thread) {
    if (thread == 0) {
      map.compute(0, [&](const int*) {
        entered = true;
        while (!used) std::this_thread::yield();
        return 100;
      });
      return;
    }
    while (!entered) std::this_thread::yield();
    EXPECT_EQ(map.load(0), 0);  // the key that compute is deciding on
    EXPECT_FALSE(map.load(99));
    EXPECT_EQ(map.swap(1, 11), 1);
    EXPECT_TRUE(map.compare_and_swap(2, 2, 22));
    EXPECT_FALSE(map.compare_and_swap(2, 2, 22));
    EXPECT_TRUE(map.compare_and_delete(3, 3));
    EXPECT_EQ(map.load_and_delete(4), 4);
    EXPECT_FALSE(map.erase(4));
    EXPECT_TRUE(map.load_or_store(5, 55).loaded);
    used = true;
  });
  EXPECT_EQ(map.load(0), 100);
}

// Method: a store to the key that compute is deciding on starts while it does; it must come after it, not into it.
TEST(sync_map, does_not_lose_a_store_during_compute) {
  const watchdog guard("store during compute");
  for (int round = 0; round < support::scaled(300); ++round) {
    portolan::sync_map<int, int> map;
    settle(map, 1);
    std::atomic<bool> entered = false;
    together(2, [&](int thread) {
      if (thread == 0) {
        map.compute(0, [&](const int* now) {
          const int seen = *now;
          entered = true;
          for (int i = 0; i < 20; ++i) std::this_thread::yield();
          EXPECT_EQ(*now, seen);
          return seen + 1;
        });
      } else {
        while (!entered) std::this_thread::yield();
        EXPECT_EQ(map.swap(0, 50), 1);
      }
    });
    ASSERT_EQ(map.load(0), 50);
  }
}

TEST(sync_map, may_be_read_from_inside_compute) {
  portolan::sync_map<int, int> map;
  settle(map, 2);
  map.store(7, 7);  // dirty
  EXPECT_EQ(map.compute(1,
                        [&](const int*) {
                          EXPECT_EQ(map.load(0), 0);
                          EXPECT_EQ(map.load(7), 7);
                          EXPECT_FALSE(map.load(8));
                          EXPECT_EQ(map.load(1), 1);
                          return 2;
                        }),
            portolan::computed::assigned);
}

/// A key that counts how many of its kind live.
struct counted_key {
  static inline std::atomic<int> alive = 0;
  explicit counted_key(int n) : number(n) { ++alive; }
  counted_key(const counted_key& other) : number(other.number) { ++alive; }
  ~counted_key() { --alive; }
  bool operator==(const counted_key& other) const { return number == other.number; }
  int number;
};
struct counted_hash {
  std::size_t operator()(const counted_key& key) const { return static_cast<std::size_t>(key.number); }
};

// Go's issue 40999: a key that is stored and deleted again and again must not pile up in the dirty table.
TEST(sync_map, does_not_keep_deleted_keys) {
  {
    portolan::sync_map<counted_key, int, counted_hash> map;
    map.store(counted_key(-1), 0);
    for (int i = 0; i < 10'000; ++i) {
      map.store(counted_key(i), 0);
      map.erase(counted_key(i));
    }
    EXPECT_LT(counted_key::alive, 1000);
    for (int i = 0; i < 10'000; ++i) map.store(counted_key(i), 0);
    map.range([](const counted_key&, int) { return false; });
    for (int i = 0; i < 10'000; ++i) map.erase(counted_key(i));  // from the read table, with no new key after it
    // The timer frees what no operation does.
    EXPECT_TRUE(support::eventually([&] { return counted_key::alive < 1000; })) << counted_key::alive;
    EXPECT_LT(map.stats().bytes, 10'000U);
  }
  EXPECT_EQ(counted_key::alive, 0);
}

/// Counts what goes through it.
template <class T>
struct counting_allocator {
  using value_type = T;
  explicit counting_allocator(std::atomic<int>* counter) : allocations(counter) {}
  template <class U>
  counting_allocator(const counting_allocator<U>& other) : allocations(other.allocations) {}
  T* allocate(std::size_t count) {
    ++*allocations;
    return std::allocator<T>().allocate(count);
  }
  void deallocate(T* block, std::size_t count) { std::allocator<T>().deallocate(block, count); }
  template <class U>
  bool operator==(const counting_allocator<U>& other) const {
    return allocations == other.allocations;
  }
  std::atomic<int>* allocations;
};

TEST(sync_map, allocates_nothing_to_range_over_an_empty_map_or_a_settled_one) {
  std::atomic<int> allocations = 0;
  using allocator = counting_allocator<std::pair<const int, int>>;
  portolan::sync_map<int, int, portolan::hash<int>, portolan::equal<int>, allocator> map{allocator(&allocations)};
  map.range([](int, int) { FAIL(); });
  map.clear();
  EXPECT_EQ(allocations, 0);
  settle(map, 20);
  const int before = allocations;
  int seen = 0;
  map.range([&](int, int) { ++seen; });
  EXPECT_EQ(seen, 20);
  EXPECT_EQ(map.load(3), 3);
  EXPECT_EQ(allocations, before);
}

// Method: threads store, erase and clear the same few keys; then the count must be that of the keys found, and every key
// that was stored after the last clear must be there. A store that landed in a table that clear had left would be counted
// and never found.
TEST(sync_map, counts_right_when_clear_races_with_writers) {
  for (int round = 0; round < 20; ++round) {
    portolan::sync_map<int, int> map;
    together(4, [&](int thread) {
      chance dice(static_cast<std::uint64_t>(round * 4 + thread));
      for (int i = 0; i < support::scaled(3000); ++i) {
        const int key = static_cast<int>(dice.below(16));
        switch (dice.below(thread == 0 ? 8 : 7)) {
          case 0: map.store(key, i); break;
          case 1: map.erase(key); break;
          case 2: static_cast<void>(map.load(key)); break;
          case 3: map.load_or_store(key, i); break;
          case 4: map.compare_and_delete(key, i - 1); break;
          case 5: map.range([](int, int) { return false; }); break;
          case 6:
            map.compute(key, [i](const int* now) {
              return now == nullptr ? portolan::decision<int>(portolan::assign(i))
                                    : portolan::decision<int>(portolan::erase);
            });
            break;
          case 7: map.clear(); break;
        }
      }
    });
    std::size_t listed = 0;
    map.range([&](int, int) { ++listed; });
    std::size_t found = 0;
    for (int key = 0; key < 16; ++key) found += map.contains(key) ? 1 : 0;
    ASSERT_EQ(listed, found);
    ASSERT_EQ(map.size(), found);
  }
}

// Method: many tables are made and left while readers walk and pin: what a reader holds must be whole (run under
// AddressSanitizer), and each value must be the one of its key.
TEST(sync_map, lets_readers_keep_what_they_hold) {
  portolan::sync_map<int, std::string> map;
  std::atomic<int> writers = 2;
  const auto text_of = [](int key) { return std::string(40, static_cast<char>('a' + key % 26)); };
  together(4, [&](int thread) {
    if (thread < 2) {
      for (int i = 0; i < support::scaled(20'000); ++i) {
        const int key = (i * 7 + thread) % 100;
        if (i % 3 == 0) {
          map.erase(key);
        } else {
          map.store(key, text_of(key));
        }
        if (i % 1000 == 999) map.clear();
      }
      --writers;
      return;
    }
    while (writers > 0) {
      for (int key = 0; key < 100; ++key) {
        const auto held = map.pin(key);
        ASSERT_TRUE(!held || *held == text_of(key));
      }
      map.range([&](int key, const std::string& value) { EXPECT_EQ(value, text_of(key)); });
      map.erase_if([](int key, const std::string&) { return key == 50; });
    }
  });
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
TEST(sync_map, keeps_a_value_whole_while_it_is_copied) {
  const watchdog guard("slow copy");
  slow_copy::step = 0;
  portolan::sync_map<int, slow_copy> map;
  map.insert_or_assign(1, slow_copy(7));
  map.range([](int, const slow_copy&) { return false; });  // the key settles in the read table
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
