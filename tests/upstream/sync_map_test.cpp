// What Go's own tests of sync.Map mean (table U1 of the acceptance list: src/sync/map_test.go), for every map that
// offers the operation. Load = find, Store = insert_or_assign, LoadOrStore = find and insert, LoadAndDelete =
// extract, Delete = erase, Swap = exchange, CompareAndSwap = compare_exchange, CompareAndDelete = compare_erase,
// Range = for_each.
#include "tests/promises/allocators.hpp"
#include "tests/promises/numbered.hpp"
#include "tests/promises/threads.hpp"

namespace promises {
namespace {

using portolan::comparison;

class sync_map_of_go : public testing::TestWithParam<numbered_kind> {
 protected:
  // LoadOrStore: what is there now, and whether it was there before.
  static std::pair<std::uint64_t, bool> load_or_store(numbered_map& map, std::uint64_t key, std::uint64_t number) {
    for (;;) {
      if (const answer found = map.find(key)) return {*found, true};
      if (map.insert(key, number)) return {number, false};
    }
  }
  static std::size_t entries_shown(const numbered_map& map) {
    std::size_t shown = 0;
    map.for_each([&](std::uint64_t) {
      ++shown;
      return true;
    });
    return shown;
  }

  std::unique_ptr<numbered_map> map = GetParam().make();
  watchdog guard{"what Go's tests of sync.Map mean"};
};
using maps = numbers_and_texts;
INSTANTIATE_TEST_SUITE_P(upstream, sync_map_of_go, over<maps>(), numbered_names());

class sync_map_by_threads : public sync_map_of_go {};
using shared_maps = where<for_threads, maps>;
INSTANTIATE_TEST_SUITE_P(upstream, sync_map_by_threads, over<shared_maps>(), numbered_names());

// TestMapMatchesRWMutex and TestMapMatchesDeepCopy: the nine operations of sync.Map in random sequences over very
// few keys, against a standard map behind a mutex.
TEST_P(sync_map_of_go, matches_a_map_behind_a_mutex) {
  std::unordered_map<std::uint64_t, std::uint64_t> reference;
  chance random(1);
  const auto there = [&](std::uint64_t key) {
    const auto at = reference.find(key);
    return at == reference.end() ? answer() : answer(at->second);
  };
  for (int step = 0; step < support::scaled(20'000); ++step) {
    const std::uint64_t key = random.below(12);
    const std::uint64_t number = random.below(4);
    const answer before = there(key);
    const auto expected = !before ? comparison::absent : *before == number ? comparison::matched : comparison::differed;
    switch (random.below(9)) {
      case 0: ASSERT_EQ(map->find(key), before); break;
      case 1:
        map->insert_or_assign(key, number);
        reference[key] = number;
        break;
      case 2:
        ASSERT_EQ(load_or_store(*map, key, number), std::pair(before.value_or(number), before.has_value()));
        reference.try_emplace(key, number);
        break;
      case 3:
        ASSERT_EQ(map->extract(key), before);
        reference.erase(key);
        break;
      case 4:
        ASSERT_EQ(map->erase(key), before.has_value());
        reference.erase(key);
        break;
      case 5:
        ASSERT_EQ(map->exchange(key, number), before);
        reference[key] = number;
        break;
      case 6:
        ASSERT_EQ(map->compare_exchange(key, number, number + 10), expected);
        if (expected == comparison::matched) reference[key] = number + 10;
        break;
      case 7:
        ASSERT_EQ(map->compare_erase(key, number), expected);
        if (expected == comparison::matched) reference.erase(key);
        break;
      case 8:
        if (random.below(50) != 0) break;
        map->clear();
        reference.clear();
        break;
    }
  }
  ASSERT_EQ(map->size(), reference.size());
  for (const auto& [key, number] : reference) ASSERT_EQ(map->find(key), number);
  ASSERT_EQ(entries_shown(*map), reference.size());
}

// TestConcurrentRange: writers store multiples of the key, walks see all keys, each once, and multiples only. (A
// value says its key: number = factor * 10'000 + key.)
TEST_P(sync_map_by_threads, a_walk_beside_writers_sees_each_key_once) {
  constexpr std::uint64_t keys = 1'024;
  for (std::uint64_t key = 1; key <= keys; ++key) map->insert(key, 10'000 + key);
  std::atomic<bool> goes_on{true};
  together(3, [&](int thread) {
    if (thread != 0) {
      chance random(static_cast<std::uint64_t>(thread));
      while (goes_on.load()) {
        const std::uint64_t key = 1 + random.below(keys);
        map->insert_or_assign(key, (1 + random.below(1'000)) * 10'000 + key);
      }
      return;
    }
    for (int walk = 0; walk < support::scaled(100); ++walk) {
      std::vector<int> shown(keys + 1);
      map->for_each([&](std::uint64_t number) {
        const std::uint64_t key = number % 10'000;
        EXPECT_TRUE(key >= 1 && key <= keys && number / 10'000 >= 1) << number;
        if (key <= keys) ++shown[key];
        return true;
      });
      for (std::uint64_t key = 1; key <= keys; ++key) ASSERT_EQ(shown[key], 1) << "key " << key;
    }
    goes_on = false;
  });
}

// TestMapRangeNestedCall (issue 46399).
TEST_P(sync_map_of_go, a_walk_may_call_everything_and_walk_again) {
  for (std::uint64_t key = 0; key < 3; ++key) map->insert(key, key);
  map->for_each([&](std::uint64_t number) {
    map->for_each([&](std::uint64_t inner) {
      EXPECT_EQ(map->find(inner), inner);
      map->insert_or_assign(50, 50);
      EXPECT_EQ(map->find(50), 50U);
      EXPECT_TRUE(load_or_store(*map, 60, 60).first == 60);
      EXPECT_EQ(map->extract(60), 60U);
      map->erase(50);
      return true;
    });
    map->erase(number);
    return true;
  });
  EXPECT_EQ(map->size(), 0U);
  EXPECT_EQ(entries_shown(*map), 0U);
}

// TestCompareAndSwap_NonExistingKey (issue 51972).
TEST_P(sync_map_of_go, nothing_is_swapped_under_an_absent_key) {
  EXPECT_EQ(map->compare_exchange(1, 0, 42), comparison::absent);
  EXPECT_FALSE(map->contains(1));
  EXPECT_EQ(map->compare_erase(1, 0), comparison::absent);
}

// TestMapDelete, TestMapClear.
TEST_P(sync_map_of_go, what_was_deleted_or_cleared_is_gone_and_can_be_stored_again) {
  map->insert_or_assign(1, 7);
  EXPECT_EQ(map->find(1), 7U);
  map->erase(1);
  EXPECT_EQ(map->find(1), std::nullopt);
  map->insert_or_assign(1, 8);
  map->insert_or_assign(2, 9);
  map->clear();
  EXPECT_EQ(map->find(1), std::nullopt);
  EXPECT_EQ(map->find(2), std::nullopt);
  map->insert_or_assign(1, 10);
  EXPECT_EQ(map->find(1), 10U);
}

// TestConcurrentClear.
TEST_P(sync_map_by_threads, clear_goes_beside_readers_and_writers) {
  together(6, [&](int thread) {
    for (std::uint64_t key = 0; key < support::scaled<std::uint64_t>(2'000); ++key) {
      switch (thread % 3) {
        case 0: map->insert_or_assign(key, key); break;
        case 1:
          if (const answer found = map->find(key)) {
            EXPECT_EQ(*found, key);
          }
          break;
        case 2:
          if (key % 50 == 0) map->clear();
          break;
      }
    }
  });
  map->clear();
  EXPECT_EQ(entries_shown(*map), 0U);
}

template <class Subject>
class sync_map_memory : public testing::Test {};
TYPED_TEST_SUITE(sync_map_memory, subjects<every_family>, subject_names);

// TestMapRangeNoAllocations (issue 62404).
TYPED_TEST(sync_map_memory, a_walk_over_an_empty_map_allocates_nothing) {
  ledger books;
  const metered_map<TypeParam> map{typename metered_map<TypeParam>::allocator_type(books)};
  const std::size_t before = books.allocations();
  map.for_each([](const auto&, const auto&) { ADD_FAILURE(); });
  EXPECT_EQ(books.allocations(), before);
}

// TestIssue40999: keys that were deleted are not kept, also where they were only ever missed in the read table.
TYPED_TEST(sync_map_memory, of_deleted_keys_comes_back) {
  ledger books;
  metered_map<TypeParam> map{typename metered_map<TypeParam>::allocator_type(books)};
  // With one entry always there, keys come and go; the memory must not follow the number of keys ever seen.
  map.insert_or_assign(0U, 0U);
  std::size_t after_warm_up = 0;
  for (std::uint64_t key = 1; key < amount<typename TypeParam::family>(20'000); ++key) {
    map.insert_or_assign(key, key);
    static_cast<void>(map.contains(key + 1'000'000));
    map.erase(key);
    if (key == 500) after_warm_up = books.bytes();
  }
  EXPECT_LE(books.bytes(), 2 * after_warm_up + 16'384);
}

}  // namespace
}  // namespace promises
