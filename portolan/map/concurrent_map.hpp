// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The map to take unless you know better: any number of threads read and write, nobody waits for a whole table.
//
//   concurrent_map<K, V>  ─ walks (concurrent/walk.hpp, claim.hpp) ─ engine: inline16 │ inline8 │ nodes (engine.hpp)
//
// 1. An entry of two small trivially copyable words lives in the one cache line that its hash names; a find of it is
//    one load. Everything else is a node that never moves, found through a line of tagged pointers.
// 2. Growing and shrinking are cooperative: an operation moves at most a block of 64 lines besides its own work.
// 3. An erased slot is used again at once; a node's memory goes back when no reader can still see it.
//
// How it works and why it is right: docs/algorithms/concurrent_map.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/base/hash.hpp>
#include <portolan/base/key.hpp>
#include <portolan/base/living.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/map/concurrent/change.hpp>
#include <portolan/map/concurrent/compute.hpp>
#include <portolan/map/concurrent/core.hpp>
#include <portolan/map/concurrent/engine.hpp>
#include <portolan/map/concurrent/find.hpp>
#include <portolan/map/concurrent/iterate.hpp>
#include <portolan/map/concurrent/near_node.hpp>
#include <portolan/map/concurrent/put_small.hpp>
#include <portolan/map/fwd.hpp>
#include <portolan/map/mixin.hpp>
#include <portolan/map/statistics.hpp>
#include <portolan/map/uncopied.hpp>
#include <portolan/map/vocabulary.hpp>
#include <portolan/reclaim/epoch.hpp>

