// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The shards of one map: an array that appears at once, whole, with the first write.
//
//   hash  63 … 64-b │ …        b = log2(count)       padded:  │ lock changes map ····│ lock changes map ····│
//         shard     │ unused                         packed:  │ lock changes map │ lock changes map │
//
// 1. `first_` is null or points to `count` finished shards; once set, under `opening_`, it stays until the map is
//    destroyed.
// 2. Padded shards begin on a pair of lines each, so that no lock shares a line with another's map head.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>  // std::construct_at without the weight of <memory>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/published.hpp>
#include <portolan/map/fwd.hpp>
#include <portolan/map/guarded/store.hpp>

namespace portolan::detail {

template <class Map, class Lock, shard_layout Layout>
class shard_array {
  using store_type = store<Map, Lock>;
  static constexpr std::size_t alignment =
      Layout == shard_layout::padded && alignof(store_type) < quiet_zone_bytes ? quiet_zone_bytes : alignof(store_type);
  struct alignas(alignment) shard : store_type {
    using store_type::store_type;
  };

 public:
  explicit shard_array(std::size_t wanted) : bits_(bits_for(wanted)) {}
  shard_array(const shard_array&) = delete;
  shard_array& operator=(const shard_array&) = delete;
  ~shard_array() {
    if (shard* const first = first_.observe()) destroy(first, count());
  }

  [[nodiscard]] std::size_t count() const noexcept { return std::size_t{1} << bits_; }
  [[nodiscard]] std::size_t allocated_bytes() const noexcept {
    return first_.observe() == nullptr ? 0 : count() * sizeof(shard);
  }

  /// The shard of `hash`; null before the first write.
  [[nodiscard]] const store_type* observe(std::uint64_t hash) const noexcept {
    const shard* const first = first_.observe();
    return first == nullptr ? nullptr : first + index_of(hash);
  }
  /// The shard of `hash`; allocates all of them at the first write.
  template <class Maker>
  [[nodiscard]] store_type& open(std::uint64_t hash, const Maker& make_map) {
    shard* first = first_.observe();
    if (first == nullptr) [[unlikely]]
      first = open_all(make_map);
    return first[index_of(hash)];
  }

  /// Calls `f` with each shard until it returns false.
  template <class F>
  void each(F& f) const {
    const shard* const first = first_.observe();
    for (std::size_t i = 0; first != nullptr && i < count(); ++i) {
      if (!f(static_cast<const store_type&>(first[i]))) return;
    }
  }
  template <class F>
  void each(F& f) {
    shard* const first = first_.observe();
    for (std::size_t i = 0; first != nullptr && i < count(); ++i) {
      if (!f(static_cast<store_type&>(first[i]))) return;
    }
  }

  /// Around fork: all shards or none, without waiting.
  [[nodiscard]] bool try_lock_all() noexcept {
    if (!opening_.try_lock()) return false;
    shard* const first = first_.observe();
    for (std::size_t i = 0; first != nullptr && i < count(); ++i) {
      if (first[i].lock.try_lock()) continue;
      while (i-- > 0) first[i].lock.unlock();
      opening_.unlock();
      return false;
    }
    return true;
  }
  void unlock_all() noexcept {
    shard* const first = first_.observe();
    for (std::size_t i = 0; first != nullptr && i < count(); ++i) first[i].lock.unlock();
    opening_.unlock();
  }
  void unlock_all_after_fork() noexcept {
    shard* const first = first_.observe();
    for (std::size_t i = 0; first != nullptr && i < count(); ++i) unlock_after_fork(first[i].lock);
    opening_.reset_after_fork();
  }

 private:
  static constexpr std::size_t shards_a_processor = 16;
  static constexpr std::size_t fewest_by_default = 64;
  static constexpr unsigned most_bits = 16;

  [[nodiscard]] static unsigned bits_for(std::size_t wanted) noexcept {
    if (wanted == 0) {
      wanted = shards_a_processor * platform::processor_count();
      if (wanted < fewest_by_default) wanted = fewest_by_default;
    }
    const auto bits = static_cast<unsigned>(std::bit_width(wanted - 1));
    return bits < most_bits ? bits : most_bits;
  }
  // The double shift: one shard has no bits, and a shift by 64 would be undefined.
  [[nodiscard]] std::size_t index_of(std::uint64_t hash) const noexcept {
    return static_cast<std::size_t>(hash >> 1 >> (63 - bits_));
  }

  /// Destroys what was made if making the rest throws.
  struct unfinished {
    ~unfinished() {
      if (first != nullptr) destroy(first, made, total);
    }
    shard* first;
    std::size_t total;
    std::size_t made = 0;
  };

  template <class Maker>
  [[gnu::cold, gnu::noinline]] shard* open_all(const Maker& make_map) {
    const exclusive_lock held(opening_);
    if (shard* const there = first_.observe()) return there;
    auto* const fresh = static_cast<shard*>(platform::allocate(count() * sizeof(shard), alignof(shard)));
    unfinished rollback{fresh, count()};
    for (; rollback.made < count(); ++rollback.made) {
      std::construct_at(fresh + rollback.made, make_map());
    }
    rollback.first = nullptr;
    first_.publish(fresh);
    return fresh;
  }

  static void destroy(shard* first, std::size_t made, std::size_t total) noexcept {
    for (std::size_t i = 0; i < made; ++i) std::destroy_at(first + i);
    platform::deallocate(first, total * sizeof(shard), alignof(shard));
  }
  static void destroy(shard* first, std::size_t total) noexcept { destroy(first, total, total); }

  const unsigned bits_;
  mutex opening_;  // held while the shards are made, and around fork
  published<shard*> first_;
};

}  // namespace portolan::detail
