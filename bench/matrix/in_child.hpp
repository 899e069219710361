// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A measurement in a process of its own; what it found comes back as numbers.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace portolan::matrix {

/// Runs `measure` in a child and gives what it returned; empty if the child ended in any other way.
[[nodiscard]] std::optional<std::vector<double>> in_child(const std::function<std::vector<double>()>& measure);

struct ended {
  int status = -1;   ///< of the program; -1: it could not be started
  std::string said;  ///< its error stream
  double seconds = 0;
};
/// Runs a program, without a shell, and waits.
[[nodiscard]] ended run_program(const std::vector<std::string>& command);

/// Memory of this process that the kernel holds, and the most it held since `forget_peak`.
[[nodiscard]] double resident_bytes();
[[nodiscard]] double peak_bytes();
void forget_peak();

}  // namespace portolan::matrix
