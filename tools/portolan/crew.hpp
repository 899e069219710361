// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Some threads that begin together and repeat one operation until the time is over: for scenarios that need more of a
// map than the operations of a workload.
//
//    run_crew(4, 0.3, [&](unsigned thread, std::uint64_t number) { … });      number counts from 0 in each thread
//
// 1. One operation in 61 is timed, so that the clock is not what is measured; a slow one is followed by another look.
// 2. The work allocates for the map only: the crew's own memory is taken before it begins.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "bench/workload/histogram.hpp"
#include "portolan/base/platform.hpp"

namespace portolan::tool {

struct crew_member {
  std::uint64_t done = 0;
  workload::histogram latency_ns;
};

struct crew_result {
  double seconds = 0;
  std::vector<crew_member> members;
  double allocations = 0;      ///< calls of operator new while they worked
  double processors_used = 0;  ///< processor time over elapsed time

  [[nodiscard]] std::uint64_t done() const noexcept;
  [[nodiscard]] workload::histogram latency_ns() const;
};

namespace detail {
/// Starts the threads, lets them go together, tells them to stop; `body(thread, stop, member)` is one thread's loop.
[[nodiscard]] crew_result run_bodies(unsigned threads, double seconds,
                                     const std::function<void(unsigned, const std::atomic<bool>&, crew_member&)>& body);
}  // namespace detail

/// Runs `work(thread, number)` in each of the threads until `seconds` are over or somebody pressed Ctrl-C.
template <class Work>
[[nodiscard]] crew_result run_crew(unsigned threads, double seconds, const Work& work) {
  return detail::run_bodies(
      threads, seconds, [&work](unsigned thread, const std::atomic<bool>& stop, crew_member& member) {
        constexpr unsigned sample_every = 61;
        constexpr std::uint64_t slow_ns = 50'000;
        unsigned untimed = 0;
        std::uint64_t number = 0;
        for (; !stop.load(std::memory_order_relaxed); ++number) {  // relaxed: a sign to end, nothing is read by it
          if (untimed != 0) {
            --untimed;
            work(thread, number);
            continue;
          }
          const std::uint64_t from = platform::now_ns();
          work(thread, number);
          const std::uint64_t took = platform::now_ns() - from;
          member.latency_ns.record(took);
          untimed = took > slow_ns ? 0 : sample_every - 1;
        }
        member.done = number;
      });
}

}  // namespace portolan::tool
