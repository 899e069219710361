// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The part of the vocabulary that follows from the rest of it, written once for every shared map.
//
//   what a map offers itself                        what it gets from here
//   try_emplace ──────────────────────────────────► insert
//   find, visit ──────────────────────────────────► find(span), visit(span), contains
//   for_each, size ───────────────────────────────► snapshot, empty
//   find_at, keep_or_put, flights, flight_hash,
//   same_key, section_owner ──────────────────────► load_or_compute (single_flight.hpp)
//
// 1. Nothing here holds a lock or touches a map but through its own operations: a map that is right alone
//    is right with these.
// 2. What V or K does not allow is absent from the type.
// 3. A public function is inlined into its caller and passes its code address on: reports name user code.
//
// A map derives publicly from map_mixin<Self, K, V, Findable>, befriends it, and says `using` for find and visit.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/base/key.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/map/single_flight.hpp>
#include <portolan/map/vocabulary.hpp>

namespace portolan::detail {

struct list_access;  // list.hpp
struct bulk_access;  // bulk.hpp

template <class K, class V>
concept copyable_entry = std::is_copy_constructible_v<K> && std::is_copy_constructible_v<V>;

/// What a caller may name a key by: what Hash and KeyEqual take as it is, or what converts to a key.
template <class Q, class K, class Hash, class KeyEqual>
concept key_or_like = lookup_key<Q, K, Hash, KeyEqual> || std::convertible_to<Q, K>;

/// The key as Hash and KeyEqual take it: itself, or a K made of it.
template <class K, class Hash, class KeyEqual, class Q>
[[nodiscard]] decltype(auto) as_lookup(Q&& key) {
  if constexpr (lookup_key<Q, K, Hash, KeyEqual>)
    return std::forward<Q>(key);
  else
    return static_cast<K>(std::forward<Q>(key));
}

/// `Findable`: whether the map's find exists for this V. `Waits`: whether the map may let one thread wait for another.
template <class Self, class K, class V, bool Findable, bool Waits = true>
class map_mixin {
  static constexpr bool flies = Findable && Waits;

 public:
  /// Puts `value` under `key` unless the key is there already. As try_emplace with one argument.
  ///
  /// @returns   true if this call put it there; `value` is untouched otherwise
  /// @sees      one instant between call and return; who finds the value sees all written before it
  /// @progress  as the map's try_emplace
  /// @cost      as the map's try_emplace
  /// @throws    as the map's try_emplace: the map is then as before
  /// @calls     as the map's try_emplace
  template <class Q = K, class W = V>
  [[gnu::always_inline]] bool insert(Q&& key, W&& value) {
    return self().try_emplace(std::forward<Q>(key), std::forward<W>(value));
  }

  /// The value under `key`, computed by `f` if there is none. Of several callers for one absent key one runs
  /// its `f`, the others wait for it; callers for other keys are not held up.
  ///
  /// @returns   what find gives; empty only if `f` returned an empty std::optional<V>
  /// @sees      one instant between call and return; who waited sees all that the computing thread wrote
  /// @progress  waits for the `f` of another thread for the same key; never for another key's
  /// @cost      a find if the key is there; else a find, `f`, an insertion
  /// @throws    what `f` throws: nothing is stored then and one waiter runs its own `f`; reentrant_call with
  ///            both places if the wait would wait for itself, on this thread or round several
  /// @calls     `f` with no lock held; as find and try_emplace besides
  template <class Q = K, class F>
  [[gnu::always_inline]] found<V> load_or_compute(const Q& key, F&& f) requires flies
      && std::copy_constructible<K> && std::is_move_constructible_v<V> {
    return load_at(platform::here(), key, f);
  }

  /// Finds many keys in one call.
  ///
  /// @returns   for each key, in order, what find gives for it
  /// @sees      for each key one instant between call and return; the instants may differ
  /// @progress  as find
  /// @cost      as find for each key, less the waits for memory that can overlap; one allocation
  /// @throws    as find, std::bad_alloc: the map is untouched
  /// @calls     as find
  [[nodiscard]] auto find(std::span<const K> keys) const requires Findable {
    std::vector<found<V>> results;
    results.reserve(keys.size());
    for (const K& key : keys) results.push_back(self().find(key));
    return results;
  }

  /// Calls `f(index, value)` for each of `keys` that is there.
  ///
  /// @returns   how many were there
  /// @sees      for each key one instant between call and return; the instants may differ
  /// @progress  as visit
  /// @cost      as visit for each key, less the waits for memory that can overlap
  /// @throws    what `f` throws, at once; as visit besides
  /// @calls     `f` with no lock held, on a copy or an owning handle; it may call any operation of this map. Hash once more
  ///            a key where waits overlap; else as visit
  template <class F>
    requires std::invocable<F&, std::size_t, const V&> std::size_t visit(std::span<const K> keys, F&& f)
  const requires Findable {
    std::size_t visited = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if constexpr (requires { self().prefetch_some(keys); }) {
        if (i % bulk_keys == 0) self().prefetch_some(keys.subspan(i));
      }
      if (self().visit(keys[i], [&](const V& value) { f(i, value); })) ++visited;
    }
    return visited;
  }

  /// Copies the entries out. Copying a shared map on purpose is this, and nothing else.
  ///
  /// @returns   a vector of pairs in no particular order; no key twice
  /// @sees      as for_each of this map
  /// @progress  as for_each
  /// @cost      O(n); the vector's memory
  /// @throws    what the copies throw, std::bad_alloc: the map is untouched
  /// @calls     the copy constructors of K and V
  [[nodiscard]] std::vector<std::pair<K, V>> snapshot() const requires copyable_entry<K, V> {
    std::vector<std::pair<K, V>> entries;
    entries.reserve(self().size());
    self().for_each([&](const K& key, const V& value) { entries.emplace_back(key, value); });
    return entries;
  }

  /// Whether the map has no entry; as size() == 0.
  ///
  /// @returns   true if it has none
  /// @sees      as size
  /// @progress  as size
  /// @cost      as size
  /// @throws    as size
  /// @calls     nothing
  [[nodiscard]] bool empty() const { return self().size() == 0; }

 protected:
  static constexpr std::size_t bulk_keys = 16;  // whose waits for memory overlap

  map_mixin() = default;
  ~map_mixin() = default;

 private:
  [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }
  [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }

  template <class Q, class F>
  found<V> load_at(platform::code_address place, const Q& key, F& f) {
    if (auto hit = self().find_at(key, place)) return hit;
    if constexpr (std::is_same_v<Q, K>) {
      return fly(place, key, f);
    } else {
      const K own(key);
      return fly(place, own, f);
    }
  }

  template <class F>
  [[gnu::noinline]] found<V> fly(platform::code_address place, const K& key, F& f) {
    critical_scope::refuse_reentry(self().section_owner(), place);
    const std::size_t hash = self().flight_hash(key);
    const auto same_key = [&](const void* other) { return self().same_key(key, *static_cast<const K*>(other)); };
    for (;;) {
      const flight_seat seat(self().flights(), &key, hash, same_key, place);
      if (auto hit = self().find_at(key, place)) return hit;
      switch (seat.outcome()) {
        case boarding::waited: continue;
        case boarding::leads: break;
      }
      std::optional<V> made = to_loaded<V>(f());
      if (!made.has_value()) return found<V>();
      return self().keep_or_put(key, std::move(*made), place);
    }
  }
};

}  // namespace portolan::detail
