// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Counters and metrics: many threads add up under many keys, few read.
//
//   thread 1 ─ add ─► shard 1 │ lock │ a: 3 │ b: 1 │ ┐
//   thread 2 ─ add ─► shard 2 │ lock │ a: 4 │      │ ┼─ merge ─► central │ a: 90 │ b: 7 │ c: 2 │
//   …                                                ┘ (on demand, on a schedule, for whoever lists)
//   find(a) = 90 + 3 + 4: the same before a merge, during one and after it
//
// 1. Each addition is in exactly one place at any time, and each read counts each place once: nothing is lost or
//    counted twice, whatever merges run.
// 2. An addition waits for who uses the same shard: for another addition, for a read's one look-up, for the one swap
//    by which a merge takes the shard's content. It never waits for a whole merge or listing.
// 3. An addition adds: nothing here overwrites a total. take and drain hand each addition to exactly one caller.
//
// The machinery: aggregate/core.hpp, aggregate/shards.hpp, aggregate/tallies.hpp. Proof and price:
// docs/algorithms/aggregate_map.md.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/base/key.hpp>
#include <portolan/base/living.hpp>
#include <portolan/map/aggregate/core.hpp>
#include <portolan/map/fwd.hpp>
#include <portolan/map/uncopied.hpp>

namespace portolan {

/// Totals under keys, added up by `Monoid` (monoid.hpp: sum, count, min_max, histogram, or one of your own).
///
/// When not to use it: where each addition is read at once, or the latest value counts and not the sum: take
/// concurrent_map and its compute; for one number striped_counter.
/// Every addition that happened before a read began is in what it gives, with all that the adding thread wrote before.
///
/// A read with additions running beside it has all that happened before it, none that happened after it, and any of the
/// others, each whole and once. So a sum of numbers that are not negative lies between what it was at the call and what
/// it was at the return, and never falls for a reader who reads again, unless somebody took, erased or drained. With
/// shard_by::key a read of one key is of one instant; with shard_by::thread it looks at one shard after the other.
template <class K, class Monoid, class Hash, class KeyEqual, class Alloc>
class aggregate_map : private copying_a_map_is_called_snapshot {
  static_assert(key_requirements<K, Hash, KeyEqual>::hold);
  static_assert(detail::monoid_requirements<Monoid>::hold);
  static_assert(detail::monoid_can_fail_safely<Monoid>::hold);
  using V = typename Monoid::value_type;
  static constexpr bool copies_values = std::is_copy_constructible_v<V>;

  template <class Q>
  static constexpr bool names = detail::key_or_like<Q, K, Hash, KeyEqual>;

 public:
  using key_type = K;
  using mapped_type = V;
  using monoid_type = Monoid;
  using hasher = Hash;
  using key_equal = KeyEqual;
  using allocator_type = Alloc;
  using size_type = std::size_t;

  /// How many shards there are (rounded up to a power of two, 0 for 32), and whether a thread or a key chooses one. By
  /// key a total is in one shard: less memory and cheaper reads, but threads that add to one key take turns.
  struct shards {
    std::size_t count = 0;
    shard_by by = shard_by::thread;
  };

  /// An empty map. `capacity` makes room in the central table; the shards are allocated by the first addition.
  ///
  /// @returns   nothing
  /// @sees      nothing shared; other threads must learn of the map by means that order them after this
  /// @progress  may wait for a fork that is under way
  /// @cost      O(1); O(capacity) if `options.capacity` asks for it
  /// @throws    std::bad_alloc
  /// @calls     the moves of Hash and KeyEqual
  explicit aggregate_map(map_options options = {}, shards wanted = {}, Hash hash = {}, KeyEqual equal = {},
                         const Alloc& alloc = {})
      : core_(options, wanted.count, wanted.by, std::move(hash), std::move(equal), alloc),
        living_(*this, options.name) {}
  explicit aggregate_map(shards wanted) : aggregate_map(map_options{}, wanted) {}
  explicit aggregate_map(const Alloc& alloc) : aggregate_map({}, {}, {}, {}, alloc) {}

