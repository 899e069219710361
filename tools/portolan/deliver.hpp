// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The end of every measurement: compare with the baseline, print, save.
//
//    baseline_for   before anything is measured: a file that cannot serve costs no minute
//    deliver        the table or the JSON, the comparison below it, the file for the next time
//
// 1. What was ended early is not saved: the next comparison would take it for the whole.
// 2. The exit status is the worst of what was found: a wrong map or a change for the worse is 1, a file that cannot
//    be written is 2.
#pragma once

#include <optional>
#include <string>

#include "tools/portolan/advise_options.hpp"
#include "tools/portolan/baseline.hpp"

namespace portolan::tool {

struct delivery {
  std::string text;
  std::string json;
  measured_set figures;
  bool whole = true;  ///< false: ended early
  status found = status::clean;
};

/// The set that a run with these options will be, without figures: enough to be compared with a baseline.
[[nodiscard]] measured_set set_of(const std::string& kind, const std::string& of, unsigned rounds, double run_seconds);

/// Reads --baseline if it was given; throws workload::input_error if it cannot be compared with `planned`.
[[nodiscard]] std::optional<measured_set> baseline_for(const advise_options& how, const measured_set& planned);

[[nodiscard]] status deliver(delivery all, const std::optional<measured_set>& before, const advise_options& how,
                             const terminal& to);

}  // namespace portolan::tool
