// Promise: size() is exact when the map is quiet, and else between the entries that were surely there and those
// that possibly were.
//
// Method: a thread keeps counts of what it is about to do and of what it has done; a reader takes the sure count
// before size() and the possible count after it.
#include "numbered.hpp"
#include "threads.hpp"

namespace promises {
namespace {

class size_of_map : public testing::TestWithParam<numbered_kind> {
 protected:
  std::unique_ptr<numbered_map> map = GetParam().make();
};
INSTANTIATE_TEST_SUITE_P(promise, size_of_map, over<every_map>(), numbered_names());

TEST_P(size_of_map, is_exact_after_every_operation_of_one_thread) {
  std::uint64_t entries = 0;
  chance random(5);
  for (int i = 0; i < support::scaled(20'000); ++i) {
    const std::uint64_t at = random.below(500);
    if (random.below(2) == 0) {
      entries += map->insert(at, 1) ? 1 : 0;
    } else {
      entries -= map->erase(at) ? 1 : 0;
    }
    ASSERT_EQ(map->size(), entries);
    ASSERT_EQ(map->empty(), entries == 0);
  }
  map->clear();
  EXPECT_EQ(map->size(), 0U);
}

class size_among_threads : public size_of_map {};
INSTANTIATE_TEST_SUITE_P(promise, size_among_threads, over<every_shared_map>(), numbered_names());

// While entries only come, whoever has counted `came` before size() and `announced` after it has both bounds; while
// they only go, the same with the signs turned.
TEST_P(size_among_threads, is_within_bounds_and_exact_at_rest) {
  constexpr int writers = 2;
  const std::uint64_t keys_each = GetParam().amount(support::scaled<std::uint64_t>(20'000));
  for (const bool coming : {true, false}) {
    std::atomic<std::uint64_t> announced{0};
    std::atomic<std::uint64_t> done{0};
    std::atomic<int> writing{writers};
    const std::uint64_t all = writers * keys_each;
    together(writers + 1, [&](int thread) {
      if (thread == writers) {
        do {
          const std::uint64_t done_before = done.load();
          const std::uint64_t entries = map->size();
          const std::uint64_t announced_after = announced.load();
          ASSERT_GE(entries, coming ? done_before : all - announced_after);
          ASSERT_LE(entries, coming ? announced_after : all - done_before);
        } while (writing.load() != 0);
        return;
      }
      const std::uint64_t mine = static_cast<std::uint64_t>(thread) * keys_each;
      for (std::uint64_t i = 0; i < keys_each; ++i) {
        const std::uint64_t at = mine + i;
        ++announced;
        ASSERT_TRUE(coming ? map->insert(at, i) : map->erase(at));
        ++done;
      }
      --writing;
    });
    EXPECT_EQ(map->size(), coming ? all : 0);
  }
}

}  // namespace
}  // namespace promises
