// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Locks, thread numbers, counters, reclamation and the parts of a table under the schedule checker: the scenarios of
// parts_scenarios.cpp and table_parts_scenarios.cpp.
#include <gtest/gtest.h>

#include <cstdio>

#include "scenarios.hpp"

namespace portolan::model {
namespace {

void run_all(const std::vector<scenario>& all) {
  constexpr std::uint64_t most_executions = 2'000;
  for (const scenario& each : all) {
    const tally seen = each.run({.executions = most_executions});
    EXPECT_TRUE(seen.failure.empty()) << each.map << ", " << each.name << ": " << seen.failure;
    EXPECT_GT(seen.complete, 0U) << each.map << ", " << each.name;
    std::printf("%-32s %-44s %8lu complete %8lu blocked %6lu left  %s\n", each.map.c_str(), each.name.c_str(),
                static_cast<unsigned long>(seen.complete), static_cast<unsigned long>(seen.blocked),
                static_cast<unsigned long>(seen.left), seen.exhausted ? "all" : "not all");
  }
}

TEST(parts, hold_in_every_schedule_that_was_tried) { run_all(parts_scenarios()); }
TEST(parts_of_a_table, hold_in_every_schedule_that_was_tried) { run_all(table_parts_scenarios()); }

}  // namespace
}  // namespace portolan::model
