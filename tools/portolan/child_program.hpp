// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Another program, run to its end or to a moment, with all it said.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace portolan::tool {

struct child_program {
  enum class end : std::uint8_t { exited, signalled, too_late, not_started };
  end how = end::not_started;
  int status = 0;    ///< of exited: the exit status; of signalled: the signal; of not_started: errno
  std::string said;  ///< both streams
  double seconds = 0;
};

/// Runs it without a shell; `more` are NAME=VALUE beside this process's environment. It is killed, with the processes that
/// it started, after so many seconds or when somebody pressed Ctrl-C.
[[nodiscard]] child_program run_child(const std::vector<std::string>& command, const std::vector<std::string>& more,
                                      double at_most_seconds);

}  // namespace portolan::tool
