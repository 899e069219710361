// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <portolan/map/snapshot_map.hpp>
#include <utility>
#include <vector>

#include "bench/peers/family.hpp"
#include "bench/peers/peers.hpp"

namespace portolan::workload {
namespace {

template <class K, class V>
struct over_snapshot_map : family_adapter<snapshot_map<K, V>> {
  explicit over_snapshot_map(const setup& how) : family_adapter<snapshot_map<K, V>>(options_of(how)) {}

  // One by one, each would copy all before it.
  void fill(std::vector<std::pair<K, V>> all) { this->map_.store_all(std::move(all)); }
  std::size_t kept_back_bytes() { return this->map_.stats().kept_back_bytes; }
};

}  // namespace

candidate ours_snapshot_map() {
  return {.name = "snapshot_map",
          .origin = origin::family,
          .what = "each write copies the table of pointers",
          .paste = "portolan::snapshot_map<K, V> map;",
          .header = "portolan/map/snapshot_map.hpp",
          .make = make_driver<over_snapshot_map>};
}

}  // namespace portolan::workload
