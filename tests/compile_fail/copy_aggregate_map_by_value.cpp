// expect: copying_a_map_is_called_snapshot
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Metrics captured by value: each thread would count into totals of its own.
#include <portolan/map/aggregate_map.hpp>
#include <portolan/map/monoid.hpp>

void start(portolan::aggregate_map<int, portolan::aggregate::count>& totals) {
  auto work = [totals]() mutable { totals.record(1); };
  work();
}
