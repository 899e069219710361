// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Schedules of concurrent_map in which tables come, crowd, shrink and go (method: script.hpp).
#include "script.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/scale.hpp"

namespace schedules {
namespace {

// ---- memory that shows when it is read after it was freed ----

template <class T>
struct poisoning {
  using value_type = T;
  poisoning() = default;
  template <class U>
  explicit(false) poisoning(const poisoning<U>&) noexcept {}
  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{alignof(T)}));
  }
  void deallocate(T* block, std::size_t count) noexcept {
    std::memset(static_cast<void*>(block), 0xDD, count * sizeof(T));
    ::operator delete (block, std::align_val_t{alignof(T)});
  }
  friend bool operator==(const poisoning&, const poisoning&) noexcept { return true; }
};

// Method: a helper is stopped when it knows the table to help; meanwhile the map moves twice, and what hazards do not
// name is freed. Under hazard pointers it must not read the next table, which is gone.
TYPED_TEST(scripted, a_helper_that_comes_late_reads_no_table_that_is_gone) {
  using map_type = typename TypeParam::template map<portolan::hash<key>, poisoning<std::pair<const key, key>>>;
  map_type map(portolan::map_options{.seed = 5});
  bool stopped = false;
  key k = 0;
  {
    const script stop([&](std::string_view place) {
      if (place != "helping" || stopped) return;
      stopped = true;
      std::thread([&map] {
        for (std::size_t i = 0; i < 3; ++i) map.reserve(map.stats().capacity + 1);
        map.erase_if([](key, key) { return false; });  // collects
      }).join();
    });
    for (; !stopped && k < 10000; ++k) map.insert(k, k);
  }
  EXPECT_TRUE(stopped);
  for (key i = 0; i < k; ++i) EXPECT_EQ(map.find(i).value_or(~key{0}), i);
}

// Method: the mover is stopped and waits for the line that a compute holds; the compute's callable reads the map.
TYPED_TEST(scripted, a_callable_that_reads_the_map_ends_while_the_table_moves) {
  typename TypeParam::template map<crowded> map(portolan::map_options{.capacity = 64, .seed = 3});
  const std::map<key, key> oracle = fill(map, 24);
  for (key held = 0; held < 24; held += 5) {
    others mover;
    map.compute(held, [&](const key*) {
      mover.run([&map] { map.reserve(map.stats().capacity + 1); });
      mover.leave_time();
      expect_same(map, oracle, 24, "inside compute");
      return portolan::decision<key>(portolan::keep);
    });
    mover.join();
  }
  expect_same(map, oracle, 24, "at the end");
}

/// Keys that make a table large and are erased again.
constexpr key passing = support::sanitized ? 20'000 : 40'000;

// Method: the entries of a table that shrinks crowd in one block of the smaller one; it is moved on while it is built.
TYPED_TEST(scripted, entries_that_do_not_fit_a_shrunken_table_move_on_and_the_move_ends) {
  typename TypeParam::template map<plain> map(portolan::map_options{.seed = 3});
  // Keys whose hashes begin alike: they fill one block of any smaller table, and spread in a larger one.
  std::vector<key> keys;
  for (key i = 1; i <= 900; ++i) keys.push_back(i << 10 | (i % 16));
  for (key i = 1; i <= passing; ++i) ASSERT_TRUE(map.insert(i << 10 | (16 + i % 1000), 0));
  for (const key k : keys) ASSERT_TRUE(map.insert(k, k));
  ASSERT_EQ(map.stats().spilled, 0U);
  const std::size_t growths = map.stats().growths;
  EXPECT_EQ(map.erase_if([](key, key value) { return value == 0; }), passing);
  EXPECT_GT(map.stats().growths, growths);
  for (const key k : keys) EXPECT_EQ(map.find(k).value_or(0), k);
  std::size_t shown = 0;
  map.erase_if([](key, key) { return false; });
  map.for_each([&](key k, key value) {
    EXPECT_EQ(k, value);
    ++shown;
  });
  EXPECT_EQ(shown, keys.size());
  EXPECT_EQ(map.stats().tables, 1U);
}

// Method: as before, but nobody writes any more when the map has begun to shrink: the timer has to end the move, also
// that into the table which was begun in the middle of the first.
TYPED_TEST(scripted, a_move_that_was_begun_inside_another_ends_by_itself) {
  typename TypeParam::template map<plain> map(portolan::map_options{.seed = 3});
  for (key i = 1; i <= passing; ++i) map.insert(i << 10 | (16 + i % 1000), 0);
  for (key i = 1; i <= 900; ++i) map.insert(i << 10 | (i % 16), i);
  for (key i = 1; i <= passing; ++i) ASSERT_TRUE(map.erase(i << 10 | (16 + i % 1000)));
  EXPECT_TRUE(support::eventually([&] { return map.stats().tables == 1; })) << map.stats().tables;
  for (key i = 1; i <= 900; ++i) EXPECT_EQ(map.find(i << 10 | (i % 16)).value_or(0), i);
}

