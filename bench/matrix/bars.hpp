// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The bars: what concurrent_map must reach, and whether it did. From figures alone, so that tests can set them.
#pragma once

#include <string>
#include <vector>

#include "bench/matrix/figures.hpp"
#include "bench/matrix/matrix.hpp"

namespace portolan::matrix {

enum class verdict : std::uint8_t { pass, miss, open };  ///< open: nothing to compare with

/// One row of the table.
struct bar {
  std::string name;
  std::string target;
  std::string measured;
  std::string beside;  ///< peers, worst cells, noise
  enum verdict verdict = verdict::open;
  unsigned threads = 0;  ///< 0: the row is not one of some numbers of threads
  std::string spread{};  ///< where `measured` lies, where that is known
  /// `find of present keys, 2 threads`
  [[nodiscard]] std::string full_name() const;
};

/// Ours beside the best peer of a league in one cell.
struct comparison {
  const cell* in = nullptr;
  std::size_t peer = 0;
  estimate ratio;
};

/// The fastest peer of the league in the cell; 0 (which is ours) if there is none.
[[nodiscard]] std::size_t best_peer(const result& of, const cell& in, workload::league league);
/// All cells of the matrix proper of one form (and size, unless 0) where both were measured.
[[nodiscard]] std::vector<comparison> compare(const result& of, key_form form, std::uint64_t entries,
                                              workload::league league);

[[nodiscard]] std::vector<bar> bars_of(const result& of);

}  // namespace portolan::matrix
