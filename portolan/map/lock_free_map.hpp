// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A map in which no thread ever waits for another, wherever that one was stopped.
//
//   buckets ─► ‖0‖ ─► a ─► b ─► ‖2‖ ─► c ─► ‖1‖ ─► d ─► e ─► ‖3‖ ─► f        one list, in the order of the hashes
//
// 1. A change of an entry is one compare-and-swap. What is left to do after it can be done by any thread that comes by.
// 2. Growing is one compare-and-swap on a number: no entry moves, and the new buckets are made as they are used.
// 3. Of user code only Hash, KeyEqual and the constructors and destructors of keys and values run inside; no lock is held.
//
// The machinery: lock_free/list.hpp (the list and its two walks), buckets.hpp, node.hpp, core.hpp. Who makes progress when,
// what is not lock-free underneath (memory), and why it is right: docs/algorithms/lock_free_map.md.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <portolan/base/key.hpp>
#include <portolan/base/living.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/map/fwd.hpp>
#include <portolan/map/lock_free/core.hpp>
#include <portolan/map/mixin.hpp>
#include <portolan/map/statistics.hpp>
#include <portolan/map/uncopied.hpp>
#include <portolan/map/vocabulary.hpp>
#include <portolan/reclaim/epoch.hpp>

namespace portolan {

/// A map for threads that must not be held up: by a thread of low priority, one that a debugger stopped, one that died.
///
/// When not to use it: for speed. Each entry is a node of its own, a change of a value makes a new one, and buckets stay
/// until the map's end: where progress is not the point take concurrent_map. With `hazard` in place of `epoch` a reader
/// that is stopped holds back at most the few nodes that it names, and reading costs a store a step. There is no
/// load_or_compute: to run one callable a key is to wait for it; use find and insert, or compute. Everything that a thread
/// wrote before it put a value there is seen by who finds the value.
template <class K, class V, class Hash, class KeyEqual, class Alloc, class Reclaimer>
class lock_free_map
    : private copying_a_map_is_called_snapshot,
      public detail::map_mixin<lock_free_map<K, V, Hash, KeyEqual, Alloc, Reclaimer>, K, V, true, false> {
  static_assert(key_requirements<K, Hash, KeyEqual>::hold);
  static_assert(reclaim::scheme<Reclaimer>, "Portolan: Reclaimer is portolan::epoch or portolan::hazard");
  static_assert(std::is_same_v<V, std::remove_cvref_t<V>> && !std::is_array_v<V>,
                "Portolan: a value is an object of its own: write V without const or &, std::array for an array");
  using mixin = detail::map_mixin<lock_free_map, K, V, true, false>;  // false: no load_or_compute
  friend mixin;
  using core_type = lock_free::core<K, V, Hash, KeyEqual, Alloc, Reclaimer>;
  using node = typename core_type::node_type;
  using kept = typename core_type::kept;
  using place = platform::code_address;

  template <class Q>
  static constexpr bool names = detail::key_or_like<Q, K, Hash, KeyEqual>;
  static constexpr bool shows_copies = std::is_trivially_copyable_v<V> && sizeof(V) <= 64;

 public:
  using key_type = K;
  using mapped_type = V;
  using hasher = Hash;
  using key_equal = KeyEqual;
  using allocator_type = Alloc;
  using size_type = std::size_t;

  using mixin::find;
  using mixin::visit;

  /// Makes an empty map: room, seed and name from `options`, the rest as given. Nobody else may use it before it is made.
  ///
  /// @returns   nothing
  /// @sees      nothing shared but the lists of living maps and of reclamation domains
  /// @progress  may wait for another map that is made or destroyed, and for a fork
  /// @cost      O(1); no allocation
  /// @throws    what the copies of Hash, KeyEqual and Alloc throw, error(errc::capacity): there is no map then
  /// @calls     Hash's, KeyEqual's and Alloc's copies
  explicit lock_free_map(map_options options = {}, const Hash& hash = {}, const KeyEqual& equality = {},
                         const Alloc& allocator = {})
      : core_(hash, equality, allocator, options.seed), living_(*this, options.name) {
    core_.reserve(options.capacity);
  }
  explicit lock_free_map(const Alloc& allocator) : lock_free_map(map_options{}, Hash(), KeyEqual(), allocator) {}

  // ---- reading ---------------------------------------------------------------------------------------------------

  /// The value under `key`: a copy where V can be copied, else an owning handle.
  ///
  /// @returns   the value; empty if there is none. It survives erase, replacement and growth
  /// @sees      one instant between call and return
  /// @progress  with epoch wait-free in the length of the chain: it passes each link once, and writes nothing that others
  ///            read or write; with hazard lock-free: it begins again when a writer came between. Then V's copy
  /// @cost      O(1) expected: a cache miss for the bucket's link and one for each node before the key's, one on average
  /// @throws    what Hash, KeyEqual and V's copy throw: the map is untouched. std::bad_alloc at the first use by a thread
  /// @calls     Hash once, KeyEqual, V's copy, with no lock held; with hazard destructors of what nobody can see any more
  template <class Q = K>
    requires names<const Q&>
  [[nodiscard]] found<V> find(const Q& key) const {
    decltype(auto) sought = lookup(key);
    return core_.with_entry(core_.probe_of(sought),
                            [](node* at) { return at == nullptr ? found<V>() : found<V>(at->give()); });
  }

  /// Whether `key` has an entry.
  ///
  /// @returns   true if it has one
  /// @sees      as find
  /// @progress  as find
  /// @cost      as find
  /// @throws    what Hash and KeyEqual throw
  /// @calls     Hash once, KeyEqual; as find
  template <class Q = K>
    requires names<const Q&>
  [[nodiscard]] bool contains(const Q& key) const {
    decltype(auto) sought = lookup(key);
    return core_.with_entry(core_.probe_of(sought), [](node* at) { return at != nullptr; });
  }

  /// Calls `f(value)` if `key` has an entry: on a copy of a small plain value, on the value in its node otherwise.
  ///
  /// @returns   true if it had one
  /// @sees      one instant between call and return, however long `f` takes
  /// @progress  as find; `f` holds nobody up
  /// @cost      as find; one count on the node where no copy is made
  /// @throws    what `f`, Hash and KeyEqual throw: the map is untouched
  /// @calls     `f` with no lock and no guard held; it may call any operation of this map
  template <class Q = K, class F>
    requires names<const Q&> && std::invocable<F&, const V&>
  bool visit(const Q& key, F&& f) const {
    if constexpr (shows_copies) {
      const std::optional<V> copy = find(key);
      if (copy) f(*copy);
      return copy.has_value();
    } else {
      const pinned<V> held = pin(key);
      if (held) f(*held);
      return held.has_value();
    }
  }

  /// An owning handle on the value under `key`, without a copy.
  ///
  /// @returns   the handle; empty if there is none. It survives erase, replacement and growth, and the map itself
  /// @sees      one instant between call and return
  /// @progress  as find
  /// @cost      as find; one count on the node, given back when the handle ends
  /// @throws    what Hash and KeyEqual throw
  /// @calls     Hash once, KeyEqual; as find
  template <class Q = K>
    requires names<const Q&>
  [[nodiscard]] pinned<V> pin(const Q& key) const {
    decltype(auto) sought = lookup(key);
    return core_.with_entry(core_.probe_of(sought), [](node* at) { return at == nullptr ? pinned<V>() : at->pin(); });
  }

  /// Calls `f(key, value)` for each entry.
  ///
  /// @returns   nothing; ends early when `f` returns false
  /// @sees      each entry that stays throughout exactly once, no key twice, also while the map grows; what is changed
  ///            meanwhile is seen or not. For one instant of the whole map take snapshot_map
  /// @progress  lock-free; `f` holds nobody up
  /// @cost      O(entries + buckets); memory for 64 entries at a time, or for those of one hash
  /// @throws    what `f` and KeyEqual throw, at once; std::bad_alloc: the map is untouched
  /// @calls     `f` with no lock and no guard held; it may call any operation of this map, nested for_each too
  template <class F>
    requires std::invocable<F&, const K&, const V&>
  void for_each(F&& f) const {
    core_.for_each([&](const node& at) { return detail::goes_on(f, at.key, at.value); });
  }

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
  /// @returns   entries, the number of them at which it grows, bytes in use, growths, retired memory
  /// @sees      each figure exact when nobody writes
  /// @progress  lock-free
  /// @cost      O(processors + threads)
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] map_statistics stats() const {
    map_statistics figures = core_.statistics();
    figures.add_own(sizeof(*this));
    return figures;
  }

