// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "bench/workload/distribution.hpp"

namespace {

using portolan::workload::chance;
using portolan::workload::histogram;

TEST(histogram, an_empty_one_says_nothing) {
  const histogram h;
  EXPECT_EQ(h.total(), 0u);
  EXPECT_EQ(h.at(0.5), 0u);
  EXPECT_EQ(h.max(), 0u);
}

TEST(histogram, small_values_are_exact) {
  histogram h;
  for (std::uint64_t v = 1; v <= 100; ++v) h.record(v);
  EXPECT_EQ(h.at(0.01), 1u);
  EXPECT_EQ(h.at(0.5), 50u);
  EXPECT_EQ(h.at(0.99), 99u);
  EXPECT_EQ(h.at(1), 100u);
}

// Method: the same values sorted in a plain vector are the truth; the histogram may be a bucket's width above it.
TEST(histogram, every_percentile_is_within_a_sixty_fourth_of_the_truth) {
  chance source(4711);
  std::vector<std::uint64_t> truth;
  histogram h;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t value = source.next() >> (source.next() % 60);
    truth.push_back(value);
    h.record(value);
  }
  std::sort(truth.begin(), truth.end());
  for (const double share : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(truth.size()));
    const std::uint64_t exact = truth[std::max<std::size_t>(rank, 1) - 1];
    EXPECT_GE(h.at(share), exact) << share;
    EXPECT_LE(h.at(share) - exact, exact / 64 + 1) << share;
  }
  EXPECT_EQ(h.max(), truth.back());
}

TEST(histogram, added_up_is_as_recorded_in_one) {
  histogram one;
  histogram left;
  histogram right;
  for (std::uint64_t v = 0; v < 5000; ++v) {
    one.record(v * v);
    (v % 2 == 0 ? left : right).record(v * v);
  }
  left.add(right);
  EXPECT_EQ(left.total(), one.total());
  EXPECT_EQ(left.max(), one.max());
  for (const double share : {0.1, 0.5, 0.999}) EXPECT_EQ(left.at(share), one.at(share));
}

TEST(histogram, the_buckets_hold_all_that_was_recorded) {
  histogram h;
  for (std::uint64_t v = 1; v < (std::uint64_t{1} << 62); v *= 3) h.record(v);
  std::uint64_t held = 0;
  std::uint64_t last_edge = 0;
  h.for_each([&](std::uint64_t edge, std::uint64_t count) {
    EXPECT_GE(edge, last_edge);
    last_edge = edge;
    held += count;
  });
  EXPECT_EQ(held, h.total());
}

}  // namespace
