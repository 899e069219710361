// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/survey.hpp"

#include <algorithm>
#include <numeric>

#include "bench/workload/distribution.hpp"

namespace portolan::workload {

figure figure_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  const double median = values.size() % 2 != 0 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {median, values.front(), values.back()};
}

figure standing::of(const std::function<double(const run_result&)>& what) const {
  std::vector<double> values;
  for (const run_result& run : runs) values.push_back(what(run));
  return figure_of(std::move(values));
}

figure standing::operations_per_second() const {
  return of([](const run_result& run) { return run.per_second(); });
}
figure standing::latency_us(double share) const {
  return of([share](const run_result& run) { return 1e-3 * static_cast<double>(run.latency_ns().at(share)); });
}
double standing::max_latency_us() const {
  return of([](const run_result& run) { return 1e-3 * static_cast<double>(run.latency_ns().max()); }).high;
}
figure standing::bytes_per_entry() const {
  return of([](const run_result& run) { return run.bytes_per_entry; });
}
figure standing::allocations_per_operation() const {
  return of([](const run_result& run) { return run.allocations_per_operation; });
}
double standing::share_done() const {
  return of([](const run_result& run) { return run.share_done; }).median;
}

std::optional<double> standing::kept_back_peak_bytes() const {
  std::optional<double> peak;
  for (const run_result& run : runs) {
    if (!run.kept_back_peak_bytes) continue;
    peak = std::max(peak.value_or(0), static_cast<double>(*run.kept_back_peak_bytes));
  }
  return peak;
}

std::string cannot_run(const candidate& which, const workload& work) {
  if (which.numbers_only && work.values == value_kind::bytes) {
    return "replaces no value but a number as one step; this workload stores bytes";
  }
  if (which.number_keys && work.keys == key_kind::text) return "takes numbers as keys; this workload's are texts";
  if (which.additions_only && !work.counting) {
    return "adds up totals and stores nothing else; this workload stores values";
  }
  return "";
}

survey_result survey(const std::vector<candidate>& candidates, const workload& work, const survey_settings& how) {
  survey_result result;
  std::vector<std::size_t> order;
  for (const candidate& which : candidates) {
    standing one{which, {}, "", cannot_run(which, work)};
    if (one.left_out.empty()) order.push_back(result.standings.size());
    result.standings.push_back(std::move(one));
  }
  chance source(how.seed);
  std::size_t done = 0;
  const std::size_t all = order.size() * how.rounds;
  for (unsigned round = 0; round < how.rounds; ++round) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[source.below(i)]);
    for (const std::size_t at : order) {
      standing& one = result.standings[at];
      if (how.progress) how.progress(done, all, one.which.name);
      ++done;
      if (!one.refused.empty()) continue;
      run_settings run = how.run;
      run.seed = how.seed * 31 + round;
      run_result measured = run_once(one.which, work, run);
      if (!measured.refused.empty()) {
        one.refused = std::move(measured.refused);
        one.runs.clear();
      } else if (!measured.interrupted) {
        one.runs.push_back(std::move(measured));
      }
      if (measured.interrupted) {
        result.interrupted = true;
        return result;
      }
    }
    result.rounds_done = round + 1;
  }
  return result;
}

}  // namespace portolan::workload
