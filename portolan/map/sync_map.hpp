// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Go's sync.Map as it was up to Go 1.23, for C++: a table that readers walk without a lock, and a dirty table
// behind a mutex that replaces it when enough reads have had to look there.
//
//   find k ──► read table ─┬─ there ───────────────────────► its value: no lock, nothing shared is written
//                          ├─ not there, nothing dirty ────► absent: likewise
//                          └─ not there, dirty table ──────► mutex, look again, count a miss
//   store k ─► read table ── there ─► one compare-and-swap ─┘ a new key goes into the dirty table
//
// 1. Keys that are there settle in the read table; from then on they are read, replaced, compared and erased
//    without the mutex. A new key costs the mutex, and now and then a walk over all keys.
// 2. A value never changes: a new one takes its place, by one pointer or, for numbers, in the word that readers load
//    whole.
// 3. What no table has any more goes to an epoch domain of this map; deleted keys are not kept (Go issue 40999).
//
// The machinery: sync/value.hpp (what stands under a key), sync/tables.hpp (read, dirty, misses), sync/operations.hpp;
// Go's names: sync/go_names.hpp. Proof and price: docs/algorithms/sync_map.md.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <portolan/base/key.hpp>
#include <portolan/base/living.hpp>
#include <portolan/map/fwd.hpp>
#include <portolan/map/mixin.hpp>
#include <portolan/map/statistics.hpp>
#include <portolan/map/sync/go_names.hpp>
#include <portolan/map/sync/operations.hpp>
#include <portolan/map/uncopied.hpp>

