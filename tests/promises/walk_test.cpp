// Promise: for_each shows each entry that stayed for its whole duration exactly once, and nobody twice, also while
// the table grows, shrinks and is rearranged.
//
// Method: stayers are put first and only ever assigned multiples of themselves; other keys come and go beneath the
// walk, by the walker's own visitor or by other threads, in numbers that grow and shrink the table many times over.
#include <algorithm>
#include <unordered_map>

#include "numbered.hpp"
#include "threads.hpp"

namespace promises {
namespace {

constexpr std::uint64_t stayers = support::sanitized ? 512 : 1'024;
constexpr std::uint64_t passer_by = 1'000'000;

class walk : public testing::TestWithParam<numbered_kind> {
 protected:
  void SetUp() override {
    for (std::uint64_t i = 1; i <= stayers; ++i) map->insert(i, i);
  }

  // One walk, with `meanwhile(n)` called at its n-th step.
  void is_complete(const std::function<void(std::uint64_t)>& meanwhile) {
    std::unordered_map<std::uint64_t, int> shown;
    std::uint64_t steps = 0;
    map->walk([&](std::uint64_t key, std::uint64_t number) {
      ++shown[key];
      if (key <= stayers) {
        EXPECT_EQ(number % key, 0U) << "a value that was never stored";
      }
      meanwhile(steps++);
    });
    for (std::uint64_t i = 1; i <= stayers; ++i) ASSERT_EQ(shown[i], 1) << "stayer " << i;
    for (const auto& [key, times] : shown) ASSERT_LE(times, 1) << key;
  }
  void come(std::uint64_t from, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) map->insert(passer_by + from + i, passer_by);
  }
  void go(std::uint64_t from, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) map->erase(passer_by + from + i);
  }
  // Where all keys meet in one chain, or each write copies the map, each step costs a walk along it: fewer of them come
  // and go.
  static std::uint64_t batch(std::uint64_t wanted) {
    if (GetParam().copies) return std::max<std::uint64_t>(1, wanted / 20);
    return GetParam().bad_hash ? 2 : wanted;
  }

  std::unique_ptr<numbered_map> map = GetParam().make();
};
using walked = where<can_walk, join<every_map, subjects<families_with_tables, number, number, high_bits_hash>>>;
INSTANTIATE_TEST_SUITE_P(promise, walk, over<walked>(), numbered_names());

TEST_P(walk, shows_stayers_once_while_its_own_visitor_grows_the_map) {
  const std::uint64_t each = batch(support::sanitized ? 10 : 40);
  for (const std::uint64_t every : {1U, 7U, 64U}) {
    is_complete([&](std::uint64_t step) {
      if (step % every == 0 && step < 1'000) come(step * each, each);
    });
    go(0, 1'001 * each);
    ASSERT_EQ(map->size(), stayers);
  }
}

TEST_P(walk, shows_stayers_once_while_its_own_visitor_shrinks_the_map) {
  const std::uint64_t each = batch(support::sanitized ? 10 : 20);
  come(0, 500 * each);
  is_complete([&](std::uint64_t step) {
    if (step < 500) go(step * each, each);
  });
  ASSERT_EQ(map->size(), stayers);
}

class walk_among_threads : public walk {};
using shared_walking =
    where<can_walk,
          join<every_shared_map, subjects<where<is_shared, families_with_tables>, number, number, constant_hash>>>;
INSTANTIATE_TEST_SUITE_P(promise, walk_among_threads, over<shared_walking>(), numbered_names());

// The meaning of Go's TestConcurrentRange, with growth and shrinking beneath it.
TEST_P(walk_among_threads, shows_stayers_once_with_whole_multiples) {
  const int walks = support::scaled(GetParam().bad_hash ? 20 : 40);
  const std::uint64_t crowd = GetParam().bad_hash ? 300 : GetParam().amount(3'000);
  std::atomic<bool> goes_on{true};
  together(3, [&](int thread) {
    if (thread == 0) {
      for (int i = 0; i < walks && !HasFailure(); ++i) is_complete([](std::uint64_t) {});
      goes_on = false;
      return;
    }
    chance random(static_cast<std::uint64_t>(thread));
    const std::uint64_t mine = static_cast<std::uint64_t>(thread) * 100'000;
    while (goes_on.load()) {
      come(mine, crowd);
      for (int i = 0; i < 100; ++i) {
        const std::uint64_t stayer = 1 + random.below(stayers);
        map->insert_or_assign(stayer, stayer * (1 + random.below(900)));
      }
      go(mine, crowd);
    }
  });
  EXPECT_EQ(map->size(), stayers);
}

}  // namespace
}  // namespace promises