  /// Adds `delta` to the total under `key`; a key that is not there begins with the monoid's identity.
  ///
  /// @returns   nothing
  /// @sees      one instant between call and return; who reads the key after that has it in the total
  /// @progress  may wait for another user of the same shard, never for a whole merge or listing
  /// @cost      O(1) expected; one allocation if the shard does not have the key
  /// @throws    std::bad_alloc, what combine, K's copy, hash and equality throw: nothing was added
  /// @calls     hash with no lock held; equality, K's copy or move and combine under the shard's lock; they must not
  ///            re-enter (detected)
  template <class Q = K>
    requires names<Q&&>
  [[gnu::always_inline]] void add(Q&& key, const V& delta) {
    change(platform::here(), std::forward<Q>(key), [&](V& into) {
      detail::change_whole<detail::combines_in_place<Monoid>>(into, [&](V& total) { Monoid::combine(total, delta); });
    });
  }

  /// Takes one observation into the total under `key`, by the monoid's own `record`: a sample into a histogram.
  ///
  /// @returns   nothing
  /// @sees      one instant between call and return; who reads the key after that has it in the total
  /// @progress  may wait for another user of the same shard, never for a whole merge or listing
  /// @cost      O(1) expected; one allocation if the shard does not have the key
  /// @throws    std::bad_alloc, what record, K's copy, hash and equality throw: nothing was recorded
  /// @calls     as add, with record for combine
  template <class Q = K, class... Observed>
    requires names<Q&&> && records<Monoid, Observed...>
  [[gnu::always_inline]] void record(Q&& key, const Observed&... observed) {
    constexpr bool in_place = noexcept(Monoid::record(std::declval<V&>(), observed...));
    change(platform::here(), std::forward<Q>(key), [&](V& into) {
      detail::change_whole<in_place>(into, [&](V& total) { Monoid::record(total, observed...); });
    });
  }

  /// The total under `key`, merged from all shards without moving anything.
  ///
  /// @returns   the total, or nothing if nobody added to the key (or it was taken since)
  /// @sees      every addition that happened before, none that happens after, each once; see the class about the others
  /// @progress  waits for a merge that runs, and for an addition to each shard that is in use
  /// @cost      a look-up and an uncontended lock a shard in use; a copy of V
  /// @throws    what V's copy, combine, hash and equality throw: the map is untouched
  /// @calls     hash with no lock held; equality, V's copy and combine under locks; they must not re-enter (detected)
  template <class Q = K>
    requires names<const Q&>
  [[nodiscard, gnu::always_inline]] std::optional<V> find(const Q& key) const requires copies_values {
    return core_.find_at(platform::here(), detail::as_lookup<K, Hash, KeyEqual>(key));
  }

  /// Whether anything was added to `key`.
  ///
  /// @returns   true if there is a total, be it the identity
  /// @sees      as find
  /// @progress  as find
  /// @cost      as find, without copies
  /// @throws    what hash and equality throw
  /// @calls     hash with no lock held; equality under locks; it must not re-enter (detected)
  template <class Q = K>
    requires names<const Q&>
  [[nodiscard, gnu::always_inline]] bool contains(const Q& key) const {
    return core_.contains_at(platform::here(), detail::as_lookup<K, Hash, KeyEqual>(key));
  }

  /// Calls `f` with the total under `key`.
  ///
  /// @returns   true if there was one
  /// @sees      as find, before `f` runs
  /// @progress  as find; `f` holds nobody up
  /// @cost      as find
  /// @throws    as find, and what `f` throws
  /// @calls     `f` with no lock held: it may call any operation of this map; as find besides
  template <class Q = K, class F>
    requires names<const Q&> && std::invocable<F&, const V&>
  [[gnu::always_inline]] bool visit(const Q& key, F&& f) const requires copies_values {
    const std::optional<V> total = core_.find_at(platform::here(), detail::as_lookup<K, Hash, KeyEqual>(key));
    if (!total.has_value()) return false;
    f(*total);
    return true;
  }

