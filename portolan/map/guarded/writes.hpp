// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What guarded_map and sharded_map write: each operation enters one store alone, finds the entry, changes it,
// leaves, and only then destroys what it took out.
//
//   make what will be stored ─► enter ─ locate ─ put, swap or take ─ leave ─► destroy what was taken
//
// 1. Values are made from the caller's arguments before the store is entered, so that what throws there
//    leaves the map as it was; under the lock they are only moved (try_emplace makes its value in place).
// 2. A value that is replaced or erased is destroyed with no lock held.
// 3. `f` of compute, and `==` of the comparing operations, run inside: a call back into the map is refused.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <portolan/map/guarded/reads.hpp>

namespace portolan::detail {

template <class Self, class Map, class Lock>
class locked_map : public locked_reads<Self, Map, Lock> {
  using base = locked_reads<Self, Map, Lock>;
  friend locked_mixin<Self, Map>;

 protected:
  using base::self;
  using typename base::K;
  using typename base::store_type;
  using typename base::V;

 public:
  /// Puts a value made of `args` under `key` unless the key is there already.
  ///
  /// @returns   true if this call put it there; `args` are untouched otherwise
  /// @sees      one instant between call and return; who finds the value sees all written before it
  /// @progress  waits for every other user of the same lock
  /// @cost      as the underlying map's try_emplace
  /// @throws    what making the key or the value throws, what hash and equality throw, std::bad_alloc: the map is then
  ///            as before; reentrant_call from inside a critical section of this map
  /// @calls     hash, equality and V's constructor under the lock; they must not re-enter (detected)
  template <class Q = K, class... Args>
    requires names_key<std::remove_cvref_t<Q>, Map>
  [[gnu::always_inline]] bool try_emplace(Q&& key, Args&&... args) {
    return try_emplace_at(platform::here(), std::forward<Q>(key), std::forward<Args>(args)...);
  }

  /// Puts `value` under `key`, whether or not the key is there.
  ///
  /// @returns   assignment::inserted or assignment::assigned
  /// @sees      one instant between call and return; who finds the value sees all written before it
  /// @progress  waits for every other user of the same lock
  /// @cost      one or two finds of the underlying map
  /// @throws    as try_emplace; if V's move assignment throws, the entry's value is what that leaves
  /// @calls     hash, equality and V's moves under the lock; they must not re-enter (detected)
  template <class Q = K, class W = V>
    requires names_key<std::remove_cvref_t<Q>, Map> && std::is_move_assignable_v<V>
  [[gnu::always_inline]] assignment insert_or_assign(Q&& key, W&& value) {
    const bool assigned = put_at(platform::here(), std::forward<Q>(key), V(std::forward<W>(value))).has_value();
    return assigned ? assignment::assigned : assignment::inserted;
  }

  /// Puts `value` under `key` and gives what was there (Go's Swap).
  ///
  /// @returns   the value before, or nothing if the key was absent
  /// @sees      one instant between call and return
  /// @progress  waits for every other user of the same lock
  /// @cost      as insert_or_assign
  /// @throws    as insert_or_assign
  /// @calls     as insert_or_assign
  template <class Q = K, class W = V>
    requires names_key<std::remove_cvref_t<Q>, Map> && std::is_move_assignable_v<V>
  [[gnu::always_inline]] std::optional<V> exchange(Q&& key, W&& value) {
    return put_at(platform::here(), std::forward<Q>(key), V(std::forward<W>(value)));
  }

  /// Takes the entry of `key` out and gives its value (Go's LoadAndDelete).
  ///
  /// @returns   the value, or nothing if the key was absent
  /// @sees      one instant between call and return
  /// @progress  waits for every other user of the same lock
  /// @cost      one find and one erase of the underlying map
  /// @throws    what V's move, hash and equality throw: the entry stays then
  /// @calls     hash, equality and V's move under the lock; they must not re-enter (detected)
  template <class Q = K>
    requires names_key<Q, Map>
  [[gnu::always_inline]] std::optional<V> extract(const Q& key) { return extract_at(platform::here(), key); }

  /// Removes the entry of `key`.
  ///
  /// @returns   true if it was there
  /// @sees      one instant between call and return
  /// @progress  waits for every other user of the same lock
  /// @cost      one find and one erase of the underlying map; the value is destroyed after the lock is free
  /// @throws    what hash and equality throw; reentrant_call from inside a critical section of this map
  /// @calls     hash and equality under the lock; they must not re-enter (detected)
  template <class Q = K>
    requires names_key<Q, Map>
  [[gnu::always_inline]] bool erase(const Q& key) { return erase_at(platform::here(), key); }

