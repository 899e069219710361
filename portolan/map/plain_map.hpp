// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The map of one thread, built as Go's was up to 1.23; every promise test compares the shared maps with it.
//
//   hash   0x9E ……………………… 1011        tag 0x9E, bucket 1011 (the low bits), eight slots a bucket
//
//   [0000] … [1011: tags keys values] ─► [overflow: tags keys values] … [1111]
//
// 1. Buckets are a power of two; 6.5 entries a bucket at most: 64 buckets grow when entry 417 comes.
// 2. Growing is spread over writes: each moves at most two old buckets. When as many overflow buckets as
//    buckets have piled up, the entries are closed up into an array of the same size.
// 3. Keys and values above 128 bytes lie out of line, and so does what cannot be copied or may throw when moved.
// 4. Each map has its own secret, so that nobody can choose keys that collide.
//
// Machinery: plain/cell.hpp (in line or not), bucket.hpp (tags), table.hpp (find and claim), grow.hpp (moving
// buckets), core.hpp (operations and the walk).
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/base/platform.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/map/plain/core.hpp>
#include <portolan/map/statistics.hpp>
#include <portolan/map/uncopied.hpp>
#include <portolan/map/vocabulary.hpp>

namespace portolan {

/// A hash table for one thread, with the vocabulary that Portolan's shared maps have.
///
/// When not to use it: as soon as a second thread may touch it; take concurrent_map then. Nothing here is
/// synchronised, not even two finds beside a write; a const operation beside const operations is safe except
/// for handles (pin), which belong to the map's thread. It keeps its buckets after erasing, as Go does: clear()
/// gives them back.
///
/// Visitors, for_each and erase_if callables get a copy or a handle and may call any operation. Hash, KeyEqual,
/// and what makes or destroys keys and values must not call the map. Inside compute's callable a write is refused
/// with reentrant_call; reading is fine.
template <class K, class V, class Hash = hash<K>, class KeyEqual = equal<K>,
          class Alloc = std::allocator<std::pair<const K, V>>>
class plain_map : private copying_a_map_is_called_snapshot {
  using core_type = plain::core<K, V, Hash, KeyEqual, Alloc>;
  using spot = typename core_type::spot;
  static_assert(key_requirements<K, Hash, KeyEqual>::hold);

 public:
  using key_type = K;
  using mapped_type = V;
  using hasher = Hash;
  using key_equal = KeyEqual;
  using allocator_type = Alloc;
  using size_type = std::size_t;
  static constexpr bool snapshot_is_of_one_instant = true;  // list.hpp

  /// Makes an empty map. It takes no memory before the first entry unless `options.capacity` asks for it.
  ///
  /// @returns   an empty map
  /// @sees      nothing
  /// @progress  wait-free
  /// @cost      O(options.capacity)
  /// @throws    std::bad_alloc, what copying Hash, KeyEqual or Alloc throws
  /// @calls     Hash's, KeyEqual's and Alloc's copies
  explicit plain_map(map_options options = {}, Hash hash = {}, KeyEqual equal = {}, const Alloc& alloc = {})
      : core_(options, std::move(hash), std::move(equal), alloc) {}
  explicit plain_map(const Alloc& alloc) : plain_map({}, {}, {}, alloc) {}

  /// The value under `key`: a copy, or a handle where V cannot be copied. Empty if there is none.
  ///
  /// @returns   std::optional<V>, or pinned<V>
  /// @sees      the map as it is
  /// @progress  wait-free
  /// @cost      O(1) expected
  /// @throws    what Hash, KeyEqual or V's copy throws
  /// @calls     Hash once, KeyEqual for every entry with the key's tag, V's copy
  template <class Q = K>
  [[nodiscard]] found<V> find(const Q& key) const {
    const spot at = core_.locate(plain::as_key<K, Hash, KeyEqual>(key));
    if (!at) return {};
    if constexpr (std::is_copy_constructible_v<V>) {
      return found<V>(*at.at.value());
    } else {
      return at.at.value().hold();
    }
  }

