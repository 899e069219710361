// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// An instant between two calls, counted alike on all processors: what a history is written with.
//
//    call n            instant            call n + 1
//    …loads, stores ─┤ lfence rdtsc lfence ├─ loads, stores…
//
// 1. What the program did before is done when the counter is read: its loads have their values, and after
//    `instant_after_writing` its stores are seen by all.
// 2. What the program does after begins after the counter was read.
// 3. So of two calls the instants say "this one had ended before that one began" only where it is true.
// Where the processor's counter may stop or differ between processors, the kernel's clock is read instead.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace portolan::platform {

[[nodiscard]] std::uint64_t now_ns() noexcept;

#if defined(__x86_64__)
namespace detail {
/// The processor says that its counter runs evenly and never stops (bit 8 of leaf 0x80000007).
[[nodiscard]] inline bool probe_even_counter() noexcept {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & 0x100U) != 0;
}
inline const bool even_counter = probe_even_counter();

[[nodiscard, gnu::always_inline]] inline std::uint64_t ordered_counter() noexcept {
  std::uint64_t low;
  std::uint64_t high;
  asm volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high)::"memory");
  return high << 32 | low;
}
}  // namespace detail

/// An instant after all that this thread has read, before all that it will do.
[[nodiscard, gnu::always_inline]] inline std::uint64_t instant_after_reading() noexcept {
  if (detail::even_counter) [[likely]]
    return detail::ordered_counter();
  return now_ns();
}

/// As above, and after all that this thread has written is seen by all.
[[nodiscard, gnu::always_inline]] inline std::uint64_t instant_after_writing() noexcept {
  // A locked instruction empties the store buffer: a third of the price of mfence.
  asm volatile("lock orl $0, -64(%%rsp)" ::: "memory", "cc");
  return instant_after_reading();
}
#elif defined(__aarch64__)
[[nodiscard]] inline std::uint64_t instant_after_reading() noexcept {
  std::uint64_t counter;
  asm volatile("dmb ish\n\tisb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(counter)::"memory");
  return counter;
}
[[nodiscard]] inline std::uint64_t instant_after_writing() noexcept {
  asm volatile("dsb ish" ::: "memory");
  return instant_after_reading();
}
#else
[[nodiscard]] inline std::uint64_t instant_after_reading() noexcept { return now_ns(); }
[[nodiscard]] inline std::uint64_t instant_after_writing() noexcept {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return now_ns();
}
#endif

}  // namespace portolan::platform
