// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The two tables of a sync_map and how one becomes the other: Go's read/dirty pair (sync/map.go up to Go 1.23).
//
//   read_   ──► table │ amended         immutable; readers walk it under a guard, no lock
//                 │a│ │b│ │c│                   amended: the dirty table has keys that this one lacks
//   mutex ┌ dirty_ ──► │a│   │c│ │d│   grows and shrinks under the mutex; shares its entries with `read_`
//         └ misses_                     reads that had to look here since it was made
//
// 1. An entry that stands in `read_` and is not expunged stands in `dirty_` too, if there is one.
// 2. Not amended: every key is in `read_`, so who does not find it there is done.
// 3. When misses_ reaches the size of `dirty_`, `dirty_` becomes `read_` (promote): one pointer store. The old
//    table goes to the reclaimer, and with it the entries that only it has: the expunged ones.
// 4. The next new key makes a dirty table again: entries that are nil become expunged and stay out of it,
//    so a deleted key is gone after the promotion that follows. Where deletions leave a table half dead, it is
//    renewed at once (shrink), which Go leaves to the next new key.
// 5. clear buries every entry: a writer that still has one from an old table cannot store into it unseen.
// 6. Nothing is retired or destroyed with the mutex held: what leaves is noted in a `leaving`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <portolan/base/hash.hpp>
#include <portolan/base/published.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/section.hpp>
#include <portolan/map/statistics.hpp>
#include <portolan/map/sync/entry.hpp>
#include <portolan/map/sync/table.hpp>
#include <portolan/reclaim/epoch.hpp>

namespace portolan::detail {

/// What readers see: a table, which may be null, and whether there is more in the dirty one.
template <class Table>
class read_view {
 public:
  constexpr read_view() noexcept = default;
  read_view(Table* table, bool amended) noexcept
      : word_(reinterpret_cast<std::uintptr_t>(table) | (amended ? amended_bit : 0)) {}

  [[nodiscard]] Table* table() const noexcept { return reinterpret_cast<Table*>(word_ & ~amended_bit); }
  [[nodiscard]] constexpr bool is_amended() const noexcept { return (word_ & amended_bit) != 0; }
  [[nodiscard]] read_view amended() const noexcept { return read_view(table(), true); }

 private:
  static constexpr std::uintptr_t amended_bit = 1;
  std::uintptr_t word_ = 0;
};

static_assert(!read_view<int>().is_amended() && sizeof(read_view<int>) == sizeof(void*));

template <class K, class V, class Hash, class KeyEqual, class Alloc>
class sync_tables {
 public:
  using entry = sync_entry<K, V, Alloc>;
  using values = typename entry::values;
  using state = typename entry::state;
  using table = node_table<entry, Alloc>;
  using view = read_view<table>;

  sync_tables(std::uint64_t seed, Hash hash, KeyEqual equal, const Alloc& alloc)
      : alloc_(alloc), hash_(std::move(hash), seed), equal_(std::move(equal)) {}
  sync_tables(const sync_tables&) = delete;
  sync_tables& operator=(const sync_tables&) = delete;
  ~sync_tables() {
    table::drop(read_.observe().table());
    table::drop(dirty_);
  }

  template <class Q>
  [[nodiscard]] std::uint64_t hash_of(const Q& key) const {
    return hash_(key);
  }
  [[nodiscard]] bool same(const K& left, const K& right) const { return static_cast<bool>(equal_(left, right)); }
  [[nodiscard]] std::size_t size() const noexcept {
    // relaxed: a count; each change belongs to an entry's own word.
    return count_.load(platform::relaxed);
  }
  /// In the child of a fork: a writer that does not exist here may have changed an entry, but not yet the count.
  void count_anew_locked() noexcept {
    const table* const all = dirty_ != nullptr ? dirty_ : read_.observe().table();
    std::size_t entries = 0;
    if (all != nullptr) {
      for (const entry& at : *all) entries += at.observe().has_value() ? 1 : 0;
    }
    // relaxed: the child has one thread.
    count_.store(entries, platform::relaxed);
  }