  // ---- writing ---------------------------------------------------------------------------------------------------

  /// Puts V(args...) under `key` unless the key is there already.
  ///
  /// @returns   true if this call put it there; `args` are untouched otherwise
  /// @sees      one instant between call and return; who finds the value sees all written before it
  /// @progress  lock-free but for the allocator
  /// @cost      O(1) expected; one allocation, and one for a bucket the first time
  /// @throws    what Hash, KeyEqual, K's copy and V's constructor throw, std::bad_alloc: the map is then as before;
  ///            reentrant_call inside compute's callable of this map
  /// @calls     Hash once, KeyEqual, V's constructor once; destructors of what nobody can see any more
  template <class Q = K, class... Args>
    requires names<const Q&> && std::is_constructible_v<V, Args&&...>
  [[gnu::always_inline]] bool try_emplace(const Q& key, Args&&... args) {
    return try_emplace_at(platform::here(), key, std::forward<Args>(args)...);
  }

  /// Puts `value` under `key`, whether or not there was one.
  ///
  /// @returns   whether it was inserted or took another value's place
  /// @sees      one instant between call and return; who finds the value sees all written before it
  /// @progress  lock-free but for the allocator
  /// @cost      O(1) expected; as try_emplace; the node before is freed when no reader can see it any more
  /// @throws    as try_emplace
  /// @calls     as try_emplace
  template <class Q = K, class W = V>
    requires names<const Q&> && std::is_constructible_v<V, W&&>
  [[gnu::always_inline]] assignment insert_or_assign(const Q& key, W&& value) {
    return assign_at(platform::here(), key, std::forward<W>(value), [](const node&) {});
  }

