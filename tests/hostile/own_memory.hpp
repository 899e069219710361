// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What the kernel counts for this process.
#pragma once

#include <cstddef>
#include <fstream>

namespace hostile {

struct own_memory {
  std::size_t address_space_bytes = 0;
  std::size_t resident_bytes = 0;
};

inline own_memory memory_of_this_process() {
  std::size_t pages = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return {pages * 4096, resident * 4096};
}
inline std::size_t resident_bytes() { return memory_of_this_process().resident_bytes; }
inline std::size_t address_space_bytes() { return memory_of_this_process().address_space_bytes; }

}  // namespace hostile
