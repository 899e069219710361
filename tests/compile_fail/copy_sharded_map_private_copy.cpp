// expect: copying_a_map_is_called_snapshot
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A private copy, which goes stale at once: `auto` where `const auto&` was meant.
#include <portolan/map/sharded_map.hpp>

#include <mutex>
#include <unordered_map>

using shared = portolan::sharded_map<std::unordered_map<int, int>, std::mutex>;

bool look(const shared& map) {
  auto mine = map;
  return mine.contains(1);
}
