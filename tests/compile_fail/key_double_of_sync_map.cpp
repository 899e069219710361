// expect: opt in by name: Hash = portolan::hash_float_bits<K>
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A map itself refuses the key, before any operation is called.
#include <portolan/map/sync_map.hpp>

portolan::sync_map<double, int> prices;
