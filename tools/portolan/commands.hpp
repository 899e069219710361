// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What one starts. Each command gets its own arguments and returns the program's exit status:
// 0 nothing wrong was found, 1 something was (a map whose content is wrong), 2 it could not be done.
#pragma once

#include <string>
#include <vector>

#include "tools/portolan/text.hpp"

namespace portolan::tool {

enum class status : int { clean = 0, found = 1, failed = 2 };

using arguments = std::vector<std::string>;

[[nodiscard]] status run_advise(const arguments& given, const terminal& to);
[[nodiscard]] status run_bench(const arguments& given, const terminal& to);
[[nodiscard]] status run_prove(const arguments& given, const terminal& to);
[[nodiscard]] status run_check_history(const arguments& given, const terminal& to);

[[nodiscard]] std::string advise_help();
[[nodiscard]] std::string bench_help();
[[nodiscard]] std::string prove_help();
[[nodiscard]] std::string check_history_help();

}  // namespace portolan::tool
