// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a sync_map does with an entry: each operation first tries on the read table alone, by one
// compare-and-swap on the entry, and takes the mutex only when that cannot decide.
//
//   guard ─ hash ─ in read_? ─┬ yes ─ state open ─► compare-and-swap ─► done
//                             │       expunged or claimed ─┐
//                             └ no ── amended ─────────────┴─► mutex ─ look again ─ do it there
//                                     not amended ─► absent
//
// 1. Every operation but compute holds a guard from before its first look to after its last use of an entry or a value.
// 2. A linearization point is the compare-and-swap (or load) of an entry's state that decides, or, for
//    "absent", the load of `read_` that has no such key and is not amended.
// 3. Who replaces a value gets it, and nobody else does: a box is retired exactly once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <portolan/map/statistics.hpp>
#include <portolan/map/sync/tables.hpp>
#include <portolan/map/vocabulary.hpp>

namespace portolan::detail {

template <class K, class V, class Hash, class KeyEqual, class Alloc>
class sync_operations : public sync_tables<K, V, Hash, KeyEqual, Alloc> {
  using base = sync_tables<K, V, Hash, KeyEqual, Alloc>;

 public:
  using base::base;
  using typename base::entry;
  using typename base::state;
  using typename base::values;

  using fresh = typename values::fresh;
  using kept = typename values::kept;

  /// A value that is not in the map yet.
  template <class... Args>
  [[nodiscard]] fresh make(Args&&... args) {
    return fresh(this->alloc_, std::forward<Args>(args)...);
  }
  /// What a handle shows. The caller has a guard.
  [[nodiscard]] pinned<V> pin(state seen) const { return values::pin(seen, this->alloc_); }

  /// Calls `use(state)` with what stands under `key`, with a guard held; returns what it returns, or R().
  template <class R, class Q, class Use>
  [[nodiscard]] R with_value(const Q& key, platform::code_address place, Use&& use) const {
    const std::uint64_t hash = this->hash_of(key);
    leaving gone(this->writable().domain_);
    const epoch::guard guard(this->domain_);
    entry* at = nullptr;
    const view now = this->read_.observe();
    at = this->find_in(now.table(), key, hash);
    if (at == nullptr && now.is_amended()) at = writable().find_slowly(key, hash, place, gone);
    if (at == nullptr) return R();
    const state seen = at->observe();
    return seen.has_value() ? use(seen) : R();
  }

  /// Stores `next` under `key` and calls `use(state)` with what was there before (Go's Swap).
  template <class R, class Q, class Use>
  R put(Q&& key, fresh& next, platform::code_address place, Use&& use) {
    critical_scope::refuse_reentry(this, place);
    const std::uint64_t hash = this->hash_of(key);
    leaving gone(this->domain_);
    const epoch::guard guard(this->domain_);
    if (entry* const at = this->find_in(this->read_.observe().table(), key, hash)) {
      attempt<R> tried = try_swap<R>(*at, next, use, gone);
      if (tried.decided) return std::move(tried.told);
    }
    return put_slowly<R>(std::forward<Q>(key), hash, next, use, gone, place);
  }

  /// Stores the fresh value that `make()` gives unless there is one; calls `use(state, inserted)` with what is there.
  template <class R, class Q, class Make, class Use>
  R keep_or_make(Q&& key, platform::code_address place, Make&& make, Use&& use) {
    critical_scope::refuse_reentry(this, place);
    const std::uint64_t hash = this->hash_of(key);
    leaving gone(this->domain_);
    const epoch::guard guard(this->domain_);
    if (entry* const at = this->find_in(this->read_.observe().table(), key, hash)) {
      if (const state seen = at->observe(); seen.has_value()) return use(seen, false);
    }
    const section inside(this->mutex_, this, place);
    const spot found_at = this->locate_locked(key, hash);
    if (found_at.at == nullptr) return use(this->add_locked(std::forward<Q>(key), hash, make), true);
    if (found_at.at->observe().is_expunged()) this->revive_locked(*found_at.at, state());
    claim claimed(*found_at.at);
    if (claimed.before().has_value()) {
      if (!found_at.in_read) this->missed_locked(gone);
      return use(claimed.before(), false);
    }
    fresh made = make();
    const state next = made.as_state();
    claimed.publish(next);
    made.take();
    this->counted_up();
    return use(next, true);
  }