  /// Lets `f` decide on the entry of `key`: keep it, give it a value, erase it. `f` gets null if there is none and
  /// returns decision<V>, V or std::optional<V>.
  ///
  /// @returns   what became of the entry; computed::absent if there was none and `f` wanted none
  /// @sees      one instant between call and return; nobody changes the entry while `f` looks at it
  /// @progress  waits for every other user of the same lock; all of them wait for `f`
  /// @cost      one find of the underlying map, `f`, one change
  /// @throws    what `f` throws: the map is as before; as try_emplace besides
  /// @calls     `f` once, under the lock: any call of this map from it throws reentrant_call with both places
  template <class Q = K, class F>
    requires names_key<std::remove_cvref_t<Q>, Map> && std::invocable<F&, const V*> && std::is_move_assignable_v<V>
  [[gnu::always_inline]] computed compute(Q&& key, F&& f) {
    return compute_at(platform::here(), std::forward<Q>(key), f);
  }

  /// Puts `desired` under `key` if its value equals `expected`.
  ///
  /// @returns   comparison::matched if it was put there; differed or absent if nothing was changed
  /// @sees      one instant between call and return
  /// @progress  waits for every other user of the same lock
  /// @cost      one find of the underlying map
  /// @throws    what V's == and moves throw; as insert_or_assign besides
  /// @calls     V's == and move assignment under the lock; they must not re-enter (detected)
  template <class Q = K, class E = V, class W = V>
    requires names_key<Q, Map> && std::is_move_assignable_v<V>
  [[gnu::always_inline]] comparison compare_exchange(const Q& key, const E& expected,
                                                     W&& desired) requires std::equality_comparable_with<V, E> {
    V fresh(std::forward<W>(desired));
    return compare_at(platform::here(), key, expected, [&](Map&, auto at) { replace(at->second, fresh); });
  }

  /// Removes the entry of `key` if its value equals `expected`.
  ///
  /// @returns   comparison::matched if it was removed; differed or absent if nothing was changed
  /// @sees      one instant between call and return
  /// @progress  waits for every other user of the same lock
  /// @cost      one find and one erase of the underlying map
  /// @throws    what V's == throws; as erase besides
  /// @calls     V's == under the lock; it must not re-enter (detected)
  template <class Q = K, class E = V>
    requires names_key<Q, Map>
  [[gnu::always_inline]] comparison compare_erase(const Q& key,
                                                  const E& expected) requires std::equality_comparable_with<V, E> {
    bin<Map> taken;
    return compare_at(platform::here(), key, expected, [&](Map& map, auto at) { taken.take(map, at); });
  }

  /// Removes the entries that `predicate(key, value)` accepts. An entry goes only if it is still as the predicate saw
  /// it: equal by V's ==, or, where V has none, in a store that nobody changed since; else the predicate is asked again.
  ///
  /// @returns   how many were removed
  /// @sees      each removal at one instant; entries put in meanwhile may be missed
  /// @progress  waits for every other user of the same lock; where V has no ==, repeats while others keep writing
  /// @cost      O(n) copies made under the lock, and the memory for them
  /// @throws    what the copies and `predicate` throw, std::bad_alloc: what was removed before stays removed
  /// @calls     `predicate` with no lock held, on copies: it may call any operation of this map
  template <class P>
    requires std::predicate<P&, const K&, const V&>
  [[gnu::always_inline]] std::size_t erase_if(P&& predicate) requires copyable_entry<K, V> {
    return erase_if_at(platform::here(), predicate);
  }

  /// Removes every entry.
  ///
  /// @returns   nothing
  /// @sees      guarded_map: one instant; sharded_map: one instant a shard, one after the other
  /// @progress  waits for every other user of the same lock, for the time of a swap
  /// @cost      O(n) destructions after the lock is free
  /// @throws    what making an empty underlying map throws; reentrant_call from inside a critical section of this map
  /// @calls     K's and V's destructors with no lock held
  [[gnu::always_inline]] void clear() { clear_at(platform::here()); }