  /// Puts `value` under `key` and gives what was there before.
  ///
  /// @returns   the previous value; empty if the key was inserted
  /// @sees      as insert_or_assign
  /// @progress  as insert_or_assign
  /// @cost      as insert_or_assign; V's copy, or one count on the node
  /// @throws    as insert_or_assign, what V's copy throws: the map is then as before
  /// @calls     as insert_or_assign, V's copy
  template <class Q = K, class W = V>
    requires names<const Q&> && std::is_constructible_v<V, W&&>
  [[gnu::always_inline]] found<V> exchange(const Q& key, W&& value) {
    found<V> previous;
    const assignment how =
        assign_at(platform::here(), key, std::forward<W>(value), [&](node& seen) { give_into(previous, seen); });
    return how == assignment::assigned ? std::move(previous) : found<V>();
  }

  /// Removes the entry of `key`.
  ///
  /// @returns   true if there was one
  /// @sees      one instant between call and return
  /// @progress  lock-free; allocates at most for the list of what is to be freed, once in 63 calls
  /// @cost      O(1) expected; the node is freed when no reader can see it any more
  /// @throws    what Hash and KeyEqual throw: the map is then as before; reentrant_call as in try_emplace
  /// @calls     Hash once, KeyEqual; destructors of what nobody can see any more
  template <class Q = K>
    requires names<const Q&>
  [[gnu::always_inline]] bool erase(const Q& key) {
    return erase_if_at(platform::here(), key, [](node&) { return true; }) == comparison::matched;
  }

  /// Removes the entry of `key` and gives its value.
  ///
  /// @returns   the value, empty if there was none
  /// @sees      as erase
  /// @progress  as erase
  /// @cost      as erase; V's copy, or one count on the node
  /// @throws    as erase, what V's copy throws: the map is then as before
  /// @calls     as erase, V's copy
  template <class Q = K>
    requires names<const Q&>
  [[gnu::always_inline]] found<V> extract(const Q& key) {
    found<V> taken;
    const comparison how = erase_if_at(platform::here(), key, [&](node& seen) {
      give_into(taken, seen);
      return true;
    });
    return how == comparison::matched ? std::move(taken) : found<V>();
  }

