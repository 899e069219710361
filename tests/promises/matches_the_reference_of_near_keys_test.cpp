// Promise: the same as matches_the_reference_test.cpp, where a hash keeps only its low or its high bits, so that keys
// crowd in few places of a table or look alike inside one.
#include "reference.hpp"

namespace promises {
namespace {

class matches_the_reference_of_near_keys : public testing::TestWithParam<numbered_kind> {};
INSTANTIATE_TEST_SUITE_P(promise, matches_the_reference_of_near_keys, over<with_near_hashes>(), numbered_names());

TEST_P(matches_the_reference_of_near_keys, over_few_keys_with_many_meetings) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    tell_the_same_story(GetParam().make(), seed, 20, support::scaled(2'000));
  }
}

TEST_P(matches_the_reference_of_near_keys, over_many_keys_through_growth_and_shrinking) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    tell_the_same_story(GetParam().make(), seed, many_keys, support::scaled(6'000));
  }
}

}  // namespace
}  // namespace promises