  /// Removes the entry of `key` and calls `use(state)` with what was there (Go's LoadAndDelete).
  template <class R, class Q, class Use>
  R remove(const Q& key, platform::code_address place, Use&& use) {
    critical_scope::refuse_reentry(this, place);
    const std::uint64_t hash = this->hash_of(key);
    leaving gone(this->domain_);
    const epoch::guard guard(this->domain_);
    const view now = this->read_.observe();
    entry* const at = this->find_in(now.table(), key, hash);
    if (at == nullptr && !now.is_amended()) return R();
    if (at != nullptr) {
      attempt<R> tried = try_remove<R>(*at, use, gone, now.table()->size());
      if (tried.decided) return std::move(tried.told);
    }
    return remove_slowly<R>(key, hash, use, gone, place);
  }

  /// Changes the entry of `key` if its value equals `expected`: to what `make(fresh)` gives, or to nothing if that stays empty.
  template <class Q, class E, class Make>
  comparison compare(const Q& key, const E& expected, platform::code_address place, Make&& make) {
    critical_scope::refuse_reentry(this, place);
    const std::uint64_t hash = this->hash_of(key);
    leaving gone(this->domain_);
    const epoch::guard guard(this->domain_);
    const view now = this->read_.observe();
    entry* const at = this->find_in(now.table(), key, hash);
    if (at == nullptr && !now.is_amended()) return comparison::absent;
    if (at != nullptr) {
      const attempt<comparison> tried = try_compare(*at, expected, make, gone, now.table()->size());
      if (tried.decided) return tried.told;
    }
    return compare_slowly(key, hash, expected, make, gone, place);
  }

  /// Lets `decide(value or null)` say what becomes of the entry, under the mutex and once.
  template <class Q, class Decide>
  computed compute(Q&& key, platform::code_address place, Decide&& decide) {
    critical_scope::refuse_reentry(this, place);
    const std::uint64_t hash = this->hash_of(key);
    leaving gone(this->domain_);
    std::optional<decision<V>> decided;  // destroyed after the mutex is free
    // No guard: with the mutex held no table leaves, and a claimed value stays.
    const section inside(this->mutex_, this, place);
    const spot found_at = this->locate_locked(key, hash);
    if (found_at.at != nullptr && !found_at.at->observe().is_expunged()) {
      return compute_claimed(found_at, decide, decided, gone);
    }
    decided.emplace(decide(static_cast<const V*>(nullptr)));
    if (decided->what() != decision<V>::kind::assigned) return computed::absent;
    fresh next = make(std::move(decided->value()));
    if (found_at.at == nullptr) {
      static_cast<void>(this->add_locked(std::forward<Q>(key), hash, [&]() -> fresh& { return next; }));
    } else {
      this->revive_locked(*found_at.at, next.as_state());
      next.take();
      this->counted_up();
    }
    return computed::inserted;
  }

  /// A share of a table that is given later.
  class table_share {
   public:
    table_share() = default;
    table_share(const table_share&) = delete;
    table_share& operator=(const table_share&) = delete;
    ~table_share() { base::table::drop(shared_); }
    void take(typename base::table* shared) noexcept { shared_ = shared; }

   private:
    typename base::table* shared_ = nullptr;
  };

  /// A share of a table with every key in it; null for an empty map. As Go's Range begins.
  class listing {
   public:
    explicit listing(typename base::table* shared) noexcept : shared_(shared) {}
    listing(const listing&) = delete;
    listing& operator=(const listing&) = delete;
    ~listing() { base::table::drop(shared_); }
    [[nodiscard]] const typename base::table* get() const noexcept { return shared_; }

