// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// sharded_map over std::unordered_map, and the same without padding between its shards (the false-sharing scenario).
#include <portolan/map/sharded_map.hpp>
#include <unordered_map>

#include "bench/peers/family.hpp"
#include "bench/peers/peers.hpp"

namespace portolan::workload {
namespace {

template <class Map>
struct of_shards : family_adapter<Map> {
  explicit of_shards(const setup& how) : family_adapter<Map>(options_of(how), typename Map::shards{how.shards}) {}
};

template <class K, class V>
using padded = of_shards<sharded_map<std::unordered_map<K, V>>>;
template <class K, class V>
using packed = of_shards<sharded_map<std::unordered_map<K, V>, mutex, shard_layout::packed>>;

// One kind of key and value is enough where only the layout is looked at.
std::unique_ptr<subject> make_packed(const setup& how) {
  return std::make_unique<driver<packed<std::uint64_t, std::uint64_t>, std::uint64_t, std::uint64_t>>(how);
}

}  // namespace

candidate ours_sharded_map() {
  return {.name = "sharded_map",
          .origin = origin::family,
          .what = "",
          .paste = "portolan::sharded_map<std::unordered_map<K, V>> map;",
          .header = "portolan/map/sharded_map.hpp",
          .sharded = true,
          .make = make_driver<padded>};
}

candidate ours_packed_shards() {
  return {.name = "sharded_map, packed",
          .origin = origin::family,
          .what = "",
          .paste = "",
          .header = "portolan/map/sharded_map.hpp",
          .sharded = true,
          .make = make_packed};
}

}  // namespace portolan::workload
