// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Any map behind one lock: readers together, a writer alone, and no user code that could meet the lock again.
//
//   guarded_map<std::unordered_map<K, V>>   =   lock │ map       find ─ copy under the shared lock ─► the copy is yours
//                                                               for_each ─ copy all ─► f on the copies, lock free
//
// 1. Whatever reads or writes the map holds the lock; whatever calls the user does not, but for compute and
//    the comparisons, where a call back into the map throws reentrant_call with both places.
// 2. The shared lock is not re-entrant either: a read from inside a read (from a hash or an equality) is
//    refused in the same way, before it could hang behind a waiting writer.
// 3. Who waits: with portolan::shared_mutex readers wait for the writer inside and for writers that have asked
//    before them; writers wait for the readers inside and take turns. So readers can starve under writers
//    that never pause, a writer never does. With portolan::mutex everybody waits for everybody.
//
// The operations: guarded/reads.hpp, guarded/writes.hpp and mixin.hpp. What may stand under the lock:
// guarded/underlying.hpp. Price and proof: docs/algorithms/locked_maps.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <portolan/base/living.hpp>
#include <portolan/base/shared_mutex.hpp>
#include <portolan/map/fwd.hpp>
#include <portolan/map/guarded/two_maps.hpp>
#include <portolan/map/guarded/writes.hpp>
#include <portolan/map/uncopied.hpp>

namespace portolan {

/// A map of any kind shared by one lock: std::unordered_map, std::map, absl::flat_hash_map.
///
/// For small maps, for maps with an order, and where readers and writers are few. When not to use it: where many
/// threads meet all the time, even readers write the lock's line; take concurrent_map, or sharded_map for many writers.
/// Everything that a thread wrote before it put a value there is seen by who finds that value.
template <class Map, class Lock>
class guarded_map : private copying_a_map_is_called_snapshot,
                    public detail::locked_map<guarded_map<Map, Lock>, Map, Lock> {
  static_assert(detail::lockable_map<Map>,
                "guarded_map stands over a map with find, end, erase and try_emplace whose elements are pairs: "
                "std::unordered_map, std::map, absl::flat_hash_map; the shared maps need no lock before them");
  using base = detail::locked_map<guarded_map, Map, Lock>;

 public:
  using key_type = typename Map::key_type;
  using mapped_type = typename Map::mapped_type;
  using allocator_type = typename Map::allocator_type;
  using size_type = std::size_t;
  using underlying_type = Map;

  guarded_map() : guarded_map(map_options{}) {}

  /// A map that hashes, compares and allocates as `like` does. It starts with the entries of `like`.
  ///
  /// @returns   nothing
  /// @sees      nothing shared; other threads must learn of the map by means that order them after this
  /// @progress  may wait for a fork that is under way
  /// @cost      O(capacity)
  /// @throws    what moving `like` throws, std::bad_alloc
  /// @calls     the copies of the hash, the equality and the allocator of `like`
  explicit guarded_map(map_options options, Map like = Map())
      : make_map_(like), store_(std::move(like)), living_(*this, options.name) {
    if constexpr (requires { this->reserve(options.capacity); }) {
      if (options.capacity != 0) this->reserve(options.capacity);
    }
  }
  explicit guarded_map(Map like) : guarded_map(map_options{}, std::move(like)) {}

  /// An empty hashing map made of its parts.
  ///
  /// @returns   nothing
  /// @sees      nothing shared; other threads must learn of the map by means that order them after this
  /// @progress  may wait for a fork that is under way
  /// @cost      O(capacity)
  /// @throws    what the moves of Hash and KeyEqual throw, std::bad_alloc
  /// @calls     the moves of Hash and KeyEqual
  template <class Hash, class KeyEqual = detail::key_equal_of<Map>>
    requires(std::constructible_from<Map, std::size_t, Hash, KeyEqual, allocator_type>)
  guarded_map(map_options options, Hash hash, KeyEqual equal = {}, const allocator_type& alloc = {})
      : guarded_map(options, Map(0, std::move(hash), std::move(equal), alloc)) {}
  explicit guarded_map(const allocator_type& alloc) : guarded_map(map_options{}, Map(alloc)) {}

  /// Exchanges all entries with `other`; the two maps keep their names and locks. Both must tell keys apart alike.
  ///
  /// @returns   nothing
  /// @sees      one instant for both maps
  /// @progress  waits for every other user of the two locks, never for one of them while it holds the other
  /// @cost      O(1)
  /// @throws    error(errc::other_memory) if the allocators differ; reentrant_call from inside a critical section of
  ///            either map: both are as before
  /// @calls     the swaps of hash and equality under both locks
  [[gnu::always_inline]] void swap(guarded_map& other) {
    detail::two_guarded_maps::swap(*this, other, platform::here());
  }
  [[gnu::always_inline]] friend void swap(guarded_map& left, guarded_map& right) { left.swap(right); }

 private:
  friend detail::two_guarded_maps;
  friend detail::locked_map<guarded_map, Map, Lock>;
  friend detail::locked_reads<guarded_map, Map, Lock>;
  friend detail::locked_mixin<guarded_map, Map>;
  friend living;
  using store_type = typename base::store_type;

  template <class Q>
  [[nodiscard]] const store_type* store_to_read(const Q&, platform::code_address) const noexcept {
    return &store_;
  }
  template <class Q>
  [[nodiscard]] store_type& store_to_write(const Q&, platform::code_address) noexcept {
    return store_;
  }
  template <class F>
  void each_store(F&& f) const {
    static_cast<void>(f(store_));
  }
  template <class F>
  void each_store(F&& f) {
    static_cast<void>(f(store_));
  }
  void prepare_stores() noexcept {}
  [[nodiscard]] static constexpr std::size_t store_count() noexcept { return 1; }
  [[nodiscard]] Map make_map() const { return make_map_(); }
  [[nodiscard]] std::size_t own_bytes() const noexcept { return sizeof(*this) + flights_.allocated_bytes(); }

  [[nodiscard]] detail::flight_board& flights() noexcept { return flights_; }
  [[nodiscard]] std::size_t flight_hash(const key_type& key) const { return make_map_.hash(key); }
  [[nodiscard]] bool same_key(const key_type& left, const key_type& right) const { return make_map_.same(left, right); }

  [[nodiscard]] bool take_census(map_statistics& into) const noexcept { return this->census_at(into); }
  [[nodiscard]] bool try_lock_for_fork() noexcept {
    if (!store_.lock.try_lock()) return false;
    if (flights_.try_lock_all()) return true;
    store_.lock.unlock();
    return false;
  }
  void unlock_in_parent() noexcept {
    flights_.unlock_all();
    store_.lock.unlock();
  }
  void unlock_in_child() noexcept {
    flights_.forget_others_after_fork();
    detail::unlock_after_fork(store_.lock);
  }

  [[no_unique_address]] detail::map_maker<Map> make_map_;
  store_type store_;
  detail::flight_board flights_;
  friend class living;
  static constexpr const char* living_type = "guarded_map";
  living living_;
};

}  // namespace portolan