  /// Takes the total under `key` out; the next addition begins anew.
  ///
  /// @returns   the total, or nothing if there was none
  /// @sees      each addition is in the result of exactly one take or drain, or still in the map; readers see none or all
  ///            of the taking
  /// @progress  waits for readers and for a merge that runs
  /// @cost      as find, and moves the key's parts together first
  /// @throws    what combine, hash and equality throw: nothing is taken and nothing is lost
  /// @calls     hash with no lock held; equality, combine and V's move under locks; they must not re-enter (detected)
  template <class Q = K>
    requires names<const Q&>
  [[gnu::always_inline]] std::optional<V> take(const Q& key) {
    std::optional<V> total;
    core_.take_at(platform::here(), detail::as_lookup<K, Hash, KeyEqual>(key),
                  [&](V& whole) { total.emplace(std::move(whole)); });
    return total;
  }

  /// Removes the total under `key`.
  ///
  /// @returns   true if there was one
  /// @sees      as take
  /// @progress  as take
  /// @cost      as take
  /// @throws    as take
  /// @calls     as take
  template <class Q = K>
    requires names<const Q&>
  [[gnu::always_inline]] bool erase(const Q& key) {
    return core_.take_at(platform::here(), detail::as_lookup<K, Hash, KeyEqual>(key), [](V&) {});
  }

  /// Takes all totals out, each key once; every key begins anew.
  ///
  /// @returns   a vector of pairs in no particular order
  /// @sees      each addition is in the result of exactly one take or drain, or still in the map; readers see none or all
  ///            of the taking
  /// @progress  waits for readers and for a merge that runs; additions go on meanwhile
  /// @cost      a merge, O(n) moves, one allocation
  /// @throws    std::bad_alloc, what combine and equality throw: nothing is taken and nothing is lost
  /// @calls     equality, combine, the moves of K and V (K's copy where its move may throw) under the central lock; they
  ///            must not re-enter (detected)
  [[nodiscard, gnu::always_inline]] std::vector<std::pair<K, V>> drain() { return core_.drain_at(platform::here()); }

  /// Removes all totals.
  ///
  /// @returns   nothing
  /// @sees      each addition is removed or still there; readers see none or all of the removal
  /// @progress  waits for readers and for a merge that runs; additions go on meanwhile
  /// @cost      O(n)
  /// @throws    reentrant_call from inside a critical section of this map
  /// @calls     the destructors of K and V with no lock held
  [[gnu::always_inline]] void clear() { core_.clear_at(platform::here()); }

  /// Moves the content of all shards to the central table. It changes no total; it makes reads cheaper and the map small.
  ///
  /// @returns   nothing
  /// @sees      changes nothing that a read could see
  /// @progress  waits for readers; additions wait for the swap of their shard at most
  /// @cost      O(keys in shards); no allocation that could fail
  /// @throws    what combine and equality throw: what was not merged yet stays in the totals, and the next merge goes on
  /// @calls     equality and combine under the central lock; they must not re-enter (detected)
  [[gnu::always_inline]] void merge() { core_.merge_at(platform::here()); }

  /// Merges again and again from now on, on the process's timer thread; 0 ends that. `period` is a std::chrono::duration,
  /// and rounded to nanoseconds. The schedule begins with the first addition; a forked child asks for it anew.
  ///
  /// @returns   nothing
  /// @sees      changes nothing that a read could see
  /// @progress  may wait for the first addition; to end a schedule also for a merge that runs
  /// @cost      O(1); the first schedule of a process starts its timer thread
  /// @throws    reentrant_call from inside a critical section of this map
  /// @calls     nothing now; then as merge, on the timer thread. A merge that throws is counted (stats) and tried again
  template <class Period>
    requires requires(const Period& period) {
      period.count();
      Period::period::num;
    }
  [[gnu::always_inline]] void merge_every(const Period& period) {
    constexpr double tick_ns =
        1e9 * static_cast<double>(Period::period::num) / static_cast<double>(Period::period::den);
    const double period_ns = static_cast<double>(period.count()) * tick_ns;
    core_.merge_every_at(platform::here(), period_ns <= 0 ? 0 : static_cast<std::uint64_t>(period_ns));
  }