  /// Makes room for `entries` in all, where the underlying map can.
  ///
  /// @returns   nothing
  /// @sees      changes no entry
  /// @progress  waits for every other user of the same lock; they wait while the underlying map rearranges itself
  /// @cost      O(n)
  /// @throws    std::bad_alloc: the map is as before
  /// @calls     hash under the lock
  [[gnu::always_inline]] void reserve(std::size_t entries) requires requires(Map& map) { map.reserve(entries); }
  { reserve_at(platform::here(), entries); }

  /// Gives back the room that the entries do not need, where the underlying map can.
  ///
  /// @returns   how many bytes were given back, as far as the underlying map tells
  /// @sees      changes no entry
  /// @progress  waits for every other user of the same lock; they wait while the underlying map rearranges itself
  /// @cost      O(n); sharded_map: one shard after the other
  /// @throws    std::bad_alloc: no entry is changed; reentrant_call from inside a critical section of this map
  /// @calls     hash under the lock
  [[gnu::always_inline]] std::size_t shrink_to_fit() requires requires(Map& map) { map.rehash(0); }
  { return shrink_at(platform::here()); }

 private:
  // The old value stays in `fresh`, which the caller destroys with no lock held.
  static void replace(V& current_locked, V& fresh) {
    if constexpr (std::is_nothrow_move_constructible_v<V> && std::is_nothrow_move_assignable_v<V>) {
      V old(std::move(current_locked));
      current_locked = std::move(fresh);
      fresh = std::move(old);
    } else {
      current_locked = std::move(fresh);
    }
  }

  template <class Q, class... Args>
  bool try_emplace_at(platform::code_address place, Q&& key, Args&&... args) {
    if constexpr (std::is_same_v<std::remove_cvref_t<Q>, K>) {
      store_type& in = self().store_to_write(key, place);
      const writing<Lock> held(in, this, place);
      return in.map.try_emplace(std::forward<Q>(key), std::forward<Args>(args)...).second;
    } else if constexpr (finds_without_key<Map, std::remove_cvref_t<Q>>) {
      store_type& in = self().store_to_write(key, place);
      const writing<Lock> held(in, this, place);
      if (in.map.find(key) != in.map.end()) return false;
      return in.map.try_emplace(K(std::forward<Q>(key)), std::forward<Args>(args)...).second;
    } else {
      return try_emplace_at(place, K(std::forward<Q>(key)), std::forward<Args>(args)...);
    }
  }

  template <class Q>
  std::optional<V> put_at(platform::code_address place, Q&& key, V fresh) {
    decltype(auto) findable = as_findable<Map>(key);
    std::optional<V> before;
    store_type& in = self().store_to_write(findable, place);
    const writing<Lock> held(in, this, place);
    const auto at = in.map.find(findable);
    if (at == in.map.end()) {
      in.map.try_emplace(K(std::forward<Q>(key)), std::move(fresh));
    } else {
      before.emplace(std::move_if_noexcept(at->second));
      at->second = std::move(fresh);
    }
    return before;
  }

  template <class Q>
  std::optional<V> extract_at(platform::code_address place, const Q& key) {
    decltype(auto) findable = as_findable<Map>(key);
    bin<Map> taken;
    std::optional<V> value;
    store_type& in = self().store_to_write(findable, place);
    const writing<Lock> held(in, this, place);
    const auto at = in.map.find(findable);
    if (at == in.map.end()) return value;
    value.emplace(std::move_if_noexcept(at->second));
    taken.take(in.map, at);
    return value;
  }

  template <class Q>
  bool erase_at(platform::code_address place, const Q& key) {
    decltype(auto) findable = as_findable<Map>(key);
    bin<Map> taken;
    store_type& in = self().store_to_write(findable, place);
    const writing<Lock> held(in, this, place);
    const auto at = in.map.find(findable);
    if (at == in.map.end()) return false;
    taken.take(in.map, at);
    return true;
  }

  template <class Q, class F>
  computed compute_at(platform::code_address place, Q&& key, F&& f) {
    decltype(auto) findable = as_findable<Map>(key);
    bin<Map> taken;
    std::optional<decision<V>> decided;  // destroyed after the lock is free, with the value it replaced
    store_type& in = self().store_to_write(findable, place);
    const writing<Lock> held(in, this, place);
    const auto at = in.map.find(findable);
    const bool there = at != in.map.end();
    decided.emplace(to_decision<V>(f(there ? &std::as_const(at->second) : nullptr)));
    switch (decided->what()) {
      case decision<V>::kind::kept: return there ? computed::kept : computed::absent;
      case decision<V>::kind::assigned:
        if (there) {
          replace(at->second, decided->value());
          return computed::assigned;
        }
        in.map.try_emplace(K(std::forward<Q>(key)), std::move(decided->value()));
        return computed::inserted;
      case decision<V>::kind::erased:
        if (!there) return computed::absent;
        taken.take(in.map, at);
        return computed::erased;
    }
    return computed::absent;
  }