namespace portolan {

/// A map for keys that are written once and read many times, and for code that comes from Go.
///
/// When not to use it: where new keys keep coming (each may cost the mutex, and all keys are walked now and then): take
/// concurrent_map. Everything that a thread wrote before it stored a value is seen by who finds that value.
template <class K, class V, class Hash, class KeyEqual, class Alloc>
class sync_map : private copying_a_map_is_called_snapshot,
                 public detail::map_mixin<sync_map<K, V, Hash, KeyEqual, Alloc>, K, V, true>,
                 public detail::go_names<sync_map<K, V, Hash, KeyEqual, Alloc>, K, V> {
  static_assert(key_requirements<K, Hash, KeyEqual>::hold);
  using mixin = detail::map_mixin<sync_map, K, V, true>;
  using core_type = detail::sync_operations<K, V, Hash, KeyEqual, Alloc>;
  using state = typename core_type::state;
  using fresh = typename core_type::fresh;
  using values = typename core_type::values;
  using kept = typename core_type::kept;

  template <class Q>
  static constexpr bool names = detail::key_or_like<Q, K, Hash, KeyEqual>;

 public:
  using key_type = K;
  using mapped_type = V;
  using hasher = Hash;
  using key_equal = KeyEqual;
  using allocator_type = Alloc;
  using size_type = std::size_t;

  using mixin::find;
  using mixin::visit;

  /// An empty map. It hashes under `options.seed`; nothing is allocated unless `options.capacity` asks for it.
  ///
  /// @returns   nothing
  /// @sees      nothing shared; other threads must learn of the map by means that order them after this
  /// @progress  may wait for a fork that is under way
  /// @cost      O(capacity)
  /// @throws    std::bad_alloc
  /// @calls     the moves of Hash and KeyEqual
  explicit sync_map(map_options options = {}, Hash hash = {}, KeyEqual equal = {}, const Alloc& alloc = {})
      : core_(options.seed, std::move(hash), std::move(equal), alloc), living_(*this, options.name) {
    if (options.capacity != 0) reserve(options.capacity);
  }
  explicit sync_map(const Alloc& alloc) : sync_map({}, {}, {}, alloc) {}

  /// Gives the value under `key`: a copy, or where V cannot be copied an owning handle.
  ///
  /// @returns   the value, empty if the key is not there
  /// @sees      one instant between call and return; all that was written before the value was stored
  /// @progress  lock-free for keys in the read table and while nothing is dirty; else may wait for the mutex once
  /// @cost      O(1) expected; a copy of V; writes nothing shared but to the mutex's holder's tables
  /// @throws    what the copy, hash and equality throw
  /// @calls     hash and equality; equality under the mutex when the dirty table is searched
  template <class Q = K>
    requires names<const Q&>
  [[nodiscard, gnu::always_inline]] found<V> find(const Q& key) const { return find_at(key, platform::here()); }

  /// Whether `key` is there.
  ///
  /// @returns   true if it is
  /// @sees      as find
  /// @progress  as find
  /// @cost      as find, without the copy
  /// @throws    what hash and equality throw
  /// @calls     as find
  template <class Q = K>
    requires names<const Q&>
  [[nodiscard, gnu::always_inline]] bool contains(const Q& key) const {
    return core_.template with_value<bool>(lookup(key), platform::here(), [](state) { return true; });
  }

  /// Gives an owning handle on the value under `key`. It survives erase, replacement and the map itself.
  ///
  /// @returns   the handle, empty if the key is not there
  /// @sees      as find
  /// @progress  as find
  /// @cost      as find, and one count on the value instead of the copy; for a number an allocation
  /// @throws    what hash and equality throw; for a number std::bad_alloc
  /// @calls     as find
  template <class Q = K>
    requires names<const Q&>
  [[nodiscard, gnu::always_inline]] pinned<V> pin(const Q& key) const { return pin_at(key, platform::here()); }

  /// Calls `f` with the value under `key`, kept alive while `f` runs.
  ///
  /// @returns   true if the key was there
  /// @sees      as find
  /// @progress  as find; `f` holds nobody up
  /// @cost      as find, and one count on the value instead of the copy of a large one
  /// @throws    what `f`, hash and equality throw
  /// @calls     `f` with no lock held and no guard: it may call any operation of this map
  template <class Q = K, class F>
    requires names<const Q&> && std::invocable<F&, const V&>
  [[gnu::always_inline]] bool visit(const Q& key, F&& f) const {
    const kept held = core_.template with_value<kept>(lookup(key), platform::here(), values::keep);
    if (!held) return false;
    f(*held);
    return true;
  }

  /// Puts a value made of `args` under `key` unless the key is there already.
  ///
  /// @returns   true if this call put it there; `args` are untouched otherwise
  /// @sees      one instant between call and return; who finds the value sees all written before it
  /// @progress  lock-free if the key is in the read table with a value; else waits for the mutex
  /// @cost      O(1) expected; O(n) when it makes the dirty table: once in n new keys, or after reads missed n times
  /// @throws    what making the key or value throws, what hash and equality throw, std::bad_alloc: the map is as before
  /// @calls     equality and the constructors of K and V under the mutex; they must not re-enter (detected)
  template <class Q = K, class... Args>
    requires names<Q> && std::constructible_from<V, Args...>
  [[gnu::always_inline]] bool try_emplace(Q&& key, Args&&... args) {
    return core_.template keep_or_make<bool>(
        lookup(std::forward<Q>(key)), platform::here(), [&] { return core_.make(std::forward<Args>(args)...); },
        [](state, bool inserted) { return inserted; });
  }

  /// Puts `value` under `key`, whether or not the key is there (Go's Store).
  ///
  /// @returns   assignment::inserted or assignment::assigned
  /// @sees      one instant between call and return; who finds the value sees all written before it
  /// @progress  lock-free if the key is in the read table; else waits for the mutex
  /// @cost      one allocation for the value unless it is a number; else as try_emplace
  /// @throws    as try_emplace: the map is as before
  /// @calls     V's constructor with no lock held; equality and K's constructor as try_emplace
  template <class Q = K, class W = V>
    requires names<Q> && std::constructible_from<V, W>
  [[gnu::always_inline]] assignment insert_or_assign(Q&& key, W&& value) {
    fresh next(core_.make(std::forward<W>(value)));
    const bool assigned =
        core_.template put<bool>(lookup(std::forward<Q>(key)), next, platform::here(), [](state) { return true; });
    return assigned ? assignment::assigned : assignment::inserted;
  }

  /// Puts `value` under `key` and gives what was there (Go's Swap).
  ///
  /// @returns   the value before, empty if the key was absent
  /// @sees      one instant between call and return
  /// @progress  as insert_or_assign
  /// @cost      as insert_or_assign, and a copy of V
  /// @throws    as insert_or_assign, and what V's copy throws: the map is as before
  /// @calls     as insert_or_assign
  template <class Q = K, class W = V>
    requires names<Q> && std::constructible_from<V, W>
  [[gnu::always_inline]] found<V> exchange(Q&& key, W&& value) {
    fresh next(core_.make(std::forward<W>(value)));
    return core_.template put<found<V>>(lookup(std::forward<Q>(key)), next, platform::here(), give);
  }

  /// Removes the entry of `key` and gives its value (Go's LoadAndDelete).
  ///
  /// @returns   the value, empty if the key was absent
  /// @sees      one instant between call and return
  /// @progress  as erase
  /// @cost      as erase, and a copy of V
  /// @throws    as erase, and what V's copy throws: the entry stays
  /// @calls     as erase
  template <class Q = K>
    requires names<const Q&>
  [[gnu::always_inline]] found<V> extract(const Q& key) {
    return core_.template remove<found<V>>(lookup(key), platform::here(), give);
  }

  /// Removes the entry of `key` (Go's Delete).
  ///
  /// @returns   true if it was there
  /// @sees      one instant between call and return
  /// @progress  lock-free if the key is in the read table or nothing is dirty; else waits for the mutex
  /// @cost      O(1) expected; O(n) when half of the read table has been erased
  /// @throws    what hash and equality throw
  /// @calls     hash and equality; equality under the mutex when the dirty table is searched
  template <class Q = K>
    requires names<const Q&>
  [[gnu::always_inline]] bool erase(const Q& key) {
    return core_.template remove<bool>(lookup(key), platform::here(), [](state) { return true; });
  }

  /// Lets `f` decide on the entry of `key`: keep it, give it a value, erase it. `f` gets null if there is none and
  /// returns decision<V>, V or std::optional<V>.
  ///
  /// @returns   what became of the entry; computed::absent if there was none and `f` wanted none
  /// @sees      one instant between call and return; nobody changes the entry while `f` looks at it
  /// @progress  waits for the mutex; while `f` runs, new keys, misses and writers of this key wait for it, readers do not
  /// @cost      as try_emplace, and `f`
  /// @throws    what `f` throws: the map is as before; as try_emplace besides
  /// @calls     `f` once, under the mutex: it may find keys of this map, but a write or a listing from it throws
  ///            reentrant_call with both places
  template <class Q = K, class F>
    requires names<Q> && std::invocable<F&, const V*>
  [[gnu::always_inline]] computed compute(Q&& key, F&& f) {
    return core_.compute(lookup(std::forward<Q>(key)), platform::here(),
                         [&](const V* now) { return detail::to_decision<V>(f(now)); });
  }

  /// Puts `desired` under `key` if its value equals `expected` (Go's CompareAndSwap).
  ///
  /// @returns   comparison::matched if it was put there; differed or absent if nothing was changed
  /// @sees      one instant between call and return
  /// @progress  as erase
  /// @cost      one allocation if the values are equal; else as find
  /// @throws    what V's == and constructor throw, std::bad_alloc: the map is as before; as erase besides
  /// @calls     V's == once or more; under the mutex when the dirty table is searched
  template <class Q = K, class E = V, class W = V>
    requires names<const Q&> && std::constructible_from<V, W>
  [[gnu::always_inline]] comparison compare_exchange(const Q& key, const E& expected,
                                                     W&& desired) requires std::equality_comparable_with<V, E> {
    return core_.compare(lookup(key), expected, platform::here(),
                         [&](fresh& next) { next = core_.make(std::forward<W>(desired)); });
  }

  /// Removes the entry of `key` if its value equals `expected` (Go's CompareAndDelete).
  ///
  /// @returns   comparison::matched if it was removed; differed or absent if nothing was changed
  /// @sees      one instant between call and return
  /// @progress  as erase
  /// @cost      as erase
  /// @throws    what V's == throws: the map is as before; as erase besides
  /// @calls     V's == once or more; under the mutex when the dirty table is searched
  template <class Q = K, class E = V>
    requires names<const Q&>
  [[gnu::always_inline]] comparison compare_erase(const Q& key,
                                                  const E& expected) requires std::equality_comparable_with<V, E> {
    return core_.compare(lookup(key), expected, platform::here(), [](fresh&) {});
  }

  /// Calls `f` with every entry, until `f` returns false if it returns a bool (Go's Range).
  ///
  /// @returns   nothing
  /// @sees      no key twice; an entry that stays is seen; of a key that changes meanwhile a value that it had then, or none
  /// @progress  waits for the mutex if something is dirty; `f` holds nobody up
  /// @cost      O(keys in the read table); allocates nothing
  /// @throws    what `f` throws
  /// @calls     `f` with no lock and no guard held, on an owning handle: it may call any operation of this map
  template <class F>
    requires std::invocable<F&, const K&, const V&>
  [[gnu::always_inline]] void for_each(F&& f) const {
    const typename core_type::listing all(core_.share_all(platform::here()));
    for_each_of(all, f);
  }

  /// Removes the entries that `predicate(key, value)` accepts, each only if it still has the value that was shown.
  ///
  /// @returns   how many were removed
  /// @sees      each removal at one instant; entries that come meanwhile may be missed
  /// @progress  as for_each
  /// @cost      O(keys in the read table)
  /// @throws    what `predicate` throws: what was removed before stays removed
  /// @calls     `predicate` with no lock and no guard held: it may call any operation of this map
  template <class P>
    requires std::predicate<P&, const K&, const V&>
  [[gnu::always_inline]] size_type erase_if(P&& predicate) {
    const typename core_type::listing all(core_.share_all(platform::here()));
    return erase_of(all, predicate);
  }

  /// The number of entries.
  ///
  /// @returns   the number; exact when nobody writes
  /// @sees      a count that each write changes at its instant or soon after
  /// @progress  wait-free
  /// @cost      one load
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] size_type size() const noexcept { return core_.size(); }

