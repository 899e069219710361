// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Histories in files, as Jepsen and Porcupine write them: an event when a call begins and one when it ends.
//
//   {:process 0, :type :invoke, :f :write, :key "x", :value 3}     EDN: one map after another, or a vector of them
//   {:process 0, :type :ok,     :f :write, :key "x", :value 3}
//   {"process": 0, "type": "invoke", "f": "read", "key": "x"}      JSON: one object a line, or an array of them
//   {"process": 0, "type": "ok", "f": "read", "key": "x", "value": 3}
//
// 1. A file's order is its time: a call that ends before another begins precedes it. A `:time` is not read.
// 2. `:type`: `:invoke`; `:ok` it happened; `:fail` it did not happen; `:info` nobody knows, it stays pending.
// 3. `:f` and `:value`: read, write, cas `[old new]` (also get, put, find, assign, delete, erase, …: see docs/linearizability.md);
//    of a read `:value` counts at its end, nil says that there was nothing. A key stands in `:key`, or before the value, as
//    Jepsen's independent keys do: `:value [key value]`; without either there is one key.
// 4. Keys and values are numbers, or anything else: what is no natural number is kept by its text (history::name_of).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <portolan/prove/history.hpp>

namespace portolan::prove {

/// A file that is no history: which line, what is wrong there, and what to write.
class history_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class history_format { edn, json };

/// Reads a history from the text of a file.
///
/// @returns   the operations; the events' numbers are their instants
/// @sees      nothing another thread changes
/// @progress  never waits
/// @cost      O(length)
/// @throws    history_error: `line 7: …`; std::bad_alloc
/// @calls     no user code
[[nodiscard]] history read_history(std::string_view text, history_format format);

/// The format of a text by its first sign: JSON where a quotation mark follows the first brace, or an array of such.
///
/// @returns   the format that `read_history` should be told
/// @sees      nothing another thread changes
/// @progress  never waits
/// @cost      O(spaces and brackets at the beginning)
/// @throws    nothing
/// @calls     no user code
[[nodiscard]] history_format format_of(std::string_view text) noexcept;

/// Writes a history's operations, so that `read_history` reads the same order again.
///
/// @returns   the text: an event a line
/// @sees      nothing another thread changes
/// @progress  never waits
/// @cost      O(n log n)
/// @throws    std::bad_alloc
/// @calls     no user code
[[nodiscard]] std::string write_history(const history& all, history_format format);

}  // namespace portolan::prove