  /// The values under several keys, in their order. A convenience: one thread gains nothing from asking at once.
  ///
  /// @returns   one result for every key
  /// @sees      the map as it is
  /// @progress  wait-free
  /// @cost      O(keys)
  /// @throws    what Hash, KeyEqual or V's copy throws, std::bad_alloc
  /// @calls     as find, for every key
  [[nodiscard]] std::vector<found<V>> find(std::span<const K> keys) const {
    std::vector<found<V>> results;
    results.reserve(keys.size());
    for (const K& key : keys) results.push_back(find(key));
    return results;
  }

  /// Whether there is an entry under `key`. It copies nothing.
  ///
  /// @returns   true if there is
  /// @sees      the map as it is
  /// @progress  wait-free
  /// @cost      O(1) expected
  /// @throws    what Hash or KeyEqual throws
  /// @calls     Hash once, KeyEqual for every entry with the key's tag
  template <class Q = K>
  [[nodiscard]] bool contains(const Q& key) const {
    return static_cast<bool>(core_.locate(plain::as_key<K, Hash, KeyEqual>(key)));
  }

  /// Shows the value under `key` to `f(const V&)`, which may call any operation of this map. What it is shown
  /// stays as it is until it returns, whatever happens to the entry.
  ///
  /// @returns   true if there was an entry
  /// @sees      the map as it is
  /// @progress  wait-free, but for f
  /// @cost      O(1) expected
  /// @throws    what Hash, KeyEqual, V's copy or f throws
  /// @calls     f at most once; Hash, KeyEqual; V's copy if it lies in line
  template <class Q = K, std::invocable<const V&> F>
  bool visit(const Q& key, F&& f) const {
    const spot at = core_.locate(plain::as_key<K, Hash, KeyEqual>(key));
    if (!at) return false;
    const auto held = at.at.value().hold();
    std::forward<F>(f)(*held);
    return true;
  }

  /// Shows the values under several keys to `f(index, const V&)`. Absent keys are passed over.
  ///
  /// @returns   how many were found
  /// @sees      the map as it is, for each key anew
  /// @progress  wait-free, but for f
  /// @cost      O(keys)
  /// @throws    what Hash, KeyEqual, V's copy or f throws
  /// @calls     as visit, for every key
  template <std::invocable<std::size_t, const V&> F>
  size_type visit(std::span<const K> keys, F&& f) const {
    size_type shown = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (visit(keys[i], [&](const V& value) { f(i, value); })) ++shown;
    }
    return shown;
  }

  /// A handle on the value under `key` that survives erase, replacement and growth. Only where V lies out of line.
  ///
  /// @returns   the handle; empty if there is no entry
  /// @sees      the map as it is
  /// @progress  wait-free
  /// @cost      O(1) expected
  /// @throws    what Hash or KeyEqual throws
  /// @calls     Hash once, KeyEqual for every entry with the key's tag
  template <class Q = K>
    requires(!plain::in_line<V>)
  [[nodiscard]] pinned<V> pin(const Q& key) const {
    const spot at = core_.locate(plain::as_key<K, Hash, KeyEqual>(key));
    return at ? at.at.value().hold() : pinned<V>();
  }

  /// Puts `value` under `key` unless the key is there already. The arguments are untouched if it is.
  ///
  /// @returns   true if this call put it there
  /// @sees      the map as it is
  /// @progress  wait-free; moves at most two buckets while the table grows
  /// @cost      O(1) expected, at most one array, one bucket and two cells allocated
  /// @throws    what Hash, KeyEqual or making K or V throws, std::bad_alloc: the map is then as before
  /// @calls     Hash, KeyEqual; K's and V's constructors once
  template <class Q = K, class U = V>
  bool insert(Q&& key, U&& value) {
    return try_emplace(std::forward<Q>(key), std::forward<U>(value));
  }

