// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a figure was measured on; without it a figure says nothing.
#pragma once

#include <string>

namespace portolan::workload {

struct machine {
  unsigned processors = 0;
  std::string processor_name;
  double last_level_cache_bytes = 0;  ///< 0: unknown
  std::string compiler;
  std::string build;  ///< optimisation and sanitizers
  double load = 0;    ///< others' load while we began: runnable threads in the last minute
};
[[nodiscard]] machine this_machine();

}  // namespace portolan::workload
