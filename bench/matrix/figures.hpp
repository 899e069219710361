// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// From repetitions to one figure with its interval.
//
//    repetition   1     2     3     4     5
//    ours        60    58    61    40    59        one repetition measures all maps of a cell one after the other, so
//    best peer   30    31    30    21    29        that what the machine does for a second meets them together
//    ratio      2.0   1.9   2.0   1.9   2.0   ->   median 2.0, interval 1.9 to 2.0
#pragma once

#include <cstddef>
#include <vector>

namespace portolan::matrix {

/// A median, and where the true one lies with a certainty of at least 93 %; with fewer than 5 values: their range.
struct estimate {
  double median = 0;
  double low = 0;
  double high = 0;
};
[[nodiscard]] estimate estimate_of(std::vector<double> values);

/// The estimate of a[i] / b[i] over the repetitions that both have.
[[nodiscard]] estimate paired_ratio(const std::vector<double>& a, const std::vector<double>& b);

/// 0 for no values; values are above 0.
[[nodiscard]] double geometric_mean(const std::vector<double>& values);
[[nodiscard]] double median_of(std::vector<double> values);

}  // namespace portolan::matrix
