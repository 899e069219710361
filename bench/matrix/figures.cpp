// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/matrix/figures.hpp"

#include <algorithm>
#include <cmath>

namespace portolan::matrix {
namespace {

// How many values an interval may leave out at either end. If it leaves out k, it misses the true median when at most
// k of the values lie on one side of that: twice the probability that at most k of n coins show heads.
std::size_t left_out_at_each_end(std::size_t count) {
  constexpr double doubt = 0.07;
  double of_this = std::pow(0.5, static_cast<double>(count));  // exactly `k` heads
  double so_far = of_this;
  std::size_t k = 0;
  while (2 * (so_far + of_this * static_cast<double>(count - k) / static_cast<double>(k + 1)) <= doubt) {
    of_this *= static_cast<double>(count - k) / static_cast<double>(k + 1);
    so_far += of_this;
    ++k;
  }
  return k;
}

}  // namespace

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

estimate estimate_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t out = left_out_at_each_end(values.size());
  return {median_of(values), values[out], values[values.size() - 1 - out]};
}

estimate paired_ratio(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a[i] > 0 && b[i] > 0) ratios.push_back(a[i] / b[i]);
  }
  return estimate_of(std::move(ratios));
}

double geometric_mean(const std::vector<double>& values) {
  if (values.empty()) return 0;
  double sum = 0;
  for (const double value : values) sum += std::log(value);
  return std::exp(sum / static_cast<double>(values.size()));
}

}  // namespace portolan::matrix
