// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What guarded_map and sharded_map ask of the map under them, and how they make and change it.
//
//   needed     key_type, mapped_type, find, end, try_emplace, erase(iterator), size, iteration over pairs
//   used if    hash_function/key_eq or key_comp, get_allocator, extract, reserve, bucket_count, allocated_bytes
//   there is
//
// 1. Every function here is called with the map's lock held, or before the map is shared.
// 2. Nothing that user code may have to destroy is destroyed here: what leaves a map goes into a `bin`,
//    which the caller empties after it has let go of the lock.
// flat_hash_map, std::unordered_map, std::map and absl::flat_hash_map fit; so does whatever has their members.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include <portolan/base/hash.hpp>

namespace portolan::detail {

/// A map that a lock can be put before.
template <class Map>
concept lockable_map = requires(Map& map, const Map& constant, const typename Map::key_type& key) {
  typename Map::mapped_type;
  { constant.size() } -> std::convertible_to<std::size_t>;
  { map.find(key)->second } -> std::convertible_to<const typename Map::mapped_type&>;
  constant.find(key) == constant.end();
  map.erase(map.find(key));
};

template <class Map, class Q>
concept finds_without_key = !std::is_same_v<Q, typename Map::key_type> && requires(const Map& map, const Q& query) {
  requires requires { typename Map::key_equal::is_transparent; } || requires {
    typename Map::key_compare::is_transparent;
  };
  map.find(query);
};

/// What a caller may name a key by: a key, what the map compares with keys itself, or what makes a key.
template <class Q, class Map>
concept names_key = finds_without_key<Map, Q> || std::convertible_to<const Q&, typename Map::key_type>;

/// `query` as the map can find it: itself, or a key made of it.
template <class Map, class Q>
[[nodiscard]] decltype(auto) as_findable(const Q& query) {
  if constexpr (std::is_same_v<Q, typename Map::key_type> || finds_without_key<Map, Q>) {
    return (query);
  } else {
    return typename Map::key_type(query);
  }
}

template <class Map>
concept gives_nodes = requires(Map& map) {
  map.extract(map.begin());
};

/// Where entries that left a map wait for the lock to be free.
template <class Map>
class bin {
  using entry = typename decltype([] {
    if constexpr (gives_nodes<Map>)
      return std::type_identity<decltype(std::declval<Map&>().extract(std::declval<Map&>().begin()))>();
    else
      return std::type_identity<typename Map::mapped_type>();
  }())::type;

 public:
  /// Takes one entry out of `map_locked`.
  void take(Map& map_locked, typename Map::iterator at) {
    if constexpr (gives_nodes<Map>) {
      kept_.emplace(map_locked.extract(at));
    } else {
      kept_.emplace(std::move(at->second));
      map_locked.erase(at);
    }
  }

 private:
  std::optional<entry> kept_;
};

/// Makes empty maps that hash, compare and allocate alike.
template <class Map>
class map_maker {
  static constexpr bool hashes = requires(const Map& like) {
    like.hash_function();
    like.key_eq();
  };
  struct nothing {};
  template <bool Hashes, class M>
  struct parts {
    using first = typename M::hasher;
    using second = typename M::key_equal;
  };
  template <class M>
  struct parts<false, M> {
    using first = typename M::key_compare;
    using second = nothing;
  };

  template <bool Hashes, class M>
  struct shard_hash_of {
    using type = typename M::hasher;
  };
  template <class M>
  struct shard_hash_of<false, M> {
    using type = portolan::hash<typename M::key_type>;
  };

 public:
  map_maker() = default;
  explicit map_maker(const Map& like) requires requires {
    like.hash_function();
    like.key_eq();
    like.get_allocator();
  } : first_(like.hash_function()), second_(like.key_eq()), third_(like.get_allocator()) {}
  explicit map_maker(const Map& like) requires requires {
    like.key_comp();
    like.get_allocator();
  } : first_(like.key_comp()), third_(like.get_allocator()) {}

  [[nodiscard]] Map operator()() const {
    if constexpr (hashes)
      return Map(0, first_, second_, third_);
    else
      return Map(first_, third_);
  }

  /// What chooses a shard: the map's own hash, because only that fits its equality; a default one for an ordered map.
  using shard_hasher = typename shard_hash_of<hashes, Map>::type;
  [[nodiscard]] shard_hasher shard_hash() const {
    if constexpr (hashes)
      return first_;
    else
      return shard_hasher();
  }

  /// As the map hashes; 0 for an ordered one. These two need no lock: they read nothing that changes.
  [[nodiscard]] std::size_t hash([[maybe_unused]] const typename Map::key_type& key) const {
    if constexpr (hashes)
      return static_cast<std::size_t>(first_(key));
    else
      return 0;
  }
  /// As the map tells keys apart.
  [[nodiscard]] bool same(const typename Map::key_type& left, const typename Map::key_type& right) const {
    if constexpr (hashes)
      return static_cast<bool>(second_(left, right));
    else
      return !first_(left, right) && !first_(right, left);
  }

 private:
  [[no_unique_address]] typename parts<hashes, Map>::first first_;
  [[no_unique_address]] typename parts<hashes, Map>::second second_;
  [[no_unique_address]] typename Map::allocator_type third_;
};

/// A hashing map's equality; of an ordered map nothing that could be used.
template <class Map>
struct key_equal_in {
  using type = void*;
};
template <class Map>
  requires requires { typename Map::key_equal; }
struct key_equal_in<Map> {
  using type = typename Map::key_equal;
};
template <class Map>
using key_equal_of = typename key_equal_in<Map>::type;

/// A map whose entries lie in its table, and that can tell how large that is.
template <class Map>
concept tells_its_bytes = requires(const Map& map) {
  map.allocated_bytes();
  map.capacity();
};

/// Entries that fit before the map rearranges itself; its size where it cannot tell.
template <class Map>
[[nodiscard]] std::size_t capacity_of(const Map& map) {
  if constexpr (tells_its_bytes<Map>) {
    return map.capacity();
  } else if constexpr (requires {
                         map.bucket_count();
                         map.max_load_factor();
                       }) {
    return static_cast<std::size_t>(static_cast<double>(map.bucket_count()) *
                                    static_cast<double>(map.max_load_factor()));
  } else {
    return map.size();
  }
}

/// What an entry comes to; estimated, with two words for its links, where it is a node.
template <class Map>
inline constexpr std::size_t bytes_an_entry = sizeof(typename Map::value_type) +
                                              (tells_its_bytes<Map> ? 0 : 2 * sizeof(void*));

/// What the map's entries come to beside its table.
template <class Map>
[[nodiscard]] std::size_t entry_bytes_of(const Map& map) {
  return tells_its_bytes<Map> ? 0 : map.size() * bytes_an_entry<Map>;
}

/// What its table comes to: of buckets a word each.
template <class Map>
[[nodiscard]] std::size_t bucket_bytes_of(const Map& map) {
  if constexpr (tells_its_bytes<Map>)
    return map.allocated_bytes();
  else if constexpr (requires { map.bucket_count(); })
    return map.bucket_count() * sizeof(void*);
  else
    return 0;
}

}  // namespace portolan::detail
