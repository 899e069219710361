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
// 1. Every operation but compute holds a guard from before its first look to after its last use of an entry or a box.
// 2. A linearization point is the compare-and-swap (or load) of an entry's state that decides, or, for
//    "absent", the load of `read_` that has no such key and is not amended.
// 3. Who replaces a box gets it, and nobody else does: it is retired exactly once.
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
  using typename base::box;
  using typename base::entry;

  /// A box that is not in the map yet, or left it: freed unless it is taken.
  class loose_box {
   public:
    explicit loose_box(box* at) noexcept : at_(at) {}
    loose_box(const loose_box&) = delete;
    loose_box& operator=(const loose_box&) = delete;
    ~loose_box() { box::drop(at_); }
    [[nodiscard]] box* get() const noexcept { return at_; }
    box* take() noexcept { return std::exchange(at_, nullptr); }
    void reset(box* at) noexcept { box::drop(std::exchange(at_, at)); }

   private:
    box* at_;
  };
  template <class... Args>
  [[nodiscard]] box* make_box(Args&&... args) {
    return make_node<box>(this->alloc_, std::forward<Args>(args)...);
  }

  /// Calls `use(box)` with what stands under `key`, with a guard held; returns what it returns, or R().
  template <class R, class Q, class Use>
  [[nodiscard]] R with_box(const Q& key, platform::code_address place, Use&& use) const {
    const std::uint64_t hash = this->hash_of(key);
    leaving gone(this->writable().domain_);
    const epoch::guard guard(this->domain_);
    entry* at = nullptr;
    const view now = this->read_.observe();
    at = this->find_in(now.table(), key, hash);
    if (at == nullptr && now.is_amended()) at = writable().find_slowly(key, hash, place, gone);
    if (at == nullptr) return R();
    box* const found_box = at->observe().box();
    return found_box == nullptr ? R() : use(*found_box);
  }

  /// Stores `fresh` under `key` and calls `use(box)` with what was there before (Go's Swap).
  template <class R, class Q, class Use>
  R put(Q&& key, loose_box& fresh, platform::code_address place, Use&& use) {
    critical_scope::refuse_reentry(this, place);
    const std::uint64_t hash = this->hash_of(key);
    leaving gone(this->domain_);
    const epoch::guard guard(this->domain_);
    if (entry* const at = this->find_in(this->read_.observe().table(), key, hash)) {
      attempt<R> tried = try_swap<R>(*at, fresh, use, gone);
      if (tried.decided) return std::move(tried.told);
    }
    return put_slowly<R>(std::forward<Q>(key), hash, fresh, use, gone, place);
  }

  /// Stores the box that `make()` gives unless there is one; calls `use(box, inserted)` with what is there now.
  template <class R, class Q, class Make, class Use>
  R keep_or_make(Q&& key, platform::code_address place, Make&& make, Use&& use) {
    critical_scope::refuse_reentry(this, place);
    const std::uint64_t hash = this->hash_of(key);
    leaving gone(this->domain_);
    const epoch::guard guard(this->domain_);
    if (entry* const at = this->find_in(this->read_.observe().table(), key, hash)) {
      if (box* const there = at->observe().box()) return use(*there, false);
    }
    const section inside(this->mutex_, this, place);
    const spot found_at = this->locate_locked(key, hash);
    if (found_at.at == nullptr) return use(*this->add_locked(std::forward<Q>(key), hash, make), true);
    if (found_at.at->observe().is_expunged()) this->revive_locked(*found_at.at, state());
    claim claimed(*found_at.at);
    if (box* const there = claimed.before().box()) {
      if (!found_at.in_read) this->missed_locked(gone);
      return use(*there, false);
    }
    box* const made = make();
    claimed.publish(state::holding(made));
    this->counted_up();
    return use(*made, true);
  }

  /// Removes the entry of `key` and calls `use(box)` with what was there (Go's LoadAndDelete).
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

  /// Changes the entry of `key` if its value equals `expected`: to the box of `make()`, or to nothing if that is null.
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
    // No guard: with the mutex held no table leaves, and a claimed box stays.
    const section inside(this->mutex_, this, place);
    const spot found_at = this->locate_locked(key, hash);
    if (found_at.at != nullptr && !found_at.at->observe().is_expunged()) {
      return compute_claimed(found_at, decide, decided, gone);
    }
    decided.emplace(decide(static_cast<const V*>(nullptr)));
    if (decided->what() != decision<V>::kind::assigned) return computed::absent;
    const auto make = [&] { return make_box(std::move(decided->value())); };
    if (found_at.at == nullptr) {
      this->add_locked(std::forward<Q>(key), hash, make);
    } else {
      loose_box fresh(make());
      this->revive_locked(*found_at.at, state::holding(fresh.get()));
      fresh.take();
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
  using kept_entry = std::pair<const entry*, pinned<V>>;

  /// Keeps every entry that has a value at one instant: when all are claimed, nobody can change any. Writers who meet a
  /// claim wait for the mutex, readers look past it. The share of the table keeps the entries.
  [[nodiscard]] std::vector<kept_entry> keep_all(table_share& share, platform::code_address place) const {
    sync_operations& self = writable();
    std::vector<kept_entry> kept;
    leaving gone(self.domain_);
    const section inside(self.mutex_, this, place);
    if (this->read_.observe().is_amended()) self.promote_locked(gone);
    typename base::table* const all = this->read_.observe().table();
    if (all == nullptr) return kept;
    kept.reserve(all->size());
    all->add_owner();
    share.take(all);
    const claims all_claimed(*all);
    for (entry& at : *all) {
      if (box* const there = at.observe().box()) kept.emplace_back(&at, there->pin());
    }
    return kept;
  }

  /// Calls `use(box)` with what stands in an entry of a listing now, with a guard held.
  template <class R, class Use>
  [[nodiscard]] R with_box_of(const entry& at, Use&& use) const {
    const epoch::guard guard(this->domain_);
    box* const there = at.observe().box();
    return there == nullptr ? R() : use(*there);
  }

  /// Removes an entry of a listing if it still holds `value`, which the caller has a share of.
  bool remove_if_still(entry& at, const V* value, std::size_t table_size) {
    leaving gone(this->domain_);
    const epoch::guard guard(this->domain_);
    state seen = at.observe();
    while (seen.box() != nullptr && &seen.box()->value == value) {
      if (seen.is_claimed()) {  // a compute is deciding; it ends before the mutex is free
        const exclusive_lock<mutex> wait(this->mutex_);
        seen = at.observe();
      } else if (at.replace(seen, state())) {
        gone.gone_box = seen.box();
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
    const std::size_t values_bytes = figures.entries * (sizeof(entry) + sizeof(box));
    figures.bytes += values_bytes;
    figures.reserved_bytes = figures.bytes;
    figures.used_bytes = values_bytes + figures.entries * sizeof(void*);
    const reclaim_statistics kept = this->domain_.statistics();
    figures.kept_back_bytes = kept.kept_back_bytes;
    figures.ever_bytes = figures.reserved_bytes + kept.retired_bytes;
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
  using typename base::state;
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

  /// Gives what `use` made of the box before; it is called before the change, which its exception leaves undone.
  template <class R, class Use>
  [[nodiscard]] attempt<R> try_swap(entry& at, loose_box& fresh, Use& use, leaving& gone) {
    for (state seen = at.observe(); seen.is_open();) {
      R before = seen.box() == nullptr ? R() : use(*seen.box());
      if (!at.replace(seen, state::holding(fresh.get()))) continue;
      fresh.take();
      gone.gone_box = seen.box();
      if (seen.box() == nullptr) this->counted_up();
      return {true, std::move(before)};
    }
    return {};
  }

  template <class R, class Q, class Use>
  [[gnu::noinline]] R put_slowly(Q&& key, std::uint64_t hash, loose_box& fresh, Use& use, leaving& gone,
                                 platform::code_address place) {
    const section inside(this->mutex_, this, place);
    const spot found_at = this->locate_locked(key, hash);
    if (found_at.at == nullptr) {
      this->add_locked(std::forward<Q>(key), hash, [&] { return fresh.get(); });
      fresh.take();
      return R();
    }
    if (found_at.at->observe().is_expunged()) this->revive_locked(*found_at.at, state());
    return try_swap<R>(*found_at.at, fresh, use, gone).told;  // open: only the mutex's holder expunges and claims
  }

  /// As try_swap, for nothing instead of a fresh box.
  template <class R, class Use>
  [[nodiscard]] attempt<R> try_remove(entry& at, Use& use, leaving& gone, std::size_t table_size) {
    for (state seen = at.observe(); !seen.is_claimed();) {
      box* const there = seen.box();
      if (there == nullptr) return {true, R()};
      R before = use(*there);
      if (!at.replace(seen, state())) continue;
      gone.gone_box = there;
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

  /// As try_swap, for a box that holds what is expected.
  template <class E, class Make>
  [[nodiscard]] attempt<comparison> try_compare(entry& at, const E& expected, Make& make, leaving& gone,
                                                std::size_t table_size) {
    loose_box fresh(nullptr);
    bool made = false;
    for (state seen = at.observe(); !seen.is_claimed();) {
      if (seen.box() == nullptr) return {true, comparison::absent};
      if (!(std::as_const(seen.box()->value) == expected)) return {true, comparison::differed};
      if (!std::exchange(made, true)) make(fresh);
      if (!at.replace(seen, state::holding(fresh.get()))) continue;
      gone.gone_box = seen.box();
      if (fresh.take() == nullptr) {
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
      if (found_at.at->observe().box() == nullptr) leave_dirty_locked(*found_at.at, gone);
      this->missed_locked(gone);
    }
    return ended;
  }

  template <class Decide>
  computed compute_claimed(const spot& found_at, Decide& decide, std::optional<decision<V>>& decided, leaving& gone) {
    claim claimed(*found_at.at);
    box* const before = claimed.before().box();
    decided.emplace(decide(before == nullptr ? nullptr : &std::as_const(before->value)));
    switch (decided->what()) {
      case decision<V>::kind::kept: return before == nullptr ? computed::absent : computed::kept;
      case decision<V>::kind::assigned:
        claimed.publish(state::holding(make_box(std::move(decided->value()))));
        gone.gone_box = before;
        if (before == nullptr) this->counted_up();
        return before == nullptr ? computed::inserted : computed::assigned;
      case decision<V>::kind::erased:
        if (before == nullptr) return computed::absent;
        claimed.publish(state());
        gone.gone_box = before;
        this->counted_down();
        if (!found_at.in_read) leave_dirty_locked(*found_at.at, gone);
        return computed::erased;
    }
    return computed::absent;
  }
};

}  // namespace portolan::detail
