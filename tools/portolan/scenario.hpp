// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The articles' tables again: the same question asked of our maps on this machine, their figures beside ours.
//
//    map             reads            writes
//                  ours  theirs     ours  theirs        theirs: as printed in the article, for Go, on its machine
//
// Their figures are for other machines and often contradict each other; they stand here to be compared in shape.
// 1. A row has a figure only if what its map held afterwards was right; else the map is refused with the difference.
// 2. A figure of several rounds stands with its spread; one that nothing was measured for is a dash.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/workload/survey.hpp"
#include "tools/portolan/advise_options.hpp"
#include "tools/portolan/baseline.hpp"
#include "tools/portolan/progress.hpp"

namespace portolan::tool {

struct scenario_row {
  std::string map;
  std::vector<std::optional<workload::figure>> ours;  ///< one a measure
  std::vector<std::optional<double>> theirs;
  bool control = false;  ///< no map: what the harness takes by itself
};
struct measure {
  std::string title;
  std::string unit;
  enum better better = better::neither;
};
struct scenario_result {
  std::string name;
  std::string what;  ///< the task, in a sentence or two
  std::vector<measure> measures;
  std::vector<scenario_row> rows;
  std::string answer;  ///< what the figures mean, beyond who is ahead; may be empty
  bool ranked = true;  ///< rows are rivals: who is ahead is worth a sentence
  std::vector<std::string> notes;
  std::vector<std::string> not_done;
  std::vector<std::string> refused;  ///< maps whose content was wrong
};

/// How much of a scenario to do.
struct scenario_effort {
  unsigned rounds;
  double run_seconds;
  std::uint64_t seed;
  progress_bar& bar;
  const std::vector<std::string>& only;     ///< parts of names; empty: all maps
  const std::vector<std::string>& without;  ///< parts of names

  [[nodiscard]] bool wants(const std::string& map) const;
};

/// One row of a scenario: a map by its name in the table of candidates, and the article's figures for it.
struct contestant {
  std::string map;
  std::vector<std::optional<double>> theirs;
};

[[nodiscard]] scenario_result rw_vs_mutex(const scenario_effort& how);
[[nodiscard]] scenario_result read_mostly(const scenario_effort& how);
[[nodiscard]] scenario_result mixed(const scenario_effort& how);
[[nodiscard]] scenario_result open_loop_10k(const scenario_effort& how);
[[nodiscard]] scenario_result false_sharing(const scenario_effort& how);
[[nodiscard]] scenario_result reads_16(const scenario_effort& how);
[[nodiscard]] scenario_result memory_pressure(const scenario_effort& how);
[[nodiscard]] scenario_result reclaim_cycles(const scenario_effort& how);
[[nodiscard]] scenario_result lazy_init(const scenario_effort& how);
[[nodiscard]] scenario_result reserve(const scenario_effort& how);
[[nodiscard]] scenario_result values_in_place(const scenario_effort& how);
[[nodiscard]] scenario_result aggregator(const scenario_effort& how);
[[nodiscard]] scenario_result aggregator_histogram(const scenario_effort& how);
[[nodiscard]] scenario_result bulk_replace(const scenario_effort& how);
[[nodiscard]] scenario_result versioned_update(const scenario_effort& how);

/// Who is ahead by the first measure that has a better end, whether the articles' order holds here, and the answer.
[[nodiscard]] std::string closing_sentence(const scenario_result& all);

/// The figures of ours, for comparing them with another day's.
[[nodiscard]] std::vector<measured_figure> figures_of(const scenario_result& all);

[[nodiscard]] std::string as_text(const scenario_result& all);
[[nodiscard]] std::string as_json(const scenario_result& all);

/// Adds the figures of one round of one map to its row, column by column.
class row_of_rounds {
 public:
  void add(const std::vector<std::optional<double>>& figures);
  [[nodiscard]] bool empty() const noexcept { return columns_.empty(); }
  [[nodiscard]] std::vector<std::optional<workload::figure>> figures() const;

 private:
  std::vector<std::vector<double>> columns_;
};

}  // namespace portolan::tool
