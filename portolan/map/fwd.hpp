// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The maps by name, for headers that only mention them.
//
// 1. Default arguments stand here and nowhere else: every map's own header includes this one.
// 2. It stays free: it names std::allocator and std::pair without their definitions.
#pragma once

#include <iosfwd>  // names std::allocator

#if defined(__GLIBCXX__)
namespace std {
_GLIBCXX_BEGIN_NAMESPACE_VERSION
template <class, class>
struct pair;
_GLIBCXX_END_NAMESPACE_VERSION
}  // namespace std
#else
#include <utility>
#endif

namespace portolan {

template <class K>
class hash;
template <class K>
class equal;
class mutex;
class shared_mutex;
class epoch;
struct automatic_storage;

/// Whether a sharded_map keeps its shards on cache lines of their own.
enum class shard_layout : unsigned char { padded, packed };

/// Where an aggregate_map adds: in the thread's own shard, or in the key's.
enum class shard_by : unsigned char { thread, key };

template <class K, class V, class Hash = hash<K>, class KeyEqual = equal<K>,
          class Alloc = std::allocator<std::pair<const K, V>>, class Reclaimer = epoch,
          class Storage = automatic_storage>
class concurrent_map;

template <class K, class V, class Hash = hash<K>, class KeyEqual = equal<K>,
          class Alloc = std::allocator<std::pair<const K, V>>, class Reclaimer = epoch>
class lock_free_map;

template <class K, class V, class Hash = hash<K>, class KeyEqual = equal<K>,
          class Alloc = std::allocator<std::pair<const K, V>>>
class sync_map;

template <class K, class V, class Hash = hash<K>, class KeyEqual = equal<K>,
          class Alloc = std::allocator<std::pair<const K, V>>>
class snapshot_map;

template <class K, class V, class Hash = hash<K>, class KeyEqual = equal<K>,
          class Alloc = std::allocator<std::pair<const K, V>>>
class versioned_map;

template <class Map, class Lock = shared_mutex>
class guarded_map;

template <class Map, class Lock = mutex, shard_layout Layout = shard_layout::padded>
class sharded_map;

template <class K, class Monoid, class Hash = hash<K>, class KeyEqual = equal<K>, class Alloc = std::allocator<K>>
class aggregate_map;

class map_registry;

}  // namespace portolan
