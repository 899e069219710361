// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a reclaimer does under hazard pointers: steps W2 to W4 of the proof in hazard.hpp, and the report on the oldest
// reader.
#pragma once

#include <cstdint>

#include <portolan/base/platform.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/reclaim/domain/bag.hpp>
#include <portolan/reclaim/hazard/rule.hpp>

namespace portolan::reclaim {

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
  static constexpr std::uint32_t cell_count = 1U << platform::sizes::address_cells_lg;
  static std::uint32_t first_cell(const volatile void* object) noexcept {
    const auto bits = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(object));
    return static_cast<std::uint32_t>(bits * 0x9E3779B97F4A7C15U >> (64 - platform::sizes::address_cells_lg));
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
