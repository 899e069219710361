// expect: opt in by name: Hash = portolan::hash_address<K>
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Settings by C string: two equal names at different addresses would be two keys.
#include <portolan/map/snapshot_map.hpp>

portolan::snapshot_map<const char*, int> settings;