  /// Makes a value from `args` under `key` unless the key is there already. The arguments are untouched if it is.
  ///
  /// @returns   true if this call put it there
  /// @sees      the map as it is
  /// @progress  wait-free; moves at most two buckets while the table grows
  /// @cost      O(1) expected, at most one array, one bucket and two cells allocated
  /// @throws    what Hash, KeyEqual or making K or V throws, std::bad_alloc: the map is then as before
  /// @calls     Hash, KeyEqual; K's and V's constructors once
  template <class Q = K, class... Args>
    requires std::constructible_from<V, Args...>
  bool try_emplace(Q&& key, Args&&... args) {
    refuse_reentry(platform::here());
    auto&& wanted = plain::as_key<K, Hash, KeyEqual>(std::forward<Q>(key));
    const spot at = core_.locate(wanted);
    if (at) return false;
    core_.put(at.hash, std::forward<decltype(wanted)>(wanted), std::forward<Args>(args)...);
    return true;
  }

  /// Puts `value` under `key`, in place of what is there.
  /// The value is made before the old one goes.
  ///
  /// @returns   inserted, or assigned if there was an entry
  /// @sees      the map as it is
  /// @progress  wait-free; moves at most two buckets while the table grows
  /// @cost      O(1) expected
  /// @throws    what Hash, KeyEqual or making K or V throws, std::bad_alloc: the map is then as before
  /// @calls     Hash, KeyEqual; V's constructor once, K's if the key is new
  template <class Q = K, class U = V>
  assignment insert_or_assign(Q&& key, U&& value) {
    refuse_reentry(platform::here());
    auto&& wanted = plain::as_key<K, Hash, KeyEqual>(std::forward<Q>(key));
    const spot at = core_.locate(wanted);
    if (at) {
      core_.assign(at, std::forward<U>(value));
      return assignment::assigned;
    }
    core_.put(at.hash, std::forward<decltype(wanted)>(wanted), std::forward<U>(value));
    return assignment::inserted;
  }

  /// The value under `key`; where there is none, the one that `f()` makes is put there first. f returns V, or
  /// std::optional<V> to be able to decline; it may call this map, but not ask for the same key again.
  ///
  /// @returns   the value, or empty if f declined
  /// @sees      the map as it is
  /// @progress  wait-free, but for f
  /// @cost      O(1) expected
  /// @throws    what f, Hash, KeyEqual or making K or V throws: nothing is put there then; reentrant_call
  /// @calls     f at most once, with no cell of the map held; Hash, KeyEqual
  template <class Q = K, std::invocable F>
    requires std::copy_constructible<K> found<V> load_or_compute(const Q& key, F&& f) {
      refuse_reentry(platform::here());
      const auto& wanted = plain::as_key<K, Hash, KeyEqual>(key);
      if (core_.locate(wanted)) return find(wanted);
      const flight in_progress(*this, K(wanted), platform::here());
      auto made = detail::to_loaded<V>(std::forward<F>(f)());
      if (!made.has_value()) return find(wanted);
      insert(wanted, std::move(*made));
      return find(wanted);
    }

  /// Lets `f(const V*)` see the value under `key`, or null, and decide what becomes of it: decision<V>, V to
  /// assign, or std::optional<V>, empty to erase. f may read this map, but not write to it.
  ///
  /// @returns   kept, inserted, assigned, erased; absent if there was nothing and f wanted nothing
  /// @sees      the map as it is
  /// @progress  wait-free, but for f
  /// @cost      O(1) expected
  /// @throws    what f, Hash, KeyEqual or making K or V throws: the map is then as before; reentrant_call
  /// @calls     f once; Hash, KeyEqual; V's constructor if f assigns
  template <class Q = K, std::invocable<const V*> F>
  computed compute(Q&& key, F&& f) {
    const platform::code_address here = platform::here();
    refuse_reentry(here);
    auto&& wanted = plain::as_key<K, Hash, KeyEqual>(std::forward<Q>(key));
    const spot at = core_.locate(wanted);
    decision<V> decided = [&] {
      const critical_scope inside(this, here);
      return detail::to_decision<V>(std::forward<F>(f)(at ? &*at.at.value() : static_cast<const V*>(nullptr)));
    }();
    switch (decided.what()) {
      case decision<V>::kind::kept: return at ? computed::kept : computed::absent;
      case decision<V>::kind::erased:
        if (!at) return computed::absent;
        core_.remove(at);
        return computed::erased;
      case decision<V>::kind::assigned: break;
    }
    if (at) {
      core_.assign(at, std::move(decided.value()));
      return computed::assigned;
    }
    core_.put(at.hash, std::forward<decltype(wanted)>(wanted), std::move(decided.value()));
    return computed::inserted;
  }

