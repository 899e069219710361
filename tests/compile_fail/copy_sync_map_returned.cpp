// expect: copying_a_map_is_called_snapshot
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A map returned by value from an accessor: its caller would keep a copy that goes stale.
#include <portolan/map/sync_map.hpp>

class registry {
 public:
  portolan::sync_map<int, int> entries() const { return entries_; }

 private:
  portolan::sync_map<int, int> entries_;
};
