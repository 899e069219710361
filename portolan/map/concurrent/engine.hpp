// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Which engine a concurrent_map takes: decided by its types alone, unless a storage is named.
//
//   small trivially copyable key and value, portolan::equal, a hash that cannot throw ─┬ 16-byte atomics:  inline16
//                                                                                      └ else:             inline8
//   any other key, small trivially copyable value                      nodes whose value changes in place: no handles
//   everything else                                                    nodes whose value never changes: handles
#pragma once

#include <type_traits>

#include <portolan/base/platform.hpp>
#include <portolan/map/concurrent/inline16.hpp>
#if !defined(__x86_64__)
#include <portolan/map/concurrent/inline8.hpp>
#endif
#include <portolan/map/concurrent/nodes.hpp>

namespace portolan {

struct automatic_storage {};  ///< the fastest that the types and the processor allow
struct portable_storage {};   ///< inline with 8-byte atomics only; include <portolan/map/portable_storage.hpp> for it
struct node_storage {};       ///< a node for each entry, also for small ones, whose value never changes: handles

namespace concurrent {

template <class K, class V, class Hash, class KeyEqual>
class inline8;

template <class K, class V, class Hash, class KeyEqual, class Alloc, class Storage>
struct engine_of {
  using type = nodes<K, V, Hash, KeyEqual, Alloc, word_value<V> && !std::is_same_v<Storage, node_storage>>;
};
template <class K, class V, class Hash, class KeyEqual, class Alloc>
  requires fits_inline<K, V, Hash, KeyEqual>
struct engine_of<K, V, Hash, KeyEqual, Alloc, portable_storage> {
  using type = inline8<K, V, Hash, KeyEqual>;
};
template <class K, class V, class Hash, class KeyEqual, class Alloc>
  requires fits_inline<K, V, Hash, KeyEqual>
struct engine_of<K, V, Hash, KeyEqual, Alloc, automatic_storage> {
#if defined(__x86_64__)
  using type = inline16<K, V, Hash, KeyEqual>;
#else
  using type = inline8<K, V, Hash, KeyEqual>;
#endif
};

}  // namespace concurrent
}  // namespace portolan
