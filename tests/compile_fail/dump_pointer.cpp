// expect: a dump cannot hold a pointer
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// An address means nothing in the process that loads it.
#include <sstream>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/dump.hpp>

struct session;
void save(const portolan::concurrent_map<int, session*>& map, std::ostream& out) { portolan::dump(map, out); }
