// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/machine.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <fstream>

#include "bench/workload/allocations.hpp"
#include "portolan/base/platform.hpp"

#ifndef PORTOLAN_BUILD_TEXT
#define PORTOLAN_BUILD_TEXT ""
#endif

namespace portolan::workload {
namespace {

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t at = line.find(": ");
    return at == std::string::npos ? "" : line.substr(at + 2);
  }
  return "";
}

std::string compiler() {
#if defined(__clang__)
  return "clang " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__);
#else
  return "g++ " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__);
#endif
}

}  // namespace

machine this_machine() {
  machine found;
  found.processors = platform::processor_count();
  found.processor_name = processor_name();
  const long cache = ::sysconf(_SC_LEVEL3_CACHE_SIZE);
  found.last_level_cache_bytes = cache > 0 ? static_cast<double>(cache) : 0;
  found.compiler = compiler();
  found.build = PORTOLAN_BUILD_TEXT;
  if (!allocations_counted) found.build += " (allocations are not counted)";
  double loads[1] = {0};
  if (::getloadavg(loads, 1) == 1) found.load = loads[0];
  return found;
}

}  // namespace portolan::workload
