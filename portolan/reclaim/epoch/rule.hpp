// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The reclaimer's side of epoch.hpp, where the steps R1 to R5 and W1 to W5 and their argument stand.
//
//   current   raised by each seal (the tag of a block) and each look
//   safe      what the last looks found: every block with a tag up to it may go
//
// 1. `current` and `safe` only rise, and safe <= current.
// 2. `safe` is raised to the least announcement that a look read after its heavy fence, or to the epoch in which
//    the look began: every block with a smaller tag was sealed, and its objects unlinked, before that fence.
#pragma once

#include <cstdint>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/reclaim/domain.hpp>

namespace portolan::reclaim {

class block;

/// What a thread tells the reclaimers, and what they noted of it.
struct epoch_record {
  alignas(cache_line_bytes) platform::atomic<std::uint64_t> announced{0};  // 0: reads nothing
  std::uint32_t inner = 0;  // guards besides the one that announced; this thread's own
  std::uint64_t note = 0;   // for who reads briefly: this thread's own, and of no meaning here
  alignas(cache_line_bytes) platform::atomic<std::uint64_t> noticed_epoch{0};
  platform::atomic<std::uint64_t> noticed_ns{0};

  constexpr epoch_record() noexcept = default;
  constexpr explicit epoch_record(std::uint64_t always_announced) noexcept : announced(always_announced) {}
  void thread_left() noexcept;
};

/// The rule of `domain`: a block goes when every reader began in its epoch or later.
class epoch_rule {
 public:
  static constexpr bool later_blocks_go_later = true;

  /// W2 above.
  [[nodiscard]] static std::uint64_t seal() noexcept {
    // pair epoch_current: release on the raise, so that who announces this epoch sees the objects unlinked; acquire,
    // so that a look comes after all seals with smaller tags.
    return current_.value.fetch_add(1, platform::acq_rel) + 1;
  }

  [[nodiscard]] static bool known_free(std::uint64_t tag) noexcept {
    // pair epoch_safe: acquire, so that the disposes come after the reads of all readers that had left.
    return tag <= safe_.value.load(platform::acquire);
  }

  /// One bit an object: all or none.
  [[nodiscard]] static std::uint64_t judge(block& sealed) noexcept;

  [[nodiscard]] static reader oldest_reader() noexcept;

  /// R1 and R2, or a guard inside another one. The usual case is one look at a word of the thread's own: it says that no
  /// guard is there, that the thread has a record, and that R2 costs nothing.
  [[nodiscard, gnu::always_inline]] static epoch_record& enter() {
    epoch_record& own = *quick_;
    // relaxed: this thread's own word, or one that never changes
    if (own.announced.load(platform::relaxed) != 0) [[unlikely]]
      return enter_slowly();
    announce(own);
    // R2. pair epoch_look: light_fence, so that either the look sees R1 or this reader sees W1.
    platform::free_light_fence();
    return own;
  }
  /// R1, R2, `reads(note)`, R5; false, and nothing is read, where that is not the usual case.
  template <class F>
  [[nodiscard, gnu::always_inline]] static bool briefly(F reads) noexcept {
    epoch_record& own = *quick_;
    // relaxed: this thread's own word, or one that never changes
    if (own.announced.load(platform::relaxed) != 0) [[unlikely]]
      return false;
    announce(own);
    // R2. pair epoch_look: light_fence, so that either the look sees R1 or this reader sees W1.
    platform::free_light_fence();
    reads(own.note);
    // R5. pair epoch_leave: release, so that what was read is freed after it was read.
    own.announced.store(0, platform::release);
    return true;
  }
  [[gnu::always_inline]] static void leave(epoch_record& own) noexcept {
    if (own.inner != 0) [[unlikely]] {
      --own.inner;
      return;
    }
    // R5. pair epoch_leave: release, so that what was read is freed after it was read.
    own.announced.store(0, platform::release);
  }

 private:
  friend struct epoch_record;
  friend struct epoch_end;  // of tests: lets the epochs come to their end
  static void look() noexcept;

  [[gnu::always_inline]] static void announce(epoch_record& own) noexcept {
    // pair epoch_current: acquire, so that a reader of this epoch finds nothing that was unlinked before it began.
    const std::uint64_t epoch = current_.value.load(platform::acquire);
    // R1. pair epoch_leave: release, so that a look that sees this section comes after the reads of the one before.
    own.announced.store(epoch, platform::release);
    platform::step("epoch_announced");
  }
  [[gnu::noinline]] static epoch_record& enter_slowly() {
    epoch_record& own = per_thread<epoch_record>::mine();
    // relaxed: this thread's own word
    if (own.announced.load(platform::relaxed) != 0) {
      ++own.inner;
      return own;
    }
    announce(own);
    // R2. pair epoch_look: light_fence, so that either the look sees R1 or this reader sees W1.
    platform::light_fence();
    if (platform::quick_reads()) quick_ = &own;
    return own;
  }

  /// This thread's record where reads are quick; before its first guard, and elsewhere, one that is always announced.
  static inline constinit epoch_record nobody_{1};
#if defined(__PIC__) && !defined(__PIE__)
  [[gnu::tls_model("initial-exec")]]  // in a shared library, where a call would be the default
#endif
  static inline constinit thread_local epoch_record* quick_ = &nobody_;

  static inline constinit padded<platform::atomic<std::uint64_t>> current_{1};
  static inline constinit padded<platform::atomic<std::uint64_t>> safe_{0};  // blocks up to this tag may go
};

inline void epoch_record::thread_left() noexcept {
  if (epoch_rule::quick_ == this) epoch_rule::quick_ = &epoch_rule::nobody_;
  inner = 0;
  // pair epoch_leave: release, so that what this thread read is freed after it read it.
  announced.store(0, platform::release);
}

}  // namespace portolan::reclaim
