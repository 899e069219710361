// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Today's figures against an earlier day's: what changed, beyond the noise?
//
//    before      |--x--|                      a figure is the median of its runs, its range lowest to highest
//    now                    |-x-|   changed   the ranges are apart, and the medians by more than the least noise
//    now           |---x---|        the same  the ranges meet: the difference may be chance
//
// 1. Only like is compared with like: another processor, another workload or another scenario is refused.
// 2. What may explain a change but makes no figure meaningless (compiler, load, length of the runs) is said.
// 3. The least noise is 5 % (25 % for latencies, whose tails are a few operations). With fewer than three runs on a
//    side a range says little: then it is 25 % for all.
#pragma once

#include <string>
#include <vector>

#include "bench/workload/machine.hpp"
#include "bench/workload/survey.hpp"

namespace portolan::tool {

/// Which end of a figure is the better one; `neither`: it is not judged.
enum class better : std::uint8_t { less, more, neither };

/// One figure of one map.
struct measured_figure {
  std::string map;
  std::string measure;
  std::string unit;
  enum better better = better::neither;
  workload::figure value;
};

/// All figures of one run of the command, and what must be alike before two runs may be compared.
struct measured_set {
  std::string kind;  ///< "advise", "shards", "scenario"
  std::string of;    ///< the workload or the scenarios, in words
  workload::machine machine;
  std::string version;  ///< of portolan
  unsigned rounds = 0;
  double run_seconds = 0;
  std::vector<measured_figure> figures;
};

enum class verdict_of_change : std::uint8_t { same, better, worse, changed };

struct change {
  measured_figure now;
  workload::figure before;
  verdict_of_change verdict = verdict_of_change::same;
  [[nodiscard]] double ratio() const noexcept { return before.median > 0 ? now.value.median / before.median : 0; }
};

struct baseline_comparison {
  std::string file;
  measured_set before;  ///< without its figures
  std::vector<change> changes;
  std::vector<std::string> doubts;   ///< what may explain a change besides the maps
  std::vector<std::string> missing;  ///< maps of one side only
  [[nodiscard]] bool anything_worse() const noexcept;
};

/// Reads what --save wrote; throws workload::input_error that says what to do.
[[nodiscard]] measured_set read_baseline(const std::string& file);

/// Why the two cannot be compared at all; empty: they can.
[[nodiscard]] std::string incomparable(const measured_set& before, const measured_set& now);

[[nodiscard]] verdict_of_change judge_change(const measured_figure& now, const workload::figure& before,
                                             unsigned least_rounds);
[[nodiscard]] baseline_comparison compare(measured_set before, const measured_set& now, const std::string& file);

[[nodiscard]] std::string as_text(const baseline_comparison& all);
[[nodiscard]] std::string as_json(const baseline_comparison& all);

/// The members that every saved document has; `document` is a JSON object as text, and so is the result.
[[nodiscard]] std::string with_figures(const std::string& document, const measured_set& all);

}  // namespace portolan::tool