  /// Removes every entry (Go's Clear).
  ///
  /// @returns   nothing
  /// @sees      one instant between call and return for who looks a key up after it
  /// @progress  waits for the mutex, and holds it while it walks all keys
  /// @cost      O(n); allocates nothing
  /// @throws    reentrant_call from inside compute
  /// @calls     nothing under the mutex; values are destroyed later, when nobody reads them
  [[gnu::always_inline]] void clear() { core_.clear(platform::here()); }

  /// Makes room for `entries` in all, so that new keys come in without the dirty table growing.
  ///
  /// @returns   nothing
  /// @sees      changes no entry
  /// @progress  waits for the mutex
  /// @cost      O(n)
  /// @throws    std::bad_alloc: the map is as before; reentrant_call from inside compute
  /// @calls     nothing
  [[gnu::always_inline]] void reserve(size_type entries) { core_.reserve(entries, platform::here()); }

  /// Gives back the tables that the entries do not need, and forgets keys that have no value.
  ///
  /// @returns   how many bytes of tables were given back; those that a reader still sees follow when it has ended
  /// @sees      changes no entry
  /// @progress  waits for the mutex; readers go on
  /// @cost      O(n)
  /// @throws    std::bad_alloc: no entry is changed; reentrant_call from inside compute
  /// @calls     nothing under the mutex
  [[gnu::always_inline]] size_type shrink_to_fit() {
    const auto before = core_.stats(platform::here()).bytes;
    core_.shrink_to_fit(platform::here());
    const auto after = core_.stats(platform::here()).bytes;
    return before > after ? before - after : 0;
  }

