// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/distribution.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace portolan::workload {
namespace {

// log(1 + x) / x and (e^x - 1) / x, also where x is nearly 0.
double log1p_over(double x) { return std::fabs(x) > 1e-8 ? std::log1p(x) / x : 1 - x * (0.5 - x / 3); }
double expm1_over(double x) { return std::fabs(x) > 1e-8 ? std::expm1(x) / x : 1 + x / 2 * (1 + x / 3); }

}  // namespace

zipf_ranks::zipf_ranks(std::uint64_t count, double skew)
    : count_(static_cast<double>(std::max<std::uint64_t>(count, 1))), skew_(skew) {
  area_first_ = integral(1.5) - 1;
  area_last_ = integral(count_ + 0.5);
  accept_ = 2 - integral_inverse(integral(2.5) - density(2));
}

double zipf_ranks::integral(double x) const {
  const double log_x = std::log(x);
  return expm1_over((1 - skew_) * log_x) * log_x;
}

double zipf_ranks::density(double x) const { return std::exp(-skew_ * std::log(x)); }

double zipf_ranks::integral_inverse(double y) const {
  const double t = std::max(y * (1 - skew_), -1.0);
  return std::exp(log1p_over(t) * y);
}

std::uint64_t zipf_ranks::draw(chance& source) const {
  for (;;) {
    const double area = area_last_ + source.unit() * (area_first_ - area_last_);
    const double x = integral_inverse(area);
    const double rank = std::clamp(std::floor(x + 0.5), 1.0, count_);
    if (rank - x <= accept_ || area >= integral(rank + 0.5) - density(rank)) return static_cast<std::uint64_t>(rank);
  }
}

key_source::key_source(const key_choice& choice, std::uint32_t range)
    : choice_(choice), range_(std::max(range, 1u)), stride_(0), ranks_(range_, choice.skew) {
  stride_ = static_cast<std::uint64_t>(0.6180339887 * range_) | 1u;
  while (std::gcd(stride_, std::uint64_t{range_}) != 1) ++stride_;
}

std::uint32_t key_source::spread(std::uint64_t rank) const noexcept {
  return static_cast<std::uint32_t>(rank * stride_ % range_);
}

std::uint32_t key_source::draw(chance& source, std::uint32_t newest) const {
  switch (choice_.distribution) {
    case distribution::uniform: return static_cast<std::uint32_t>(source.below(range_));
    case distribution::zipf: return spread(ranks_.draw(source) - 1);
    case distribution::latest: {
      const auto age = static_cast<std::uint32_t>(ranks_.draw(source) - 1);
      return (newest + range_ - 1 - age) % range_;
    }
    case distribution::hot_set: {
      const double wanted = std::round(choice_.hot_keys * range_);
      const auto hot = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, range_);
      const bool to_hot = hot == range_ || source.unit() < choice_.hot_share;
      return spread(to_hot ? source.below(hot) : hot + source.below(range_ - hot));
    }
  }
  return 0;
}

}  // namespace portolan::workload
