// expect: this type has no codec, so it cannot be dumped
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What only one may own is no value that could come back from a file.
#include <memory>
#include <sstream>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/dump.hpp>

void save(const portolan::concurrent_map<int, std::unique_ptr<int>>& map, std::ostream& out) {
  portolan::dump(map, out);
}
