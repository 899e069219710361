// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The arithmetic under every hash: one keyed step that is strongly universal, one fixed step that makes
// its result look random, and a field for what is too long for the first.
//
//   words w0 w1 …  →  t = a0·w0 + a1·w1 + … + b  mod 2^128  →  top 64 bits of t  →  finish  →  hash
//                     a, b: 128 secret bits each
//
// 1. For two different lists of words and random a, b the two top halves are independent and uniform:
//    they are equal with probability 2^-64, and so is any choice of their bits (Dietzfelbinger 1996;
//    Thorup, "High speed hashing for integers and strings", arXiv:1504.06804, section 3).
// 2. `finish` is a bijection, so that 1 holds for what it gives, too. It is there for sets of keys that
//    are more regular than pairs: t alone lays an arithmetic progression out as another one.
// 3. Values of the field are residues modulo the prime 2^127 - 1, in [0, 2^127]; `canonical` picks one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace portolan::detail {

__extension__ typedef unsigned __int128 uint128;
__extension__ typedef __int128 int128;

[[nodiscard]] constexpr uint128 join(std::uint64_t high, std::uint64_t low) noexcept {
  return (uint128{high} << 64) | low;
}
[[nodiscard]] constexpr std::uint64_t high_half(uint128 value) noexcept {
  return static_cast<std::uint64_t>(value >> 64);
}
[[nodiscard]] constexpr std::uint64_t low_half(uint128 value) noexcept { return static_cast<std::uint64_t>(value); }

/// Spreads what the bits of a word say over all of its bits; different words stay different.
[[nodiscard]] constexpr std::uint64_t finish(std::uint64_t word) noexcept {
  constexpr std::uint64_t golden_ratio = 0x9E3779B97F4A7C15;
  word ^= word >> 32;
  word *= golden_ratio;
  return word ^ (word >> 29);
}

/// The end of every hash: the finished top half of a keyed sum.
[[nodiscard]] constexpr std::uint64_t finish_sum(uint128 sum) noexcept { return finish(high_half(sum)); }

// The field. A multiplier has its two top bits clear (below 2^126): then no step here overflows 128 bits.
inline constexpr uint128 field_prime = (uint128{1} << 127) - 1;
inline constexpr uint128 field_multiplier_mask = (uint128{1} << 126) - 1;

/// x · multiplier + term in the field; x at most 2^127, multiplier and term below 2^126.
[[nodiscard]] constexpr uint128 field_multiply_add(uint128 x, uint128 multiplier, uint128 term) noexcept {
  const uint128 low = uint128{low_half(x)} * low_half(multiplier);
  const uint128 cross = uint128{low_half(x)} * high_half(multiplier) + uint128{high_half(x)} * low_half(multiplier);
  const uint128 middle = cross + high_half(low);
  const uint128 high = uint128{high_half(x)} * high_half(multiplier) + high_half(middle);
  const uint128 product_low = join(low_half(middle), low_half(low));
  // 2^128 is 2 in the field, and 2^127 is 1.
  const uint128 sum = 2 * high + (product_low & field_prime) + (product_low >> 127) + term;
  return (sum & field_prime) + (sum >> 127);
}

[[nodiscard]] constexpr uint128 canonical(uint128 x) noexcept { return x >= field_prime ? x - field_prime : x; }

static_assert(canonical(field_multiply_add(uint128{1} << 126, 2, 5)) == 6, "2^127 + 5 is 6 in the field");
static_assert(canonical(field_multiply_add(field_prime - 1, field_multiplier_mask, 0)) ==
                  field_prime - field_multiplier_mask,
              "(-1) · m is -m in the field");

}  // namespace portolan::detail
