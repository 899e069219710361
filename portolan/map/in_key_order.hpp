// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A listing in key order: two listings of one state are equal, whatever the hash's secret.
//
//   snapshot() of any map, or a view ──► sorted by key ──► vector of pairs
//
// 1. It is as consistent as the snapshot is: of one instant for snapshot_map, its views and guarded_map.
// It lies apart because <algorithm> is heavy.
#pragma once

#include <algorithm>
#include <concepts>

namespace portolan {

/// Copies the entries of a map or view out, sorted by key.
///
/// @returns   a vector of pairs in ascending order of the keys
/// @sees      as the map's snapshot
/// @progress  as the map's snapshot
/// @cost      O(n log n)
/// @throws    as the map's snapshot, and what K's < throws
/// @calls     K's < with no lock held; as the map's snapshot besides
template <class Map>
  requires std::totally_ordered<typename Map::key_type>
[[nodiscard]] auto in_key_order(const Map& map) {
  auto entries = map.snapshot();
  std::sort(entries.begin(), entries.end(),
            [](const auto& left, const auto& right) { return left.first < right.first; });
  return entries;
}

}  // namespace portolan
