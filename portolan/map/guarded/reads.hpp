// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What guarded_map and sharded_map read: each operation enters one store, copies what it needs, leaves, and
// only then calls the user.
//
//   find      enter ─ locate ─ copy ─ leave
//   visit     find ─ f(copy)
//   for_each  for each store: enter ─ copy all ─ leave ─ f(copy) …
//
// 1. A copy is the only way out: where V cannot be copied, find, visit and for_each are absent from the type.
// 2. No store is entered while another is held, but by a listing, which takes them all, in order.
// The map on top offers `store_to_read(query)` (null: nothing was ever written there), `each_store(f)` and
// the members that mixin.hpp names.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <portolan/map/guarded/store.hpp>
#include <portolan/map/guarded/underlying.hpp>
#include <portolan/map/mixin.hpp>
#include <portolan/map/statistics.hpp>

namespace portolan::detail {

template <class Self, class Map>
using locked_mixin = map_mixin<Self, typename Map::key_type, typename Map::mapped_type,
                               std::is_copy_constructible_v<typename Map::mapped_type>>;

template <class Self, class Map, class Lock>
class locked_reads : public locked_mixin<Self, Map> {
 protected:
  using K = typename Map::key_type;
  using V = typename Map::mapped_type;
  using store_type = store<Map, Lock>;
  using mixin = locked_mixin<Self, Map>;

 public:
  using mixin::find;
  using mixin::visit;

  /// Copies the value under `key` out.
  ///
  /// @returns   the copy, or nothing if the key is not there
  /// @sees      one instant between call and return
  /// @progress  waits for writers of the same lock; beside other readers where the lock can be shared
  /// @cost      as the underlying map's find, and one copy of V; writes the lock's line
  /// @throws    what the copy, hash and equality throw; reentrant_call from inside a critical section of this map
  /// @calls     hash, equality and V's copy constructor under the lock; they must not re-enter (detected)
  template <class Q = K>
    requires names_key<Q, Map>
  [[nodiscard, gnu::always_inline]] std::optional<V> find(const Q& key) const requires std::copy_constructible<V> {
    return find_at(key, platform::here());
  }

  /// Whether `key` is there.
  ///
  /// @returns   true if it is
  /// @sees      one instant between call and return
  /// @progress  as find
  /// @cost      as the underlying map's find
  /// @throws    what hash and equality throw; reentrant_call from inside a critical section of this map
  /// @calls     hash and equality under the lock; they must not re-enter (detected)
  template <class Q = K>
    requires names_key<Q, Map>
  [[nodiscard, gnu::always_inline]] bool contains(const Q& key) const { return contains_at(key, platform::here()); }

  /// Calls `f` with a copy of the value under `key`.
  ///
  /// @returns   true if the key was there
  /// @sees      one instant between call and return, before `f` runs
  /// @progress  as find; `f` holds nobody up
  /// @cost      as find
  /// @throws    as find, and what `f` throws
  /// @calls     `f` with no lock held: it may call any operation of this map; as find besides
  template <class Q = K, class F>
    requires names_key<Q, Map> && std::invocable<F&, const V&>
  [[gnu::always_inline]] bool visit(const Q& key, F&& f) const requires std::copy_constructible<V> {
    const std::optional<V> copy = find_at(key, platform::here());
    if (!copy.has_value()) return false;
    f(*copy);
    return true;
  }

  /// Calls `f` with a copy of every entry, until `f` returns false if it returns a bool.
  ///
  /// @returns   nothing
  /// @sees      guarded_map: all entries as they were at one instant; sharded_map: each shard's at one instant, one
  ///            shard after the other. No key twice; an entry that stays is seen exactly once
  /// @progress  waits for writers while it copies; `f` holds nobody up
  /// @cost      O(n) copies made under the lock, and the memory for them
  /// @throws    what the copies throw, std::bad_alloc, what `f` throws: the map is untouched
  /// @calls     `f` with no lock held: it may call any operation of this map, for_each too; K's and V's copy
  ///            constructors under the lock
  template <class F>
    requires std::invocable<F&, const K&, const V&>
  [[gnu::always_inline]] void for_each(F&& f) const requires copyable_entry<K, V> { for_each_at(f, platform::here()); }

  /// The number of entries.
  ///
  /// @returns   the number
  /// @sees      guarded_map: one instant; sharded_map: each shard at one instant, so exact only when nobody writes
  /// @progress  as find
  /// @cost      O(1) a lock
  /// @throws    reentrant_call from inside a critical section of this map
  /// @calls     nothing
  [[nodiscard, gnu::always_inline]] std::size_t size() const { return size_at(platform::here()); }

  /// The map's figures; `bytes` is estimated from what the underlying map says of itself.
  ///
  /// @returns   the figures
  /// @sees      as size
  /// @progress  as find
  /// @cost      O(1) a lock
  /// @throws    reentrant_call from inside a critical section of this map
  /// @calls     nothing
  [[nodiscard, gnu::always_inline]] map_statistics stats() const { return stats_at(platform::here()); }

 protected:
  friend locked_mixin<Self, Map>;
  friend struct list_access;

