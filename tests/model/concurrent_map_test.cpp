// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// concurrent_map as it ships, under the schedule checker: the scenarios of concurrent_map_scenarios.cpp.
#include <gtest/gtest.h>

#include <cstdio>
#include <set>

#include "scenarios.hpp"

namespace portolan::model {
namespace {

/// Runs the scenarios of one phase, of all engines.
void expect_to_hold(const std::string& phase) {
  constexpr std::uint64_t most_executions = 3'000;
  std::size_t count = 0;
  for (const scenario& each : concurrent_map_scenarios()) {
    if (each.phase != phase) continue;
    ++count;
    const tally seen = each.run({.executions = most_executions});
    EXPECT_TRUE(seen.failure.empty()) << each.map << ", " << each.name << ": " << seen.failure;
    EXPECT_GT(seen.complete, 0U) << each.map << ", " << each.name;
    std::printf("%-40s %-32s %8lu complete %8lu blocked %6lu left  %s\n", each.map.c_str(), each.name.c_str(),
                static_cast<unsigned long>(seen.complete), static_cast<unsigned long>(seen.blocked),
                static_cast<unsigned long>(seen.left), seen.exhausted ? "all" : "not all");
  }
  EXPECT_GT(count, 0U);
}

TEST(concurrent_map_model, two_operations_on_one_key) { expect_to_hold("one key"); }
TEST(concurrent_map_model, a_table_that_begins_to_grow) { expect_to_hold("growth begins"); }
TEST(concurrent_map_model, a_table_that_is_being_moved) { expect_to_hold("being moved"); }
TEST(concurrent_map_model, a_map_that_is_cleared) { expect_to_hold("cleared"); }
TEST(concurrent_map_model, three_threads_on_one_key) { expect_to_hold("three threads"); }
TEST(concurrent_map_model, a_machine_without_membarrier) { expect_to_hold("no membarrier"); }

TEST(scenarios, each_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (const scenario& each : all_scenarios()) {
    EXPECT_TRUE(names.insert(each.map + ", " + each.phase + ", " + each.name).second) << each.map << ", " << each.name;
  }
}

}  // namespace
}  // namespace portolan::model
