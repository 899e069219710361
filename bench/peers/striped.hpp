// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What people write today: a table behind a lock, or an array of such tables that share the keys.
//
//    hash of the key -> | lock | table |   | lock | table |   | lock | table |  …
//                         `- each on cache lines of its own
//
// Readers look at the value under the lock; nothing is copied.
#pragma once

#include <bit>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>

#include "bench/workload/driver.hpp"

namespace portolan::workload {

/// Two cache lines: the neighbour that the hardware fetches along is no stranger's either.
inline constexpr std::size_t apart_bytes = 128;

/// Spreads the bits of a hash that may be the identity, and takes `count` (a power of two) stripes' worth of them.
[[nodiscard]] inline std::size_t stripe_of(std::size_t hash, std::size_t count) noexcept {
  return static_cast<std::size_t>((std::uint64_t{hash} * 0x9E3779B97F4A7C15ull) >> 40) & (count - 1);
}

template <class Table, class Lock>
class striped {
  using K = typename Table::key_type;
  using V = typename Table::mapped_type;
  struct alignas(apart_bytes) stripe {
    Lock lock;
    Table table;
  };
  static constexpr bool readers_share = requires(Lock lock) { lock.lock_shared(); };
  using reading = std::conditional_t<readers_share, std::shared_lock<Lock>, std::unique_lock<Lock>>;

 public:
  striped(const setup& how, std::size_t count)
      : count_(std::bit_ceil(count)), stripes_(std::make_unique<stripe[]>(count_)) {
    if (how.reserve == 0) return;
    for (std::size_t i = 0; i < count_; ++i) stripes_[i].table.reserve(how.reserve / count_ + 1);
  }

  template <class Q, class F>
    requires std::is_same_v<Q, K> || requires(const typename Table::hasher& hash, const Q& key) { hash(key); }
  bool find(const Q& key, F&& f) {
    stripe& in = at(key);
    reading held(in.lock);
    const auto found = in.table.find(key);
    if (found == in.table.end()) return false;
    f(std::as_const(found->second));
    return true;
  }
  bool insert(const K& key, V value) {
    stripe& in = at(key);
    std::unique_lock held(in.lock);
    return in.table.try_emplace(key, std::move(value)).second;
  }
  void assign(const K& key, V value) {
    stripe& in = at(key);
    std::unique_lock held(in.lock);
    in.table.insert_or_assign(key, std::move(value));
  }
  bool erase(const K& key) {
    stripe& in = at(key);
    std::unique_lock held(in.lock);
    return in.table.erase(key) != 0;
  }
  void add(const K& key, std::uint64_t amount) {
    stripe& in = at(key);
    std::unique_lock held(in.lock);
    in.table[key] += amount;
  }
  template <class F>
  void for_each(F&& f) {
    for (std::size_t i = 0; i < count_; ++i) {
      std::unique_lock held(stripes_[i].lock);
      for (const auto& [key, value] : stripes_[i].table) f(key, value);
    }
  }
  std::size_t size() {
    std::size_t all = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      reading held(stripes_[i].lock);
      all += stripes_[i].table.size();
    }
    return all;
  }

 private:
  template <class Q>
  stripe& at(const Q& key) {
    if (count_ == 1) return stripes_[0];
    return stripes_[stripe_of(typename Table::hasher{}(key), count_)];
  }

  std::size_t count_;
  std::unique_ptr<stripe[]> stripes_;
};

}  // namespace portolan::workload
