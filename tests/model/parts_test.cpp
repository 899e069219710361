// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Locks, thread numbers, counters and reclamation under the schedule checker: the scenarios of parts_scenarios.cpp.
#include <gtest/gtest.h>

#include <cstdio>

#include "scenarios.hpp"

namespace portolan::model {
namespace {

TEST(parts, hold_in_every_schedule_that_was_tried) {
  constexpr std::uint64_t most_executions = 2'000;
  for (const scenario& each : parts_scenarios()) {
    const tally seen = each.run({.executions = most_executions});
    EXPECT_TRUE(seen.failure.empty()) << each.map << ", " << each.name << ": " << seen.failure;
    EXPECT_GT(seen.complete, 0U) << each.map << ", " << each.name;
    std::printf("%-32s %-44s %8lu complete %8lu blocked %6lu left  %s\n", each.map.c_str(), each.name.c_str(),
                static_cast<unsigned long>(seen.complete), static_cast<unsigned long>(seen.blocked),
                static_cast<unsigned long>(seen.left), seen.exhausted ? "all" : "not all");
  }
}

}  // namespace
}  // namespace portolan::model
