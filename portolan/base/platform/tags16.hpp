// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Sixteen bytes compared at once: which of them are a given one, and which are at most 1.
//
//   bytes     │ 3f │ 00 │ 12 │ 12 │ …          equal_to(12) = 0b…1100          at_most_one() = 0b…0010
//
// x86-64        a vector comparison and one gathering of its top bits (SSE2, which every x86-64 has)
// elsewhere     the same by arithmetic on two words of eight bytes
// Both are compiled everywhere: the second is what the first is tested against.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace portolan::platform {

/// The portable form.
class tags16_by_arithmetic {
 public:
  explicit tags16_by_arithmetic(const std::uint8_t* first) noexcept {
    std::memcpy(words_, first, sizeof words_);
    if constexpr (std::endian::native == std::endian::big) {
      for (std::uint64_t& word : words_) word = __builtin_bswap64(word);
    }
  }
  [[nodiscard]] std::uint32_t equal_to(std::uint8_t tag) const noexcept {
    return gathered(zeros_in(words_[0] ^ ones * tag)) | gathered(zeros_in(words_[1] ^ ones * tag)) << 8;
  }
  [[nodiscard]] std::uint32_t at_most_one() const noexcept {
    return gathered(zeros_in(words_[0] & ~ones)) | gathered(zeros_in(words_[1] & ~ones)) << 8;
  }

 private:
  static constexpr std::uint64_t ones = 0x0101010101010101;
  static constexpr std::uint64_t tops = 0x8080808080808080;
  /// The top bit of each byte that is zero; no carry crosses a byte.
  [[nodiscard]] static constexpr std::uint64_t zeros_in(std::uint64_t word) noexcept {
    return ~(((word & ~tops) + ~tops) | word) & tops;
  }
  /// Eight top bits, side by side.
  [[nodiscard]] static constexpr std::uint32_t gathered(std::uint64_t marked) noexcept {
    constexpr std::uint64_t side_by_side = 0x0102040810204080;
    return static_cast<std::uint32_t>((marked >> 7) * side_by_side >> 56);
  }

  std::uint64_t words_[2];
};

#if defined(__SSE2__)
class tags16 {
 public:
  explicit tags16(const std::uint8_t* first) noexcept { std::memcpy(&bytes_, first, sizeof bytes_); }
  [[nodiscard]] std::uint32_t equal_to(std::uint8_t tag) const noexcept { return gathered(bytes_ == all(tag)); }
  [[nodiscard]] std::uint32_t at_most_one() const noexcept { return gathered((bytes_ & ~all(1)) == all(0)); }

 private:
  typedef char vector __attribute__((vector_size(16)));

  [[nodiscard]] static vector all(std::uint8_t byte) noexcept {
    const auto b = static_cast<char>(byte);
    return vector{b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b};
  }

  template <class Vector>
  [[nodiscard]] static std::uint32_t gathered(Vector marked) noexcept {
    return static_cast<std::uint32_t>(__builtin_ia32_pmovmskb128(reinterpret_cast<vector>(marked)));
  }

  vector bytes_;
};
#else
using tags16 = tags16_by_arithmetic;
#endif

}  // namespace portolan::platform
