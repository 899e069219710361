// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One map behind one lock, and the two ways in. guarded_map has one store, sharded_map has many.
//
//   refuse_reentry ─► lock ─► critical_scope ─► the map is ours ─► scope ends ─► unlock ─► bins are emptied
//
// 1. `map` and `changes` are read under either section and written only under an exclusive one.
// 2. `changes` rises in every exclusive section: equal numbers mean that nothing changed between.
// 3. User code that runs inside a section (hash, equality, moves, copies, a compute callable) finds its
//    critical_scope: when it calls the same map, the call is refused with both places before any lock is touched.
//    The scope names the whole map, not the store: two shards taken in both orders would hang, too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/map/guarded/underlying.hpp>
#include <portolan/map/section.hpp>

namespace portolan::detail {

template <class Lock>
concept shareable_lock = requires(Lock& lock) {
  lock.lock_shared();
  lock.unlock_shared();
};

/// Gives a lock back in the child of a fork; a lock of another make was taken by the thread that forked.
template <class Lock>
void unlock_after_fork(Lock& lock) noexcept {
  if constexpr (requires { lock.reset_after_fork(); })
    lock.reset_after_fork();
  else
    lock.unlock();
}

template <class Map, class Lock>
struct store {
  explicit store(Map&& initial) : map(std::move(initial)) {}

  /// What the map held before the section that begins; by its holder. A section that follows another finds what the
  /// other did: only what a section takes and gives back itself is not seen.
  void note_figures_locked() noexcept {
    const std::size_t entries = entry_bytes_of(map);
    const std::size_t buckets = bucket_bytes_of(map);
    std::size_t ever = ever_bytes_locked(entries, buckets);
    // relaxed, all of them: figures, written under the lock and read by a census that cannot have it.
    noted_entry_bytes.store(entries, platform::relaxed);
    noted_bucket_bytes.store(buckets, platform::relaxed);  // relaxed: as above
    noted_ever_bytes.store(ever, platform::relaxed);       // relaxed: as above
    noted_entries.store(map.size(), platform::relaxed);    // relaxed: as above
  }
  /// What was ever taken, with `entries` and `buckets` bytes in use now.
  [[nodiscard]] std::size_t ever_bytes_locked(std::size_t entries, std::size_t buckets) const noexcept {
    const std::size_t entries_before = noted_entry_bytes.load(platform::relaxed);  // relaxed: as above
    std::size_t ever = noted_ever_bytes.load(platform::relaxed);                   // relaxed: as above
    if (entries > entries_before) ever += entries - entries_before;
    // A map that rehashes takes the new buckets whole.
    if (buckets > noted_bucket_bytes.load(platform::relaxed)) ever += buckets;  // relaxed: as above
    return ever;
  }

  mutable Lock lock;
  // Readers that share a lock take its line from each other all the time, so what they read stands on another one.
  static constexpr std::size_t apart = shareable_lock<Lock> ? cache_line_bytes : alignof(std::uint64_t);
  alignas(apart) std::uint64_t changes = 0;
  Map map;
  platform::atomic<std::size_t> noted_entries{0};
  platform::atomic<std::size_t> noted_entry_bytes{0};
  platform::atomic<std::size_t> noted_bucket_bytes{0};
  platform::atomic<std::size_t> noted_ever_bytes{0};
};

template <class Lock>
void lock_to_read(Lock& lock) {
  if constexpr (shareable_lock<Lock>)
    lock.lock_shared();
  else
    lock.lock();
}
template <class Lock>
void unlock_after_reading(Lock& lock) noexcept {
  if constexpr (shareable_lock<Lock>)
    lock.unlock_shared();
  else
    lock.unlock();
}

/// Reading: beside other readers where the lock can be shared, alone where it cannot.
template <class Lock>
class reading {
 public:
  reading(Lock& lock, const void* owner, platform::code_address place)
      : lock_(admit(lock, owner, place)), taken_(lock_), inside_(owner, place) {}

 private:
  struct taken {
    explicit taken(Lock& held) : lock(held) { lock_to_read(lock); }
    taken(const taken&) = delete;
    taken& operator=(const taken&) = delete;
    ~taken() { unlock_after_reading(lock); }
    Lock& lock;
  };

  Lock& lock_;
  taken taken_;
  critical_scope inside_;
};

/// Reading all stores of a map at once, one instant of the whole. Everybody else holds one store at a time, so the order
/// in which they are taken matters only among those who take them all.
template <class Store>
class reading_all {
 public:
  explicit reading_all(std::size_t stores) { held_.reserve(stores); }
  reading_all(const reading_all&) = delete;
  reading_all& operator=(const reading_all&) = delete;
  ~reading_all() {
    for (const Store* in : held_) unlock_after_reading(in->lock);
  }
  void take(const Store& in) {
    lock_to_read(in.lock);
    held_.push_back(&in);
  }
  [[nodiscard]] const std::vector<const Store*>& stores() const noexcept { return held_; }

 private:
  std::vector<const Store*> held_;
};

/// Writing: alone.
template <class Lock>
class writing {
 public:
  template <class Map>
  writing(store<Map, Lock>& into, const void* owner, platform::code_address place) : section_(into.lock, owner, place) {
    ++into.changes;
    into.note_figures_locked();
  }

 private:
  exclusive_section<Lock> section_;
};

}  // namespace portolan::detail
