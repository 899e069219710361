// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a command line was probably meant to say, where it cannot be understood.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "tools/portolan/commands.hpp"

namespace portolan::tool {

/// The long names of the options that `app` knows.
[[nodiscard]] std::vector<std::string> names_of(const CLI::App& app);

/// The problem with a command line that `app` refused: the first option that is none of its own, with the nearest one that
/// is; else what the error says.
[[nodiscard]] std::string explained(const CLI::App& app, const CLI::ParseError& error, const arguments& given);

}  // namespace portolan::tool
