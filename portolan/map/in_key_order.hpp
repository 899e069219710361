// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A listing in key order: two listings of one state are equal, whatever the hash's secret.
//
//   list(map, in_key_order)   what the map held at one instant (list.hpp) ──► sorted by key ──► vector of pairs
//   in_key_order(map)         snapshot() of any map, or a view ────────────► sorted by key ──► vector of pairs
//
// 1. The second is as consistent as the snapshot is.
// It lies apart because <algorithm> is heavy.
#pragma once

#include <algorithm>
#include <concepts>

namespace portolan {

/// Says "sorted by key" to list; called itself, it sorts a snapshot.
struct in_key_order_t {
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
  [[nodiscard]] auto operator()(const Map& map) const { return sorted(map.snapshot()); }

  /// What list(map, in_key_order) does with the entries.
  ///
  /// @returns   the entries in ascending order of the keys
  /// @sees      nothing shared
  /// @progress  wait-free
  /// @cost      O(n log n)
  /// @throws    what K's <, the moves of K and V throw
  /// @calls     K's <, the moves of K and V
  template <class Entries>
  [[nodiscard]] static Entries sorted(Entries entries) {
    std::sort(entries.begin(), entries.end(),
              [](const auto& left, const auto& right) { return left.first < right.first; });
    return entries;
  }
};
inline constexpr in_key_order_t in_key_order{};

}  // namespace portolan
