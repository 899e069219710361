// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The matrix as text, as tables for a document, as CSV, as JSON and as plots.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/matrix/bars.hpp"
#include "bench/workload/machine.hpp"
#include "tools/portolan/matrix_then.hpp"
#include "tools/portolan/text.hpp"

namespace portolan::tool {

struct matrix_report {
  matrix::result found;
  std::vector<matrix::bar> bars;
  workload::machine machine;
  std::string command;
  std::string date;  ///< when it began
  std::optional<matrix_then> then{};
};

[[nodiscard]] std::string as_text(const matrix_report& of, const terminal& to);
[[nodiscard]] std::string as_markdown(const matrix_report& of);
[[nodiscard]] std::string as_csv(const matrix_report& of);
[[nodiscard]] std::string as_json(const matrix_report& of);
/// Name and content of each plot.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> as_plots(const matrix_report& of);

}  // namespace portolan::tool
