// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// An earlier run of the matrix beside this one: what did concurrent_map lose?
//
//    one cell        then         now        now ÷ then
//    ours            28 to 30     22 to 24   0.79          lost: the ranges are apart, the medians by more than 5 %,
//    a peer          11           10         0.91                and no other map of the cell became slower by as much
//    plain array     62           60         0.97
//
// 1. Other maps are built from the same sources then and now: what they lost, the machine lost.
// 2. A cell that one of the runs lacks is not compared; another processor is said, not refused.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/matrix/figures.hpp"
#include "bench/matrix/matrix.hpp"
#include "bench/workload/machine.hpp"

namespace portolan::tool {

struct matrix_change {
  std::string cell;
  matrix::estimate now;  ///< operations a second
  matrix::estimate then;
  double others_least = 0;  ///< now ÷ then of the other map that lost most; 0: none was in both runs
  double others_most = 0;
  bool lost = false;
  [[nodiscard]] double ratio() const noexcept { return then.median > 0 ? now.median / then.median : 0; }
};

struct matrix_then {
  std::string file;
  std::string date;
  std::vector<std::string> doubts;  ///< what may explain a change besides the map
  std::vector<matrix_change> changes;
  [[nodiscard]] std::size_t lost() const noexcept;
};

/// `json` is what as_json of an earlier run gave; throws workload::input_error that says what to do.
[[nodiscard]] matrix_then compare_with(const std::string& file, const std::string& json, const matrix::result& now,
                                       const workload::machine& machine);
/// The same for a file. Nothing is compared with yet: `now` may be empty, to see whether the file can be read.
[[nodiscard]] std::string read_earlier_matrix(const std::string& file);

}  // namespace portolan::tool
