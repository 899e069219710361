// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The reclaimer's side of hazard.hpp, where the steps R1 to R5 and W1 to W4 and their argument stand.
//
//   block of up to 63 retired objects ─► set of their addresses ─► heavy fence ─► each hazard looked up in it
//
// 1. The set is on the stack: judging needs no memory, and costs one walk over the hazards for 63 objects.
// 2. Records are never freed, so a walk needs no protection itself; those of ended threads name nothing.
#pragma once

#include <cstdint>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/reclaim/domain.hpp>
#include <portolan/reclaim/scheme.hpp>

namespace portolan::reclaim {

class block;

/// The hazards of one guard.
struct hazards {
  platform::atomic<const volatile void*> named[protections_per_guard]{};
};

/// The hazards of up to eight guards of one thread, and of more behind `deeper`. Never freed.
struct alignas(cache_line_bytes) hazard_record {
  static constexpr std::uint32_t guards = platform::sizes::guards_of_a_record;

  hazards of_guard[guards]{};
  published<hazard_record*> deeper{nullptr};
  std::uint32_t taken = 0;  // one bit a guard; this thread's own
  platform::atomic<const volatile void*> noticed{nullptr};
  platform::atomic<std::uint64_t> noticed_ns{0};

  void thread_left() noexcept {
    for (hazard_record* record = this; record != nullptr; record = record->deeper.observe()) {
      record->taken = 0;
      for (hazards& guard : record->of_guard) {
        // pair hazard_named: release, so that what this thread read is freed after it read it.
        for (auto& named : guard.named) named.store(nullptr, platform::release);
      }
    }
  }
};

/// The rule of `domain`: an object goes when no hazard names it.
class hazard_rule {
 public:
  static constexpr bool later_blocks_go_later = false;

  [[nodiscard]] static std::uint64_t seal() noexcept { return 0; }
  [[nodiscard]] static bool known_free(std::uint64_t /*tag*/) noexcept { return false; }

  /// One bit an object: set if a hazard names it.
  [[nodiscard]] static std::uint64_t judge(block& sealed) noexcept;

  [[nodiscard]] static reader oldest_reader() noexcept;

 private:
  template <class F>
  static void for_each_hazard(F f) {
    per_thread<hazard_record>::for_each([&](std::uint32_t slot, hazard_record& first) {
      for (hazard_record* record = &first; record != nullptr; record = record->deeper.observe()) {
        for (hazards& guard : record->of_guard) {
          for (auto& named : guard.named) {
            // W3. pair hazard_named: acquire, so that the disposes come after the reads of who names it no more.
            if (const volatile void* object = named.load(platform::acquire)) f(slot, first, object);
          }
        }
      }
    });
  }
};

}  // namespace portolan::reclaim