  /// Puts `desired` under `key` if the value there equals `expected`. `desired` is untouched otherwise.
  ///
  /// @returns   matched, differed, or absent
  /// @sees      the map as it is
  /// @progress  wait-free
  /// @cost      O(1) expected
  /// @throws    what Hash, KeyEqual, V's == or making V throws, std::bad_alloc: the map is then as before
  /// @calls     Hash, KeyEqual, V's == once, V's constructor if they are equal
  template <class Q = K, class U = V>
    requires std::equality_comparable<V> comparison compare_exchange(const Q& key, const V& expected, U&& desired) {
      refuse_reentry(platform::here());
      const spot at = core_.locate(plain::as_key<K, Hash, KeyEqual>(key));
      if (!at) return comparison::absent;
      if (!(*at.at.value() == expected)) return comparison::differed;
      core_.assign(at, std::forward<U>(desired));
      return comparison::matched;
    }

  /// Removes the entry under `key` if its value equals `expected`. An absent key is neither equal nor different.
  ///
  /// @returns   matched, differed, or absent
  /// @sees      the map as it is
  /// @progress  wait-free
  /// @cost      O(1) expected
  /// @throws    what Hash, KeyEqual or V's == throws: the map is then as before
  /// @calls     Hash, KeyEqual, V's == once
  template <class Q = K>
    requires std::equality_comparable<V> comparison compare_erase(const Q& key, const V& expected) {
      refuse_reentry(platform::here());
      const spot at = core_.locate(plain::as_key<K, Hash, KeyEqual>(key));
      if (!at) return comparison::absent;
      if (!(*at.at.value() == expected)) return comparison::differed;
      core_.remove(at);
      return comparison::matched;
    }

  /// Puts `value` under `key` and gives what was there. This is Go's Swap.
  ///
  /// @returns   the previous value; empty if there was none
  /// @sees      the map as it is
  /// @progress  wait-free; moves at most two buckets while the table grows
  /// @cost      O(1) expected
  /// @throws    what Hash, KeyEqual or making K or V throws, std::bad_alloc: the map is then as before
  /// @calls     Hash, KeyEqual; V's constructor once, its copy if it lies out of line
  template <class Q = K, class U = V>
  found<V> exchange(Q&& key, U&& value) {
    refuse_reentry(platform::here());
    auto&& wanted = plain::as_key<K, Hash, KeyEqual>(std::forward<Q>(key));
    const spot at = core_.locate(wanted);
    if (at) return core_.replace(at, std::forward<U>(value));
    core_.put(at.hash, std::forward<decltype(wanted)>(wanted), std::forward<U>(value));
    return {};
  }

  /// Removes the entry under `key` and gives its value. This is Go's LoadAndDelete.
  ///
  /// @returns   the value; empty if there was none
  /// @sees      the map as it is
  /// @progress  wait-free
  /// @cost      O(1) expected
  /// @throws    what Hash, KeyEqual or V's copy throws: the map is then as before
  /// @calls     Hash, KeyEqual; V's copy if it lies out of line
  template <class Q = K>
  found<V> extract(const Q& key) {
    refuse_reentry(platform::here());
    const spot at = core_.locate(plain::as_key<K, Hash, KeyEqual>(key));
    if (!at) return {};
    return core_.take_out(at);
  }

