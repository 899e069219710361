// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What maps hold of memory: one map, or all that live, in one cheap call.
//
//   now        reserved + kept back            reserved   tables, nodes and the map itself
//   kept back  a reader may still see it       used       the part of it that entries fill
//   ever       all that was taken since the map was made, what was given back included
//
//   now only rises               entries are never erased: a leak
//   reserved far above used      waste after erasing: shrink_to_fit, clear
//   ever far above now           churn: memory is taken and given back all the time
//   kept back grows              a reader that does not get on
//
// Values count with their own size, not with what they own elsewhere. docs/guide/memory.md has the rules with examples.
#pragma once

#include <cstddef>
#include <vector>

#include <portolan/map/statistics.hpp>

namespace portolan {

/// Figures of one map or of many.
struct map_memory {
  std::size_t bytes_now = 0;
  std::size_t bytes_ever = 0;
  std::size_t entries = 0;
  std::size_t tables = 0;
  std::size_t bytes_reserved = 0;
  std::size_t bytes_used = 0;
  std::size_t bytes_kept_back = 0;
};

/// One living map in a listing.
struct living_map {
  char name[64] = {};  ///< map_options::name, its first 63 characters; empty where none was given
  const char* type = "";
  map_memory memory;
  bool busy = false;  ///< a lock was not to be had at once: the figures are missing, ask again
};

/// All living maps, and their sum.
struct memory_listing {
  std::vector<living_map> maps;
  map_memory sum;
};

namespace detail {
/// What the figures of a map come to.
[[nodiscard]] map_memory memory_in(const map_statistics& figures) noexcept;
void add_to(map_memory& sum, const map_memory& one) noexcept;
}  // namespace detail

/// The memory of one map.
///
/// @returns   the figures
/// @sees      each figure exact when nobody writes; of guarded_map and sharded_map estimated from what the map below says
/// @progress  as the map's stats
/// @cost      as the map's stats
/// @throws    as the map's stats
/// @calls     as the map's stats
template <class Map>
[[nodiscard]] map_memory memory_of(const Map& map) {
  return detail::memory_in(map.stats());
}

/// The memory of all shared maps that live. From any thread, also from inside a callable; maps may come and go meanwhile.
///
/// @returns   a line for each map that lived throughout, perhaps some that came or went, and the sum
/// @sees      each map at its own instant, its figures exact when nobody writes to it
/// @progress  waits for maps that are being made or destroyed and for a fork, never for a map's operations
/// @cost      O(maps); some hundred nanoseconds a map
/// @throws    std::bad_alloc
/// @calls     no user code but the allocation of the listing
[[nodiscard]] memory_listing memory_of_all_maps();

}  // namespace portolan
