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
// 2. A checked number keeps what the algorithm asks of its size (a power of two, room for one entry, …).
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

}  // namespace sizes

}  // namespace portolan::platform