namespace portolan {

/// A hash map that any number of threads use at once. The default choice.
///
/// When not to use it: for a map that is hardly ever written and read as a whole take snapshot_map; for an order of keys
/// guarded_map<std::map<…>>. Everything that a thread wrote before it put a value there is seen by who finds the value.
/// An empty map takes less than 1 KiB. User code called by compute, Hash, KeyEqual and V's moves must not change the same
/// map (reentrant_call says both places); visitors may do anything.
template <class K, class V, class Hash, class KeyEqual, class Alloc, class Reclaimer, class Storage>
class concurrent_map
    : private copying_a_map_is_called_snapshot,
      public detail::map_mixin<concurrent_map<K, V, Hash, KeyEqual, Alloc, Reclaimer, Storage>, K, V, true> {
  static_assert(key_requirements<K, Hash, KeyEqual>::hold);
  static_assert(reclaim::scheme<Reclaimer>, "Portolan: Reclaimer is portolan::epoch or portolan::hazard");
  static_assert(std::is_same_v<V, std::remove_cvref_t<V>> && !std::is_array_v<V>,
                "Portolan: a value is an object of its own: write V without const or &, std::array for an array");
  using mixin = detail::map_mixin<concurrent_map, K, V, true>;
  friend mixin;
  using engine = typename concurrent::engine_of<K, V, Hash, KeyEqual, Alloc, Storage>::type;
  using core_type = concurrent::core<engine, Reclaimer, Alloc>;
  using guard = typename core_type::guard;
  using section = concurrent::write_gate::section;
  using place = platform::code_address;

  static constexpr bool has_handles = engine::holds_nodes && !engine::in_place;
  template <class Q>
  static constexpr bool finds = lookup_key<Q, K, Hash, KeyEqual> || std::is_convertible_v<const Q&, K>;

 public:
  using key_type = K;
  using mapped_type = V;
  using hasher = Hash;
  using key_equal = KeyEqual;
  using allocator_type = Alloc;
  using size_type = std::size_t;

  /// Makes an empty map: room, seed and name from `options`, the rest as given. Nobody else may use it before it is made.
  ///
  /// @returns   nothing
  /// @sees      nothing shared but the list of living maps
  /// @progress  may wait for another map that is made or destroyed
  /// @cost      O(capacity); one allocation of less than 512 bytes for an empty one
  /// @throws    what the copies of Hash, KeyEqual and Alloc throw, std::bad_alloc: there is no map then
  /// @calls     Hash's, KeyEqual's and Alloc's copies
  concurrent_map() : concurrent_map(map_options{}) {}
  explicit concurrent_map(map_options options, const Hash& hash = {}, const KeyEqual& equality = {},
                          const Alloc& allocator = {})
      : core_(engine(hash, equality, options.seed), allocator, options.capacity, options.max_load_factor),
        living_(*this, options.name) {}
  explicit concurrent_map(const Alloc& allocator) : concurrent_map(map_options{}, Hash(), KeyEqual(), allocator) {}

  // ---- reading ---------------------------------------------------------------------------------------------------

  /// The value under `key`: a copy where V can be copied, else an owning handle.
  ///
  /// @returns   the value; empty if there is none. It survives erase, replacement and growth
  /// @sees      one instant between call and return
  /// @progress  never waits
  /// @cost      O(1) expected: one cache line for a small entry, two for a node; writes nothing that others read or write
  /// @throws    what Hash, KeyEqual and V's copy throw: the map is untouched
  /// @calls     Hash once, KeyEqual, V's copy; none of them under a lock
  template <class Q = K>
    requires finds<Q>
  [[nodiscard, gnu::always_inline]] found<V> find(const Q& key) const {
    decltype(auto) sought = as_key(key);
    if constexpr (engine::holds_nodes) {
      const auto probe = core_.engine().make_probe(sought);
      guard protection(core_.reclaimer());
      const auto seen = concurrent::find_entry(core_, protection, probe);
      if (!seen.found) return found<V>();
      return engine::give(seen.cell);
    } else {
      std::uint64_t image = 0;
      const bool there = concurrent::find_small(core_, sought, image);
      return detail::found_if(there, engine::value_of(image));
    }
  }
  using mixin::find;

  /// Finds many keys in one call, hiding the waits for memory behind each other.
  ///
  /// @returns   for each key, in order, what find gives for it
  /// @sees      for each key one instant between call and return; the instants may differ
  /// @progress  as find
  /// @cost      as find for each key, but up to 16 cache misses at a time; one allocation
  /// @throws    as find, std::bad_alloc: the map is untouched
  /// @calls     as find
  [[nodiscard]] std::vector<found<V>> find(std::span<const K> keys) const {
    std::vector<found<V>> results;
    results.reserve(keys.size());
    if constexpr (engine::holds_nodes) {
      each_in_bulk(keys, [&](std::size_t, const auto& seen) {
        results.push_back(seen.found ? engine::give(seen.cell) : found<V>());
      });
    } else {
      for (std::size_t i = 0; i < keys.size(); ++i) {
        if (i % bulk_keys == 0) prefetch_some(keys.subspan(i));
        results.push_back(find(keys[i]));
      }
    }
    return results;
  }

  /// Whether `key` has an entry.
  ///
  /// @returns   true if it has one
  /// @sees      as find
  /// @progress  as find
  /// @cost      as find
  /// @throws    what Hash and KeyEqual throw
  /// @calls     Hash once, KeyEqual; not under a lock
  template <class Q = K>
    requires finds<Q>
  [[nodiscard, gnu::always_inline]] bool contains(const Q& key) const {
    decltype(auto) sought = as_key(key);
    if constexpr (engine::holds_nodes) {
      const auto probe = core_.engine().make_probe(sought);
      guard protection(core_.reclaimer());
      return concurrent::find_entry(core_, protection, probe).found;
    } else {
      std::uint64_t image = 0;
      return concurrent::find_small(core_, sought, image);
    }
  }

  /// Calls `f(value)` if `key` has an entry: on a copy of a small value, on the value in its node otherwise.
  ///
  /// @returns   true if it had one
  /// @sees      one instant between call and return, however long `f` takes
  /// @progress  as find
  /// @cost      as find; one count on the node
  /// @throws    what `f`, Hash and KeyEqual throw: the map is untouched
  /// @calls     `f` with no lock held; it may call any operation of this map
  template <class Q = K, class F>
    requires finds<Q> && std::is_invocable_v<F&, const V&>
  bool visit(const Q& key, F&& f) const {
    decltype(auto) sought = as_key(key);
    if constexpr (has_handles) {
      const pinned<V> held = pin(sought);
      if (held) f(*held);
      return held.has_value();
    } else {
      const found<V> copy = find(sought);
      if (copy) f(*copy);
      return copy.has_value();
    }
  }
  using mixin::visit;

  /// An owning handle on the value under `key`, without a copy. Only where a value is a node's and never
  /// changes there: not for small trivially copyable ones, unless Storage is node_storage.
  ///
  /// @returns   the handle; empty if there is none. It survives erase, replacement and growth, and the map itself
  /// @sees      one instant between call and return
  /// @progress  as find
  /// @cost      as find; one count on the node, given back when the handle ends
  /// @throws    what Hash and KeyEqual throw
  /// @calls     Hash once, KeyEqual; not under a lock
  template <class Q = K>
    requires(finds<Q>&& has_handles)
  [[nodiscard]] pinned<V> pin(const Q& key) const {
    decltype(auto) sought = as_key(key);
    const auto probe = core_.engine().make_probe(sought);
    guard protection(core_.reclaimer());
    const auto seen = concurrent::find_entry(core_, protection, probe);
    return seen.found ? engine::pin(seen.cell) : pinned<V>();
  }

  /// Calls `f(key, value)` for each entry, on copies of small entries and on nodes otherwise.
  ///
  /// @returns   nothing; ends early when `f` returns false
  /// @sees      each entry that stays throughout exactly once, no key twice, also while the map grows or shrinks; what
  ///            is changed meanwhile is seen or not. For one instant of the whole map take snapshot_map
  /// @progress  waits at most for blocks that are being moved, one at a time
  /// @cost      O(capacity); memory for one block of entries at a time
  /// @throws    what `f` throws, at once; std::bad_alloc: the map is untouched
  /// @calls     `f` with no lock held; it may call any operation of this map, nested for_each too
  template <class F>
    requires std::is_invocable_v<F&, const K&, const V&>
  [[gnu::always_inline]] void for_each(F&& f) const { for_each_at(platform::here(), f); }

  /// How many entries there are.
  ///
  /// @returns   the number
  /// @sees      exact when nobody writes; else it has some of the changes that run meanwhile
  /// @progress  wait-free
  /// @cost      O(processors)
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] size_type size() const noexcept { return core_.size(); }

