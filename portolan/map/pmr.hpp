// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The maps with memory from a std::pmr::memory_resource that is chosen at run time.
//
//   std::pmr::synchronized_pool_resource arena; …
//   portolan::pmr::concurrent_map<int, int> ages(&arena);      portolan::concurrent_map with polymorphic_allocator
//
// 1. These are names, no types of their own: include the map's header beside this one, and <memory_resource>.
// 2. The resource must outlive the map, its views and its handles. A shared map allocates on every thread that writes
//    it, and the timer's thread frees what readers have left: take a resource that threads may share
//    (std::pmr::synchronized_pool_resource, or the default one), also where one thread alone writes.
// 3. Tables, nodes and entries come from the resource. What the map is beside them does not: locks, counters, and the
//    bookkeeping of memory that readers may still see (portolan/reclaim).
#pragma once

#include <utility>

#if defined(__GLIBCXX__)
#include <unordered_map>  // declares polymorphic_allocator, without the weight of <memory_resource>
#else
#include <memory_resource>
#include <unordered_map>
#endif

#include <portolan/map/fwd.hpp>

namespace portolan {

template <class K, class V, class Hash, class KeyEqual, class Alloc>
class plain_map;

namespace pmr {

/// The allocator of these maps.
template <class K, class V>
using allocator = std::pmr::polymorphic_allocator<std::pair<const K, V>>;

template <class K, class V, class Hash = hash<K>, class KeyEqual = equal<K>, class Reclaimer = epoch,
          class Storage = automatic_storage>
using concurrent_map = portolan::concurrent_map<K, V, Hash, KeyEqual, allocator<K, V>, Reclaimer, Storage>;

template <class K, class V, class Hash = hash<K>, class KeyEqual = equal<K>>
using sync_map = portolan::sync_map<K, V, Hash, KeyEqual, allocator<K, V>>;

template <class K, class V, class Hash = hash<K>, class KeyEqual = equal<K>>
using snapshot_map = portolan::snapshot_map<K, V, Hash, KeyEqual, allocator<K, V>>;

template <class K, class V, class Hash = hash<K>, class KeyEqual = equal<K>>
using plain_map = portolan::plain_map<K, V, Hash, KeyEqual, allocator<K, V>>;

/// Over std::pmr::unordered_map; for another one write portolan::guarded_map<std::pmr::map<K, V>>.
template <class K, class V, class Hash = hash<K>, class KeyEqual = equal<K>, class Lock = shared_mutex>
using guarded_map = portolan::guarded_map<std::unordered_map<K, V, Hash, KeyEqual, allocator<K, V>>, Lock>;

template <class K, class V, class Hash = hash<K>, class KeyEqual = equal<K>, class Lock = mutex>
using sharded_map = portolan::sharded_map<std::unordered_map<K, V, Hash, KeyEqual, allocator<K, V>>, Lock>;

}  // namespace pmr
}  // namespace portolan