  /// Removes the entry of `key` if its value equals `expected`.
  ///
  /// @returns   matched: removed; differed: another value is there; absent: none is
  /// @sees      as erase
  /// @progress  as erase
  /// @cost      as erase
  /// @throws    as erase, what V's equality throws
  /// @calls     as erase, V's equality
  template <class Q = K, class E = V>
    requires names<const Q&> && requires(const V& value, const E& expected) { value == expected; }
  [[gnu::always_inline]] comparison compare_erase(const Q& key, const E& expected) {
    return erase_if_at(platform::here(), key, [&](const node& seen) { return equals(seen.value, expected); });
  }

  /// Gives `key` the value `desired` if its value equals `expected`.
  ///
  /// @returns   matched: done; differed: another value is there; absent: none is
  /// @sees      one instant between call and return; who finds the value sees all written before it
  /// @progress  lock-free but for the allocator
  /// @cost      O(1) expected; at most one allocation
  /// @throws    what Hash, KeyEqual, K's copy, V's equality and constructor throw, std::bad_alloc: the map is then as
  ///            before; reentrant_call as in try_emplace
  /// @calls     Hash once, KeyEqual, V's equality, V's constructor
  template <class Q = K, class E = V, class W = V>
    requires names<const Q&> && std::is_constructible_v<V, W&&> && requires(const V& value, const E& expected) {
      value == expected;
    }
  [[gnu::always_inline]] comparison compare_exchange(const Q& key, const E& expected, W&& desired) {
    return compare_exchange_at(platform::here(), key, expected, std::forward<W>(desired));
  }

  /// Lets `f` decide about the entry of `key`, and puts its decision there if the entry is still the one that it saw.
  /// Else it is asked again.
  ///
  /// @returns   what became of the entry; absent: there was none and `f` wanted none
  /// @sees      one instant between call and return; nothing came between what `f` saw and what it decided
  /// @progress  lock-free but for the allocator, as long as `f` returns; a slow `f` holds nobody up but may lose again
  ///            and again to faster writers of the same key
  /// @cost      O(1) expected; one count on the node, at most one allocation a try
  /// @throws    what `f`, Hash, KeyEqual, K's copy and V's moves throw, std::bad_alloc: the map is then as before;
  ///            reentrant_call if `f` changes this map
  /// @calls     `f` with a pointer to the value or null, with no lock and no guard, once or more. It returns decision<V>,
  ///            V or std::optional<V>
  template <class Q = K, class F>
    requires names<const Q&> && std::invocable<F&, const V*>
  [[gnu::always_inline]] computed compute(const Q& key, F&& f) { return compute_at(platform::here(), key, f); }

  /// Removes each entry for which `predicate(key, value)` is true and which is still the one that it saw.
  ///
  /// @returns   how many it removed
  /// @sees      for each entry one instant; as for_each
  /// @progress  as for_each and erase
  /// @cost      O(entries + buckets)
  /// @throws    what `predicate` throws, std::bad_alloc: what was removed stays removed; reentrant_call as in try_emplace
  /// @calls     `predicate` with no lock and no guard held; it may call any operation of this map
  template <class P>
    requires std::is_invocable_r_v<bool, P&, const K&, const V&>
  [[gnu::always_inline]] size_type erase_if(P&& predicate) {
    critical_scope::refuse_reentry(&core_, platform::here());
    size_type erased = 0;
    core_.for_each([&](const node& at) {
      if (predicate(at.key, at.value) && core_.erase_this(at)) ++erased;
      return true;
    });
    return erased;
  }

  /// Removes all entries, also those that are replaced meanwhile. Not one instant: keys that others insert may stay.
  ///
  /// @returns   nothing
  /// @sees      for each entry one instant between call and return
  /// @progress  as erase_if
  /// @cost      O(entries + buckets); the buckets stay
  /// @throws    what KeyEqual throws, std::bad_alloc: what was removed stays removed; reentrant_call as in try_emplace
  /// @calls     KeyEqual, destructors of what nobody can see any more
  [[gnu::always_inline]] void clear() {
    critical_scope::refuse_reentry(&core_, platform::here());
    core_.for_each([&](const node& at) {
      static_cast<void>(core_.erase_if(lock_free::probe<K>{at.order, at.key}, [](const node&) { return true; }));
      return true;
    });
  }

