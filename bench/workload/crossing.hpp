// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Where another map would win: the same workload with one thing changed, measured at a few points.
//
//    M/s  |  a \        .' b
//         |      \   .'
//         |       .X           the crossing: found in every round by itself, so that it has a spread
//         |    .'     \ a
//         +---|----|----|--  share of finds, bytes a value, threads, keys
//
// 1. A workload varied keeps its keys, their skew, and who owns what: finds and writes are drawn from its own.
// 2. One map leads another at a point only if it does so in every round, and by 5 % in the middle; elsewhere they are
//    within the noise.
// 3. A crossing lies between two points at which different maps lead; points within the noise may lie between them.
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

/// How the distance between two points is measured.
enum class spacing : std::uint8_t { linear, geometric };

/// Speeds along one parameter.
struct curve {
  std::string parameter;                                 ///< "finds", "bytes a value", "threads", "keys"
  double own = 0;                                        ///< where the workload itself lies
  std::vector<std::string> names;                        ///< of the contenders
  std::vector<double> at;                                ///< the points
  std::vector<std::vector<std::vector<double>>> speeds;  ///< [point][contender][round], operations a second
  bool complete = false;                                 ///< every contender was verified at every point
  enum spacing spacing = spacing::linear;

  /// The median of one contender's speed at one point.
  [[nodiscard]] figure speed(std::size_t point, std::size_t contender) const {
    return figure_of(speeds[point][contender]);
  }
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

/// Measures contenders on `works`, one a point of `into.at`; parameter, own and spacing are the caller's.
[[nodiscard]] curve measure_points(curve into, const std::vector<candidate>& contenders,
                                   const std::vector<workload>& works, const survey_settings& each);

/// Two maps that change places along a curve.
struct overtaking {
  std::string below;  ///< leads below the place
  std::string above;  ///< leads above it
  figure at;
};
/// Every change of places between any two maps of a curve, from left to right; changes within the noise are none.
[[nodiscard]] std::vector<overtaking> overtakings_of(const curve& measured);

/// Who is ahead of all others at a point by its median.
[[nodiscard]] std::size_t leader_at(const curve& measured, std::size_t point);

/// Where `winner` loses its lead, nearest to the workload first; changes within the noise are none.
[[nodiscard]] std::vector<crossing> crossings_of(const curve& measured, const std::string& winner);

/// The fewest of `counts` whose median speed is within 5 % of the best; 0: there are none.
[[nodiscard]] unsigned knee_of(const std::vector<unsigned>& counts, const std::vector<figure>& speeds);

/// Speeds by number of shards.
struct shard_sweep {
  std::string name;
  std::vector<unsigned> counts;
  std::vector<figure> speeds;
  unsigned knee = 0;  ///< by knee_of; 0: nothing was measured
  std::vector<figure> p99_us{};
  std::vector<figure> bytes_per_entry{};
  std::string refused{};  ///< not empty: a run's content was wrong, and there is no figure
};
[[nodiscard]] shard_sweep sweep_shards(const candidate& which, const workload& work,
                                       const std::vector<unsigned>& counts, const survey_settings& each);

}  // namespace portolan::workload