   private:
    typename base::table* shared_;
  };
  [[nodiscard]] typename base::table* share_all(platform::code_address place) const {
    sync_operations& self = writable();
    critical_scope::refuse_reentry(this, place);
    leaving gone(self.domain_);
    const epoch::guard guard(this->domain_);
    view now = this->read_.observe();
    if (now.is_amended()) {
      const section inside(self.mutex_, this, place);
      if (this->read_.observe().is_amended()) self.promote_locked(gone);
      now = this->read_.observe();
    }
    if (now.table() != nullptr) now.table()->add_owner();
    return now.table();
  }

  /// An entry with a share of its value.
  using kept_entry = std::pair<const entry*, kept>;

  /// Keeps every entry that has a value at one instant: when all are claimed, nobody can change any. Writers who meet a
  /// claim wait for the mutex, readers look past it. The share of the table keeps the entries.
  [[nodiscard]] std::vector<kept_entry> keep_all(table_share& share, platform::code_address place) const {
    sync_operations& self = writable();
    std::vector<kept_entry> entries;
    leaving gone(self.domain_);
    const section inside(self.mutex_, this, place);
    if (this->read_.observe().is_amended()) self.promote_locked(gone);
    typename base::table* const all = this->read_.observe().table();
    if (all == nullptr) return entries;
    entries.reserve(all->size());
    all->add_owner();
    share.take(all);
    const claims all_claimed(*all);
    for (entry& at : *all) {
      if (const state seen = at.observe(); seen.has_value()) entries.emplace_back(&at, values::keep(seen));
    }
    return entries;
  }

  /// A share of what stands in an entry of a listing now.
  [[nodiscard]] kept keep_value_of(const entry& at) const {
    const epoch::guard guard(this->domain_);
    return values::keep(at.observe());
  }

  /// Removes an entry of a listing if it still holds what `held` shows.
  bool remove_if_still(entry& at, const kept& held, std::size_t table_size) {
    leaving gone(this->domain_);
    const epoch::guard guard(this->domain_);
    state seen = at.observe();
    while (values::is_still(seen, held)) {
      if (seen.is_claimed()) {  // a compute is deciding; it ends before the mutex is free
        const exclusive_lock<mutex> wait(this->mutex_);
        seen = at.observe();
      } else if (at.replace(seen, state())) {
        gone.value = seen;
        this->counted_down();
        this->removed_from_read(table_size);
        return true;
      }
    }
    return false;
  }

  void reserve(std::size_t entries, platform::code_address place) {
    const section inside(this->mutex_, this, place);
    this->reserve_locked(entries);
  }

  void count_others(map_statistics& figures) const noexcept {
    figures.entries = this->size();
    const std::size_t values_bytes = figures.entries * (sizeof(entry) + values::bytes_out_of_entry);
    figures.bytes += values_bytes;
    figures.reserved_bytes = figures.bytes;
    figures.used_bytes = values_bytes + figures.entries * sizeof(void*);
    const reclaim_statistics back = this->domain_.statistics();
    figures.kept_back_bytes = back.kept_back_bytes;
    figures.ever_bytes = figures.reserved_bytes + back.retired_bytes;
  }

  void shrink_to_fit(platform::code_address place) {
    {
      leaving gone(this->domain_);
      const section inside(this->mutex_, this, place);
      this->shrink_locked(gone);
    }
    this->domain_.collect();
  }

  [[nodiscard]] map_statistics stats(platform::code_address place) const {
    map_statistics figures;
    {
      const section inside(writable().mutex_, this, place);
      this->count_tables_locked(figures);
    }
    count_others(figures);
    return figures;
  }
  /// As stats, but false where the mutex is held: user code may run under it.
  [[nodiscard]] bool try_stats(map_statistics& figures) const noexcept {
    if (!writable().mutex_.try_lock()) return false;
    this->count_tables_locked(figures);
    writable().mutex_.unlock();
    count_others(figures);
    return true;
  }