  /// Removes the entry under `key`. Nothing happens if there is none.
  ///
  /// @returns   true if there was an entry
  /// @sees      the map as it is
  /// @progress  wait-free
  /// @cost      O(1) expected; the buckets stay until clear()
  /// @throws    what Hash or KeyEqual throws: the map is then as before
  /// @calls     Hash, KeyEqual, the destructors of K and V
  template <class Q = K>
  bool erase(const Q& key) {
    refuse_reentry(platform::here());
    const spot at = core_.locate(plain::as_key<K, Hash, KeyEqual>(key));
    if (!at) return false;
    core_.remove(at);
    return true;
  }

  /// Removes every entry for which `pred(const K&, const V&)` holds. The callable may call any operation; an entry
  /// that it changed itself stays.
  ///
  /// @returns   how many entries were removed
  /// @sees      the map as it is, group by group
  /// @progress  wait-free, but for pred
  /// @cost      O(capacity)
  /// @throws    what pred, Hash, KeyEqual, K's or V's copy throws, std::bad_alloc: what was removed stays removed
  /// @calls     pred once for every entry that stays until it is reached
  template <std::predicate<const K&, const V&> Pred>
  size_type erase_if(Pred pred) {
    refuse_reentry(platform::here());
    size_type removed = 0;
    core_.walk([&](const K& key, const V& value) {
      if (core_.removes_if_unchanged(key, [&] { return static_cast<bool>(pred(key, value)); })) ++removed;
      return true;
    });
    return removed;
  }

  /// Shows every entry to `f(const K&, const V&)`, which returns nothing, or false to stop. f may call any operation:
  /// whoever stays is shown once, nobody twice; an entry that comes or goes meanwhile may be shown or not.
  ///
  /// @returns   nothing
  /// @sees      each entry as it is when its turn comes, in no order, another one each time
  /// @progress  wait-free, but for f
  /// @cost      O(capacity); nothing is allocated for an empty map
  /// @throws    what f, Hash, KeyEqual, K's or V's copy throws, std::bad_alloc
  /// @calls     f at most once a key, on copies or handles
  template <std::invocable<const K&, const V&> F>
  void for_each(F&& f) const {
    core_.walk([&](const K& key, const V& value) { return detail::goes_on(f, key, value); });
  }

  /// A copy of all entries. In one thread it is also one moment.
  ///
  /// @returns   the entries, in no order
  /// @sees      the map as it is
  /// @progress  wait-free
  /// @cost      O(capacity)
  /// @throws    what K's or V's copy throws, std::bad_alloc
  /// @calls     the copies of K and V
  [[nodiscard]] std::vector<std::pair<K, V>> snapshot() const
      requires(std::copy_constructible<K>&& std::copy_constructible<V>) {
    std::vector<std::pair<K, V>> entries;
    entries.reserve(size());
    for_each([&](const K& key, const V& value) { entries.emplace_back(key, value); });
    return entries;
  }

