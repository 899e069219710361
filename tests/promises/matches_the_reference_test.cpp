// Promise: whatever sequence of operations one thread performs, every map tells what plain_map tells.
//
// Method: seeded random sequences over a small and a large set of keys, numbers and strings, with the best and the worst hash (those in
// between: matches_the_reference_of_near_keys_test.cpp); each answer is compared at once, the whole content at the end
// of each phase (growing, living, shrinking, cleared, growing again). A failure prints its seed.
#include "reference.hpp"

namespace promises {
namespace {

class matches_the_reference : public testing::TestWithParam<numbered_kind> {};
using best_and_worst = join<numbers_and_texts, with_constant_hash>;
INSTANTIATE_TEST_SUITE_P(promise, matches_the_reference, over<best_and_worst>(), numbered_names());

TEST_P(matches_the_reference, over_few_keys_with_many_meetings) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    tell_the_same_story(GetParam().make(), seed, 20, support::scaled(2'000));
  }
}

TEST_P(matches_the_reference, over_many_keys_through_growth_and_shrinking) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    tell_the_same_story(GetParam().make(), seed, many_keys, support::scaled(6'000));
  }
}

}  // namespace
}  // namespace promises
