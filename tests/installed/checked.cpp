// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A program with the component prove: a counter of one's own, std:: alone, in every execution.
#include <atomic>
#include <cstdio>

#include <portolan/prove/schedule.hpp>

namespace {

std::atomic<int> counter;

void add() { counter.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

int main() {
  using namespace portolan::prove::schedule;
  const auto seen = explore({.threads = {add, add, add}, .audit = [] { require(counter.load() == 3, "one is lost"); }});
  std::printf("%d executions%s\n", static_cast<int>(seen.complete), seen.failure.empty() ? "" : ", a failure");
  return seen.exhausted ? 0 : 1;
}
