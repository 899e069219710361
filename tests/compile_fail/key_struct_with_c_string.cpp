// expect: Write the value that it points to instead
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Two equal names at two addresses would be two keys.
#include <portolan/map/sync_map.hpp>

struct port {
  int country;
  const char* name;
  bool operator==(const port&) const = default;
};
portolan::sync_map<port, int> berths;