  [[nodiscard]] const Self& self() const noexcept { return static_cast<const Self&>(*this); }
  [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }

  /// Whom critical_scope knows the map by.
  [[nodiscard]] const void* section_owner() const noexcept { return this; }

  template <class Q>
  [[nodiscard]] std::optional<V> find_at(const Q& key, platform::code_address place) const {
    decltype(auto) findable = as_findable<Map>(key);
    const store_type* const in = self().store_to_read(findable, place);
    if (in == nullptr) return std::nullopt;
    const reading<Lock> held(in->lock, this, place);
    const auto at = in->map.find(findable);
    if (at == in->map.end()) return std::nullopt;
    return std::optional<V>(std::as_const(at->second));
  }

  template <class Q>
  [[nodiscard]] bool contains_at(const Q& key, platform::code_address place) const {
    decltype(auto) findable = as_findable<Map>(key);
    const store_type* const in = self().store_to_read(findable, place);
    if (in == nullptr) return false;
    const reading<Lock> held(in->lock, this, place);
    return in->map.find(findable) != in->map.end();
  }

  /// The entries of one store, and how many changes it had seen then.
  struct copies {
    std::vector<std::pair<K, V>> entries;
    std::uint64_t changes = 0;
  };
  [[nodiscard]] copies copy_of(const store_type& in, platform::code_address place) const {
    copies result;
    const reading<Lock> held(in.lock, this, place);
    result.changes = in.changes;
    result.entries.reserve(in.map.size());
    for (const auto& entry : in.map) result.entries.emplace_back(entry.first, entry.second);
    return result;
  }

 private:
  /// For list (list.hpp): the entries of all stores, copied while every lock is held.
  [[nodiscard]] std::vector<std::pair<K, V>> list_at(platform::code_address place) const requires copyable_entry<K, V> {
    critical_scope::refuse_reentry(this, place);
    std::vector<std::pair<K, V>> entries;
    reading_all<store_type> held(self().store_count());
    std::size_t count = 0;
    self().each_store([&](const store_type& in) {
      held.take(in);
      count += in.map.size();
      return true;
    });
    const critical_scope inside(this, place);
    entries.reserve(count);
    for (const store_type* in : held.stores()) {
      for (const auto& entry : in->map) entries.emplace_back(entry.first, entry.second);
    }
    return entries;
  }

  template <class F>
  void for_each_at(F& f, platform::code_address place) const {
    critical_scope::refuse_reentry(this, place);
    self().each_store([&](const store_type& in) {
      const copies seen = copy_of(in, place);
      for (const auto& [key, value] : seen.entries) {
        if (!goes_on(f, key, value)) return false;
      }
      return true;
    });
  }

  [[nodiscard]] std::size_t size_at(platform::code_address place) const {
    critical_scope::refuse_reentry(this, place);
    std::size_t entries = 0;
    self().each_store([&](const store_type& in) {
      const reading<Lock> held(in.lock, this, place);
      entries += in.map.size();
      return true;
    });
    return entries;
  }

  [[nodiscard]] map_statistics stats_at(platform::code_address place) const {
    critical_scope::refuse_reentry(this, place);
    map_statistics figures;
    figures.add_own(self().own_bytes());
    self().each_store([&](const store_type& in) {
      const reading<Lock> held(in.lock, this, place);
      figures.capacity += capacity_of(in.map);
      count_locked(in, figures);
      return true;
    });
    return figures;
  }

  static void count_locked(const store_type& in, map_statistics& figures) {
    const std::size_t entries = entry_bytes_of(in.map);
    const std::size_t buckets = bucket_bytes_of(in.map);
    figures.entries += in.map.size();
    figures.bytes += entries + buckets;
    figures.reserved_bytes += entries + buckets;
    figures.used_bytes += in.map.size() * bytes_an_entry<Map>;
    figures.ever_bytes += in.ever_bytes_locked(entries, buckets);
    ++figures.tables;
  }

 protected:
  /// For the census: a store whose lock is not to be had, as its last writer found it.
  bool census_at(map_statistics& figures) const noexcept {
    figures.add_own(self().own_bytes());
    const bool may_hold_one = critical_scope::inside_any();
    self().each_store([&](const store_type& in) {
      if (!may_hold_one && in.lock.try_lock()) {
        count_locked(in, figures);
        in.lock.unlock();
        return true;
      }
      // relaxed: figures (store.hpp).
      const std::size_t entries = in.noted_entry_bytes.load(platform::relaxed);
      const std::size_t all = entries + in.noted_bucket_bytes.load(platform::relaxed);  // relaxed: as above
      const std::size_t count = in.noted_entries.load(platform::relaxed);               // relaxed: as above
      figures.entries += count;
      figures.bytes += all;
      figures.reserved_bytes += all;
      figures.used_bytes += count * bytes_an_entry<Map>;
      figures.ever_bytes += in.noted_ever_bytes.load(platform::relaxed);  // relaxed: as above
      ++figures.tables;
      return true;
    });
    return true;
  }
};

}  // namespace portolan::detail