  /// What the map says about itself.
  ///
  /// @returns   entries, capacity, bytes in use, tables, and what shows a bad hash (`spilled`)
  /// @sees      each figure exact when nobody writes
  /// @progress  lock-free
  /// @cost      O(processors)
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] map_statistics stats() const {
    map_statistics figures = core_.statistics();
    figures.add_own(sizeof(*this) + flights_.allocated_bytes());
    return figures;
  }

  // ---- writing ---------------------------------------------------------------------------------------------------

  /// Puts `value` under `key` unless the key is there already.
  ///
  /// @returns   true if this call put it there; `value` is untouched otherwise
  /// @sees      one instant between call and return; who finds the value sees all written before it
  /// @progress  may wait for a writer of the same line or for one block that is being moved; never for a whole table
  /// @cost      O(1) expected; at most one allocation; while the table is moved, moves one block
  /// @throws    what Hash, KeyEqual, K's copy and V's constructor throw, std::bad_alloc: the map is then as before
  /// @calls     Hash once, KeyEqual, V's constructor once, under the line's lock where entries are nodes; they must not
  ///            change this map (detected)
  template <class Q = K, class W = V>
    requires finds<Q> && std::is_constructible_v<V, W&&>
  [[gnu::always_inline]] bool insert(const Q& key, W&& value) {
    return try_emplace_at(platform::here(), key, std::forward<W>(value));
  }

  /// Puts V(args...) under `key` unless the key is there already.
  ///
  /// @returns   true if this call put it there; `args` are untouched otherwise
  /// @sees      as insert
  /// @progress  as insert
  /// @cost      as insert
  /// @throws    as insert
  /// @calls     as insert
  template <class Q = K, class... Args>
    requires finds<Q> && std::is_constructible_v<V, Args&&...>
  [[gnu::always_inline]] bool try_emplace(const Q& key, Args&&... args) {
    return try_emplace_at(platform::here(), key, std::forward<Args>(args)...);
  }

  /// Puts `value` under `key`, whether or not there was one.
  ///
  /// @returns   whether it was inserted or took another value's place
  /// @sees      one instant between call and return; who finds the value sees all written before it
  /// @progress  over an entry lock-free (nodes wait for a block that is being moved); else as insert
  /// @cost      O(1) expected; at most one allocation
  /// @throws    as insert
  /// @calls     as insert, V's constructor with no lock held
  template <class Q = K, class W = V>
    requires finds<Q> && std::is_constructible_v<V, W&&>
  [[gnu::always_inline]] assignment insert_or_assign(const Q& key, W&& value) {
    return assign_at(platform::here(), key, std::forward<W>(value), [](const auto&) {});
  }

  /// Puts `value` under `key` and gives what was there before.
  ///
  /// @returns   the previous value; empty if the key was inserted
  /// @sees      as insert_or_assign
  /// @progress  as insert_or_assign
  /// @cost      as insert_or_assign; V's copy
  /// @throws    as insert_or_assign, what V's copy throws: the map is then as before
  /// @calls     as insert_or_assign
  template <class Q = K, class W = V>
    requires finds<Q> && std::is_constructible_v<V, W&&>
  [[gnu::always_inline]] found<V> exchange(const Q& key, W&& value) {
    found<V> previous;
    const assignment how =
        assign_at(platform::here(), key, std::forward<W>(value), [&](const auto& seen) { give_into(previous, seen); });
    return how == assignment::assigned ? std::move(previous) : found<V>();
  }

  /// Removes the entry of `key`.
  ///
  /// @returns   true if there was one
  /// @sees      one instant between call and return
  /// @progress  lock-free; nodes wait for a block that is being moved
  /// @cost      O(1) expected; a node is freed when no reader can see it any more
  /// @throws    what Hash and KeyEqual throw: the map is then as before
  /// @calls     Hash once, KeyEqual; V's destructor later, with no lock held
  template <class Q = K>
    requires finds<Q>
  [[gnu::always_inline]] bool erase(const Q& key) {
    return remove_if_at(platform::here(), key, [](const auto&) { return true; }) == comparison::matched;
  }

  /// Removes the entry of `key` and gives its value.
  ///
  /// @returns   the value, empty if there was none
  /// @sees      as erase
  /// @progress  as erase
  /// @cost      as erase; V's copy, or one count on the node
  /// @throws    as erase, what V's copy throws: the map is then as before
  /// @calls     as erase
  template <class Q = K>
    requires finds<Q>
  [[gnu::always_inline]] found<V> extract(const Q& key) {
    found<V> taken;
    const comparison removed = remove_if_at(platform::here(), key, [&](const auto& seen) {
      give_into(taken, seen);
      return true;
    });
    return removed == comparison::matched ? std::move(taken) : found<V>();
  }

  /// Removes the entry of `key` if its value equals `expected`.
  ///
  /// @returns   matched: removed; differed: another value is there; absent: none is
  /// @sees      as erase
  /// @progress  as erase
  /// @cost      as erase
  /// @throws    as erase, what V's equality throws
  /// @calls     as erase, V's equality; not under a lock
  template <class Q = K, class E = V>
    requires finds<Q> && requires(const V& value, const E& expected) { value == expected; }
  [[gnu::always_inline]] comparison compare_erase(const Q& key, const E& expected) {
    return remove_if_at(platform::here(), key, [&](const auto& seen) { return equals(engine::shown(seen), expected); });
  }

  /// Gives `key` the value `desired` if its value equals `expected`.
  ///
  /// @returns   matched: done; differed: another value is there; absent: none is
  /// @sees      one instant between call and return; who finds the value sees all written before it
  /// @progress  as erase
  /// @cost      O(1) expected; at most one allocation
  /// @throws    what Hash, KeyEqual, V's equality and constructor throw, std::bad_alloc: the map is then as before
  /// @calls     Hash once, KeyEqual, V's equality, V's constructor; not under a lock
  template <class Q = K, class E = V, class W = V>
    requires finds<Q> && std::is_constructible_v<V, W&&> && requires(const V& value, const E& expected) {
      value == expected;
    }
  [[gnu::always_inline]] comparison compare_exchange(const Q& key, const E& expected, W&& desired) {
    return compare_exchange_at(platform::here(), key, expected, std::forward<W>(desired));
  }

  /// Lets `f` decide about the entry of `key`, and does it only if nothing came between; else it asks again.
  ///
  /// @returns   what became of the entry; absent: there was none and `f` wanted none
  /// @sees      one instant between call and return; nothing came between what `f` saw last and what it decided
  /// @progress  an entry that is there: no lock, unless its value is a node's and changes in place; after some lost tries,
  ///            and else, may wait for a writer of the same line, also while its `f` runs, or for one block that is moved
  /// @cost      O(1) expected; at most one allocation each time that `f` is called
  /// @throws    what `f`, Hash, KeyEqual and V's moves throw, std::bad_alloc: the map is then as before; reentrant_call
  ///            if `f` changes this map
  /// @calls     `f`, with a pointer to the value or null; it returns decision<V>, V or std::optional<V>. It may be called
  ///            more than once, whenever another change of the entry came between, and by several threads at a time for one
  ///            entry; of an absent key, and of a value that changes in place, one at a time, under the line's lock
  template <class Q = K, class F>
    requires finds<Q> && std::is_invocable_v<F&, const V*>
  [[gnu::always_inline]] computed compute(const Q& key, F&& f) { return compute_at(platform::here(), key, f); }

  /// Removes each entry for which `predicate(key, value)` is true and which is still the one that it saw.
  ///
  /// @returns   how many it removed
  /// @sees      for each entry one instant; as for_each
  /// @progress  as for_each and erase
  /// @cost      O(capacity)
  /// @throws    what `predicate` throws, std::bad_alloc: what was removed stays removed
  /// @calls     `predicate` with no lock held; it may call any operation of this map
  template <class P>
    requires std::is_invocable_r_v<bool, P&, const K&, const V&>
  [[gnu::always_inline]] size_type erase_if(P&& predicate) { return erase_if_at(platform::here(), predicate); }

  /// Removes all entries, also those that are replaced meanwhile. Not one instant: keys that others insert may stay.
  ///
  /// @returns   nothing
  /// @sees      for each entry one instant between call and return
  /// @progress  as erase_if
  /// @cost      O(capacity); the table shrinks
  /// @throws    std::bad_alloc: what was removed stays removed
  /// @calls     V's destructor, with no lock held
  [[gnu::always_inline]] void clear() {
    core_.forget_reserved_room();
    erase_if_at(
        platform::here(), [](const auto&, const auto&) { return true; }, which::whatever_is_there);
  }

  /// Makes room for `entries` in all, so that they come without growing step by step. Room that was reserved is kept
  /// until `clear`.
  ///
  /// @returns   nothing
  /// @sees      nothing changes but the room
  /// @progress  waits for blocks that others are moving; others go on
  /// @cost      O(capacity)
  /// @throws    std::bad_alloc, error(errc::capacity): the map is then as before
  /// @calls     Hash, where entries are small
  [[gnu::always_inline]] void reserve(size_type entries) {
    critical_scope::refuse_reentry(&core_, platform::here());
    const section inside(core_, concurrent::write_gate::keeping_house);
    core_.reserve(entries);
  }

  /// Gives back room that the entries do not need, reserved or left by those that were erased, without waiting for the
  /// next erase. Others go on meanwhile.
  ///
  /// @returns   how many bytes were given back; what readers still see follows when they have ended
  /// @sees      nothing changes but the room
  /// @progress  waits for blocks that others are moving; others go on
  /// @cost      O(capacity)
  /// @throws    std::bad_alloc, reentrant_call: no entry is changed
  /// @calls     Hash, where entries are small
  [[gnu::always_inline]] size_type shrink_to_fit() {
    critical_scope::refuse_reentry(&core_, platform::here());
    const size_type before = core_.statistics().bytes;
    const section inside(core_, concurrent::write_gate::keeping_house);
    core_.fit();
    const size_type after = core_.statistics().bytes;
    return before > after ? before - after : 0;
  }

  /// Asks for the memory that an operation on `key` will read, for a later call (bulk.hpp does it for many keys).
  ///
  /// @returns   nothing
  /// @sees      nothing
  /// @progress  wait-free
  /// @cost      as Hash
  /// @throws    what Hash throws
  /// @calls     Hash once
  template <class Q = K>
    requires finds<Q>
  void prefetch(const Q& key) const {
    decltype(auto) sought = as_key(key);
    const auto probe = core_.engine().make_probe(sought);
    if (!probe.reserved) concurrent::prefetch_entry(core_, probe);
  }

  // ---- what it was made of ---------------------------------------------------------------------------------------

  /// The hash, with this map's secret if it is seeded.
  ///
  /// @returns   a copy
  /// @sees      nothing shared
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     Hash's copy
  [[nodiscard]] hasher hash_function() const { return core_.engine().hash_function(); }

  /// The allocator.
  ///
  /// @returns   a copy
  /// @sees      nothing shared
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     Alloc's copy
  [[nodiscard]] allocator_type get_allocator() const { return core_.allocator(); }

 private:
  friend class living;
  friend struct detail::list_access;
  friend struct detail::bulk_access;
  using mixin::bulk_keys;

  template <class Q>
  static decltype(auto) as_key(const Q& key) {
    if constexpr (lookup_key<Q, K, Hash, KeyEqual>) {
      return (key);
    } else {
      return static_cast<K>(key);
    }
  }

  /// Asks for the lines of the first keys, for the mixin's visit of many.
  void prefetch_some(std::span<const K> keys) const {
    for (std::size_t i = 0; i < keys.size() && i < bulk_keys; ++i) {
      const auto probe = core_.engine().make_probe(keys[i]);
      if (!probe.reserved) concurrent::prefetch_entry(core_, probe);
    }
  }

  template <class F>
  void each_in_bulk(std::span<const K> keys, F f) const {
    using probe_type = decltype(core_.engine().make_probe(keys[0]));
    guard protection(core_.reclaimer());
    for (std::size_t first = 0; first < keys.size(); first += bulk_keys) {
      const std::size_t count = keys.size() - first < bulk_keys ? keys.size() - first : bulk_keys;
      std::optional<probe_type> probes[bulk_keys];
      for (std::size_t i = 0; i < count; ++i) {
        probes[i].emplace(core_.engine().make_probe(keys[first + i]));
        if (!probes[i]->reserved) concurrent::prefetch_entry(core_, *probes[i]);
      }
      for (std::size_t i = 0; i < count; ++i) concurrent::prefetch_node(core_, *probes[i]);
      for (std::size_t i = 0; i < count; ++i) f(first + i, concurrent::find_entry(core_, protection, *probes[i]));
    }
  }

  template <class F>
  void for_each_at(place here, F& f) const {
    critical_scope::refuse_reentry(&core_, here);
    concurrent::for_each_kept(core_, [&](const auto& entry) {
      const auto& value = entry.value();
      return detail::goes_on(f, static_cast<const K&>(entry.key()), static_cast<const V&>(value));
    });
  }

  template <class Q, class... Args>
  [[gnu::always_inline]] bool try_emplace_at(place here, const Q& key, Args&&... args) {
    if constexpr (concurrent::puts_small<core_type> && std::is_trivially_constructible_v<V, Args&&...>) {
      if (!critical_scope::inside_any()) [[likely]] {
        const K plain = static_cast<K>(as_key(key));
        const V value = static_cast<V>(V(std::forward<Args>(args)...));
        const auto answer = concurrent::put_small(core_, plain, engine::bits_of(value));
        if (answer != concurrent::near::far) [[likely]]
          return answer == concurrent::near::vacant;
      }
    }
    return try_emplace_nearby(here, key, std::forward<Args>(args)...);
  }
  template <class Q, class... Args>
  [[gnu::noinline]] bool try_emplace_nearby(place here, const Q& key, Args&&... args) {
    critical_scope::refuse_reentry(&core_, here);
    decltype(auto) sought = as_key(key);
    const auto probe = core_.engine().make_probe(sought);
    const section inside(core_, probe);
    if constexpr (concurrent::nodes_work_near<core_type>) {
      const auto make = [&](auto& entry) {
        const critical_scope scope(&core_, here);  // V's constructor is the user's
        entry.emplace(std::forward<Args>(args)...);
      };
      const auto answer = concurrent::put_node_near(core_, probe, sought, make);
      if (answer != concurrent::near::far) return answer == concurrent::near::vacant;
    }
    if constexpr (concurrent::works_near<core_type> && std::is_trivially_constructible_v<V, Args&&...>) {
      typename engine::draft entry(core_.engine(), core_.allocator(), probe, sought);
      entry.emplace(std::forward<Args>(args)...);
      const concurrent::near answer = concurrent::put_near(core_, probe, entry.word());
      if (answer != concurrent::near::far) return answer == concurrent::near::vacant;
    }
    return try_emplace_walking(here, probe, sought, std::forward<Args>(args)...);
  }
  // The walking forms take the probe by value, so that it stays in registers for who need not call them.
  template <class Probe, class Q, class... Args>
  [[gnu::noinline]] bool try_emplace_walking(place here, Probe probe, const Q& sought, Args&&... args) {
    guard protection(core_.reclaimer());
    if constexpr (engine::holds_nodes) {
      // A key that is there needs no node; one that is not is looked for again under the line's lock.
      if (concurrent::find_entry(core_, protection, probe).found) return false;
    }
    typename engine::draft entry(core_.engine(), core_.allocator(), probe, sought);
    const auto ready = [&] {
      if (entry.has_value()) return entry.word();
      if constexpr (engine::holds_nodes || std::is_trivially_constructible_v<V, Args&&...>) {
        entry.emplace(std::forward<Args>(args)...);
      } else {
        const critical_scope scope(&core_, here);  // the line is held, and V's constructor is the user's
        entry.emplace(std::forward<Args>(args)...);
      }
      return entry.word();
    };
    const auto ending = concurrent::put_new(core_, protection, probe, here, ready, [](const auto&) {});
    if (ending == concurrent::put_outcome::put) {
      entry.commit();
      return true;
    }
    give_back(entry, std::forward<Args>(args)...);
    return false;
  }

  /// A value that was taken from the caller for an entry which another thread then put first.
  template <class... Args>
  static void give_back(typename engine::draft& entry, Args&&... args) {
    if constexpr (sizeof...(Args) == 1 && (std::is_same_v<Args&&, V&&> && ...) && std::is_move_assignable_v<V>) {
      if (entry.has_value()) ((args = entry.taken_back()), ...);
    }
  }

  template <class Q, class W, class Took>
  assignment assign_at(place here, const Q& key, W&& value, Took took) {
    critical_scope::refuse_reentry(&core_, here);
    decltype(auto) sought = as_key(key);
    const auto probe = core_.engine().make_probe(sought);
    const section inside(core_, probe);
    if constexpr (engine::in_place) {
      return assign_in_place(here, probe, sought, static_cast<V>(std::forward<W>(value)), took);
    } else {
      if constexpr (concurrent::works_near<core_type> && std::is_trivially_constructible_v<V, W&&>) {
        typename engine::draft entry(core_.engine(), core_.allocator(), probe, sought);
        entry.emplace(std::forward<W>(value));
        const auto any = [&](const auto& seen) { return took(seen), true; };
        comparison ending = comparison::differed;
        const concurrent::near answer = concurrent::exchange_near(core_, probe, entry.word(), any, ending);
        if (ending == comparison::matched) {
          core_.note_changed();
          return assignment::assigned;
        }
        if (answer == concurrent::near::vacant &&
            concurrent::put_near(core_, probe, entry.word()) == concurrent::near::vacant) {
          return assignment::inserted;
        }
      }
      return assign_walking(here, probe, sought, std::forward<W>(value), took);
    }
  }
  template <class Probe, class Q, class Took>
  assignment assign_in_place(place here, Probe probe, const Q& key, const V& value, Took& took) {
    if constexpr (concurrent::nodes_work_near<core_type>) {
      auto answer = concurrent::assign_node_near(core_, probe, value, took);
      if (answer == concurrent::near::found) return assignment::assigned;
      if (answer == concurrent::near::vacant) {
        answer = concurrent::put_node_near(core_, probe, key, [&](auto& entry) { entry.emplace(value); });
        if (answer == concurrent::near::vacant) return assignment::inserted;
      }
    }
    guard protection(core_.reclaimer());
    typename engine::later_draft entry;
    const auto draft = [&] {
      if (entry.has_value()) return;
      entry.emplace(core_.engine(), core_.allocator(), probe, key);
      entry->emplace(value);
    };
    // Made before the line is held, unless the key is erased in between.
    if (!concurrent::find_entry(core_, protection, probe).found) draft();
    const auto ready = [&] {
      draft();
      return entry->word();
    };
    const auto ending = concurrent::put_new(core_, protection, probe, here, ready, [&](const auto& sight) {
      took(sight.seen);
      engine::assign(sight.seen, value);
    });
    if (ending == concurrent::put_outcome::present) {
      core_.note_changed();
      return assignment::assigned;
    }
    entry->commit();
    return assignment::inserted;
  }
  template <class Probe, class Q, class W, class Took>
  [[gnu::noinline]] assignment assign_walking(place here, Probe probe, const Q& sought, W&& value, Took& took) {
    guard protection(core_.reclaimer());
    typename engine::draft entry(core_.engine(), core_.allocator(), probe, sought);
    entry.emplace(std::forward<W>(value));
    if constexpr (concurrent::nodes_work_near<core_type>) {
      const auto answer = concurrent::exchange_node_near(core_, protection, probe, entry, took);
      if (answer == concurrent::near::found) return assignment::assigned;
    }
    for (;;) {
      auto sight = concurrent::locate(core_, protection, probe, concurrent::walker::writer);
      if (sight.what != concurrent::outcome::found) {
        const auto ending = concurrent::put_new(
            core_, protection, probe, here, [&] { return entry.word(); }, [](const auto&) {});
        if (ending == concurrent::put_outcome::present) continue;
        entry.commit();
        return assignment::inserted;
      }
      took(sight.seen);
      if (concurrent::replace_at(core_, sight, entry.word())) {
        entry.commit();
        return assignment::assigned;
      }
    }
  }

  template <class E>
  static bool equals(const V& value, const E& expected) {
    if constexpr (std::is_arithmetic_v<V> && std::is_arithmetic_v<E>) {
      return value == static_cast<V>(expected);
    } else {
      return static_cast<bool>(value == expected);
    }
  }
  /// What was seen, in place of what an earlier try saw; V need not be assignable.
  static void give_into(found<V>& into, const typename engine::cell& seen) {
    if constexpr (std::is_copy_constructible_v<V>) {
      into.reset();
      auto copy = engine::give(seen);
      into.emplace(std::move(*copy));
    } else {
      into = engine::give(seen);
    }
  }

  template <class Q, class Wanted>
  comparison remove_if_at(place here, const Q& key, Wanted wanted,
                          typename core_type::then after = core_type::then::may_shrink) {
    critical_scope::refuse_reentry(&core_, here);
    decltype(auto) sought = as_key(key);
    const auto probe = core_.engine().make_probe(sought);
    const section inside(core_, probe);
    if constexpr (concurrent::nodes_work_near<core_type>) {
      comparison ending = comparison::absent;
      const auto answer = concurrent::erase_node_near(core_, probe, here, wanted, ending, after);
      if (answer != concurrent::near::far) return ending;
    }
    if constexpr (concurrent::works_near<core_type>) {
      comparison ending = comparison::absent;
      if (concurrent::exchange_near(core_, probe, engine::empty_cell(), wanted, ending) != concurrent::near::far) {
        if (ending == comparison::matched) {
          platform::step("emptied");
          core_.note_erased(probe, after);
        }
        return ending;
      }
    }
    return remove_walking(here, probe, wanted, after);
  }
  template <class Probe, class Wanted>
  [[gnu::noinline]] comparison remove_walking(place here, Probe probe, Wanted wanted, typename core_type::then after) {
    guard protection(core_.reclaimer());
    if constexpr (engine::in_place) {
      typename concurrent::sighting<engine> removed;
      comparison ending = comparison::differed;
      const bool present = concurrent::change_present(core_, protection, probe, here, [&](const auto& sight) {
        if (!wanted(sight.seen)) return concurrent::tried::done;
        if (!concurrent::empty_slot<core_type>(sight)) return concurrent::tried::again;
        removed = sight;
        ending = comparison::matched;
        return concurrent::tried::done;
      });
      if (!present) return comparison::absent;
      if (ending == comparison::matched) concurrent::note_removed(core_, probe, removed, after);
      return ending;
    } else {
      static_cast<void>(here);
      for (;;) {
        auto sight = concurrent::locate(core_, protection, probe, concurrent::walker::writer);
        if (sight.what != concurrent::outcome::found) return comparison::absent;
        if (!wanted(sight.seen)) return comparison::differed;
        if (concurrent::remove_at(core_, probe, sight, after)) return comparison::matched;
      }
    }
  }

  template <class Q, class E, class W>
  comparison compare_exchange_at(place here, const Q& key, const E& expected, W&& desired) {
    critical_scope::refuse_reentry(&core_, here);
    decltype(auto) sought = as_key(key);
    const auto probe = core_.engine().make_probe(sought);
    const section inside(core_, probe);
    guard protection(core_.reclaimer());
    if constexpr (engine::in_place) {
      const V value = static_cast<V>(std::forward<W>(desired));
      comparison ending = comparison::differed;
      const bool present = concurrent::change_present(core_, protection, probe, here, [&](const auto& sight) {
        if (equals(engine::shown(sight.seen), expected)) {
          engine::assign(sight.seen, value);
          ending = comparison::matched;
        }
        return concurrent::tried::done;
      });
      if (ending == comparison::matched) core_.note_changed();
      return present ? ending : comparison::absent;
    } else {
      return exchange_slot_if(protection, probe, sought, expected, std::forward<W>(desired));
    }
  }
  template <class Probe, class Q, class E, class W>
  comparison exchange_slot_if(guard& protection, const Probe& probe, const Q& sought, const E& expected, W&& desired) {
    typename engine::later_draft entry;
    for (;;) {
      auto sight = concurrent::locate(core_, protection, probe, concurrent::walker::writer);
      if (sight.what != concurrent::outcome::found) return comparison::absent;
      if (!equals(engine::shown(sight.seen), expected)) return comparison::differed;
      if (!entry.has_value()) {
        entry.emplace(core_.engine(), core_.allocator(), probe, sought);
        entry->emplace(std::forward<W>(desired));
      }
      if (concurrent::replace_at(core_, sight, entry->word())) {
        entry->commit();
        return comparison::matched;
      }
    }
  }

  template <class Q, class F>
  computed compute_at(place here, const Q& key, F& f) {
    critical_scope::refuse_reentry(&core_, here);
    decltype(auto) sought = as_key(key);
    const auto probe = core_.engine().make_probe(sought);
    const section inside(core_, probe);
    computed result = computed::absent;
    if constexpr (concurrent::nodes_work_near<core_type>) {
      const auto answer = concurrent::compute_node_near(core_, probe, sought, f, here, result);
      if (answer != concurrent::near::far) return result;
    }
    if constexpr (concurrent::works_near<core_type>) {
      if (concurrent::compute_near(core_, probe, f, here, result) != concurrent::near::far) return result;
    }
    return compute_walking(here, probe, sought, f);
  }
  template <class Probe, class Q, class F>
  [[gnu::noinline]] computed compute_walking(place here, Probe probe, const Q& sought, F& f) {
    guard protection(core_.reclaimer());
    concurrent::computation computation(core_, protection, probe, sought, f, here);
    return computation.run();
  }

  enum class which : std::uint8_t { the_same_entry, whatever_is_there };

  template <class P>
  size_type erase_if_at(place here, P&& predicate, which erased_one = which::the_same_entry) {
    critical_scope::refuse_reentry(&core_, here);
    size_type erased = 0;
    concurrent::for_each_kept(core_, [&](const auto& entry) {
      const auto& value = entry.value();
      const K& key = entry.key();
      if (!predicate(key, static_cast<const V&>(value))) return true;
      const auto same = [&](const auto& seen) { return erased_one == which::whatever_is_there || entry.is(seen); };
      if (remove_if_at(here, key, same, core_type::then::stays) == comparison::matched) ++erased;
      return true;
    });
    const section inside(core_, concurrent::write_gate::keeping_house);
    core_.shrink_to_fit();
    return erased;
  }

  // ---- for load_or_compute (mixin.hpp) ----
  [[nodiscard]] found<V> find_at(const auto& key, place) const { return find(key); }
  [[nodiscard]] found<V> keep_or_put(const K& key, V&& value, place here) {
    critical_scope::refuse_reentry(&core_, here);
    const auto probe = core_.engine().make_probe(key);
    const section inside(core_, probe);
    guard protection(core_.reclaimer());
    typename engine::draft entry(core_.engine(), core_.allocator(), probe, key);
    entry.emplace(std::move(value));
    found<V> result = engine::give(entry.word());
    const auto ending = concurrent::put_new(
        core_, protection, probe, here, [&] { return entry.word(); },
        [&](const auto& sight) { give_into(result, sight.seen); });
    if (ending == concurrent::put_outcome::put) entry.commit();
    return result;
  }
  [[nodiscard]] const void* section_owner() const noexcept { return &core_; }
  [[nodiscard]] detail::flight_board& flights() noexcept { return flights_; }
  [[nodiscard]] std::size_t flight_hash(const K& key) const { return core_.engine().make_probe(key).hash; }
  [[nodiscard]] bool same_key(const K& a, const K& b) const { return core_.engine().key_eq()(a, b); }

  // ---- for fork (base/living.hpp) ----
  [[nodiscard]] bool try_lock_for_fork() noexcept { return core_.try_lock_for_fork(flights_); }
  void unlock_in_parent() noexcept { core_.unlock_in_parent(flights_); }
  void unlock_in_child() noexcept { core_.unlock_in_child(flights_); }

  mutable core_type core_;
  mutable detail::flight_board flights_;
  static constexpr const char* living_type = "concurrent_map";
  living living_;
};

}  // namespace portolan
