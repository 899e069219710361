// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Who sleeps on a word (platform::park), as a word of its own that the sleepers and those who wake them change.
//
//   low    … | third | second | first      the queue: threads + 1, four bits each
//   high   a bit a thread: it was woken as the one of wake_one
//
// 1. Who parks joins the queue and then looks at the word; who wakes has written the word and then changes the queue. Both
//    are read-modify-writes of one place, so one of them comes first: either the sleeper sees the write, or it is woken.
//    As the Linux kernel's futex does it under the lock of its bucket.
// 2. Who joined and then finds the word changed leaves; if a wake_one has chosen it meanwhile, it wakes the next in its
//    place, for the kernel never chooses one who does not sleep.
#pragma once

#include <portolan/base/platform/checked.hpp>
#include <portolan/prove/schedule/view.hpp>

namespace portolan::prove::schedule {

class sleepers {
 public:
  explicit constexpr sleepers(platform::checked::bits of) noexcept : of_(of) {}

  [[nodiscard]] constexpr bool hold(unsigned thread) const noexcept { return shift_of(thread) != none; }
  [[nodiscard]] constexpr bool one_was_woken(unsigned thread) const noexcept { return (of_.high >> thread & 1) != 0; }

  [[nodiscard]] constexpr platform::checked::bits with(unsigned thread) const noexcept {
    unsigned end = 0;
    while ((of_.low >> end & 15) != 0) end += 4;
    return {of_.low | std::uint64_t{thread + 1} << end, of_.high & ~(std::uint64_t{1} << thread)};
  }
  [[nodiscard]] constexpr platform::checked::bits without(unsigned thread) const noexcept {
    const unsigned shift = shift_of(thread);
    if (shift == none) return of_;
    const std::uint64_t before = of_.low & ((std::uint64_t{1} << shift) - 1);
    return {before | (of_.low >> shift >> 4) << shift, of_.high};
  }
  [[nodiscard]] constexpr platform::checked::bits without_first() const noexcept {
    if (of_.low == 0) return of_;
    return {of_.low >> 4, of_.high | std::uint64_t{1} << ((of_.low & 15) - 1)};
  }
  [[nodiscard]] constexpr platform::checked::bits without_all() const noexcept { return {0, of_.high}; }

 private:
  static constexpr unsigned none = 64;
  [[nodiscard]] constexpr unsigned shift_of(unsigned thread) const noexcept {
    for (unsigned shift = 0; shift < 4 * most_threads; shift += 4) {
      if ((of_.low >> shift & 15) == thread + 1) return shift;
    }
    return none;
  }

  platform::checked::bits of_;
};

}  // namespace portolan::prove::schedule
