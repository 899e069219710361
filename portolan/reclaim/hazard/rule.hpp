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
#include <portolan/reclaim/domain/bag.hpp>
#include <portolan/reclaim/scheme.hpp>

namespace portolan::reclaim {

/// The hazards of one guard.
struct hazards {
  platform::atomic<const volatile void*> named[protections_per_guard]{};
};

/// The hazards of up to eight guards of one thread, and of more behind `deeper`. Never freed.
struct alignas(cache_line_bytes) hazard_record {
  static constexpr std::uint32_t guards = 8;

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

/// Finds the objects of one block by address: 128 cells, at most 63 of them used, so that a search ends soon.
class address_set {
 public:
  void add(const volatile void* object, std::uint8_t index) noexcept {
    std::uint32_t cell = first_cell(object);
    while (cells_[cell] != 0) cell = (cell + 1) % cell_count;
    cells_[cell] = static_cast<std::uint8_t>(index + 1);
  }
  /// The bit of `object` among those of `objects`, or 0.
  [[nodiscard]] std::uint64_t bit_of(const volatile void* object, const retired* objects) const noexcept {
    for (std::uint32_t cell = first_cell(object); cells_[cell] != 0; cell = (cell + 1) % cell_count) {
      const std::uint32_t index = cells_[cell] - 1U;
      if (objects[index].object == object) return std::uint64_t{1} << index;
    }
    return 0;
  }

 private:
  static constexpr std::uint32_t cell_count = 128;
  static std::uint32_t first_cell(const volatile void* object) noexcept {
    const auto bits = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(object));
    return static_cast<std::uint32_t>(bits * 0x9E3779B97F4A7C15U >> 57);
  }

  std::uint8_t cells_[cell_count]{};
};

inline std::uint64_t hazard_rule::judge(block& sealed) noexcept {
  address_set addresses;
  for (std::uint32_t i = 0; i < sealed.count(); ++i) {
    addresses.add(sealed.begin()[i].object, static_cast<std::uint8_t>(i));
  }
  platform::step("hazard_judged");
  // W2. pair hazard_look: heavy_fence, so that either W3 sees R2 or that reader's R4 sees W1.
  platform::heavy_fence();
  std::uint64_t read = 0;
  for_each_hazard([&](std::uint32_t, hazard_record&, const volatile void* object) {
    read |= addresses.bit_of(object, sealed.begin());
  });
  return read;
}

inline reader hazard_rule::oldest_reader() noexcept {
  const std::uint64_t now_ns = platform::now_ns();
  reader oldest;
  hazard_record* last = nullptr;
  for_each_hazard([&](std::uint32_t slot, hazard_record& record, const volatile void* object) {
    if (&record == last) return;  // the first hazard of a thread stands for it
    last = &record;
    // relaxed: for reports only.
    if (record.noticed.load(platform::relaxed) != object) {
      record.noticed_ns.store(now_ns, platform::relaxed);  // relaxed: for reports only.
      record.noticed.store(object, platform::relaxed);     // relaxed: for reports only.
    }
    const std::uint64_t noticed_ns = record.noticed_ns.load(platform::relaxed);  // relaxed: for reports only.
    const std::uint64_t age_ns = now_ns > noticed_ns ? now_ns - noticed_ns : 0;
    if (oldest.thread == 0 || age_ns > oldest.age_ns) oldest = {thread_of_slot(slot), age_ns};
  });
  return oldest;
}

}  // namespace portolan::reclaim
