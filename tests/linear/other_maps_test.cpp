// The maps beside concurrent_map, each under the eight families.
#include "every_map.hpp"

namespace linear {
namespace {

using maps =
    promises::subjects<testing::Types<promises::lock_free, promises::lock_free_hazard, promises::sync,
                                      promises::guarded, promises::sharded, promises::snapshot, promises::versioned>>;

TEST_P(recorded_map, every_answer_has_its_instant) {
  expect_linearizable(std::get<0>(GetParam()), std::get<1>(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(over, recorded_map, over_families<maps>(), names());

}  // namespace
}  // namespace linear
