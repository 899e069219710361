// concurrent_map with entries in the line, with 8-byte words only, and with nodes.
#include "every_map.hpp"

namespace linear {
namespace {

using maps = promises::subjects<
    testing::Types<promises::concurrent, promises::concurrent_portable, promises::concurrent_hazard>>;

TEST_P(recorded_map, every_answer_has_its_instant) {
  expect_linearizable(std::get<0>(GetParam()), std::get<1>(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(over, recorded_map, over_families<maps>(), names());

}  // namespace
}  // namespace linear
