// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The one vocabulary of errors: every exception that Portolan throws itself is a `portolan::error` with a
// stable code and a sentence that says what to do. What user code throws passes through untouched.
#pragma once

#include <cstdint>
#include <exception>

#include <portolan/base/platform.hpp>

namespace portolan {

/// What went wrong, stable over versions; docs/errors.md has a section for each.
// In rows by theme: each line here counts in the weight of every map.
// clang-format off
enum class errc : std::uint8_t {
  reentrant_call, waits_for_itself, forked_inside,  // user code inside a critical section, or waiting for itself
  capacity, version_out_of_range,                   // numbers that a map cannot take
  no_such_map, other_map_type,                      // map_registry
  other_memory,                                     // swap and merge of maps whose allocators differ
  dump_stream, dump_foreign, dump_newer, dump_types, dump_truncated, dump_damaged,  // dump and load
};
// clang-format on

/// The base of every exception that Portolan throws itself.
class error : public std::exception {
 public:
  error(errc code, const char* sentence) noexcept : sentence_(sentence), code_(code) {}

  [[nodiscard]] errc code() const noexcept { return code_; }
  [[nodiscard]] const char* what() const noexcept override { return sentence_; }

 private:
  const char* sentence_;
  errc code_;
};

/// User code called back into the map that is calling it; both places are code addresses
/// (`addr2line -i -e PROGRAM ADDRESS` names the lines). Call the map after the callable has returned.
class reentrant_call : public error {
 public:
  /// Says which of the two refusals it is and where both calls were made. Nothing is allocated.
  ///
  /// @returns   nothing
  /// @sees      nothing shared
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     no user code
  reentrant_call(errc code, platform::code_address outer, platform::code_address inner) noexcept;

  [[nodiscard]] const char* what() const noexcept override { return text_; }
  /// The code that entered the critical section.
  [[nodiscard]] platform::code_address outer() const noexcept { return outer_; }
  /// The code that called the map again from inside.
  [[nodiscard]] platform::code_address inner() const noexcept { return inner_; }

 private:
  platform::code_address outer_;
  platform::code_address inner_;
  char text_[240];
};

}  // namespace portolan