  template <class Q, class E, class Change>
  comparison compare_at(platform::code_address place, const Q& key, const E& expected, Change change) {
    decltype(auto) findable = as_findable<Map>(key);
    store_type& in = self().store_to_write(findable, place);
    const writing<Lock> held(in, this, place);
    const auto at = in.map.find(findable);
    if (at == in.map.end()) return comparison::absent;
    if (!(std::as_const(at->second) == expected)) return comparison::differed;
    change(in.map, at);
    return comparison::matched;
  }

  template <class P>
  std::size_t erase_if_at(platform::code_address place, P& predicate) {
    critical_scope::refuse_reentry(this, place);
    std::size_t erased = 0;
    self().each_store([&](store_type& in) {
      auto seen = this->copy_of(in, place);
      while (!seen.entries.empty()) {
        std::erase_if(seen.entries, [&](const auto& entry) { return !predicate(entry.first, entry.second); });
        erased += erase_seen(in, seen, place);
      }
      return true;
    });
    return erased;
  }

  // Removes what is still as `seen` has it; leaves in `seen` what must be looked at again.
  std::size_t erase_seen(store_type& in, typename base::copies& seen, platform::code_address place) {
    std::vector<bin<Map>> taken;
    taken.reserve(seen.entries.size());
    const writing<Lock> held(in, this, place);
    const bool unchanged = in.changes == seen.changes + 1;  // our own section is the one
    for (auto& [key, value] : seen.entries) {
      const auto at = in.map.find(key);
      if (at == in.map.end()) continue;
      if constexpr (std::equality_comparable<V>) {
        if (!unchanged && !(std::as_const(at->second) == std::as_const(value))) continue;
      } else if (!unchanged) {
        continue;
      }
      taken.emplace_back().take(in.map, at);
    }
    if constexpr (std::equality_comparable<V>) {
      seen.entries.clear();
    } else {
      look_again_locked(in, seen, unchanged);
    }
    return taken.size();
  }

  // Renews the copies of the entries that could not be told apart from changed ones.
  static void look_again_locked(store_type& in, typename base::copies& seen, bool unchanged) {
    std::vector<std::pair<K, V>> again;
    if (!unchanged) {
      for (auto& [key, value] : seen.entries) {
        const auto at = in.map.find(key);
        if (at != in.map.end()) again.emplace_back(at->first, at->second);
      }
    }
    seen.entries.swap(again);
    seen.changes = in.changes;
  }

  void clear_at(platform::code_address place) {
    critical_scope::refuse_reentry(this, place);
    self().each_store([&](store_type& in) {
      Map leaving(self().make_map());
      {
        const writing<Lock> held(in, this, place);
        using std::swap;
        swap(in.map, leaving);
      }
      return true;
    });
  }

  void reserve_at(platform::code_address place, std::size_t entries) {
    critical_scope::refuse_reentry(this, place);
    self().prepare_stores();
    self().each_store([&](store_type& in) {
      const writing<Lock> held(in, this, place);
      in.map.reserve((entries + self().store_count() - 1) / self().store_count());
      return true;
    });
  }

  std::size_t shrink_at(platform::code_address place) {
    critical_scope::refuse_reentry(this, place);
    std::size_t given_back = 0;
    self().each_store([&](store_type& in) {
      const writing<Lock> held(in, this, place);
      const std::size_t before = bucket_bytes_of(in.map);
      in.map.rehash(0);
      if (const std::size_t after = bucket_bytes_of(in.map); after < before) given_back += before - after;
      return true;
    });
    return given_back;
  }

  /// For load_or_compute: puts `value` there unless the key came meanwhile; gives what is there.
  std::optional<V> keep_or_put(const K& key, V&& value, platform::code_address place) {
    store_type& in = self().store_to_write(key, place);
    const writing<Lock> held(in, this, place);
    return std::optional<V>(std::as_const(in.map.try_emplace(key, std::move(value)).first->second));
  }
};

}  // namespace portolan::detail