  [[nodiscard]] mutex& fork_lock() noexcept { return this->mutex_; }

  void clear(platform::code_address place) {
    critical_scope::refuse_reentry(this, place);
    leaving gone(this->domain_);
    const view now = this->read_.observe();
    if (now.table() == nullptr && !now.is_amended()) return;
    const section inside(this->mutex_, this, place);
    this->clear_locked(gone);
  }

 private:
  using typename base::leaving;
  using typename base::section;
  using typename base::spot;
  using typename base::view;

  /// An entry that only this thread may change, which holds the mutex; given back as it was unless published.
  class claim {
   public:
    explicit claim(entry& at) noexcept : at_(at), before_(at.observe()) {
      while (!at.replace(before_, before_.claimed())) {}
    }
    claim(const claim&) = delete;
    claim& operator=(const claim&) = delete;
    ~claim() {
      if (!published_) at_.publish(before_);
    }
    [[nodiscard]] state before() const noexcept { return before_; }
    void publish(state next) noexcept {
      at_.publish(next);
      published_ = true;
    }

   private:
    entry& at_;
    state before_;
    bool published_ = false;
  };

  /// A claim on every entry of a table that can be changed without the mutex, which this thread holds.
  class claims {
   public:
    explicit claims(typename base::table& all) noexcept : all_(all) {
      for (entry& at : all_) {
        state seen = at.observe();
        while (!seen.is_expunged() && !at.replace(seen, seen.claimed())) {}
      }
    }
    claims(const claims&) = delete;
    claims& operator=(const claims&) = delete;
    ~claims() {
      for (entry& at : all_) {
        const state seen = at.observe();
        if (seen.is_claimed()) at.publish(seen.unclaimed());
      }
    }

   private:
    typename base::table& all_;
  };

  // A read may promote the dirty table; that changes no entry.
  [[nodiscard]] sync_operations& writable() const noexcept { return const_cast<sync_operations&>(*this); }

  template <class Q>
  [[nodiscard, gnu::noinline]] entry* find_slowly(const Q& key, std::uint64_t hash, platform::code_address place,
                                                  leaving& gone) {
    // A read from inside this map's own compute: the mutex is held already, and only looked past.
    if (this->mutex_.held_by_this_thread()) return this->locate_locked(key, hash).at;
    const section inside(this->mutex_, this, place);
    const spot found_at = this->locate_locked(key, hash);
    if (!found_at.in_read) this->missed_locked(gone);
    return found_at.at;
  }

  /// How a try without the mutex ended. Not decided: the mutex is needed.
  template <class R>
  struct attempt {
    bool decided = false;
    R told = R();
  };

  /// Gives what `use` made of the value before; it is called before the change, which its exception leaves undone.
  template <class R, class Use>
  [[nodiscard]] attempt<R> try_swap(entry& at, fresh& next, Use& use, leaving& gone) {
    for (state seen = at.observe(); seen.is_open();) {
      R before = seen.has_value() ? use(seen) : R();
      if (!at.replace(seen, next.as_state())) continue;
      next.take();
      gone.value = seen;
      if (!seen.has_value()) this->counted_up();
      return {true, std::move(before)};
    }
    return {};
  }

  template <class R, class Q, class Use>
  [[gnu::noinline]] R put_slowly(Q&& key, std::uint64_t hash, fresh& next, Use& use, leaving& gone,
                                 platform::code_address place) {
    const section inside(this->mutex_, this, place);
    const spot found_at = this->locate_locked(key, hash);
    if (found_at.at == nullptr) {
      static_cast<void>(this->add_locked(std::forward<Q>(key), hash, [&]() -> fresh& { return next; }));
      return R();
    }
    if (found_at.at->observe().is_expunged()) this->revive_locked(*found_at.at, state());
    return try_swap<R>(*found_at.at, next, use, gone).told;  // open: only the mutex's holder expunges and claims
  }

