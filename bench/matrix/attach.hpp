// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Maps from outside, taken into the running program: --peer-header FILE
//
//    FILE (an adapter, bench/peers/adapter.hpp) ─ c++ -shared attached.cpp ─► HASH.so ─ dlopen ─► candidate
//
// 1. The same loops, compiled for that adapter with -O3: no call between two operations goes through the library.
// 2. What was compiled once is kept in ~/.cache/portolan/peers, under a name made from all of the source after its
//    includes and the command: a changed header is compiled anew, an unchanged one is there at once.
// 3. A line `// flags: …` in the header is added to the command: -mcx16, -lname.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "bench/workload/candidate.hpp"

namespace portolan::matrix {

/// Says which file, what is wrong with it and what to do.
class attach_error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The map of that header. Throws attach_error.
[[nodiscard]] workload::candidate attach(const std::string& header, const std::vector<std::string>& include);

/// The compiler of run time: CXX in the environment, else the one that built this program.
[[nodiscard]] std::string compiler_of_run_time();
/// Where Portolan's sources lie; empty if they are not where this program was built from.
[[nodiscard]] std::string source_folder();

}  // namespace portolan::matrix