 protected:
  using section = exclusive_section<mutex>;

  /// What left the map in one operation; retired when the mutex is free again.
  struct leaving {
    explicit leaving(epoch::domain& from) noexcept : domain(from) {}
    leaving(const leaving&) = delete;
    leaving& operator=(const leaving&) = delete;
    ~leaving() {
      for (table* const each : tables) {
        if (each != nullptr)
          domain.retire(
              each, [](void* at, void*) noexcept { table::drop(static_cast<table*>(at)); }, nullptr, each->bytes());
      }
      if (gone_entry != nullptr)
        domain.retire(
            gone_entry, [](void* at, void*) noexcept { entry::drop(at); }, nullptr, sizeof(entry));
      values::leave(domain, value);
    }
    epoch::domain& domain;
    table* tables[2] = {};
    entry* gone_entry = nullptr;
    state value;
  };

  struct spot {
    entry* at = nullptr;
    bool in_read = false;
  };

  template <class Q>
  [[nodiscard]] entry* find_in(const table* in, const Q& key, std::uint64_t hash) const {
    if (in == nullptr) return nullptr;
    return in->find(hash, [&](const entry& other) { return static_cast<bool>(equal_(other.key, key)); });
  }

  /// Where `key` stands now; needs the mutex.
  template <class Q>
  [[nodiscard]] spot locate_locked(const Q& key, std::uint64_t hash) const {
    const view now = read_.observe();
    if (entry* const at = find_in(now.table(), key, hash)) return {at, true};
    return {now.is_amended() ? find_in(dirty_, key, hash) : nullptr, false};
  }

  /// A read had to look into the dirty table.
  void missed_locked(leaving& gone) {
    if (!read_.observe().is_amended() || ++misses_ < dirty_->size()) return;
    promote_locked(gone);
  }

  void promote_locked(leaving& gone) noexcept {
    table*& old = gone.tables[0] == nullptr ? gone.tables[0] : gone.tables[1];
    old = read_.observe().table();
    table* next = std::exchange(dirty_, nullptr);
    if (next->size() == 0) table::drop(std::exchange(next, nullptr));
    read_.publish(view(next, false));
    misses_ = 0;
  }

  void ensure_dirty_locked() {
    if (dirty_ == nullptr) {
      dirty_ = make_dirty_locked();
    } else if (dirty_->is_full()) {
      dirty_ = table::grown(dirty_);
    }
  }

  /// A new entry for `key` in the dirty table, with the fresh value that `make()` gives.
  template <class Q, class Make>
  state add_locked(Q&& key, std::uint64_t hash, Make&& make) {
    ensure_dirty_locked();
    struct unstored {
      ~unstored() {
        if (at != nullptr) entry::drop(at);
      }
      entry* at;
    } fresh{make_node<entry>(alloc_, hash, std::forward<Q>(key))};
    auto&& made = make();
    const state next = made.as_state();
    fresh.at->publish(next);
    made.take();
    dirty_->put(*std::exchange(fresh.at, nullptr));
    const view now = read_.observe();
    if (!now.is_amended()) read_.publish(now.amended());
    counted_up();
    return next;
  }

  /// An expunged entry of `read_` comes back into the dirty table, as `next` says.
  void revive_locked(entry& at, state next) {
    ensure_dirty_locked();
    at.add_owner();
    dirty_->put(at);
    at.publish(next);
  }

  /// Empties both tables. Entries are buried after the readers have been given an empty table.
  void clear_locked(leaving& gone) noexcept {
    gone.tables[0] = read_.observe().table();
    gone.tables[1] = std::exchange(dirty_, nullptr);
    read_.publish(view());
    misses_ = 0;
    for (const table* each : gone.tables) {
      if (each == nullptr) continue;
      for (entry& at : *each) bury(at);
    }
  }

