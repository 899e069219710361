// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Where curves cross and where a sweep has its knee, on curves made by hand.
#include "bench/workload/crossing.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace {

using namespace portolan::workload;

figure exactly(double value) { return {value, value, value}; }

TEST(knee, is_the_fewest_shards_within_five_percent_of_the_best) {
  EXPECT_EQ(knee_of({1, 2, 4, 8}, {exactly(20), exactly(38), exactly(60), exactly(61)}), 4u);
  EXPECT_EQ(knee_of({1, 2, 4}, {exactly(100), exactly(101), exactly(104)}), 1u);
  EXPECT_EQ(knee_of({1, 2, 4}, {exactly(10), exactly(20), exactly(40)}), 4u);
}

TEST(knee, of_a_curve_that_falls_again_is_before_the_fall) {
  EXPECT_EQ(knee_of({1, 2, 4, 8}, {exactly(10), exactly(60), exactly(58), exactly(30)}), 2u);
}

TEST(knee, of_nothing_is_nothing) {
  EXPECT_EQ(knee_of({}, {}), 0u);
  EXPECT_EQ(knee_of({1, 2}, {exactly(0), exactly(0)}), 0u);
  EXPECT_EQ(knee_of({1, 2}, {exactly(5)}), 1u);
}

// [point][round] of two maps.
curve of_two(std::vector<double> at, std::vector<std::vector<double>> a, std::vector<std::vector<double>> b) {
  curve c;
  c.parameter = "finds";
  c.names = {"a", "b"};
  c.at = std::move(at);
  for (std::size_t p = 0; p < c.at.size(); ++p) c.speeds.push_back({a[p], b[p]});
  c.complete = true;
  return c;
}

TEST(overtakings, say_who_leads_on_which_side_and_where) {
  const auto found = overtakings_of(of_two({0, 1}, {{20, 20}, {10, 10}}, {{10, 10}, {20, 20}}));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].below, "a");
  EXPECT_EQ(found[0].above, "b");
  EXPECT_NEAR(found[0].at.median, 0.5, 1e-9);
}

TEST(overtakings, carry_the_spread_of_their_rounds) {
  // Round 1 crosses in the middle, round 2 at a quarter: leads of ln 2 and -ln 2, of ln 2 and -3 ln 2.
  const auto found = overtakings_of(of_two({0, 1}, {{20, 20}, {10, 10}}, {{10, 10}, {20, 80}}));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NEAR(found[0].at.low, 0.25, 1e-9);
  EXPECT_NEAR(found[0].at.high, 0.5, 1e-9);
}

TEST(overtakings, pass_over_points_within_the_noise) {
  // In the middle each leads in one of the rounds; the sides are clear, so there is one crossing and not two.
  const auto found = overtakings_of(of_two({0, 1, 2}, {{20, 20}, {11, 10}, {10, 10}}, {{10, 10}, {10, 11}, {20, 20}}));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_GT(found[0].at.median, 0.5);
  EXPECT_LT(found[0].at.median, 1.5);
}

TEST(overtakings, within_the_noise_to_the_end_are_none) {
  EXPECT_TRUE(overtakings_of(of_two({0, 1}, {{20, 20}, {10, 10}}, {{10, 10}, {9, 11}})).empty());
  EXPECT_TRUE(overtakings_of(of_two({0, 1}, {{20, 20}, {30, 30}}, {{10, 10}, {20, 20}})).empty());
}

TEST(overtakings, by_less_than_the_least_noise_are_none) {
  EXPECT_TRUE(overtakings_of(of_two({0, 1}, {{20, 20}, {10, 10}}, {{10, 10}, {10.3, 10.3}})).empty());
  EXPECT_EQ(overtakings_of(of_two({0, 1}, {{20, 20}, {10, 10}}, {{10, 10}, {11, 11}})).size(), 1u);
}

TEST(overtakings, there_and_back_are_two) {
  const auto found = overtakings_of(of_two({0, 1, 2}, {{20, 20}, {10, 10}, {20, 20}}, {{10, 10}, {20, 20}, {10, 10}}));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].above, "b");
  EXPECT_EQ(found[1].above, "a");
  EXPECT_LT(found[0].at.median, found[1].at.median);
}

TEST(overtakings, on_a_geometric_scale_lie_in_the_geometric_middle) {
  curve c = of_two({1, 100}, {{20, 20}, {10, 10}}, {{10, 10}, {20, 20}});
  c.spacing = spacing::geometric;
  const auto found = overtakings_of(c);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NEAR(found[0].at.median, 10, 1e-9);
}

TEST(overtakings, of_an_incomplete_curve_are_not_looked_for) {
  curve c = of_two({0, 1}, {{20, 20}, {10, 10}}, {{10, 10}, {20, 20}});
  c.complete = false;
  EXPECT_TRUE(overtakings_of(c).empty());
}

TEST(leader, is_the_fastest_by_its_median) {
  const curve c = of_two({0, 1}, {{20, 20}, {10, 10}}, {{10, 10}, {20, 20}});
  EXPECT_EQ(leader_at(c, 0), 0u);
  EXPECT_EQ(leader_at(c, 1), 1u);
}

}  // namespace
