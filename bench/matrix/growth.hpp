// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a map costs while it grows and over time: memory, single operations, the state it is left in. Each in a process
// of its own, so that its memory is what the kernel counts for it and nothing another map left behind.
//
//    parent ── fork ──► child: makes the map, measures, writes its figures into a pipe, ends
//
// A child that crashes costs its own figures only. The parent has one thread while it forks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/matrix/arena.hpp"
#include "bench/workload/histogram.hpp"

namespace portolan::matrix {

struct growth_settings {
  std::uint64_t entries = 10'000'000;
  const std::atomic<bool>* interrupted = nullptr;
};

/// A virtual machine that has given free memory back to its host is charged milliseconds for the first touch of each huge
/// page, which would be most of what is seen, and only of maps that ask for huge pages: the small ones come from memory
/// that was never given back. So as much as a map will need is touched and freed just before.
void touch_memory(std::uint64_t entries);

/// Resident memory while a map of numbers grows one by one.
struct memory_growth {
  struct point {
    double entries = 0;
    double resident_bytes = 0;
    double peak_bytes = 0;  ///< the highest since the point before
  };
  std::vector<point> points;
  double empty_bytes = 0;    ///< of the map without an entry, its own size included
  double settled_bytes = 0;  ///< when no more was inserted

  [[nodiscard]] double bytes_per_entry() const;  ///< the mean over the sizes of the last two doublings
  [[nodiscard]] double worst_bytes_per_entry() const;
  [[nodiscard]] double peak_over_steady() const;
};
/// Empty: the child crashed or was stopped.
[[nodiscard]] std::optional<memory_growth> measure_memory(const entrant& which, const growth_settings& how);

/// Every insert timed, from empty to the entries.
struct insert_latency {
  std::vector<std::pair<double, double>> counts;  ///< (at most so many ns, operations)
  double max_ns = 0;
  [[nodiscard]] double at_ns(double share) const;
};
/// `which` null: nothing is done between two looks at the clock.
[[nodiscard]] std::optional<insert_latency> measure_latency(const entrant* which, unsigned threads,
                                                            const growth_settings& how);

/// A table that was left while it grew.
struct left_half_grown {
  bool found = false;        ///< inserts did stop while the map said that it grows
  double full_speed = 0;     ///< finds a second, in the end
  double first_speed = 0;    ///< in the first 5 ms
  double until_full_ms = 0;  ///< from the last insert until windows are at nine tenths of the full speed for good
};
[[nodiscard]] std::optional<left_half_grown> measure_half_grown(const entrant& which, const growth_settings& how);

/// Erases and inserts in equal parts at a constant size.
struct churn {
  struct window {
    double at_seconds = 0;
    double speed = 0;
    double resident_bytes = 0;
  };
  std::vector<window> windows;
  /// The largest distance of a window's memory from their median, as a share; the first tenth warms up.
  [[nodiscard]] double memory_drift() const;
  /// The speed of the last third over that of the first.
  [[nodiscard]] double speed_kept() const;
};
[[nodiscard]] std::optional<churn> measure_churn(const entrant& which, skew keys, std::uint64_t entries,
                                                 unsigned threads, double seconds, const growth_settings& how);

}  // namespace portolan::matrix
