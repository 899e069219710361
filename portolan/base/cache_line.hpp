// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Where a word stands decides what it costs: two threads that write one cache line take turns.
//
// 1. `cache_line_bytes` is what moves between cores; alignment to it keeps two words apart.
// 2. `quiet_zone_bytes` also defeats the prefetcher that fetches lines in pairs; it pays only for words
//    that are written all the time next to words that are read all the time.
#pragma once

#include <cstddef>

namespace portolan {

inline constexpr std::size_t cache_line_bytes = 64;
inline constexpr std::size_t quiet_zone_bytes = 128;

/// A value alone on its pair of lines. Not for arrays of thousands: it costs 128 bytes an element.
template <class T>
struct alignas(quiet_zone_bytes) padded {
  T value{};
};

static_assert(sizeof(padded<char>) == quiet_zone_bytes);

}  // namespace portolan
