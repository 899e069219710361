// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Hazard pointers: a guard names the objects that it reads, up to four, and only these are kept back.
//
//   thread's record   guard 1 [ a  b  -  - ]   guard 2 [ c  -  -  - ]   … 8 guards ─► 8 more, when nested deeper
//
//   reader                                   reclaimer
//   R1  word = source                        W1  unlink the object
//   R2  hazard = decode(word)                W2  heavy fence
//   R3  light fence                          W3  read every hazard
//   R4  source still holds word? else R1     W4  dispose of the objects that none names
//   R5  use the object; hazard = null
// The fences forbid: W3 does not see R2, and R4 does not see W1. So either W3 sees the hazard and the object
// stays, or R4 sees that the word has changed and the reader begins anew; and if W3 sees R5 or what this thread
// names later, the reading happened before W4.
//
// 1. A stalled reader holds back at most the objects that its guards name. A domain keeps back at most these, plus
//    what stands between two looks: at most four blocks (252 objects) in each bag.
// 2. Each guard has its own four hazards, so that nested guards never overwrite each other's.
// 3. R4 compares words, not objects: a word that carries a mark or a count must not come back to an equal
//    value with another object.
// 4. An object is retired under the address that `decode` gives: a hazard on a member protects nothing.
// The machinery is in hazard/rule.hpp. Use `epoch` where readers are short: it needs no second load, and a guard protects all it can reach.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>  // std::construct_at without the weight of <memory>

#include <portolan/base/platform.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/reclaim/domain.hpp>
#include <portolan/reclaim/hazard/rule.hpp>
#include <portolan/reclaim/scheme.hpp>

#if defined(PORTOLAN_STEPS)  // the machinery with its steps, instead of the library's
#include <portolan/reclaim/domain/state.hpp>
#include <portolan/reclaim/hazard/judge.hpp>
#else
extern template class portolan::reclaim::domain<portolan::reclaim::hazard_rule>;
#endif

namespace portolan {

/// The robust scheme: a stalled reader holds back no more than what it names.
class hazard {
 public:
  using domain = reclaim::domain<reclaim::hazard_rule>;

  /// Up to four objects that stay whole, each until the guard ends or the same protection is used anew.
  class [[nodiscard]] guard {
   public:
    /// Takes four hazards of this thread that no other guard has.
    ///
    /// @returns   nothing
    /// @sees      nothing: `protect` does
    /// @progress  never waits
    /// @cost      a few instructions on this thread's own line
    /// @throws    std::bad_alloc at the first use by a thread, when more threads live than ever before, and
    ///            when guards nest deeper than eight for the first time
    /// @calls     nothing
    explicit guard(const domain&) : record_(&per_thread<reclaim::hazard_record>::mine()) {
      while (record_->taken == all_taken) [[unlikely]] record_ = &deeper_than(*record_);
      place_ = static_cast<std::uint32_t>(std::countr_one(record_->taken));
      record_->taken |= 1U << place_;
    }
    ~guard() {
      for (unsigned i = 0; used_ != 0; ++i, used_ >>= 1) {
        // R5. pair hazard_named: release, so that what was read is freed after it was read.
        if ((used_ & 1) != 0) record_->of_guard[place_].named[i].store(nullptr, platform::release);
      }
      record_->taken &= ~(1U << place_);
    }
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;

    /// Loads a word and names its object, so that it stays whole; `decode(word)` is the object's address.
    ///
    /// @returns   the word
    /// @sees      everything written before the word was published
    /// @progress  begins anew when the word changes in between: lock-free
    /// @cost      two loads, a store to this thread's own line, no fence where the kernel has membarrier
    /// @throws    nothing
    /// @calls     `decode`, which must be pure, each time it begins
    template <class Word, class Decode>
    [[nodiscard]] Word protect(unsigned protection, const platform::atomic<Word>& source, Decode&& decode) noexcept {
      auto& named = record_->of_guard[place_].named[protection];
      used_ |= 1U << protection;
      // R1. relaxed: R4 confirms it.
      Word word = source.load(platform::relaxed);
      for (;;) {
        // R2. pair hazard_named: release, so that a look that sees it comes after the reads of what it named before.
        named.store(decode(word), platform::release);
        platform::step("hazard_named");
        // R3. pair hazard_look: light_fence, so that either W3 sees R2 or R4 sees W1.
        platform::light_fence();
        // R4. pair published: acquire, so that the object is seen as it was published.
        const Word again = source.load(platform::acquire);
        if (again == word) return word;
        word = again;
      }
    }

   private:
    static constexpr std::uint32_t all_taken = (1U << reclaim::hazard_record::guards) - 1;

    [[gnu::cold, gnu::noinline]] static reclaim::hazard_record& deeper_than(reclaim::hazard_record& full) {
      if (reclaim::hazard_record* deeper = full.deeper.observe()) return *deeper;
      auto* made = static_cast<reclaim::hazard_record*>(
          platform::allocate(sizeof(reclaim::hazard_record), alignof(reclaim::hazard_record)));
      full.deeper.publish(std::construct_at(made));
      return *made;
    }

    reclaim::hazard_record* record_;
    std::uint32_t place_ = 0;
    std::uint32_t used_ = 0;  // one bit a protection
  };
};

static_assert(reclaim::scheme<hazard>);

}  // namespace portolan
