// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "tools/portolan/crew.hpp"

#include <time.h>

#include <algorithm>
#include <thread>

#include "bench/workload/allocations.hpp"
#include "bench/workload/runner.hpp"
#include "tools/portolan/progress.hpp"

namespace portolan::tool {
namespace {

void sleep_until_over(std::uint64_t end_ns) {
  for (std::uint64_t now = platform::now_ns(); now < end_ns && !interrupted().load(); now = platform::now_ns()) {
    const std::uint64_t left = std::min<std::uint64_t>(end_ns - now, 20'000'000);
    const timespec span{0, static_cast<long>(left)};
    ::nanosleep(&span, nullptr);
  }
}

}  // namespace

std::uint64_t crew_result::done() const noexcept {
  std::uint64_t all = 0;
  for (const crew_member& one : members) all += one.done;
  return all;
}

workload::histogram crew_result::latency_ns() const {
  workload::histogram all;
  for (const crew_member& one : members) all.add(one.latency_ns);
  return all;
}

crew_result detail::run_bodies(unsigned threads, double seconds,
                               const std::function<void(unsigned, const std::atomic<bool>&, crew_member&)>& body) {
  crew_result made;
  made.members.resize(threads);
  // Sequentially consistent throughout, but for the loops' own look at `stop`: none is on a measured path.
  std::atomic<bool> go{false};
  std::atomic<bool> stop{false};
  std::vector<std::jthread> running;
  running.reserve(threads);
  for (unsigned t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      while (!go.load()) std::this_thread::yield();
      body(t, stop, made.members[t]);
    });
  }
  const workload::allocation_tally before = workload::allocations_of_all_threads();
  const double used = workload::processor_seconds();
  const std::uint64_t begin = platform::now_ns();
  go.store(true);
  sleep_until_over(begin + static_cast<std::uint64_t>(1e9 * seconds));
  stop.store(true);
  running.clear();
  made.seconds = 1e-9 * static_cast<double>(platform::now_ns() - begin);
  made.processors_used = (workload::processor_seconds() - used) / made.seconds;
  made.allocations = static_cast<double>((workload::allocations_of_all_threads() - before).blocks);
  return made;
}

}  // namespace portolan::tool
