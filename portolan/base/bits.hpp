// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The three questions about bits that the headers of every map ask, without the weight of <bit>.
#pragma once

#include <cstdint>

namespace portolan {

/// The number of the lowest bit that is set; `mask` is not 0.
[[nodiscard]] constexpr unsigned lowest_bit(std::uint64_t mask) noexcept {
  return static_cast<unsigned>(__builtin_ctzll(mask));
}
/// How many bits it takes to write `number`.
[[nodiscard]] constexpr unsigned width_in_bits(std::uint64_t number) noexcept {
  return number == 0 ? 0 : 64U - static_cast<unsigned>(__builtin_clzll(number));
}
/// The least power of two that is not less than `number`.
[[nodiscard]] constexpr std::uint64_t power_of_two_from(std::uint64_t number) noexcept {
  return number <= 1 ? 1 : std::uint64_t{1} << width_in_bits(number - 1);
}

}  // namespace portolan
