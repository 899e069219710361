// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The hash of a run of bytes: universal hashing with a secret as long as what is hashed at once.
//
//   size      reduced to two words (lo, hi) by
//   0 … 16    reading them: first and last 8 bytes, which may overlap
//   17 … 64   NH over blocks of 16 bytes, the last one ending with the text
//   65 …      NH over chunks of 64 bytes, the last one ending with the text; a polynomial over the chunks
//
//   hash = finish(top 64 bits of  a0·lo + a1·hi + a2·size + b  mod 2^128)
//
//   NH(m) = Σ (m[2i] + k[2i] mod 2^64) · (m[2i+1] + k[2i+1] mod 2^64)  mod 2^128
//           (Black, Halevi, Krawczyk, Krovetz, Rogaway: "UMAC: fast and secure message authentication", CRYPTO 1999)
//
// 1. Each secret word is drawn from the seed; none is a constant of this file. So there is no text that
//    annihilates a factor, and no two texts that collide, for every seed or for a good part of them.
// 2. For two different texts, chosen without knowledge of hashes, over random secrets:
//    up to 64 bytes they collide with probability at most 2^-63, longer ones at most 2^-61
//    (docs/algorithms/hashing.md adds it up).
// 3. A size and the words read under it determine the text: overlapping reads lose nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/hash/arithmetic.hpp>
#include <portolan/base/hash/seed.hpp>

namespace portolan::detail {

class text_hash {
 public:
  explicit text_hash(secret_words& secret) noexcept;

  [[nodiscard, gnu::always_inline]] std::uint64_t operator()(const void* data, std::size_t size_bytes) const noexcept {
    const auto* bytes = static_cast<const unsigned char*>(data);
    if (size_bytes <= block_bytes) return finish_words(read_short(bytes, size_bytes), size_bytes);
    if (size_bytes <= 2 * block_bytes) return finish_words(sum_two_blocks(bytes, size_bytes), size_bytes);
    return of_long(bytes, size_bytes);
  }

 private:
  static constexpr std::size_t block_bytes = 16;
  static constexpr std::size_t chunk_bytes = 64;

  [[nodiscard]] static std::uint64_t load8(const unsigned char* bytes) noexcept {
    std::uint64_t word;
    __builtin_memcpy(&word, bytes, sizeof word);
    return word;
  }
  [[nodiscard]] static std::uint64_t load4(const unsigned char* bytes) noexcept {
    std::uint32_t word;
    __builtin_memcpy(&word, bytes, sizeof word);
    return word;
  }

  [[nodiscard]] static uint128 read_short(const unsigned char* bytes, std::size_t size_bytes) noexcept {
    if (size_bytes >= 8) return join(load8(bytes + size_bytes - 8), load8(bytes));
    if (size_bytes >= 4) return (load4(bytes) << 32) | load4(bytes + size_bytes - 4);
    if (size_bytes == 0) return 0;
    const std::uint64_t first = bytes[0];
    const std::uint64_t middle = bytes[size_bytes / 2];
    const std::uint64_t last = bytes[size_bytes - 1];
    return (first << 16) | (middle << 8) | last;
  }

  [[nodiscard]] uint128 multiply_block(const unsigned char* bytes, std::size_t block) const noexcept {
    return uint128{load8(bytes) + block_secret_[2 * block]} * (load8(bytes + 8) + block_secret_[2 * block + 1]);
  }

  /// Above 32 bytes.
  [[nodiscard]] std::uint64_t of_long(const unsigned char* bytes, std::size_t size_bytes) const noexcept;
  [[nodiscard]] uint128 sum_blocks(const unsigned char* bytes, std::size_t size_bytes) const noexcept;
  [[nodiscard]] uint128 sum_chunk(const unsigned char* bytes) const noexcept;
  [[nodiscard]] uint128 sum_chunks(const unsigned char* bytes, std::size_t size_bytes) const noexcept;
  /// What sum_blocks gives for 17 to 32 bytes.
  [[nodiscard]] uint128 sum_two_blocks(const unsigned char* bytes, std::size_t size_bytes) const noexcept {
    return multiply_block(bytes, 0) + multiply_block(bytes + size_bytes - block_bytes, 1);
  }
  [[nodiscard]] std::uint64_t finish_words(uint128 words, std::size_t size_bytes) const noexcept {
    return finish_sum((size_multiplier_ * size_bytes + offset_) + low_multiplier_ * low_half(words) +
                      high_multiplier_ * high_half(words));
  }

  std::uint64_t block_secret_[chunk_bytes / 8];
  uint128 chunk_multiplier_;
  uint128 low_multiplier_;
  uint128 high_multiplier_;
  uint128 size_multiplier_;
  uint128 offset_;
};

}  // namespace portolan::detail
