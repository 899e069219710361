// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A complete, un-torn listing of a shared map: what it held at one instant, though writers go on.
//
//   for_each, snapshot   an object that moves from key to key meanwhile may be met twice, or not at all
//   list                 one instant T within the call: exactly what the map held at T
//
//   map              how                                                     who waits for it
//   concurrent_map   copy on write, a block at a time (concurrent/list.hpp)   a writer for one block; readers never
//   sync_map         claims every entry, then copies (sync/operations.hpp)    writers for the claims; readers never
//   sharded_map      all shards' locks, in order                              writers for the copies
//   guarded_map      its lock                                                 writers for the copies
//   versioned_map    as concurrent_map; each value with its version           as concurrent_map
//   snapshot_map     its current version                                      nobody
//   plain_map        it has one thread                                        nobody
//
// 1. A map offers `list` if K and V can be copied. In key order: in_key_order.hpp.
// 2. lock_free_map has none: its writers wait for nobody, so nobody can keep it still, and a listing that looked again until
//    nothing had changed might look for ever.
// It lies apart because most users of a map never list it.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/base/platform.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/map/concurrent/list.hpp>
#include <portolan/map/mixin.hpp>

namespace portolan {

namespace detail {

/// What list may see of a map.
struct list_access {
  /// A map says for itself that its snapshot is of one instant: snapshot_map, its views, plain_map.
  template <class Map>
  static constexpr bool snapshots_one_instant() {
    if constexpr (requires { Map::snapshot_is_of_one_instant; }) {
      return Map::snapshot_is_of_one_instant;
    } else {
      return false;
    }
  }
  template <class Map>
  static constexpr bool lists_itself() {
    return requires(const Map& map) { map.list_at(platform::code_address{}); };
  }
  template <class Map>
  static constexpr bool has_gate() {
    return requires(const Map& map) { map.core_.one_listing(); };
  }

  template <class Map>
  [[nodiscard]] static auto of(const Map& map, platform::code_address place) {
    if constexpr (lists_itself<Map>()) {
      return map.list_at(place);
    } else if constexpr (has_gate<Map>()) {
      critical_scope::refuse_reentry(&map.core_, place);
      return copies_of<typename Map::key_type>(
          concurrent::listing<std::remove_reference_t<decltype(map.core_)>>::of(map.core_));
    } else {
      return map.snapshot();
    }
  }

 private:
  /// A versioned_map's record shows an entry with its version, or remembers a deletion.
  template <class Record>
  static constexpr bool is_record = requires(const Record& at) {
    at.is_live();
    at.entry();
  };
  template <class V>
  [[nodiscard]] static bool shows(const V& value) noexcept {
    if constexpr (is_record<V>) {
      return value.is_live();
    } else {
      return true;
    }
  }
  template <class V>
  [[nodiscard]] static const auto& shown(const V& value) noexcept {
    if constexpr (is_record<V>) {
      return value.entry();
    } else {
      return value;
    }
  }
  template <class K, class Parts>
  [[nodiscard]] static auto copies_of(Parts parts) {
    using value = std::remove_cvref_t<decltype(shown(parts[0][0].what.value()))>;
    std::size_t count = 0;
    for (const auto& part : parts) count += part.size();
    std::vector<std::pair<K, value>> entries;
    entries.reserve(count);
    for (auto& part : parts) {
      const auto kept = std::move(part);  // given back part by part
      for (const auto& each : kept) {
        if (shows(each.what.value())) entries.emplace_back(each.what.key(), shown(each.what.value()));
      }
    }
    return entries;
  }
};

template <class Map>
concept listable = copyable_entry<typename Map::key_type, typename Map::mapped_type> &&
    (list_access::snapshots_one_instant<Map>() || list_access::lists_itself<Map>() || list_access::has_gate<Map>());

}  // namespace detail

/// Lists what a map held at one instant. Where entries are looked at one after the other while others change them,
/// for_each and snapshot promise less and cost less.
///
/// @returns   a std::vector of std::pair<K, V> in no particular order, of versioned_map std::pair<K, versioned<V>>; no key
///            twice
/// @sees      one instant T within the call: each change that ended before it, none that begins after it
/// @progress  waits for the changes that are in progress, also for a compute's callable. Readers never wait for it where
///            they hold no lock; writers wait until those before them have ended, then: concurrent_map: for one block's
///            entries to be kept; sync_map: for all to be claimed; sharded_map, guarded_map: for all to be copied. A
///            second list of the same map waits for the first
/// @cost      O(capacity); memory for the entries, in concurrent_map twice
/// @throws    what the copies throw, std::bad_alloc: the map is untouched and open; reentrant_call with both places
///            from inside a compute of the same map
/// @calls     K's and V's copy constructors: with no lock held; in sharded_map and guarded_map under the locks, where
///            they must not re-enter (detected)
template <class Map>
  requires detail::listable<Map>
[[nodiscard, gnu::always_inline]] inline auto list(const Map& map) {
  return detail::list_access::of(map, platform::here());
}

/// Lists what a map held at one instant, in an order: `list(map, in_key_order)` (in_key_order.hpp) gives equal listings of
/// equal states, whatever the hash's secret.
///
/// @returns   a std::vector of pairs as list's, in ascending order of the keys; no key twice
/// @sees      as list
/// @progress  as list
/// @cost      as list, and O(n log n) for the order, after the map is open again
/// @throws    as list, and what K's < throws
/// @calls     K's < with no lock held; as list besides
template <class Map, class Order>
  requires detail::listable<Map> && requires(const Order& order, const Map& map) { order.sorted(list(map)); }
[[nodiscard, gnu::always_inline]] inline auto list(const Map& map, const Order& order) {
  return order.sorted(detail::list_access::of(map, platform::here()));
}

}  // namespace portolan
