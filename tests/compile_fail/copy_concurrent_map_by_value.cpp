// expect: copying_a_map_is_called_snapshot
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A lambda that captures a map by value: its thread would add to a map of its own.
#include <portolan/map/concurrent_map.hpp>

void start(portolan::concurrent_map<int, int>& map) {
  auto work = [map]() mutable { map.insert(1, 1); };
  work();
}
