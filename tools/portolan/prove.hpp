// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Promises and what shows them: `portolan prove` runs the programs that a list names, one row a promise.
//
//    == concurrent_map | no key is lost while the table grows      whose promise, and which
//    by    all schedules                                          how it is shown
//    run   model.concurrent_map --gtest_filter=*grow*             a program beside this one, or a path
//    over  ([0-9]+) complete | executions                         how much: the numbers that match, added up
//    all   not all                                                proved, if the output has no such words; else held
//
//    == concurrent_map | size() is exact while others write       a row without `run`: not promised
//
// 1. A row is broken if its program's exit status is not 0; what it said is kept and printed.
// 2. `proved` stands only in rows with `all`: everything that the row names was run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/workload/machine.hpp"

namespace portolan::tool {

/// One promise, as the list has it.
struct promise {
  std::string of;  ///< a map, or all of them: the family
  std::string says;
  std::string how;
  std::vector<std::string> command;  ///< empty: not promised
  std::string amount;                ///< an expression with one group, a number; empty: none is printed
  std::string unit;
  std::string unless;  ///< an expression: where the output has it, the row is held and not proved; empty: never proved
};

/// Reads a list; throws workload::input_error with the line that cannot be understood.
[[nodiscard]] std::vector<promise> promises_in(const std::string& file);

enum class verdict_of_promise : std::uint8_t { proved, held, broken, not_run, not_promised };

/// A promise and what became of it.
struct shown_promise {
  promise what;
  verdict_of_promise verdict = verdict_of_promise::not_run;
  std::uint64_t amount = 0;
  double seconds = 0;
  std::string said;  ///< by the program, where the row is broken
};

/// What ended a run before all rows were done.
struct proof {
  std::vector<shown_promise> rows;
  std::uint64_t seed = 0;
  std::string command;
  double seconds = 0;
};

[[nodiscard]] std::string proof_text(const proof& of);
[[nodiscard]] std::string proof_json(const proof& of);
/// The page for a repository: every row with its command, date, machine and seed.
[[nodiscard]] std::string proof_page(const proof& of, const std::string& date, const workload::machine& machine);

}  // namespace portolan::tool
