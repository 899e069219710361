// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What was asked of `portolan bench matrix`.
#pragma once

#include <string>
#include <vector>

#include "bench/matrix/matrix.hpp"
#include "tools/portolan/commands.hpp"

namespace portolan::tool {

struct matrix_options {
  matrix::settings how;
  std::vector<std::string> peer_headers;
  std::vector<std::string> peer_include;
  std::vector<std::string> only;
  std::vector<std::string> without;
  std::string baseline;  ///< an earlier run's matrix.json
  std::string out = "portolan-matrix";
  bool quick = false;
  bool json = false;
  std::string problem;  ///< why nothing is run; empty: all is well
  std::string command;  ///< as it was typed
};

[[nodiscard]] matrix_options read_matrix_options(const arguments& given);
[[nodiscard]] std::string matrix_help();

}  // namespace portolan::tool
