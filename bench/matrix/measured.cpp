// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/matrix/measured.hpp"

#include <algorithm>

namespace portolan::matrix {

lap& lap::operator+=(const lap& other) noexcept {
  operations += other.operations;
  hits += other.hits;
  inserted += other.inserted;
  erased += other.erased;
  added += other.added;
  strange |= other.strange;
  seconds = std::max(seconds, other.seconds);
  return *this;
}

// The number in eleven characters of six bits each, then as many more as the number says.
void text_key_of(std::uint64_t id, std::string& text) {
  static constexpr char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
  constexpr std::size_t of_number = 11;
  std::uint64_t bits = number_key_of(id);
  const std::size_t size = 16 + static_cast<std::size_t>((bits >> 40) % 17);
  text.resize(size);
  for (std::size_t i = 0; i < of_number; ++i, bits >>= 6) text[i] = letters[bits & 63];
  bits = number_key_of(~id & 0xFFFF'FFFFu);
  for (std::size_t i = of_number; i < size; ++i, bits = (bits >> 6) | (bits << 58)) text[i] = letters[bits & 63];
}

}  // namespace portolan::matrix