// Method: pages of an old table go back to the kernel while readers, writers and a walk stand in it.
TYPED_TEST(scripted, entries_of_pages_that_were_given_back_are_found_in_the_next_table) {
  typename TypeParam::template map<portolan::hash<key>> map;
  const key count = support::sanitized ? 40'000 : 120'000;
  key k = 0;
  int looks = 0;
  const script stop([&](std::string_view place) {
    if (place != "before done" || ++looks % 16 != 0) return;
    for (key i = 1; i < k; i += 997) ASSERT_EQ(map.find(i).value_or(0), i) << "lost: " << i;
  });
  for (; k < count; ++k) map.insert(k, k);
  for (key i = 0; i < count; ++i) ASSERT_EQ(map.find(i).value_or(~key{0}), i);
}

// Method: a table grows and shrinks, and each entry is asked for by a thread that expects misses; so movers and inserts
// into full lines must have left tags.
TYPED_TEST(scripted, entries_that_moved_are_found_by_their_tags) {
  typename TypeParam::template map<portolan::hash<key>> map;
  const key count = support::sanitized ? 3'000 : 20'000;
  const auto each_is_found = [&](key first, key last) {
    for (key k = first; k < last; ++k) {
      ASSERT_TRUE(map.contains(k)) << k;
      ASSERT_TRUE(k % 7 != 0 || found_after_misses(map, k)) << k;
    }
  };
  int looks = 0;
  const script stop([&](std::string_view place) {
    if (place == "before done" && ++looks % 16 == 0) each_is_found(0, 50);
  });
  for (key k = 0; k < count; ++k) map.insert(k, k);
  each_is_found(0, count);
  for (key k = 50; k < count; ++k) map.erase(k);
  map.shrink_to_fit();
  each_is_found(0, 50);
}

// Method: all keys have one hash, so that most stand in the spill; each thread owns some of them.
TYPED_TEST(scripted, spilled_entries_keep_every_promise_under_threads) {
  typename TypeParam::template map<constant> map;
  others threads;
  for (key id = 0; id < 3; ++id) {
    threads.run([&map, id] {
      std::map<key, key> mine;
      std::uint64_t random = 77 + id;
      for (int i = 0; i < 1500; ++i) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        const key k = (random >> 33) % 150 * 3 + id;
        if (random >> 62 == 0) {
          ASSERT_EQ(map.erase(k), mine.erase(k) == 1);
        } else if (random >> 62 == 1) {
          map.insert_or_assign(k, random);
          mine[k] = random;
        } else {
          ASSERT_EQ(map.insert(k, random), mine.try_emplace(k, random).second);
        }
        ASSERT_EQ(map.contains(k), mine.contains(k));
      }
      for (const auto& [k, value] : mine) ASSERT_EQ(map.find(k).value_or(0), value);
    });
  }
  threads.join();
  std::size_t shown = 0;
  map.for_each([&](key, key) { ++shown; });
  EXPECT_EQ(shown, map.size());
}

// ---- one thread, exact ----

struct calls_back {
  std::uint64_t value = 0;
  calls_back() = default;
  explicit calls_back(const std::function<std::uint64_t()>& call) : value(call()) {}
};

TEST(concurrent_map_core, a_constructor_of_a_small_value_that_inserts_is_refused) {
  concurrent_map<key, calls_back> map;
  const std::function<std::uint64_t()> again = [&] { return map.insert(1, calls_back()) ? 1U : 2U; };
  EXPECT_THROW(map.try_emplace(1, again), portolan::reentrant_call);
  EXPECT_FALSE(map.contains(1));
  EXPECT_TRUE(map.insert(1, calls_back()));
}

TYPED_TEST(scripted, looking_for_a_reserved_key_makes_no_table) {
  typename TypeParam::template map<portolan::hash<key>> map;
  const std::size_t before = map.stats().bytes;
  EXPECT_FALSE(map.contains(0));
  EXPECT_FALSE(map.erase(~key{0}));
  EXPECT_EQ(map.stats().bytes, before);
  EXPECT_TRUE(map.insert(0, 1));
  EXPECT_TRUE(map.insert(~key{0}, 2));
  EXPECT_EQ(map.extract(0).value_or(9), 1U);
  EXPECT_EQ(map.exchange(~key{0}, 3).value_or(9), 2U);
}

}  // namespace
}  // namespace schedules
