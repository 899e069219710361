// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A number that many threads change and few read.
//
//   nobody ──first add──► inline cell, one thread's own ──another thread adds──► stripes: a cell for each thread
//
//   way_     0    nobody has added yet
//            odd  the inline cell belongs to the thread of this number
//            even the address of the stripes: cell i belongs to the thread of number i, the last one to all the others
//
// 1. The value is the sum of the inline cell and all stripes; each update changes exactly one of them.
// 2. A cell that belongs to one thread is changed by a load and a store, with no locked instruction; numbers are handed
//    on in order (thread_slots.hpp), so the next owner begins with what the last one left.
// 3. Stripes come with the second thread and stay; a counter that one thread uses takes 16 bytes. A thread that saw
//    itself the owner of the inline cell may add there once more while they come: nobody else ever does.
// 4. The sum is exact when no update runs at the same time, else it misses or has some of those that run.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>
#include <portolan/base/thread_slots.hpp>

namespace portolan {

/// Not for what decides something at each update: its sum costs a walk over all stripes.
class striped_counter {
 public:
  constexpr striped_counter() noexcept = default;
  ~striped_counter() {
    if (stripes* all = stripes_of(way_.observe())) unmake(all);
  }
  striped_counter(const striped_counter&) = delete;
  striped_counter& operator=(const striped_counter&) = delete;

  [[gnu::always_inline]] void add(std::int64_t amount) {
    if (auto* own = own_cell()) [[likely]]
      return add_to_own(*own, amount);
    add_elsewhere(this_thread_slot(), amount);
  }
  /// The cell that this thread alone changes, for who wants to know before that `add_to_own` will do; null where only `add`
  /// does.
  [[nodiscard, gnu::always_inline]] platform::atomic<std::int64_t>* own_cell() noexcept {
    const std::uint32_t thread = detail::own_slot_plus_one - 1;  // without a number: one that nobody has
    const std::uintptr_t way = way_.observe();
    if (way == alone(thread)) return &inline_cell_;
    stripes* all = stripes_of(way);
    return all != nullptr && thread < all->count ? &all->cells()[thread].value : nullptr;
  }
  static void add_to_own(platform::atomic<std::int64_t>& own, std::int64_t amount) noexcept {
    // relaxed: only this thread writes the cell, and its number says nothing about other words.
    own.store(own.load(platform::relaxed) + amount, platform::relaxed);
  }

  [[nodiscard]] std::int64_t sum() const noexcept;
  /// Back to zero; only while nobody adds.
  void reset() noexcept;
  /// What it occupies beyond itself.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  struct alignas(cache_line_bytes) cell {
    platform::atomic<std::int64_t> value{0};
  };
  /// `count` cells that belong to one thread each, and one behind them that all other threads share.
  struct alignas(cache_line_bytes) stripes {
    std::size_t count;
    std::size_t size_bytes;
    bool pages;  // a sure page, because the program had no memory

    [[nodiscard]] cell* cells() noexcept { return reinterpret_cast<cell*>(this + 1); }
    [[nodiscard]] const cell* cells() const noexcept { return reinterpret_cast<const cell*>(this + 1); }
  };
  static constexpr std::uintptr_t alone(std::uint32_t thread) noexcept { return std::uintptr_t{thread} << 1 | 1; }
  [[nodiscard]] static stripes* stripes_of(std::uintptr_t way) noexcept {
    return (way & 1) != 0 ? nullptr : reinterpret_cast<stripes*>(way);
  }

  [[gnu::cold]] void add_elsewhere(std::uint32_t thread, std::int64_t amount);
  [[nodiscard]] static stripes* make() noexcept;
  static void unmake(stripes* all) noexcept;

  platform::atomic<std::int64_t> inline_cell_{0};
  published<std::uintptr_t> way_;
};

static_assert(sizeof(striped_counter) == 16);

}  // namespace portolan
