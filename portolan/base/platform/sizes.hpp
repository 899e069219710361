// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// How large and how wide things are, in one table of two columns: what ships, and what the schedule checker plays with.
// There everything is so small that two threads fill it, wrap it around and go beyond it.
//
//    size             ships   checked      a core says   platform::sizes::version_bits   and never asks which column it has
//    version_bits       60       3
//
// 1. The column is chosen as the platform is: once for a whole program, by PORTOLAN_CHECKED. Both are constants, so the
//    code that ships is what it would be with the number written in its place.
// 2. A checked number keeps what the algorithm asks of its size (a power of two, room for one entry, …). Where it is so
//    small that a count comes round, tests/model/bounds_test.cpp shows how many changes that takes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace portolan::platform {

#if defined(PORTOLAN_CHECKED)
inline constexpr bool under_checker = true;
#else
inline constexpr bool under_checker = false;
#endif

namespace detail {
template <class T>
[[nodiscard]] constexpr T of(T ships, T checked) noexcept {
  return under_checker ? checked : ships;
}
}  // namespace detail

namespace sizes {

using detail::of;

// ---- tables of concurrent_map (map/concurrent) ----
inline constexpr std::size_t lines_per_block = of(64, 2);
inline constexpr unsigned smallest_lg_lines = of(2, 1);
inline constexpr unsigned lg_lines_beyond_caches = of(17, 0);   ///< from which on tags are asked before lines: 8 MiB
inline constexpr std::size_t lines_moved_at_a_time = of(8, 1);  ///< there others come between them
// Which bits of a hash make a tag beside a line, and one in a node's word.
inline constexpr std::uint64_t tag_bits = of(~std::uint64_t{0}, std::uint64_t{3});
inline constexpr std::uint16_t node_tag_bits = of<std::uint16_t>(0xFFFF, 3);
inline constexpr unsigned most_displaced = of(7U, 2U);  ///< entries behind a line, before their count sticks

// ---- slots of a line, and where a table grows: quarters of an entry a line, in the caches and beyond ----
struct engine {
  unsigned slots;
  std::size_t entries_in_cache_x4;
  std::size_t entries_x4;
};
inline constexpr engine words_of_16 = of<engine>({4, 8, 12}, {2, 6, 6});
inline constexpr engine words_of_8 = of<engine>({3, 8, 9}, {2, 6, 6});
inline constexpr engine nodes = of<engine>({8, 24, 26}, {2, 6, 6});
/// Of a line of words of 8 bytes: after 2^60 departures its version comes round; there after 8.
inline constexpr unsigned version_bits = of(60, 3);

// ---- lock_free_map (map/lock_free), sync_map (map/sync), versioned_map, load_or_compute ----
inline constexpr std::size_t first_buckets = of(8, 2);
inline constexpr unsigned segments_in_the_map = of(8, 2);
inline constexpr std::uint32_t long_walk = of(4U, 1U);  ///< links passed before a list gets more buckets
inline constexpr std::size_t entries_shown_at_a_time = of(64, 2);
inline constexpr std::size_t fewest_removed = of(32, 2);  ///< erased keys before sync_map makes a new table
inline constexpr std::size_t version_stripes = of(64, 2);
inline constexpr std::size_t computing_lanes = of(16, 2);

// ---- reclamation (reclaim) ----
/// Of hazard pointers, before a thread has a second record: as many as a map nests by itself, since records are never freed
/// and the audits of scenarios count all memory.
inline constexpr std::uint32_t guards_of_a_record = of(8U, 4U);
inline constexpr std::uint32_t objects_of_a_block = of(63U, 6U);
/// Of a map that erases now and then; and until a bag is looked after. More than two threads retire that each get known and
/// do one thing, or few scenarios would come to their end.
inline constexpr std::uint32_t objects_of_a_small_block = of(7U, 5U);
inline constexpr std::uint32_t tend_every = of(32U, 5U);
inline constexpr std::uint32_t address_cells_lg = of(7U, 3U);  ///< of the set in which hazards are looked up
inline constexpr std::uint32_t patient_blocks = of(8U, 2U);  ///< of little memory until a look is worth its interrupts
inline constexpr std::uint32_t more_until_next_look = of(4U, 1U);  ///< blocks, while a reader keeps the oldest one
// Epochs have no size: they only rise and are compared by it, so that a reader may be any number of them behind. With three
// of them that come round nobody could raise the epoch while a reader is behind, which is another algorithm.

}  // namespace sizes

}  // namespace portolan::platform
