// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "tools/portolan/perf_counter.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace portolan::tool {

cache_misses::cache_misses() : descriptor_(-1) {
  perf_event_attr wanted{};
  wanted.type = PERF_TYPE_HARDWARE;
  wanted.size = sizeof wanted;
  wanted.config = PERF_COUNT_HW_CACHE_MISSES;
  wanted.inherit = 1;
  wanted.exclude_kernel = 1;
  descriptor_ = static_cast<int>(::syscall(SYS_perf_event_open, &wanted, 0, -1, -1, 0));
}

cache_misses::~cache_misses() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::uint64_t cache_misses::read() const noexcept {
  std::uint64_t count = 0;
  if (descriptor_ < 0 || ::read(descriptor_, &count, sizeof count) != sizeof count) return 0;
  return count;
}

}  // namespace portolan::tool