  /// Makes room for `entries` in all, so that they come without growing step by step.
  ///
  /// @returns   nothing
  /// @sees      nothing changes but the room
  /// @progress  lock-free
  /// @cost      O(1): buckets are made as they are used
  /// @throws    error(errc::capacity): the map is then as before; reentrant_call as in try_emplace
  /// @calls     no user code
  [[gnu::always_inline]] void reserve(size_type entries) {
    critical_scope::refuse_reentry(&core_, platform::here());
    core_.reserve(entries);
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
  [[nodiscard]] hasher hash_function() const { return core_.hash_function(); }

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

  template <class Q>
  static decltype(auto) lookup(const Q& key) {
    return detail::as_lookup<K, Hash, KeyEqual>(key);
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
  static void give_into(found<V>& into, node& seen) {
    if constexpr (std::is_copy_constructible_v<V>) {
      into.emplace(std::as_const(seen.value));
    } else {
      into = seen.pin();
    }
  }

  template <class Q, class... Args>
  bool try_emplace_at(place here, const Q& key, Args&&... args) {
    critical_scope::refuse_reentry(&core_, here);
    decltype(auto) sought = lookup(key);
    const auto probe = core_.probe_of(sought);
    kept fresh;
    if (core_.insert(probe, fresh, [&] { return core_.make(probe, std::forward<Args>(args)...); })) return true;
    if constexpr (sizeof...(Args) == 1 && (std::is_same_v<Args&&, V&&> && ...) && std::is_move_assignable_v<V>) {
      // Taken from the caller for an entry that another thread then put first.
      if (fresh) ((args = std::move(fresh->value)), ...);
    }
    return false;
  }

  template <class Q, class W, class Took>
  assignment assign_at(place here, const Q& key, W&& value, Took took) {
    critical_scope::refuse_reentry(&core_, here);
    decltype(auto) sought = lookup(key);
    const auto probe = core_.probe_of(sought);
    kept fresh = core_.make(probe, std::forward<W>(value));
    return core_.assign(probe, fresh, took);
  }

  template <class Q, class Wanted>
  comparison erase_if_at(place here, const Q& key, Wanted wanted) {
    critical_scope::refuse_reentry(&core_, here);
    decltype(auto) sought = lookup(key);
    return core_.erase_if(core_.probe_of(sought), wanted);
  }

  template <class Q, class E, class W>
  comparison compare_exchange_at(place here, const Q& key, const E& expected, W&& desired) {
    critical_scope::refuse_reentry(&core_, here);
    decltype(auto) sought = lookup(key);
    const auto probe = core_.probe_of(sought);
    kept fresh;
    return core_.replace_if(probe, [&](const node& seen) -> kept* {
      if (!equals(seen.value, expected)) return nullptr;
      if (!fresh) fresh = core_.make(probe, std::forward<W>(desired));
      return &fresh;
    });
  }

  template <class Q, class F>
  computed compute_at(place here, const Q& key, F& f) {
    critical_scope::refuse_reentry(&core_, here);
    decltype(auto) sought = lookup(key);
    const auto probe = core_.probe_of(sought);
    using kind = typename decision<V>::kind;
    for (;;) {
      const kept now = core_.keep_entry(probe);
      decision<V> wish = ask(here, f, now ? std::addressof(now->value) : nullptr);
      switch (wish.what()) {
        case kind::kept: return now ? computed::kept : computed::absent;
        case kind::erased:
          if (!now) return computed::absent;
          if (core_.erase_this(*now)) return computed::erased;
          break;
        case kind::assigned: {
          kept fresh = core_.make(probe, std::move(wish.value()));
          if (core_.settle(probe, now.get(), fresh)) return now ? computed::assigned : computed::inserted;
          break;
        }
      }
    }
  }
  template <class F>
  decision<V> ask(place here, F& f, const V* now) {
    const critical_scope scope(&core_, here);
    return detail::to_decision<V>(f(now));
  }

  // ---- for fork and the census (base/living.hpp): there is nothing to lock ----
  [[nodiscard]] bool try_lock_for_fork() noexcept { return true; }
  void unlock_in_parent() noexcept {}
  void unlock_in_child() noexcept { core_.count_anew(); }

  mutable core_type core_;
  static constexpr const char* living_type = "lock_free_map";
  living living_;
};

}  // namespace portolan
