// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What the matrix says in its text and in its tables alike.
#pragma once

#include <string>

#include "tools/portolan/matrix_report.hpp"

namespace portolan::tool {

[[nodiscard]] const char* in_words(matrix::verdict how) noexcept;
[[nodiscard]] std::string machine_in_words(const workload::machine& of);
[[nodiscard]] std::string maps_in_words(const matrix::result& of);
[[nodiscard]] std::string method_in_words(const matrix::result& of);
/// How many bars were reached.
[[nodiscard]] std::string count_of(const std::vector<matrix::bar>& bars);
/// How this run stands beside an earlier one.
[[nodiscard]] std::string then_in_words(const matrix_then& of);

}  // namespace portolan::tool