  /// Copies the totals out, after a merge.
  ///
  /// @returns   a vector of pairs in no particular order; no key twice
  /// @sees      for every key as find; no take, drain or merge comes between two keys
  /// @progress  waits for readers and for a merge that runs; additions go on meanwhile
  /// @cost      a merge, O(n) copies, one allocation
  /// @throws    what the copies, combine and equality throw, std::bad_alloc: no total is changed
  /// @calls     equality, combine and the copies of K and V under the central lock; they must not re-enter (detected)
  [[nodiscard, gnu::always_inline]] std::vector<std::pair<K, V>> snapshot()
      const requires detail::copyable_entry<K, V> {
    return core_.copies_at(platform::here());
  }

  /// Calls `f(key, total)` for each key, until it returns false if it returns a bool.
  ///
  /// @returns   nothing
  /// @sees      as snapshot
  /// @progress  as snapshot; `f` holds nobody up
  /// @cost      as snapshot
  /// @throws    as snapshot, and what `f` throws
  /// @calls     `f` with no lock held: it may call any operation of this map; as snapshot besides
  template <class F>
    requires std::invocable<F&, const K&, const V&>
  [[gnu::always_inline]] void for_each(F&& f) const requires detail::copyable_entry<K, V> {
    const std::vector<std::pair<K, V>> all = core_.copies_at(platform::here());
    for (const auto& [key, total] : all) {
      if (!detail::goes_on(f, key, total)) return;
    }
  }

  /// The number of keys, after a merge.
  ///
  /// @returns   the number
  /// @sees      every key that was added to before is counted, each once
  /// @progress  as merge
  /// @cost      a merge
  /// @throws    as merge
  /// @calls     as merge
  [[nodiscard, gnu::always_inline]] std::size_t size() const { return core_.size_at(platform::here()); }

  /// Whether nothing was added.
  ///
  /// @returns   true if there is no key
  /// @sees      every addition that happened before
  /// @progress  waits for a merge that runs
  /// @cost      O(shards), without their locks
  /// @throws    reentrant_call from inside a critical section of this map
  /// @calls     nothing
  [[nodiscard, gnu::always_inline]] bool empty() const { return core_.empty_at(platform::here()); }

  /// The map's figures, without merging anything.
  ///
  /// @returns   the figures; `entries` counts a key once in each shard with additions not merged yet
  /// @sees      each shard at one instant
  /// @progress  waits for a merge that runs, and for an addition to each shard
  /// @cost      O(shards)
  /// @throws    reentrant_call from inside a critical section of this map
  /// @calls     nothing
  [[nodiscard, gnu::always_inline]] aggregate_statistics stats() const {
    aggregate_statistics figures = core_.stats_at(platform::here());
    figures.add_own(sizeof(*this));
    return figures;
  }

  /// How many shards there are.
  ///
  /// @returns   the number, a power of two
  /// @sees      nothing that changes
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] std::size_t shard_count() const noexcept { return core_.shard_count(); }

 private:
  friend living;

  template <class Q, class Change>
  [[gnu::always_inline]] void change(platform::code_address place, Q&& key, Change change) {
    core_.change_at(place, detail::as_lookup<K, Hash, KeyEqual>(std::forward<Q>(key)), change);
  }

  [[nodiscard]] bool take_census(map_statistics& into) const noexcept {
    aggregate_statistics figures;
    if (!core_.try_stats(figures)) return false;
    figures.add_own(sizeof(*this));
    into = figures;
    return true;
  }
  [[nodiscard]] bool try_lock_for_fork() noexcept { return core_.try_lock_for_fork(); }
  void unlock_in_parent() noexcept { core_.unlock_in_parent(); }
  void unlock_in_child() noexcept { core_.unlock_in_child(); }

  mutable detail::aggregate_core<K, Monoid, Hash, KeyEqual, Alloc> core_;  // mutable: a listing merges first
  friend class living;
  static constexpr const char* living_type = "aggregate_map";
  living living_;
};

}  // namespace portolan