  /// The map's figures.
  ///
  /// @returns   the figures; `tables` is 2 while something is dirty
  /// @sees      the tables at one instant
  /// @progress  waits for the mutex
  /// @cost      O(threads)
  /// @throws    reentrant_call from inside compute
  /// @calls     nothing
  [[nodiscard, gnu::always_inline]] map_statistics stats() const {
    map_statistics figures = core_.stats(platform::here());
    figures.add_own(sizeof(*this) + flights_.allocated_bytes());
    return figures;
  }

 private:
  friend mixin;
  friend detail::go_names<sync_map, K, V>;
  friend struct detail::list_access;
  friend living;

  static constexpr auto give = [](state there) {
    if constexpr (std::is_copy_constructible_v<V>)
      return found<V>(there.value());
    else
      return values::keep(there);
  };

  template <class Q>
  [[nodiscard]] static decltype(auto) lookup(Q&& key) {
    return detail::as_lookup<K, Hash, KeyEqual>(std::forward<Q>(key));
  }
  template <class Q>
  [[nodiscard]] found<V> find_at(const Q& key, platform::code_address place) const {
    return core_.template with_value<found<V>>(lookup(key), place, give);
  }
  template <class Q>
  [[nodiscard]] pinned<V> pin_at(const Q& key, platform::code_address place) const {
    return core_.template with_value<pinned<V>>(lookup(key), place, [this](state there) { return core_.pin(there); });
  }

