// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Every candidate on the same operations, several times, in an order that changes from round to round.
//
//    round 1   C A B D        a machine that slows down or warms up meets all alike;
//    round 2   B D A C        the median is taken over the rounds, the spread is half their range
//    round 3   A C D B
//
// A candidate whose result was refused once is not run again and never gets a speed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/workload/runner.hpp"

namespace portolan::workload {

/// A figure measured several times.
struct figure {
  double median = 0;
  double low = 0;
  double high = 0;
  /// Half the range, as a share of the median.
  [[nodiscard]] double spread() const noexcept { return median > 0 ? (high - low) / 2 / median : 0; }
};
[[nodiscard]] figure figure_of(std::vector<double> values);

/// What the survey knows of one candidate.
struct standing {
  candidate which;
  std::vector<run_result> runs;  ///< verified ones only
  std::string refused;           ///< a run's content or answers were wrong: the first difference
  std::string left_out;          ///< why it was not run at all

  [[nodiscard]] bool measured() const noexcept { return refused.empty() && !runs.empty(); }
  [[nodiscard]] figure of(const std::function<double(const run_result&)>& what) const;
  [[nodiscard]] figure operations_per_second() const;
  [[nodiscard]] figure latency_us(double share) const;
  [[nodiscard]] double max_latency_us() const;
  [[nodiscard]] figure bytes_per_entry() const;
  [[nodiscard]] figure allocations_per_operation() const;
  [[nodiscard]] std::optional<double> kept_back_peak_bytes() const;
  [[nodiscard]] double share_done() const;
};

struct survey_settings {
  unsigned rounds = 5;
  run_settings run;
  std::uint64_t seed = 1;
  /// Told before each run: runs done, runs in all, who is next.
  std::function<void(std::size_t, std::size_t, const std::string&)> progress;
};

struct survey_result {
  std::vector<standing> standings;  ///< in the order of the candidates
  unsigned rounds_done = 0;         ///< whole rounds
  bool interrupted = false;
};

/// Why this candidate cannot run this workload; empty if it can.
[[nodiscard]] std::string cannot_run(const candidate& which, const workload& work);

[[nodiscard]] survey_result survey(const std::vector<candidate>& candidates, const workload& work,
                                   const survey_settings& how);

}  // namespace portolan::workload
