// Promise: the same as matches_the_reference_test.cpp, for every kind of value: move-only, without a default constructor,
// over-aligned, 1 KiB (the last three at once).
#include "numbered_of.hpp"
#include "reference.hpp"

namespace promises {
namespace {

class matches_the_reference_of_values : public testing::TestWithParam<numbered_kind> {};
using every_value = join<subjects<every_family, number, move_only>, subjects<every_family, number, demanding>,
                         subjects<families_by_kind, number, no_default>>;
INSTANTIATE_TEST_SUITE_P(promise, matches_the_reference_of_values, over<every_value>(), numbered_names());

TEST_P(matches_the_reference_of_values, over_random_sequences_of_operations) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    tell_the_same_story(GetParam().make(), seed, 40 * seed, support::scaled(2'000));
  }
}

}  // namespace
}  // namespace promises