  /// A dirty table in which `entries` keys fit.
  void reserve_locked(std::size_t entries) {
    if (dirty_ == nullptr) dirty_ = make_dirty_locked();
    while (dirty_->capacity() < entries) dirty_ = table::grown(dirty_, entries);
  }

  void count_tables_locked(map_statistics& figures) const noexcept {
    for (const table* each : {static_cast<const table*>(read_.observe().table()), static_cast<const table*>(dirty_)}) {
      if (each == nullptr) continue;
      ++figures.tables;
      figures.bytes += each->bytes();
      figures.capacity = each->capacity();
    }
  }

  void counted_up() noexcept {
    // relaxed: a count.
    count_.fetch_add(1, platform::relaxed);
  }
  void counted_down() noexcept {
    // relaxed: a count.
    count_.fetch_sub(1, platform::relaxed);
  }

  /// Tables no larger than the entries need, without keys that have no value.
  void shrink_locked(leaving& gone) {
    if (dirty_ != nullptr || read_.observe().table() != nullptr) renew_locked(gone);
  }

  /// An entry of a read table of `table_size` lost its value; when half of them have, the table is renewed.
  void removed_from_read(std::size_t table_size) noexcept {
    const std::size_t enough = table_size / 2 < fewest_removed ? fewest_removed : table_size / 2;
    // relaxed: a hint; the mutex's holder looks at the table itself.
    if (removed_.fetch_add(1, platform::relaxed) + 1 >= enough) [[unlikely]]
      shrink();
  }

 private:
  static constexpr std::size_t fewest_removed = platform::sizes::fewest_removed;

  /// A table of the entries that have a value; the others of `read_` are expunged and left out.
  [[nodiscard]] table* make_dirty_locked() {
    const table* const old = read_.observe().table();
    if (old == nullptr) return table::make(alloc_, 1);
    // First expunge, then allocate: what is expunged stays so, so the count holds. If there is no memory, an expunged
    // entry without a dirty table is revived like any other.
    std::size_t left = 0;
    for (entry& at : *old) left += expunge_if_nil(at) ? 0 : 1;
    table* const fresh = table::make(alloc_, left + 1);
    for (entry& at : *old) {
      if (at.observe().is_expunged()) continue;
      at.add_owner();
      fresh->put(at);
    }
    return fresh;
  }

  /// True: it is expunged now.
  static bool expunge_if_nil(entry& at) noexcept {
    state seen = at.observe();
    while (seen == state() && !at.replace(seen, state::expunged())) {}
    return seen == state() || seen.is_expunged();
  }

  void bury(entry& at) noexcept {
    state seen = at.observe();
    while (!seen.is_expunged() && !at.replace(seen, seen.buried())) {}
    if (seen.has_value()) counted_down();
  }

  [[gnu::cold, gnu::noinline]] void shrink() noexcept {
    leaving gone(domain_);
    if (!mutex_.try_lock()) return;        // who holds it adds or clears; a later removal asks again
    removed_.store(0, platform::relaxed);  // relaxed: a hint.
    try {
      const table* const now = read_.observe().table();
      if (now != nullptr && size() / 3 <= now->size() / 4) renew_locked(gone);
    } catch (...) {
      // No memory for a smaller table: the map goes on with the large one.
    }
    mutex_.unlock();
  }

  void renew_locked(leaving& gone) {
    if (dirty_ != nullptr) promote_locked(gone);
    dirty_ = make_dirty_locked();
    promote_locked(gone);
  }

 protected:
  epoch::domain domain_;
  [[no_unique_address]] Alloc alloc_;
  hash_policy<K, Hash> hash_;
  [[no_unique_address]] KeyEqual equal_;
  published<view> read_;
  mutex mutex_;
  table* dirty_ = nullptr;
  std::size_t misses_ = 0;
  platform::atomic<std::size_t> count_{0};
  platform::atomic<std::size_t> removed_{0};
};

}  // namespace portolan::detail
