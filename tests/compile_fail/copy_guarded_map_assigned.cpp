// expect: copying_a_map_is_called_snapshot
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// An out-parameter that is re-pointed instead of filled.
#include <portolan/map/guarded_map.hpp>

#include <shared_mutex>
#include <unordered_map>

using shared = portolan::guarded_map<std::unordered_map<int, int>, std::shared_mutex>;

void replace(shared& result, const shared& source) { result = source; }
