// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A workload from any text: its words, counted by several threads in one map that begins empty.
//
//    files, sorted by name -> words (letters, digits, _; bytes above 127 count as letters) -> add 1
//    dealt to the threads in pieces of 4096 words, so that all threads meet the same mixture of texts
//
// Real keys, real lengths, real skew: `the`, `std` and `const` lead everywhere.
#pragma once

#include <string>
#include <vector>

#include "bench/workload/operation.hpp"

namespace portolan::workload {

struct words_settings {
  std::vector<std::string> paths;  ///< files, or directories that are searched through
  unsigned threads = 2;
  std::size_t words_at_most = 2'000'000;
  std::size_t file_bytes_at_most = 8u << 20;  ///< of one file; data is seldom prose beyond that
};

struct words_found {
  workload work;
  std::size_t files = 0;
  std::size_t bytes = 0;
  bool limited = false;                 ///< words_at_most was reached before the last file
  std::vector<std::string> unreadable;  ///< files that could not be read, inside a directory
};

/// Throws input_error: a path that does not exist, or no word in all of them.
[[nodiscard]] words_found make_words(const words_settings& how);

/// Where this machine keeps its C++ headers; empty if nowhere known.
[[nodiscard]] std::vector<std::string> cxx_headers_of_this_machine();

}  // namespace portolan::workload
