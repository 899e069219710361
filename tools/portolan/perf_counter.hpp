// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The processor's count of cache misses of this process and the threads it starts, where the kernel allows it.
#pragma once

#include <cstdint>

namespace portolan::tool {

class cache_misses {
 public:
  cache_misses();
  cache_misses(const cache_misses&) = delete;
  cache_misses& operator=(const cache_misses&) = delete;
  ~cache_misses();
  [[nodiscard]] bool allowed() const noexcept { return descriptor_ >= 0; }
  /// 0 where it is not allowed.
  [[nodiscard]] std::uint64_t read() const noexcept;

 private:
  int descriptor_;
};

}  // namespace portolan::tool
