// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The articles' tables again: the same question asked of our maps on this machine, their figures beside ours.
//
//    map             reads            writes
//                  ours  theirs     ours  theirs        theirs: as printed in the article, for Go, on its machine
//
// Their figures are for other machines and often contradict each other; they stand here to be compared in shape.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/workload/survey.hpp"
#include "tools/portolan/advise_options.hpp"
#include "tools/portolan/progress.hpp"

namespace portolan::tool {

struct scenario_row {
  std::string map;
  std::vector<std::optional<workload::figure>> ours;  ///< one a measure
  std::vector<std::optional<double>> theirs;
};
struct measure {
  std::string title;
  std::string unit;
};
struct scenario_result {
  std::string name;
  std::string what;  ///< the task, in a sentence or two
  std::vector<measure> measures;
  std::vector<scenario_row> rows;
  std::vector<std::string> notes;
  std::vector<std::string> refused;  ///< maps whose content was wrong
};

/// How much of a scenario to do.
struct scenario_effort {
  unsigned rounds;
  double run_seconds;
  std::uint64_t seed;
  progress_bar& bar;
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
[[nodiscard]] scenario_result lazy_init(const scenario_effort& how);
[[nodiscard]] scenario_result reserve(const scenario_effort& how);

[[nodiscard]] std::string as_text(const scenario_result& all);
[[nodiscard]] std::string as_json(const scenario_result& all);

}  // namespace portolan::tool
