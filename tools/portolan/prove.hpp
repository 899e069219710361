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
//    for   returns sees | find insert                             which tags of whose documentation it shows (tests/house)
//
//    == concurrent_map | size() is exact while others write       a row without `run`: not promised
//
//    == concurrent_map | the largest table                        a row with `open`: promised, or expected, and shown by
//    open  no machine has the memory                              nothing: why
//
// 1. A row is broken if its program's exit status is not 0; what it said is kept and printed.
// 2. `proved` stands only in rows with `all`: everything that the row names was run.
// 3. Rows of one command run it once.
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
  std::string open;    ///< why nothing shows it; empty: something does, or it is not promised
};

/// Reads a list; throws workload::input_error with the line that cannot be understood.
[[nodiscard]] std::vector<promise> promises_in(const std::string& file);

enum class verdict_of_promise : std::uint8_t { proved, held, broken, not_run, not_shown, not_promised };

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

/// A fault that the library had.
struct mended_fault {
  std::string what;
  std::string since;     ///< what it came with
  std::string found_by;  ///< a checker, a kind of test, reading, a user
  std::string shown_by;  ///< a test that fails where the fault is
};

/// Reads a list of them, a line each, its parts between tabulators; throws workload::input_error.
[[nodiscard]] std::vector<mended_fault> faults_in(const std::string& file);

/// The page for a repository: every row with its command, date, machine and seed; what nothing shows; the faults.
[[nodiscard]] std::string proof_page(const proof& of, const std::vector<mended_fault>& faults, const std::string& date,
                                     const workload::machine& machine);
/// `file` with `page` between its lines `<!-- prove: begin -->` and `<!-- prove: end -->`; without them `page` alone.
[[nodiscard]] std::string page_in(const std::string& file, const std::string& page);

// What the page says in the words of the terminal's table.
[[nodiscard]] const char* word_for(verdict_of_promise what);
[[nodiscard]] std::string amount_of(const shown_promise& row);
[[nodiscard]] std::string summary_of(const proof& of);
[[nodiscard]] std::string time_in_words(double seconds);
[[nodiscard]] std::string command_text(const std::vector<std::string>& words);

}  // namespace portolan::tool