  template <class F>
  void for_each_of(const typename core_type::listing& all, F& f) const {
    if (all.get() == nullptr) return;
    for (const auto& entry : *all.get()) {
      const kept held = core_.keep_value_of(entry);
      if (held && !detail::goes_on(f, entry.key, *held)) return;
    }
  }
  // ---- for list (list.hpp) ----
  [[nodiscard]] std::vector<std::pair<K, V>> list_at(
      platform::code_address place) const requires detail::copyable_entry<K, V> {
    typename core_type::table_share share;
    std::vector<std::pair<K, V>> entries;
    const auto all = core_.keep_all(share, place);
    entries.reserve(all.size());
    for (const auto& [entry, value] : all) entries.emplace_back(entry->key, *value);
    return entries;
  }

  template <class P>
  size_type erase_of(const typename core_type::listing& all, P& predicate) {
    size_type erased = 0;
    if (all.get() == nullptr) return erased;
    for (auto& entry : *all.get()) {
      const kept held = core_.keep_value_of(entry);
      if (!held || !predicate(entry.key, *held)) continue;
      if (core_.remove_if_still(entry, held, all.get()->size())) ++erased;
    }
    return erased;
  }

  [[nodiscard]] found<V> keep_or_put(const K& key, V&& value, platform::code_address place) {
    return core_.template keep_or_make<found<V>>(
        key, place, [&] { return core_.make(std::move(value)); }, [](state there, bool) { return give(there); });
  }
  template <class Q, class W>
    requires names<Q> && std::constructible_from<V, W>
  [[nodiscard]] loaded_or_stored<V> load_or_store_at(platform::code_address place, Q&& key, W&& value) {
    return core_.template keep_or_make<loaded_or_stored<V>>(
        lookup(std::forward<Q>(key)), place, [&] { return core_.make(std::forward<W>(value)); },
        [](state there, bool inserted) {
          return loaded_or_stored<V>{give(there), !inserted};
        });
  }
  [[nodiscard]] detail::flight_board& flights() noexcept { return flights_; }
  [[nodiscard]] std::size_t flight_hash(const K& key) const { return static_cast<std::size_t>(core_.hash_of(key)); }
  [[nodiscard]] bool same_key(const K& left, const K& right) const { return core_.same(left, right); }
  [[nodiscard]] const void* section_owner() const noexcept { return &core_; }

  [[nodiscard]] bool take_census(map_statistics& into) const noexcept {
    if (!core_.try_stats(into)) return false;
    into.add_own(sizeof(*this) + flights_.allocated_bytes());
    return true;
  }
  [[nodiscard]] bool try_lock_for_fork() noexcept {
    if (!core_.fork_lock().try_lock()) return false;
    if (flights_.try_lock_all()) return true;
    core_.fork_lock().unlock();
    return false;
  }
  void unlock_in_parent() noexcept {
    flights_.unlock_all();
    core_.fork_lock().unlock();
  }
  void unlock_in_child() noexcept {
    flights_.forget_others_after_fork();
    core_.count_anew_locked();
    core_.fork_lock().reset_after_fork();
  }

  core_type core_;
  detail::flight_board flights_;
  friend class living;
  static constexpr const char* living_type = "sync_map";
  living living_;
};

}  // namespace portolan
