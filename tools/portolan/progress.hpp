// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A bar with the time left, on a terminal only; and Ctrl-C, which means "give me what you have".
//
//    ██████░░░░░░░░░░░░░░  31 %   0:24 left   round 2 of 5, libcuckoo
//
// The first Ctrl-C sets a flag that runs look at; the second one ends the program as ever.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "tools/portolan/text.hpp"

namespace portolan::tool {

class progress_bar {
 public:
  explicit progress_bar(const terminal& to);
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;
  ~progress_bar() { clear(); }

  /// Declares how many seconds of work the following parts will take about; parts end in their order.
  void expect(double seconds) { expected_seconds_ += seconds; }
  /// Shows that `seconds` of the expected work are done and `what` is next.
  void show(double seconds_done, const std::string& what);
  void clear();

 private:
  const terminal& to_;
  double expected_seconds_ = 0;
  std::uint64_t begin_ns_;
  bool shown_ = false;
};

/// True once somebody pressed Ctrl-C; runs end early then.
[[nodiscard]] const std::atomic<bool>& interrupted() noexcept;
/// From here on Ctrl-C and SIGTERM set `interrupted`.
void watch_for_interrupt();

}  // namespace portolan::tool
