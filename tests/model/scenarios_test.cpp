// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Every scenario (all_scenarios) under the schedule checker, one test a map. It prints what was run: how many executions
// came to their end, how many waited for a change that came in another one, whether these are all there are.
//
// The plain run takes those for each distinct walk and phase, and gives up on one after some thousand executions; by night
// all are run, for longer.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <set>

#include "../support/scale.hpp"
#include "scenarios.hpp"

namespace portolan::model {
namespace {

depth tonight() { return support::nightly() ? depth::nightly : depth::plain; }

/// All maps; what they are made of has a test of its own.
std::vector<std::string> maps() {
  std::vector<std::string> all;
  for (const scenario& each : all_scenarios()) {
    if (each.phase == "parts" || std::find(all.begin(), all.end(), each.map) != all.end()) continue;
    all.push_back(each.map);
  }
  return all;
}

class model : public testing::TestWithParam<std::string> {};

TEST_P(model, every_outcome_is_one_of_the_calls_in_some_order_and_memory_is_given_back) {
  const limits within{.executions = support::by_night<std::uint64_t>(100'000, 1'000)};
  std::uint64_t complete = 0;
  std::size_t run = 0;
  std::size_t exhausted = 0;
  for (const scenario& each : all_scenarios(tonight())) {
    if (each.map != GetParam()) continue;
    const auto begin = std::chrono::steady_clock::now();
    const tally seen = each.run(within);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    EXPECT_EQ(seen.failure, "") << each.map << ", " << each.phase << ", " << each.name;
    EXPECT_GT(seen.complete, 0U) << each.map << ", " << each.phase << ", " << each.name;
    const std::string what = each.phase + ": " + each.name;
    std::printf("%-64s %9lu complete %8lu blocked  %-7s %7.3f s\n", what.c_str(),
                static_cast<unsigned long>(seen.complete), static_cast<unsigned long>(seen.blocked),
                seen.exhausted ? "all" : "not all", seconds);
    std::fflush(stdout);
    complete += seen.complete;
    run += 1;
    exhausted += seen.exhausted ? 1 : 0;
  }
  EXPECT_GT(run, 0U);
  std::printf("%s: %zu scenarios, %zu of them exhausted, %lu complete executions\n", GetParam().c_str(), run, exhausted,
              static_cast<unsigned long>(complete));
}

/// The map's name, in letters that a test's name may have.
std::string name_of_test(const testing::TestParamInfo<std::string>& map) {
  std::string name = map.param;
  for (char& each : name) each = std::isalnum(static_cast<unsigned char>(each)) != 0 ? each : '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(all, model, testing::ValuesIn(maps()), name_of_test);

TEST(scenarios, each_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (const scenario& each : all_scenarios(depth::nightly)) {
    EXPECT_TRUE(names.insert(each.map + each.phase + each.name).second) << each.map << each.phase << each.name;
  }
}

}  // namespace
}  // namespace portolan::model
