// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/distribution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

using namespace portolan::workload;

constexpr int draws = 200'000;

std::vector<double> shares_of(const key_choice& choice, std::uint32_t range, std::uint32_t newest = 0) {
  const key_source keys(choice, range);
  chance source(99);
  std::vector<double> counts(range);
  for (int i = 0; i < draws; ++i) counts.at(keys.draw(source, newest)) += 1.0 / draws;
  return counts;
}

// Method: the probability of rank r is r^-s / sum of k^-s; the drawn share of each of the first ranks must lie within
// five standard deviations of it. The seed is fixed, so the test cannot fail by chance.
TEST(zipf, each_rank_comes_as_often_as_the_law_says) {
  for (const double skew : {0.5, 0.99, 1.0, 1.3}) {
    constexpr std::uint64_t count = 1000;
    double sum = 0;
    for (std::uint64_t k = 1; k <= count; ++k) sum += std::pow(k, -skew);
    const zipf_ranks ranks(count, skew);
    chance source(7);
    std::vector<int> seen(count + 1);
    for (int i = 0; i < draws; ++i) ++seen.at(ranks.draw(source));
    EXPECT_EQ(seen[0], 0);
    for (const std::uint64_t rank : {1u, 2u, 3u, 10u, 100u, 1000u}) {
      const double p = std::pow(rank, -skew) / sum;
      const double deviation = std::sqrt(p * (1 - p) * draws);
      EXPECT_NEAR(seen[rank], p * draws, 5 * deviation + 1) << "rank " << rank << ", skew " << skew;
    }
  }
}

TEST(zipf, one_key_is_always_the_first) {
  const zipf_ranks ranks(1, 0.99);
  chance source(1);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(ranks.draw(source), 1u);
}

TEST(key_source, the_hottest_key_of_zipf_is_one_and_every_key_can_come) {
  const auto shares = shares_of({.distribution = distribution::zipf, .skew = 0.99}, 50);
  const double hottest = *std::max_element(shares.begin(), shares.end());
  EXPECT_GT(hottest, 0.2);
  EXPECT_GT(*std::min_element(shares.begin(), shares.end()), 0);
}

TEST(key_source, uniform_keys_are_alike) {
  for (const double share : shares_of({.distribution = distribution::uniform}, 20)) EXPECT_NEAR(share, 0.05, 0.005);
}

TEST(key_source, the_hot_set_gets_its_share_and_the_others_the_rest) {
  auto shares = shares_of({.distribution = distribution::hot_set, .hot_keys = 0.1, .hot_share = 0.9}, 100);
  std::sort(shares.rbegin(), shares.rend());
  double hot = 0;
  for (int i = 0; i < 10; ++i) hot += shares[static_cast<std::size_t>(i)];
  EXPECT_NEAR(hot, 0.9, 0.01);
  EXPECT_GT(shares.back(), 0);
}

TEST(key_source, latest_prefers_what_was_inserted_last) {
  const auto shares = shares_of({.distribution = distribution::latest, .skew = 0.99}, 100, 40);
  const auto hottest = static_cast<std::size_t>(std::max_element(shares.begin(), shares.end()) - shares.begin());
  EXPECT_EQ(hottest, 39u);
  EXPECT_GT(shares[39], shares[38]);
  EXPECT_GT(shares[38], shares[60]);
}

TEST(chance, below_keeps_inside_its_range) {
  chance source(3);
  std::vector<int> seen(7);
  for (int i = 0; i < 7000; ++i) ++seen.at(source.below(7));
  for (const int count : seen) EXPECT_NEAR(count, 1000, 200);
}

}  // namespace
