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
  std::uint32_t depth = 0;                                                 // of guards; this thread's own
  alignas(cache_line_bytes) platform::atomic<std::uint64_t> noticed_epoch{0};
  platform::atomic<std::uint64_t> noticed_ns{0};

  void thread_left() noexcept {
    depth = 0;
    // pair epoch_leave: release, so that what this thread read is freed after it read it.
    announced.store(0, platform::release);
  }
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

  [[gnu::always_inline]] static void announce(epoch_record& record) noexcept {
    // pair epoch_current: acquire, so that a reader of this epoch finds nothing that was unlinked before it began.
    const std::uint64_t epoch = current_.value.load(platform::acquire);
    // R1. pair epoch_leave: release, so that a look that sees this section comes after the reads of the one before.
    record.announced.store(epoch, platform::release);
    platform::step("epoch_announced");
    // R2. pair epoch_look: light_fence, so that either the look sees R1 or this reader sees W1.
    platform::light_fence();
  }

 private:
  static void look() noexcept;

  static inline constinit padded<platform::atomic<std::uint64_t>> current_{1};
  static inline constinit padded<platform::atomic<std::uint64_t>> safe_{0};  // blocks up to this tag may go
};

}  // namespace portolan::reclaim
