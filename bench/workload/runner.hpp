// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One run: fill a fresh map, let the threads loose, stop them, compare what is left with the reference.
//
//    fill        threads work for `duration_ns`          stop     reference     destroy
//    |-----|=======================================|     |    |-----------|     |
//           ..t....t....t....   one operation in 61 is timed; an open loop times each, from its due time
//
// 1. A result is either verified or refused with the first difference; there is no third kind.
// 2. Nothing but the map allocates between the first and the last operation.
// 3. An open loop leaves nothing out: what was due and not yet done when the time was over counts with the time
//    that it had waited by then (Gil Tene's "coordinated omission").
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "bench/workload/candidate.hpp"
#include "bench/workload/histogram.hpp"

namespace portolan::workload {

struct run_settings {
  std::uint64_t duration_ns = 300'000'000;
  std::size_t reserve = 0;
  unsigned shards = 0;
  std::uint64_t seed = 1;                          ///< of the open loop's arrival times
  const std::atomic<bool>* interrupted = nullptr;  ///< ends the run early when it becomes true
  std::uint64_t look_every_ns = 0;  ///< at the memory; 0: twenty times a run, and no peak of what is held
};

struct run_result {
  std::string refused;       ///< why no figure of this run may be used; empty: verified
  bool interrupted = false;  ///< ended early from outside; verified all the same
  double seconds = 0;
  std::uint64_t operations = 0;
  std::uint64_t finds = 0;
  std::uint64_t hits = 0;
  histogram find_ns;  ///< sampled latencies
  histogram write_ns;
  std::uint64_t entries = 0;
  double bytes_per_entry = 0;
  double bytes_held = 0;
  double allocations_per_operation = 0;
  std::optional<std::size_t> kept_back_peak_bytes;
  unsigned kept_back_drops = 0;  ///< looks at which less was kept back than at the one before: something was freed
  double held_peak_bytes = 0;    ///< the most that was held at a look; 0: not looked at
  double processors_used = 0;    ///< processor time over elapsed time
  double share_done = 1;         ///< of a workload that is run once, where time ran out

  [[nodiscard]] double per_second() const noexcept {
    return seconds > 0 ? static_cast<double>(operations) / seconds : 0;
  }
  [[nodiscard]] double finds_per_second() const noexcept {
    return seconds > 0 ? static_cast<double>(finds) / seconds : 0;
  }
  [[nodiscard]] histogram latency_ns() const {
    histogram all = find_ns;
    all.add(write_ns);
    return all;
  }
};

/// Runs `work` on a fresh map of this candidate.
[[nodiscard]] run_result run_once(const candidate& which, const workload& work, const run_settings& how);

/// What the clock itself and the loop around it show when there is no map: the floor under every latency.
[[nodiscard]] histogram clock_floor_ns();

/// Processor time of this process so far, of all its threads.
[[nodiscard]] double processor_seconds();

}  // namespace portolan::workload
