// The eight families over a list of maps; each test file of this folder has some of them.
#pragma once

#include <cstdio>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "scenarios.hpp"
#include "tests/support/scale.hpp"

namespace linear {

/// Ten million operations a map, over the eight families; a hundred by night, which is more than 10^9 in all.
inline constexpr std::uint64_t operations_of_a_family = 1'260'000;

class recorded_map : public testing::TestWithParam<std::tuple<numbered_kind, std::size_t>> {};

inline maker maker_of(const numbered_kind& kind, bool one_hash) {
  if (!one_hash) return kind.make;
  for (const numbered_kind& other : promises::numbered_kinds(promises::with_constant_hash())) {
    if (other.family == kind.family && other.name.find("_by_text") == std::string::npos) return other.make;
  }
  return kind.make;
}

/// Method: threads as the family says, every call on a lane of its own; then each key's calls must have an order that
/// respects their times, and listings and sizes their bounds.
inline void expect_linearizable(const numbered_kind& kind, std::size_t which) {
  const scenario how = scenarios(kind.copies)[which];
  portolan::prove::check_limits limits;
  limits.listing_may_miss_changed_keys = kind.family == "sync_map";
  limits.sizes_are_of_one_instant = kind.family == "guarded_map" || kind.family == "snapshot_map";
  const outcome seen = run(how, maker_of(kind, how.one_hash),
                           support::by_night(10 * operations_of_a_family, support::scaled(operations_of_a_family)) /
                                   (support::sanitized ? 4 : 1) +
                               1,
                           limits);
  EXPECT_TRUE(seen.worst.ok()) << seen.worst.text();
  std::printf("%s, %s: %llu operations checked, at most %llu configurations\n", kind.name.c_str(), how.name,
              static_cast<unsigned long long>(seen.operations), static_cast<unsigned long long>(seen.overlapping));
}

template <class List>
auto over_families() {
  return testing::Combine(promises::over<List>(), testing::Range(std::size_t{0}, std::size_t{8}));
}

struct names {
  std::string operator()(const testing::TestParamInfo<std::tuple<numbered_kind, std::size_t>>& info) const {
    return std::get<0>(info.param).name + "_" + scenarios(false)[std::get<1>(info.param)].name;
  }
};

}  // namespace linear
