// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The table to put behind a lock: sharded_map<flat_hash_map<K, V>>, guarded_map<flat_hash_map<K, V>>.
//
//   std::unordered_map   bucket ─► node ─► next node …        an allocation and a line an entry
//   flat_hash_map        tag │ entry                          one block; of small entries a hit needs two lines at most
//
// It has what those two maps ask of one, by the standard's names: find, try_emplace, erase, extract, reserve, iteration.
// The machinery: flat/table.hpp. Why not one that searches sixteen tags by vector instructions, and what it costs:
// docs/algorithms/locked_maps.md.
#pragma once

#include <portolan/map/flat/table.hpp>
#include <portolan/map/fwd.hpp>

namespace portolan {

/// A hash table for one thread, or behind a lock; its entries move when it grows.
///
/// When not to use it: shared without a lock: take concurrent_map; where entries must stay where they are:
/// std::unordered_map; where the vocabulary of the shared maps is wanted in one thread: plain_map.
/// No operation is safe beside one that changes the table.
template <class K, class V, class Hash = hash<K>, class KeyEqual = equal<K>,
          class Alloc = std::allocator<std::pair<const K, V>>>
using flat_hash_map = detail::flat_table<K, V, Hash, KeyEqual, Alloc>;

}  // namespace portolan
