// expect: copying_a_map_is_called_snapshot
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// An out-parameter that is re-pointed instead of filled: versions belong to one map and do not come along.
#include <portolan/map/versioned_map.hpp>

using shared = portolan::versioned_map<int, int>;

void load(shared* into, const shared& fresh) { *into = fresh; }
