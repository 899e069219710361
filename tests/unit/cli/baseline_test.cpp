// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// When is a difference between two days a change? And what is said of fixed figures, word for word.
#include "tools/portolan/baseline.hpp"

#include <gtest/gtest.h>

#include "tests/support/golden.hpp"
#include "tools/portolan/scenario.hpp"
#include "tools/portolan/variants.hpp"

namespace {

using namespace portolan::tool;
namespace workload = portolan::workload;
using workload::figure;

measured_figure speed(figure f) { return {"concurrent_map", "operations", "M/s", better::more, f}; }
measured_figure tail(figure f) { return {"concurrent_map", "p99.9", "µs", better::less, f}; }

constexpr unsigned enough_runs = 5;

TEST(baseline, ranges_that_meet_are_no_change) {
  EXPECT_EQ(judge_change(speed({100, 80, 120}), {140, 119, 160}, enough_runs), verdict_of_change::same);
  EXPECT_EQ(judge_change(speed({140, 119, 160}), {100, 80, 120}, enough_runs), verdict_of_change::same);
}

TEST(baseline, ranges_apart_are_a_change_to_the_better_or_the_worse) {
  EXPECT_EQ(judge_change(speed({100, 95, 105}), {140, 135, 145}, enough_runs), verdict_of_change::worse);
  EXPECT_EQ(judge_change(speed({140, 135, 145}), {100, 95, 105}, enough_runs), verdict_of_change::better);
  EXPECT_EQ(judge_change(tail({140, 135, 145}), {100, 95, 105}, enough_runs), verdict_of_change::worse);
  measured_figure unjudged = speed({100, 95, 105});
  unjudged.better = better::neither;
  EXPECT_EQ(judge_change(unjudged, {140, 135, 145}, enough_runs), verdict_of_change::changed);
}

TEST(baseline, what_is_smaller_than_the_least_noise_is_no_change) {
  EXPECT_EQ(judge_change(speed({104, 104, 104}), {100, 100, 100}, enough_runs), verdict_of_change::same);
  EXPECT_EQ(judge_change(speed({106, 106, 106}), {100, 100, 100}, enough_runs), verdict_of_change::better);
  EXPECT_EQ(judge_change(tail({120, 120, 120}), {100, 100, 100}, enough_runs), verdict_of_change::same);
  EXPECT_EQ(judge_change(tail({126, 126, 126}), {100, 100, 100}, enough_runs), verdict_of_change::worse);
}

TEST(baseline, few_runs_must_differ_by_more) {
  EXPECT_EQ(judge_change(speed({120, 120, 120}), {100, 100, 100}, 2), verdict_of_change::same);
  EXPECT_EQ(judge_change(speed({130, 130, 130}), {100, 100, 100}, 2), verdict_of_change::better);
}

TEST(baseline, from_nothing_to_something_is_a_change) {
  EXPECT_EQ(judge_change(tail({3, 2, 4}), {0, 0, 0}, enough_runs), verdict_of_change::worse);
  EXPECT_EQ(judge_change(tail({0, 0, 0}), {0, 0, 0}, enough_runs), verdict_of_change::same);
}

measured_set example(double speed_of_first) {
  measured_set all;
  all.kind = "advise";
  all.of = "400 operations";
  all.machine.processors = 8;
  all.machine.processor_name = "an example";
  all.machine.compiler = "g++ 12.2";
  all.machine.build = "-O2";
  all.version = "0.1.0";
  all.rounds = 5;
  all.run_seconds = 0.4;
  all.figures = {speed({speed_of_first, 0.98 * speed_of_first, 1.02 * speed_of_first}),
                 tail({0.9, 0.8, 1.0}),
                 {"sync_map", "memory", "B/entry", better::less, {131, 130, 132}}};
  return all;
}

TEST(baseline, a_comparison_reads_as_agreed) {
  measured_set before = example(214);
  before.machine.compiler = "clang 14.0";
  before.run_seconds = 0.2;
  before.figures.push_back({"plain_map", "memory", "B/entry", better::less, {70, 70, 70}});
  measured_set now = example(180);
  now.machine.load = 7;
  now.figures[2].value = {88, 87, 90};
  now.figures.push_back({"lock_free_map", "memory", "B/entry", better::less, {88, 87, 90}});
  const baseline_comparison compared = compare(before, now, "before.json");
  EXPECT_TRUE(compared.anything_worse());
  support::expect_golden("baseline.txt", as_text(compared));
}

TEST(baseline, without_a_change_one_sentence_is_said) {
  const baseline_comparison compared = compare(example(214), example(215), "before.json");
  EXPECT_FALSE(compared.anything_worse());
  support::expect_golden("baseline-same.txt", as_text(compared));
}

TEST(baseline, only_like_is_compared_with_like) {
  EXPECT_EQ(incomparable(example(1), example(2)), "");
  for (const auto& alter : std::vector<void (*)(measured_set&)>{
           [](measured_set& s) { s.kind = "shards"; }, [](measured_set& s) { s.of = "300 operations"; },
           [](measured_set& s) { s.machine.processors = 4; },
           [](measured_set& s) { s.machine.processor_name = "another"; }}) {
    measured_set other = example(1);
    alter(other);
    EXPECT_NE(incomparable(other, example(1)), "");
  }
}

// ---- scenarios ----------------------------------------------------------------------------------

scenario_result scenario_example() {
  scenario_result all;
  all.name = "read-mostly";
  all.what = "90 % reads, 10 % writes, 100 threads, 10,000 keys; time until all are done.";
  all.measures = {{"time", "ms", better::less}, {"allocs", "/op", better::less}};
  all.rows = {{"sync_map", {{{4, 3.9, 4.1}}, {{0.1, 0.1, 0.1}}}, {12.3}},
              {"rwlock + unordered_map", {{{8, 7.8, 8.2}}, {{0, 0, 0}}}, {48.7}},
              {"mutex + unordered_map", {{{16, 15, 17}}, {{0, 0, 0}}}, {156.2}},
              {"concurrent_map", {{{2, 1.9, 2.1}}, std::nullopt}, {}},
              {"no map at all", {{{1, 1, 1}}, std::nullopt}, {}, true}};
  all.notes = {"theirs does not say how many operations."};
  all.not_done = {"cache misses: not allowed here"};
  return all;
}

TEST(scenario, reads_as_agreed) { support::expect_golden("scenario.txt", as_text(scenario_example())); }

TEST(scenario, closes_with_who_is_ahead_and_whether_the_articles_order_holds) {
  EXPECT_EQ(closing_sentence(scenario_example()),
            "By time, concurrent_map is ahead (2.00 ms), 8.00 times ± 8 % as good as mutex + unordered_map. The "
            "articles' order (sync_map before rwlock + unordered_map before mutex + unordered_map) holds here.");
}

TEST(scenario, an_order_within_the_noise_is_not_contradicted_and_a_turned_one_is) {
  scenario_result all = scenario_example();
  all.rows[1].ours[0] = figure{3.95, 3.8, 4.2};
  EXPECT_NE(closing_sentence(all).find("is not contradicted here"), std::string::npos);
  all.rows[1].ours[0] = figure{3, 2.9, 3.1};
  EXPECT_NE(closing_sentence(all).find(
                "does not hold here (rwlock + unordered_map before sync_map before mutex + unordered_map)"),
            std::string::npos)
      << closing_sentence(all);
}

TEST(scenario, more_is_better_where_the_measure_says_so) {
  scenario_result all = scenario_example();
  all.measures[0].better = better::more;
  EXPECT_EQ(closing_sentence(all).rfind("By time, mutex + unordered_map is ahead (16.0 ms)", 0), 0u);
}

TEST(scenario, without_figures_nothing_is_claimed) {
  scenario_result all = scenario_example();
  for (scenario_row& row : all.rows) row.ours.clear();
  EXPECT_EQ(closing_sentence(all), "");
  EXPECT_NE(as_text(all).find("–"), std::string::npos);
}

// ---- shards and crossings -----------------------------------------------------------------------

TEST(shards, read_as_agreed) {
  sharding all{"400 operations", {"sharded_map", {1, 2, 4, 8}, {}, 0}, 3};
  for (const double million : {20.0, 38.0, 60.0, 61.0}) {
    all.sweep.speeds.push_back({1e6 * million, 0.97e6 * million, 1.03e6 * million});
    all.sweep.p99_us.push_back({10 / million, 9 / million, 11 / million});
    all.sweep.bytes_per_entry.push_back({38, 38, 38});
  }
  all.sweep.knee = workload::knee_of(all.sweep.counts, all.sweep.speeds);
  EXPECT_EQ(all.sweep.knee, 4u);
  support::expect_golden("shards.txt", as_text(all));
}

TEST(shards, a_knee_within_the_noise_is_said_to_be_one) {
  sharding all{"400 operations", {"sharded_map", {1, 8}, {{10, 5, 15}, {12, 9, 14}}, 8}, 3};
  all.sweep.p99_us = all.sweep.bytes_per_entry = all.sweep.speeds;
  EXPECT_NE(as_text(all).find("one shard may do as well"), std::string::npos) << as_text(all);
}

// Two rounds of three maps at four shares of finds: sync_map overtakes the lock, concurrent_map leads everywhere.
workload::curve curve_example() {
  workload::curve c;
  c.parameter = "finds";
  c.names = {"sync_map", "mutex + unordered_map", "concurrent_map"};
  c.at = {0.5, 0.8, 0.9, 1};
  for (const auto& [sync, lock, shared] :
       std::vector<std::array<double, 3>>{{10, 20, 30}, {14, 18, 35}, {20, 16, 40}, {30, 15, 60}}) {
    c.speeds.push_back({{1e6 * sync, 1.02e6 * sync}, {1e6 * lock, 0.98e6 * lock}, {1e6 * shared, 1.01e6 * shared}});
  }
  c.complete = true;
  return c;
}

TEST(crossings, read_as_agreed) {
  crossings all{"400 operations", {curve_example()}, {"plots/finds.svg"}, {"with other numbers of keys"}, 2};
  support::expect_golden("crossings.txt", as_text(all));
}

TEST(crossings, incomplete_curves_have_none) {
  crossings all{"400 operations", {curve_example()}, {}, {}, 2};
  all.curves[0].complete = false;
  EXPECT_TRUE(told_of(all.curves[0]).empty());
  EXPECT_NE(as_text(all).find("not looked for"), std::string::npos);
}

}  // namespace