  /// As try_swap, for nothing instead of a fresh value.
  template <class R, class Use>
  [[nodiscard]] attempt<R> try_remove(entry& at, Use& use, leaving& gone, std::size_t table_size) {
    for (state seen = at.observe(); !seen.is_claimed();) {
      if (!seen.has_value()) return {true, R()};
      R before = use(seen);
      if (!at.replace(seen, state())) continue;
      gone.value = seen;
      this->counted_down();
      if (table_size != 0) this->removed_from_read(table_size);
      return {true, std::move(before)};
    }
    return {};
  }

  template <class R, class Q, class Use>
  [[gnu::noinline]] R remove_slowly(const Q& key, std::uint64_t hash, Use& use, leaving& gone,
                                    platform::code_address place) {
    const section inside(this->mutex_, this, place);
    const spot found_at = this->locate_locked(key, hash);
    if (found_at.at == nullptr) {
      this->missed_locked(gone);
      return R();
    }
    R before = try_remove<R>(*found_at.at, use, gone, 0).told;
    if (!found_at.in_read) {
      leave_dirty_locked(*found_at.at, gone);
      this->missed_locked(gone);
    }
    return before;
  }

  void leave_dirty_locked(entry& at, leaving& gone) noexcept {
    this->dirty_->take(at);
    gone.gone_entry = &at;
  }

  /// As try_swap, where the value is what is expected.
  template <class E, class Make>
  [[nodiscard]] attempt<comparison> try_compare(entry& at, const E& expected, Make& make, leaving& gone,
                                                std::size_t table_size) {
    fresh next;
    bool made = false;
    for (state seen = at.observe(); !seen.is_claimed();) {
      if (!seen.has_value()) return {true, comparison::absent};
      if (const V& now = seen.value(); !(now == expected)) return {true, comparison::differed};
      if (!std::exchange(made, true)) make(next);
      if (!at.replace(seen, next.as_state())) continue;
      gone.value = seen;
      const bool emptied = !next.as_state().has_value();
      next.take();
      if (emptied) {
        this->counted_down();
        if (table_size != 0) this->removed_from_read(table_size);
      }
      return {true, comparison::matched};
    }
    return {};
  }

  template <class Q, class E, class Make>
  [[gnu::noinline]] comparison compare_slowly(const Q& key, std::uint64_t hash, const E& expected, Make& make,
                                              leaving& gone, platform::code_address place) {
    const section inside(this->mutex_, this, place);
    const spot found_at = this->locate_locked(key, hash);
    if (found_at.at == nullptr) {
      this->missed_locked(gone);
      return comparison::absent;
    }
    const comparison ended = try_compare(*found_at.at, expected, make, gone, 0).told;
    if (!found_at.in_read) {
      if (!found_at.at->observe().has_value()) leave_dirty_locked(*found_at.at, gone);
      this->missed_locked(gone);
    }
    return ended;
  }

  template <class Decide>
  computed compute_claimed(const spot& found_at, Decide& decide, std::optional<decision<V>>& decided, leaving& gone) {
    claim claimed(*found_at.at);
    const state before = claimed.before();
    const bool there = before.has_value();
    if (there) {
      const V& now = before.value();
      decided.emplace(decide(&now));
    } else {
      decided.emplace(decide(static_cast<const V*>(nullptr)));
    }
    switch (decided->what()) {
      case decision<V>::kind::kept: return there ? computed::kept : computed::absent;
      case decision<V>::kind::assigned: {
        fresh next = make(std::move(decided->value()));
        claimed.publish(next.as_state());
        next.take();
        gone.value = before;
        if (!there) this->counted_up();
        return there ? computed::assigned : computed::inserted;
      }
      case decision<V>::kind::erased:
        if (!there) return computed::absent;
        claimed.publish(state());
        gone.value = before;
        this->counted_down();
        if (!found_at.in_read) leave_dirty_locked(*found_at.at, gone);
        return computed::erased;
    }
    return computed::absent;
  }
};

}  // namespace portolan::detail