  /// How many entries there are. It is exact.
  ///
  /// @returns   the number
  /// @sees      the map as it is
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] size_type size() const noexcept { return core_.buckets.entries; }

  /// Whether there are no entries. It is exact.
  ///
  /// @returns   true if there are none
  /// @sees      the map as it is
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  /// Removes all entries and gives all memory back. A walk that is under way ends, or goes on over new entries.
  ///
  /// @returns   nothing
  /// @sees      the map as it is
  /// @progress  wait-free
  /// @cost      O(capacity)
  /// @throws    reentrant_call inside compute
  /// @calls     the destructors of K and V
  void clear() {
    refuse_reentry(platform::here());
    core_.tell_all_watchers();
    core_.buckets.release_all();
  }

  /// Makes room for `entries` in all, so that no array grows before there are more. It never makes the map smaller.
  ///
  /// @returns   nothing
  /// @sees      the map as it is
  /// @progress  wait-free
  /// @cost      O(entries + size)
  /// @throws    what Hash throws, std::bad_alloc: the map holds what it held
  /// @calls     Hash for every entry and array in between
  void reserve(size_type entries) {
    refuse_reentry(platform::here());
    core_.reserve(entries);
  }

  /// Gives back the buckets that the entries do not need, after an erase of many or a reserve of too much. Inside a
  /// callable of for_each or erase_if it does nothing: the walk needs the buckets as they are.
  ///
  /// @returns   how many bytes were given back
  /// @sees      the map as it is
  /// @progress  wait-free
  /// @cost      O(capacity); memory for the new buckets and two words an entry meanwhile
  /// @throws    what Hash throws, std::bad_alloc: the map is as before; reentrant_call inside compute
  /// @calls     Hash for every entry
  size_type shrink_to_fit() {
    refuse_reentry(platform::here());
    const size_type before = core_.buckets.bytes();
    core_.shrink_to_fit();
    const size_type after = core_.buckets.bytes();
    return before > after ? before - after : 0;
  }

  /// Exchanges everything with `other`: entries, hash, equality, secrets. A walk that is under way in either ends, or
  /// goes on over other entries.
  ///
  /// @returns   nothing
  /// @sees      the maps as they are
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    error(errc::other_memory) if the allocators differ, reentrant_call inside compute, what swapping Hash and
  ///            KeyEqual throws
  /// @calls     the swaps of Hash and KeyEqual
  void swap(plain_map& other) requires std::is_swappable_v<Hash> && std::is_swappable_v<KeyEqual> {
    refuse_reentry(platform::here());
    other.refuse_reentry(platform::here());
    if (this == &other) return;
    if (!(core_.buckets.alloc == other.core_.buckets.alloc)) {
      throw error(
          errc::other_memory,
          "portolan: swap of two maps whose allocators differ; entries cannot change hands without being copied: "
          "make both maps with equal allocators, or use merge");
    }
    core_.swap(other.core_);
  }
  friend void swap(plain_map& left,
                   plain_map& right) requires std::is_swappable_v<Hash> && std::is_swappable_v<KeyEqual> {
    left.swap(right);
  }

  /// The map's figures. `spilled` counts overflow buckets here.
  ///
  /// @returns   the figures, exact
  /// @sees      the map as it is
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] map_statistics stats() const noexcept {
    const auto& table = core_.buckets;
    map_statistics result;
    result.entries = table.entries;
    result.capacity = plain::room_in(table.current.count);
    result.add_own(sizeof(plain_map) + table.bytes());
    result.used_bytes = table.entries * (sizeof(K) + sizeof(V) + 1);
    result.tables = table.current.count == 0 ? 0 : (table.grows() ? 2 : 1);
    result.spilled = table.current.overflows + table.old.overflows;
    result.growths = table.growths;
    return result;
  }

 private:
  /// One load_or_compute whose callable runs: asking for its key again would wait for itself in a shared map.
  class flight {
   public:
    flight(plain_map& map, K key, platform::code_address place)
        : map_(map), outer_(map.flights_), key_(std::move(key)), place_(place) {
      for (const flight* each = outer_; each != nullptr; each = each->outer_) {
        if (map.core_.same(each->key_, key_)) throw reentrant_call(errc::waits_for_itself, each->place_, place);
      }
      map.flights_ = this;
    }
    ~flight() { map_.flights_ = outer_; }
    flight(const flight&) = delete;
    flight& operator=(const flight&) = delete;

   private:
    plain_map& map_;
    flight* outer_;
    K key_;
    platform::code_address place_;
  };

  void refuse_reentry(platform::code_address place) const { critical_scope::refuse_reentry(this, place); }

  core_type core_;
  flight* flights_ = nullptr;
};

}  // namespace portolan
