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
#include <portolan/reclaim/domain/bag.hpp>

namespace portolan::reclaim {

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
  [[nodiscard]] static std::uint64_t judge(block& sealed) noexcept {
    if (!known_free(sealed.tag)) look();
    return known_free(sealed.tag) ? 0 : ~std::uint64_t{0};
  }

  [[nodiscard]] static reader oldest_reader() noexcept;

  static void announce(epoch_record& record) noexcept {
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

/// Raises `safe_` as far as the readers allow, and notes since when each reader is there.
inline void epoch_rule::look() noexcept {
  // Raising the epoch here, too, tells two sections of one thread apart: seen twice with one epoch, it is one.
  std::uint64_t least = seal();
  platform::step("epoch_sealed");
  // W3. pair epoch_look: heavy_fence, so that either W4 sees R1 or that reader sees W1.
  platform::heavy_fence();
  const std::uint64_t now_ns = platform::now_ns();
  per_thread<epoch_record>::for_each([&](std::uint32_t, epoch_record& record) {
    // W4. pair epoch_leave: acquire, so that the disposes come after the reads of a section that has ended.
    const std::uint64_t announced = record.announced.load(platform::acquire);
    if (announced == 0) return;
    if (announced < least) least = announced;
    // relaxed: for reports only.
    if (record.noticed_epoch.load(platform::relaxed) == announced) return;
    record.noticed_ns.store(now_ns, platform::relaxed);        // relaxed: for reports only.
    record.noticed_epoch.store(announced, platform::relaxed);  // relaxed: for reports only.
  });
  // relaxed: the exchange decides.
  std::uint64_t safe = safe_.value.load(platform::relaxed);
  while (safe < least) {
    // pair epoch_safe: release, so that who frees on the strength of it comes after the readers seen here; relaxed on
    // failure.
    if (safe_.value.compare_exchange_weak(safe, least, platform::acq_rel, platform::relaxed)) break;
  }
}

inline reader epoch_rule::oldest_reader() noexcept {
  look();
  reader oldest;
  std::uint64_t oldest_ns = UINT64_MAX;
  per_thread<epoch_record>::for_each([&](std::uint32_t slot, epoch_record& record) {
    // relaxed: for reports only.
    const std::uint64_t announced = record.announced.load(platform::relaxed);
    // relaxed: for reports only.
    if (announced == 0 || record.noticed_epoch.load(platform::relaxed) != announced) return;
    const std::uint64_t noticed_ns = record.noticed_ns.load(platform::relaxed);  // relaxed: for reports only.
    if (noticed_ns >= oldest_ns) return;
    oldest_ns = noticed_ns;
    oldest.thread = thread_of_slot(slot);
  });
  const std::uint64_t now_ns = platform::now_ns();
  if (oldest.thread != 0 && now_ns > oldest_ns) oldest.age_ns = now_ns - oldest_ns;
  return oldest;
}

}  // namespace portolan::reclaim
