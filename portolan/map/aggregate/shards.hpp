// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The shards that additions go into: an array that appears at once, whole, with the first addition.
//
//   by thread   thread number mod count ─► shard      a thread has its own while there are no more threads than shards
//   by key      top bits of the hash    ─► shard      a key has one
//
//   shard │ lock │ entries │ fresh ·········· │ waiting ··· │     on a pair of cache lines of its own
//          └── guard fresh; an addition ──┘     └── guarded by the map's central lock
//
// 1. Additions change `fresh` of their shard, under its lock. A merge takes all of `fresh` in one swap, so no addition
//    waits for a merge longer than that.
// 2. `waiting` holds what a merge has in hand. It is empty between merges, unless one ended by a throw.
// 3. `entries` is the size of `fresh`. It falls only under the central lock; so who holds that lock, shared or not,
//    and reads 0 there, has missed no addition that happened before.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>  // std::construct_at without the weight of <memory>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/published.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/aggregate/tallies.hpp>
#include <portolan/map/fwd.hpp>

namespace portolan::detail {

template <class Node>
struct alignas(quiet_zone_bytes) tally_shard {
  explicit tally_shard(const typename Node::allocator_type& alloc) noexcept : fresh(alloc), waiting(alloc) {}

  /// Whether an addition may be in `fresh`; see 3.
  [[nodiscard]] bool has_entries() const noexcept {
    // relaxed: an addition that happened before stands before in this word's order; others may be missed.
    return entries.load(platform::relaxed) != 0;
  }
  void count_entries_locked() noexcept {
    // relaxed: the lock orders `fresh`; the word only says whether to look.
    entries.store(fresh.size(), platform::relaxed);
  }

  mutable mutex lock;
  platform::atomic<std::size_t> entries{0};
  tally_table<Node> fresh;
  tally_table<Node> waiting;
};

template <class Node>
class tally_shards {
 public:
  using shard = tally_shard<Node>;

  tally_shards(std::size_t wanted, shard_by chosen) noexcept : bits_(bits_for(wanted)), chosen_(chosen) {}
  tally_shards(const tally_shards&) = delete;
  tally_shards& operator=(const tally_shards&) = delete;
  ~tally_shards() {
    if (shard* const first = first_.observe()) destroy(first);
  }

  [[nodiscard]] std::size_t count() const noexcept { return std::size_t{1} << bits_; }
  [[nodiscard]] bool exist() const noexcept { return first_.observe() != nullptr; }

  /// Where this thread adds to a key with this hash; `opened()` is called once, after the shards were made.
  template <class Opened>
  [[nodiscard]] shard& open(std::uint64_t hash, const typename Node::allocator_type& alloc, Opened opened) {
    shard* first = first_.observe();
    if (first == nullptr) [[unlikely]]
      first = open_all(alloc, opened);
    return first[chosen_ == shard_by::thread ? this_thread_slot() & (count() - 1) : index_of(hash)];
  }

  /// Calls `f` with each shard in which a key with this hash may be.
  template <class F>
  void each_of(std::uint64_t hash, F f) const {
    shard* const first = first_.observe();
    if (first == nullptr) return;
    if (chosen_ == shard_by::key) return f(first[index_of(hash)]);
    for (std::size_t i = 0; i < count(); ++i) f(first[i]);
  }
  template <class F>
  void each(F f) const {
    shard* const first = first_.observe();
    for (std::size_t i = 0; first != nullptr && i < count(); ++i) f(first[i]);
  }

  /// Guards the making of the shards; whoever wants to know that none are made meanwhile holds it.
  [[nodiscard]] mutex& opening() noexcept { return opening_; }

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
    each([](shard& its) { its.lock.unlock(); });
    opening_.unlock();
  }
  void unlock_all_after_fork() noexcept {
    each([](shard& its) { its.lock.reset_after_fork(); });
    opening_.reset_after_fork();
  }

 private:
  static constexpr std::size_t usual_count = 32;
  static constexpr unsigned most_bits = 12;

  [[nodiscard]] static unsigned bits_for(std::size_t wanted) noexcept {
    const auto bits = static_cast<unsigned>(std::bit_width((wanted == 0 ? usual_count : wanted) - 1));
    return bits < most_bits ? bits : most_bits;
  }
  // The double shift: one shard has no bits, and a shift by 64 would be undefined.
  [[nodiscard]] std::size_t index_of(std::uint64_t hash) const noexcept {
    return static_cast<std::size_t>(hash >> 1 >> (63 - bits_));
  }

  template <class Opened>
  [[gnu::cold, gnu::noinline]] shard* open_all(const typename Node::allocator_type& alloc, Opened& opened) {
    const exclusive_lock held(opening_);
    if (shard* const there = first_.observe()) return there;
    auto* const fresh = static_cast<shard*>(platform::allocate(count() * sizeof(shard), alignof(shard)));
    for (std::size_t i = 0; i < count(); ++i) std::construct_at(fresh + i, alloc);
    first_.publish(fresh);
    opened();
    return fresh;
  }
  void destroy(shard* first) noexcept {
    for (std::size_t i = 0; i < count(); ++i) std::destroy_at(first + i);
    platform::deallocate(first, count() * sizeof(shard), alignof(shard));
  }

  const unsigned bits_;
  const shard_by chosen_;
  mutex opening_;  // held while the shards are made, while the schedule changes, and around fork
  published<shard*> first_;
};

}  // namespace portolan::detail
