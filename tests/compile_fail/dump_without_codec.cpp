// expect: this type has no codec, so it cannot be dumped
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A struct may hold pointers or handles; only its owner knows.
#include <sstream>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/dump.hpp>

struct point {
  int x;
  int y;
};
void save(const portolan::concurrent_map<int, point>& map, std::ostream& out) { portolan::dump(map, out); }
