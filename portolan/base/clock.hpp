// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Time as the cores count it: unsigned nanoseconds of a clock that never goes back, saturating sums, and
// names for the spans that stand in the sources.
#pragma once

#include <cstdint>

#include <portolan/base/platform.hpp>

namespace portolan {

inline constexpr std::uint64_t microsecond_ns = 1'000;
inline constexpr std::uint64_t millisecond_ns = 1'000'000;
inline constexpr std::uint64_t second_ns = 1'000'000'000;

/// The instant that lies `span_ns` after now, or the end of time where that cannot be counted.
[[nodiscard]] inline std::uint64_t deadline_after_ns(std::uint64_t span_ns) noexcept {
  const std::uint64_t now = platform::now_ns();
  // The kernel counts in signed numbers; its end of time is the half of ours.
  constexpr std::uint64_t end_of_time = UINT64_MAX / 2;
  return span_ns > end_of_time - now ? end_of_time : now + span_ns;
}

/// What went by since `past_ns`; zero if that lies in the future.
[[nodiscard]] inline std::uint64_t elapsed_since_ns(std::uint64_t past_ns) noexcept {
  const std::uint64_t now = platform::now_ns();
  return now > past_ns ? now - past_ns : 0;
}

}  // namespace portolan
