// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Where another map would win: the same workload with one thing changed, measured at a few points.
//
//    M/s  |  a \        .' b
//         |      \   .'
//         |       .X           the crossing: found in every round by itself, so that it has a spread
//         |    .'     \ a
//         +---|----|----|--  share of finds, or bytes a value
//
// A workload varied keeps its keys, their skew, and who owns what: finds and writes are drawn from its own.
#pragma once

#include <string>
#include <vector>

#include "bench/workload/survey.hpp"

namespace portolan::workload {

/// `work` with this share of finds. It begins with the keys that it would have had, and runs in a circle.
[[nodiscard]] workload with_find_share(const workload& work, double share, std::uint64_t seed);
/// `work` with values of this size; not for counting workloads.
[[nodiscard]] workload with_value_bytes(const workload& work, std::uint32_t value_bytes);
/// What share of `work` are finds.
[[nodiscard]] double find_share_of(const workload& work) noexcept;

/// Speeds along one parameter.
struct curve {
  std::string parameter;                                 ///< "finds" or "bytes a value"
  double own = 0;                                        ///< where the workload itself lies
  std::vector<std::string> names;                        ///< of the contenders
  std::vector<double> at;                                ///< the points
  std::vector<std::vector<std::vector<double>>> speeds;  ///< [point][contender][round], operations a second
  bool complete = false;                                 ///< every contender was verified at every point
};

/// A change of leader between two points of a curve.
struct crossing {
  std::string other;  ///< who wins beyond it
  bool above = true;  ///< beyond is above, else below
  figure at;
};

/// Measures contenders at each point; ends early, incomplete, when interrupted.
[[nodiscard]] curve measure_find_shares(const std::vector<candidate>& contenders, const workload& work,
                                        const std::vector<double>& shares, const survey_settings& each);
[[nodiscard]] curve measure_value_bytes(const std::vector<candidate>& contenders, const workload& work,
                                        const std::vector<std::uint32_t>& sizes, const survey_settings& each);

/// Where `winner` loses its lead, nearest to the workload first; changes within the noise are none.
[[nodiscard]] std::vector<crossing> crossings_of(const curve& measured, const std::string& winner);

/// Speeds by number of shards.
struct shard_sweep {
  std::string name;
  std::vector<unsigned> counts;
  std::vector<figure> speeds;
  unsigned knee = 0;  ///< the fewest shards within 5 % of the best; 0: nothing was measured
};
[[nodiscard]] shard_sweep sweep_shards(const candidate& which, const workload& work,
                                       const std::vector<unsigned>& counts, const survey_settings& each);

}  // namespace portolan::workload
