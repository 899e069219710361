// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// SipHash-c-d (Aumasson, Bernstein: "SipHash: a fast short-input PRF", INDOCRYPT 2012).
//
//   key 128 bits → v0 v1 v2 v3 → c rounds for each 8 bytes → c rounds for the last bytes and the length
//                → d rounds → v0 ^ v1 ^ v2 ^ v3
//
// Portolan draws its secrets with SipHash-2-4 (seed.hpp) and measures its own hash of strings against
// SipHash-1-3 (docs/algorithms/hashing.md). The words are little-endian, as in the paper.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace portolan::detail {

struct siphash_state {
  std::uint64_t v0;
  std::uint64_t v1;
  std::uint64_t v2;
  std::uint64_t v3;

  constexpr siphash_state(std::uint64_t key0, std::uint64_t key1) noexcept
      : v0(key0 ^ 0x736f6d6570736575),
        v1(key1 ^ 0x646f72616e646f6d),
        v2(key0 ^ 0x6c7967656e657261),
        v3(key1 ^ 0x7465646279746573) {}

  constexpr void rounds(int count) noexcept {
    for (int i = 0; i < count; ++i) {
      v0 += v1;
      v2 += v3;
      v1 = std::rotl(v1, 13) ^ v0;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 = std::rotl(v0, 32) + v3;
      v2 += v1;
      v3 = std::rotl(v3, 21) ^ v0;
      v1 = std::rotl(v1, 17) ^ v2;
      v2 = std::rotl(v2, 32);
    }
  }

  constexpr void absorb(std::uint64_t word, int compression_rounds) noexcept {
    v3 ^= word;
    rounds(compression_rounds);
    v0 ^= word;
  }

  [[nodiscard]] constexpr std::uint64_t end(int finalization_rounds) noexcept {
    v2 ^= 0xff;
    rounds(finalization_rounds);
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

/// Reads `count` bytes, at most 8, as a little-endian word.
[[nodiscard]] inline std::uint64_t load_little_endian(const unsigned char* bytes, std::size_t count) noexcept {
  std::uint64_t word = 0;
  if (std::endian::native == std::endian::little && count == 8) {
    __builtin_memcpy(&word, bytes, 8);
    return word;
  }
  for (std::size_t i = 0; i < count; ++i) word |= std::uint64_t{bytes[i]} << (8 * i);
  return word;
}

template <int CompressionRounds, int FinalizationRounds>
[[nodiscard]] std::uint64_t siphash(std::uint64_t key0, std::uint64_t key1, const void* data,
                                    std::size_t size_bytes) noexcept {
  const auto* bytes = static_cast<const unsigned char*>(data);
  siphash_state state(key0, key1);
  std::size_t at = 0;
  for (; at + 8 <= size_bytes; at += 8) state.absorb(load_little_endian(bytes + at, 8), CompressionRounds);
  const std::uint64_t last_word = load_little_endian(bytes + at, size_bytes - at) | (std::uint64_t{size_bytes} << 56);
  state.absorb(last_word, CompressionRounds);
  return state.end(FinalizationRounds);
}

/// SipHash-2-4 of one little-endian word.
[[nodiscard]] constexpr std::uint64_t siphash_word(std::uint64_t key0, std::uint64_t key1,
                                                   std::uint64_t word) noexcept {
  siphash_state state(key0, key1);
  state.absorb(word, 2);
  state.absorb(std::uint64_t{8} << 56, 2);
  return state.end(4);
}

}  // namespace portolan::detail
