// Promise: clear may run beside every other operation; it removes whatever was there when it began, and nothing
// that was removed comes back.
//
// Method: the meaning of Go's TestConcurrentClear and of HashTrieMap's Clear/Concurrent: threads that only touch
// existing keys beside one clear leave the map empty; readers, writers and clearers together leave it usable.
#include "numbered.hpp"
#include "threads.hpp"

namespace promises {
namespace {

constexpr std::uint64_t keys = 256;

class clear : public testing::TestWithParam<numbered_kind> {
 protected:
  void fill() {
    for (std::uint64_t i = 0; i < keys; ++i) map->insert(i, i);
  }
  void is_empty() {
    EXPECT_TRUE(map->empty());
    map->for_each([](std::uint64_t) {
      ADD_FAILURE() << "something is left";
      return true;
    });
  }
  std::unique_ptr<numbered_map> map = GetParam().make();
};
INSTANTIATE_TEST_SUITE_P(promise, clear, over<every_map>(), numbered_names());

TEST_P(clear, leaves_nothing_and_a_map_that_works) {
  for (int round = 0; round < 3; ++round) {
    fill();
    map->clear();
    is_empty();
    for (std::uint64_t i = 0; i < keys; ++i) ASSERT_FALSE(map->contains(i));
  }
}

class clear_among_threads : public clear {};
using clearing = join<every_shared_map, subjects<shared_families, number, number, constant_hash>>;
INSTANTIATE_TEST_SUITE_P(promise, clear_among_threads, over<clearing>(), numbered_names());

TEST_P(clear_among_threads, and_operations_that_create_nothing_leave_the_map_empty) {
  for (int round = 0; round < support::scaled(100); ++round) {
    fill();
    together(3, [&](int thread) {
      if (thread == 0) return map->clear();
      for (std::uint64_t i = 0; i < keys; ++i) {
        static_cast<void>(map->find(i));
        if (map->lacks().compare) continue;
        map->compare_exchange(i, i, i + 1);
        map->compare_erase(i, 5'000);
      }
    });
    ASSERT_EQ(map->size(), 0U);
    for (std::uint64_t i = 0; i < keys; ++i) ASSERT_FALSE(map->contains(i)) << i;
  }
}

TEST_P(clear_among_threads, and_every_other_operation_go_together) {
  together(4, [&](int thread) {
    chance random(static_cast<std::uint64_t>(thread));
    for (int i = 0; i < support::scaled(10'000); ++i) {
      const std::uint64_t at = random.below(keys);
      switch (random.below(thread == 0 ? 6 : 5)) {
        case 0: map->insert(at, at); break;
        case 1: map->insert_or_assign(at, at); break;
        case 2:
          if (const answer found = map->find(at)) {
            EXPECT_EQ(*found, at);
          }
          break;
        case 3: map->erase(at); break;
        case 4:
          if (random.below(64) == 0) {
            map->walk([&](std::uint64_t key, std::uint64_t number) { EXPECT_EQ(key, number); });
          }
          break;
        case 5:
          if (random.below(8) == 0) map->clear();
          break;
      }
    }
  });
  map->clear();
  is_empty();
  fill();
  EXPECT_EQ(map->size(), keys);
}

}  // namespace
}  // namespace promises
