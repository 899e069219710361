// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a reclaimer does under epochs: steps W2 to W4 of the proof in epoch.hpp, and the report on the oldest reader.
#pragma once

#include <cstdint>

#include <portolan/base/platform.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/reclaim/domain/bag.hpp>
#include <portolan/reclaim/epoch/rule.hpp>

namespace portolan::reclaim {

inline std::uint64_t epoch_rule::judge(block& sealed) noexcept {
  if (!known_free(sealed.tag)) look();
  return known_free(sealed.tag) ? 0 : ~std::uint64_t{0};
}

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
    if (safe_.value.compare_exchange_weak(safe, least, platform::release, platform::relaxed)) break;
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
