// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A number that many threads change and few read.
//
//   cell (inline) ── an update lost a race ──► stripes: one cache line for each processor's worth of threads
//
// 1. The value is the sum of the inline cell and all stripes; each update changes exactly one of them.
// 2. Stripes come with the first contention and stay; a counter that one thread uses takes 16 bytes.
// 3. The sum is exact when no update runs at the same time, else it misses or has some of those that run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>  // std::construct_at without the weight of <memory>

#include <portolan/base/bits.hpp>
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
    if (stripes* all = stripes_.observe()) unmake(all);
  }
  striped_counter(const striped_counter&) = delete;
  striped_counter& operator=(const striped_counter&) = delete;

  void add(std::int64_t amount) {
    if (stripes* all = stripes_.observe()) {
      // relaxed: a number on its own; who needs it to agree with other words holds their lock.
      all->of_thread().fetch_add(amount, platform::relaxed);
      return;
    }
    std::int64_t seen = inline_cell_.load(platform::relaxed);  // relaxed: the exchange decides.
    // relaxed: as above.
    if (inline_cell_.compare_exchange_strong(seen, seen + amount, platform::relaxed)) [[likely]]
      return;
    add_contended(amount);
  }

  [[nodiscard]] std::int64_t sum() const noexcept {
    // relaxed here and below: as in add.
    std::int64_t total = inline_cell_.load(platform::relaxed);
    const stripes* all = stripes_.observe();
    for (std::size_t i = 0; all != nullptr && i < all->count; ++i) {
      total += all->cells()[i].value.load(platform::relaxed);  // relaxed: as in add.
    }
    return total;
  }

  /// Back to zero; only while nobody adds.
  void reset() noexcept {
    inline_cell_.store(0, platform::relaxed);  // relaxed: as in add.
    stripes* all = stripes_.observe();
    for (std::size_t i = 0; all != nullptr && i < all->count; ++i) {
      all->cells()[i].value.store(0, platform::relaxed);  // relaxed: as in add.
    }
  }

  /// What it occupies beyond itself.
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    const stripes* all = stripes_.observe();
    return all == nullptr ? 0 : size_of(all->count);
  }

 private:
  struct alignas(cache_line_bytes) cell {
    platform::atomic<std::int64_t> value{0};
  };
  struct alignas(cache_line_bytes) stripes {
    std::size_t count;

    [[nodiscard]] cell* cells() noexcept { return reinterpret_cast<cell*>(this + 1); }
    [[nodiscard]] const cell* cells() const noexcept { return reinterpret_cast<const cell*>(this + 1); }
    [[nodiscard]] platform::atomic<std::int64_t>& of_thread() {
      return cells()[this_thread_slot() & (count - 1)].value;
    }
  };
  static constexpr std::size_t most_stripes = 64;
  static constexpr std::size_t size_of(std::size_t count) noexcept { return sizeof(stripes) + count * sizeof(cell); }

  [[gnu::cold, gnu::noinline]] void add_contended(std::int64_t amount) {
    if (stripes* all = stripes_or_none()) {
      all->of_thread().fetch_add(amount, platform::relaxed);  // relaxed: as in add.
    } else {
      inline_cell_.fetch_add(amount, platform::relaxed);  // relaxed: as in add.
    }
  }

  /// Null when there is no memory for them; the inline cell then serves all.
  [[nodiscard]] stripes* stripes_or_none() noexcept {
    if (stripes* all = stripes_.observe()) return all;
    const std::size_t processors = platform::processor_count();
    const std::size_t count = power_of_two_from(processors < most_stripes ? processors : most_stripes);
    stripes* made = nullptr;
    try {
      made = static_cast<stripes*>(platform::allocate(size_of(count), alignof(stripes)));
    } catch (...) {
      return nullptr;
    }
    std::construct_at(made, stripes{count});
    for (std::size_t i = 0; i < count; ++i) std::construct_at(made->cells() + i);
    stripes* first = nullptr;
    if (stripes_.replace(first, made)) return made;
    unmake(made);
    return first;
  }

  static void unmake(stripes* all) noexcept { platform::deallocate(all, size_of(all->count), alignof(stripes)); }

  platform::atomic<std::int64_t> inline_cell_{0};
  published<stripes*> stripes_{nullptr};
};

static_assert(sizeof(striped_counter) == 16);

}  // namespace portolan
