// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The hash of a run of bytes where it is long, and its secret.
#include <portolan/base/hash/text.hpp>

namespace portolan::detail {

text_hash::text_hash(secret_words& secret) noexcept {
  for (std::uint64_t& word : block_secret_) word = secret.next();
  chunk_multiplier_ = secret.next_wide() & field_multiplier_mask;
  low_multiplier_ = secret.next_wide();
  high_multiplier_ = secret.next_wide();
  size_multiplier_ = secret.next_wide();
  offset_ = secret.next_wide();
}

std::uint64_t text_hash::of_long(const unsigned char* bytes, std::size_t size_bytes) const noexcept {
  if (size_bytes <= chunk_bytes) return finish_words(sum_blocks(bytes, size_bytes), size_bytes);
  return finish_words(sum_chunks(bytes, size_bytes), size_bytes);
}

uint128 text_hash::sum_blocks(const unsigned char* bytes, std::size_t size_bytes) const noexcept {
  uint128 sum = multiply_block(bytes, 0);
  std::size_t block = 1;
  for (; (block + 1) * block_bytes < size_bytes; ++block) sum += multiply_block(bytes + block * block_bytes, block);
  return sum + multiply_block(bytes + size_bytes - block_bytes, block);
}

uint128 text_hash::sum_chunk(const unsigned char* bytes) const noexcept {
  const uint128 sum = (multiply_block(bytes, 0) + multiply_block(bytes + 16, 1)) +
                      (multiply_block(bytes + 32, 2) + multiply_block(bytes + 48, 3));
  return sum & field_multiplier_mask;
}

uint128 text_hash::sum_chunks(const unsigned char* bytes, std::size_t size_bytes) const noexcept {
  uint128 value = sum_chunk(bytes);
  for (std::size_t at = chunk_bytes; at + chunk_bytes < size_bytes; at += chunk_bytes) {
    value = field_multiply_add(value, chunk_multiplier_, sum_chunk(bytes + at));
  }
  return canonical(field_multiply_add(value, chunk_multiplier_, sum_chunk(bytes + size_bytes - chunk_bytes)));
}

}  // namespace portolan::detail
