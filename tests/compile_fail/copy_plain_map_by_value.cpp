// expect: copying_a_map_is_called_snapshot
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A map passed by value: what the function adds would be lost.
#include <portolan/map/plain_map.hpp>

void fill(portolan::plain_map<int, int> map) { map.insert(1, 1); }

void start(const portolan::plain_map<int, int>& map) { fill(map); }
