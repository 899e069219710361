// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace portolan::workload {

std::uint64_t histogram::at(double share) const noexcept {
  if (total_ == 0) return 0;
  const double wanted_exact = std::ceil(share * static_cast<double>(total_));
  const auto wanted = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted_exact), 1, total_);
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < bucket_count; ++i) {
    passed += counts_[i];
    if (passed >= wanted) return std::min(upper_edge(i), max_);
  }
  return max_;
}

}  // namespace portolan::workload
