// expect: copying_a_map_is_called_snapshot
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A map that comes back changed: an old habit of single-threaded code, by which all others would keep the old one.
#include <portolan/map/lock_free_map.hpp>

using shared = portolan::lock_free_map<int, int>;

shared with_one_more(shared map) {
  map.insert(1, 1);
  return map;
}

void start(shared& map) { static_cast<void>(with_one_more(map)); }
