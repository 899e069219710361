// expect: copying_a_map_is_called_snapshot
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A configuration handed to a component by value: it would never see the next version.
#include <portolan/map/snapshot_map.hpp>

struct component {
  explicit component(portolan::snapshot_map<int, int> settings) : settings_(settings) {}
  portolan::snapshot_map<int, int> settings_;
};
