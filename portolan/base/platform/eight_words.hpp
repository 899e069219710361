// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A look at eight neighbouring 64-bit words at once: one cache line whose words carry 16 bits on top and two below.
//
//    word    | top 16 |           …           |b1 b0|       each question is answered by a bit for each word
//
// x86-64        four aligned 16-byte loads; each half of one is a whole word, as every such processor has it.
//               Assembler, because the words are atomics; the rest is the compilers' vectors, in the baseline's SSE2.
// elsewhere, and under ThreadSanitizer: eight acquire loads; in the checker's build as many as its lines have words.
//
// The words are looked at after what was read before and before what is read later (x86-64 keeps loads in order).
// What is to be believed beyond "at some moment this word had these bits" is loaded again.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/platform/atomic.hpp>
#include <portolan/base/platform/word16.hpp>

namespace portolan::platform {

#if defined(__x86_64__) && !defined(PORTOLAN_WORD16_BY_CALLS)
class eight_words {
 public:
  [[gnu::always_inline]] explicit eight_words(const atomic<std::uint64_t> (&line)[8]) noexcept {
    const auto* pairs = reinterpret_cast<const quads*>(line);
    quads in[4];
    // pair node_slot: acquire by the processor's order of loads, kept by the compiler for the sake of "memory".
    asm volatile("movdqa %1, %0" : "=x"(in[0]) : "m"(pairs[0]) : "memory");
    asm volatile("movdqa %1, %0" : "=x"(in[1]) : "m"(pairs[1]) : "memory");
    asm volatile("movdqa %1, %0" : "=x"(in[2]) : "m"(pairs[2]) : "memory");
    asm volatile("movdqa %1, %0" : "=x"(in[3]) : "m"(pairs[3]) : "memory");
    for (std::size_t half = 0; half < 2; ++half) {
      const auto a = reinterpret_cast<dwords>(in[2 * half]);
      const auto b = reinterpret_cast<dwords>(in[2 * half + 1]);
      low_[half] = __builtin_shufflevector(a, b, 0, 2, 4, 6);
      high_[half] = __builtin_shufflevector(a, b, 1, 3, 5, 7);
    }
  }
  /// Which words have these 16 bits on top.
  [[nodiscard, gnu::always_inline]] unsigned with_top(std::uint16_t bits) const noexcept {
    const auto sought = static_cast<short>(bits);
    const words all = __builtin_ia32_packssdw128(high_[0] >> 16, high_[1] >> 16);
    const words same = all == words{sought, sought, sought, sought, sought, sought, sought, sought};
    return static_cast<unsigned>(__builtin_ia32_pmovmskb128(__builtin_ia32_packsswb128(same, words{})));
  }
  /// Which words have bit 0.
  [[nodiscard, gnu::always_inline]] unsigned with_bit0() const noexcept { return signs(low_[0] << 31, low_[1] << 31); }
  /// Which words have bit 1.
  [[nodiscard, gnu::always_inline]] unsigned with_bit1() const noexcept { return signs(low_[0] << 30, low_[1] << 30); }

 private:
  typedef long long quads __attribute__((vector_size(16), may_alias));
  typedef int dwords __attribute__((vector_size(16)));
  typedef short words __attribute__((vector_size(16)));
  typedef float floats __attribute__((vector_size(16)));

  [[nodiscard, gnu::always_inline]] static unsigned signs(dwords a, dwords b) noexcept {
    return static_cast<unsigned>(__builtin_ia32_movmskps(reinterpret_cast<floats>(a))) |
           static_cast<unsigned>(__builtin_ia32_movmskps(reinterpret_cast<floats>(b))) << 4;
  }

  dwords low_[2];
  dwords high_[2];
};
#else
template <std::size_t Count>
class eight_words {
 public:
  explicit eight_words(const atomic<std::uint64_t> (&line)[Count]) noexcept {
    // pair node_slot: acquire, so that what is read later is not older than these words.
    for (std::size_t i = 0; i < Count; ++i) words_[i] = line[i].load(acquire);
  }
  [[nodiscard]] unsigned with_top(std::uint16_t bits) const noexcept {
    return mask([bits](std::uint64_t word) { return word >> 48 == bits; });
  }
  [[nodiscard]] unsigned with_bit0() const noexcept {
    return mask([](std::uint64_t word) { return (word & 1) != 0; });
  }
  [[nodiscard]] unsigned with_bit1() const noexcept {
    return mask([](std::uint64_t word) { return (word & 2) != 0; });
  }

 private:
  template <class F>
  [[nodiscard]] unsigned mask(F has) const noexcept {
    unsigned bits = 0;
    for (std::size_t i = 0; i < Count; ++i) bits |= static_cast<unsigned>(has(words_[i])) << i;
    return bits;
  }

  std::uint64_t words_[Count];
};
#endif

}  // namespace portolan::platform
