// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Epoch reclamation: a reader announces the epoch in which it began; what was retired later waits for it.
//
//   current epoch   5 ─────── 6 ───────── 7 ──────── 8        raised by each seal and each look
//   reader A          [announced 5 …………………………………… 0]         holds back blocks with tags 6, 7, 8
//   reader B                     [announced 6 … 0]
//   block (tag 7)               sealed at 7: goes when no announcement is below 7
//
//   reader                                   reclaimer
//   R1  announced = current                  W1  unlink the objects of the block
//   R2  light fence                          W2  tag = ++current (seal)
//   R3  load a pointer                       W3  heavy fence
//   R4  use the object                       W4  read every announcement
//   R5  announced = 0                        W5  free the blocks with tag <= the least announcement
// The fences forbid: W4 does not see R1, and R3 does not see W1. So for a block and a reader, either
//   a. W4 sees R1 with an epoch below the tag: the block is kept back;
//   b. W4 sees R1 with an epoch from the tag on: R1 read `current` after W2, so R3 sees W1;
//   c. W4 does not see R1: R3 sees W1;
//   d. W4 sees R5 (or a later R1 of that thread): R4 happened before W5.
//
// 1. The announcement is one word per thread for all domains, written by a plain store: entering writes
//    nothing that another thread writes. A reader that stalls holds back what every epoch domain retires.
// 2. Guards nest: only the first announces, and the last one to end takes it back, in whatever order they end. A stale
//    epoch in R1 is harmless, it only holds back more.
// 3. Without the kernel's membarrier both fences are full fences, and the argument is the same.
// The machinery is in epoch/rule.hpp. Use `hazard` where a reader may stall for long (a page fault is not long, a debugger or a blocked
// callback is) and memory must stay bounded.
#pragma once

#include <cstdint>

#include <portolan/base/platform.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/reclaim/domain.hpp>
#include <portolan/reclaim/epoch/rule.hpp>
#include <portolan/reclaim/scheme.hpp>

#if defined(PORTOLAN_STEPS)  // the machinery with its steps, instead of the library's
#include <portolan/reclaim/domain/state.hpp>
#include <portolan/reclaim/epoch/judge.hpp>
#else
extern template class portolan::reclaim::domain<portolan::reclaim::epoch_rule>;
#endif

namespace portolan {

/// The fast scheme: everything a guard can reach stays whole until the guard ends.
class epoch {
 public:
  using domain = reclaim::domain<reclaim::epoch_rule>;

  /// Reads shared objects while it lives. Not for long: it holds back all that is retired meanwhile.
  class [[nodiscard]] guard {
   public:
    /// Announces this thread as a reader; a guard inside another one only counts.
    ///
    /// @returns   nothing
    /// @sees      objects unlinked before it are not found; those found stay whole until it ends
    /// @progress  never waits
    /// @cost      a load, a store to this thread's own line, no fence where the kernel has membarrier
    /// @throws    std::bad_alloc at the first use by a thread, when more threads live than ever before
    /// @calls     nothing
    [[gnu::always_inline]] explicit guard(const domain&) : record_(reclaim::epoch_rule::enter()) {}
    [[gnu::always_inline]] ~guard() { reclaim::epoch_rule::leave(record_); }
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;

    /// Loads a word whose object stays whole until the guard ends.
    ///
    /// @returns   the word
    /// @sees      everything written before the word was published
    /// @progress  never waits
    /// @cost      one load
    /// @throws    nothing
    /// @calls     nothing
    template <class Word, class Decode>
    [[nodiscard]] Word protect(unsigned /*protection*/, const platform::atomic<Word>& source,
                               Decode&& /*decode*/) noexcept {
      // R3. pair published: acquire, so that the object is seen as it was published.
      return source.load(platform::acquire);
    }

   private:
    reclaim::epoch_record& record_;
  };

  /// Runs `reads(note)` under protection, at less than a guard's cost: for a few loads that throw nothing. `note` is a word
  /// of this thread's own in a cache line that is at hand; it keeps what the last `reads` left there.
  ///
  /// @returns   false, and `reads` was not run: inside another guard, at a thread's first read, and where
  ///            `platform::quick_reads()` is not true. Then take a guard
  /// @sees      as guard
  /// @progress  never waits
  /// @cost      as guard, without the count of guards inside guards
  /// @throws    nothing
  /// @calls     `reads`, once or not at all
  template <class F>
  [[nodiscard, gnu::always_inline]] static bool briefly(const domain&, F reads) noexcept {
    return reclaim::epoch_rule::briefly(reads);
  }
};

static_assert(reclaim::scheme<epoch>);

}  // namespace portolan
