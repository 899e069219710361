// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The two other questions of `portolan advise`: how many shards, and where do maps overtake each other?
//
//    --shards      sharded_map with 1, 2, 4 … 256 shards on the workload, and the knee
//    --crossings   the workload varied along one thing at a time: share of finds, threads, keys, bytes a value
#pragma once

#include <string>
#include <vector>

#include "bench/workload/crossing.hpp"
#include "tools/portolan/advise_options.hpp"
#include "tools/portolan/baseline.hpp"

namespace portolan::tool {

[[nodiscard]] status advise_shards(const advise_options& how, const terminal& to);
[[nodiscard]] status advise_crossings(const advise_options& how, const terminal& to);

/// What --shards found on a workload.
struct sharding {
  std::string workload;  ///< in words
  workload::shard_sweep sweep;
  unsigned rounds = 0;
};
[[nodiscard]] std::string as_text(const sharding& all);
[[nodiscard]] std::string as_json(const sharding& all);
[[nodiscard]] std::vector<measured_figure> figures_of(const sharding& all);

/// What --crossings found.
struct crossings {
  std::string workload;  ///< in words
  std::vector<workload::curve> curves;
  std::vector<std::string> plots;  ///< files written
  std::vector<std::string> not_done;
  unsigned rounds = 0;
};
/// The changes of places worth a line: with the map that leads somewhere, and between sync_map and the locked ones.
[[nodiscard]] std::vector<workload::overtaking> told_of(const workload::curve& of);
/// A value of a curve's parameter: "84 % finds", "16 threads".
[[nodiscard]] std::string place_on(const workload::curve& of, double at);

[[nodiscard]] std::string as_text(const crossings& all);
[[nodiscard]] std::string as_json(const crossings& all);
/// One curve as an SVG document that needs nothing beside it.
[[nodiscard]] std::string as_plot(const workload::curve& of);

}  // namespace portolan::tool
