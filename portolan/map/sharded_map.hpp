// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Any map cut into shards, each behind a lock of its own on cache lines of its own.
//
//   key ─ hash under the map's secret ─ top bits ─► shard 0 │lock│map│ … │
//                                                   shard 1 │lock│map│ … │      a power of two of them
//                                                   …
//
// 1. A key's shard never changes, so one key is always one lock's business: all that holds for guarded_map
//    holds for each shard.
// 2. The shard is chosen by the top bits of a hash that is mixed under a secret of this map, the place inside
//    the shard by the underlying map's own hash: neither tells the other's bits.
// 3. No operation holds two shards. So size, clear, for_each, snapshot and stats look at one shard after the
//    other: each shard at one instant, all of them at none.
// 4. The shards are allocated by the first write; an empty map is sizeof(sharded_map) alone.
//
// The operations: guarded/reads.hpp, guarded/writes.hpp and mixin.hpp. Price and proof: docs/algorithms/locked_maps.md.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <portolan/base/living.hpp>
#include <portolan/map/fwd.hpp>
#include <portolan/map/guarded/writes.hpp>
#include <portolan/map/sharded/shards.hpp>
#include <portolan/map/uncopied.hpp>

namespace portolan {

/// A map of any kind shared by as many locks as it has shards.
///
/// For many writers on keys that spread evenly. When not to use it: where one key or shard is hot, or reads dominate (each
/// read writes a lock's line): take concurrent_map; where a listing must be of one instant: snapshot_map.
/// Everything that a thread wrote before it put a value there is seen by who finds that value.
///
/// `Layout` packed leaves the padding out: it is there to measure what false sharing costs, not to be used.
template <class Map, class Lock, shard_layout Layout>
class sharded_map : private copying_a_map_is_called_snapshot,
                    public detail::locked_map<sharded_map<Map, Lock, Layout>, Map, Lock> {
  static_assert(detail::lockable_map<Map>,
                "sharded_map stands over a map with find, end, erase and try_emplace whose elements are pairs: "
                "portolan::flat_hash_map, std::unordered_map, std::map, absl::flat_hash_map; the shared maps need no "
                "lock before them");
  using base = detail::locked_map<sharded_map, Map, Lock>;

 public:
  using key_type = typename Map::key_type;
  using mapped_type = typename Map::mapped_type;
  using allocator_type = typename Map::allocator_type;
  using size_type = std::size_t;
  using underlying_type = Map;

  /// A number of shards; rounded up to a power of two, 0 for sixteen a processor, at least 64.
  struct shards {
    std::size_t count = 0;
  };

  sharded_map() : sharded_map(map_options{}) {}
  /// An empty map of so many shards. Nothing is allocated before the first write.
  ///
  /// @returns   nothing
  /// @sees      nothing shared; other threads must learn of the map by means that order them after this
  /// @progress  may wait for a fork that is under way
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     nothing
  explicit sharded_map(shards wanted) : sharded_map(map_options{}, wanted) {}

  /// A map whose shards hash, compare and allocate as `like` does. The entries of `like` are not taken over.
  ///
  /// @returns   nothing
  /// @sees      nothing shared; other threads must learn of the map by means that order them after this
  /// @progress  may wait for a fork that is under way
  /// @cost      O(1); O(capacity) if `options.capacity` asks for it
  /// @throws    std::bad_alloc
  /// @calls     the copies of the hash, the equality and the allocator of `like`
  explicit sharded_map(map_options options, shards wanted = {}, const Map& like = Map())
      : make_map_(like),
        choose_(make_map_.shard_hash(), options.seed),
        shards_(wanted.count),
        living_(*this, options.name) {
    if (options.capacity != 0) open_for(options.capacity);
  }

  /// An empty map whose shards are hashing maps made of these parts.
  ///
  /// @returns   nothing
  /// @sees      nothing shared; other threads must learn of the map by means that order them after this
  /// @progress  may wait for a fork that is under way
  /// @cost      O(1); O(capacity) if `options.capacity` asks for it
  /// @throws    std::bad_alloc
  /// @calls     the moves and copies of Hash and KeyEqual
  template <class Hash, class KeyEqual = detail::key_equal_of<Map>>
    requires(std::constructible_from<Map, std::size_t, Hash, KeyEqual, allocator_type>)
  sharded_map(map_options options, Hash hash, KeyEqual equal = {}, const allocator_type& alloc = {}, shards wanted = {})
      : sharded_map(options, wanted, Map(0, std::move(hash), std::move(equal), alloc)) {}
  explicit sharded_map(const allocator_type& alloc) : sharded_map(map_options{}, {}, Map(alloc)) {}

  /// How many shards there are.
  ///
  /// @returns   the number, a power of two
  /// @sees      nothing that changes
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] std::size_t shard_count() const noexcept { return shards_.count(); }

 private:
  friend detail::locked_map<sharded_map, Map, Lock>;
  friend detail::locked_reads<sharded_map, Map, Lock>;
  friend detail::locked_mixin<sharded_map, Map>;
  friend living;
  using store_type = typename base::store_type;

  template <class Q>
  [[nodiscard]] const store_type* store_to_read(const Q& key, platform::code_address place) const {
    return shards_.observe(shard_hash(key, place));
  }
  template <class Q>
  [[nodiscard]] store_type& store_to_write(const Q& key, platform::code_address place) {
    return shards_.open(shard_hash(key, place), make_map_);
  }
  template <class F>
  void each_store(F&& f) const {
    shards_.each(f);
  }
  template <class F>
  void each_store(F&& f) {
    shards_.each(f);
  }
  void prepare_stores() { static_cast<void>(shards_.open(0, make_map_)); }
  [[nodiscard]] std::size_t store_count() const noexcept { return shards_.count(); }
  [[nodiscard]] Map make_map() const { return make_map_(); }
  [[nodiscard]] std::size_t own_bytes() const noexcept {
    return sizeof(*this) + shards_.allocated_bytes() + flights_.allocated_bytes();
  }
  void open_for(std::size_t capacity) {
    if constexpr (requires { this->reserve(capacity); }) this->reserve(capacity);
  }

  // The hash is user code: a call back from it is refused as from everywhere else.
  template <class Q>
  [[nodiscard]] std::uint64_t shard_hash(const Q& key, platform::code_address place) const {
    critical_scope::refuse_reentry(this, place);
    return choose_(key);
  }

  [[nodiscard]] detail::flight_board& flights() noexcept { return flights_; }
  [[nodiscard]] std::size_t flight_hash(const key_type& key) const { return static_cast<std::size_t>(choose_(key)); }
  [[nodiscard]] bool same_key(const key_type& left, const key_type& right) const { return make_map_.same(left, right); }

  [[nodiscard]] bool take_census(map_statistics& into) const noexcept { return this->census_at(into); }
  [[nodiscard]] bool try_lock_for_fork() noexcept {
    if (!shards_.try_lock_all()) return false;
    if (flights_.try_lock_all()) return true;
    shards_.unlock_all();
    return false;
  }
  void unlock_in_parent() noexcept {
    flights_.unlock_all();
    shards_.unlock_all();
  }
  void unlock_in_child() noexcept {
    flights_.forget_others_after_fork();
    shards_.unlock_all_after_fork();
  }

  [[no_unique_address]] detail::map_maker<Map> make_map_;
  hash_policy<key_type, typename detail::map_maker<Map>::shard_hasher> choose_;
  detail::shard_array<Map, Lock, Layout> shards_;
  detail::flight_board flights_;
  friend class living;
  static constexpr const char* living_type = "sharded_map";
  living living_;
};

}  // namespace portolan
