// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <portolan/map/sync_map.hpp>

#include "bench/peers/family.hpp"
#include "bench/peers/peers.hpp"

namespace portolan::workload {
namespace {

template <class K, class V>
struct over_sync_map : family_adapter<sync_map<K, V>> {
  explicit over_sync_map(const setup& how) : family_adapter<sync_map<K, V>>(options_of(how)) {}

  std::size_t kept_back_bytes() { return this->map_.stats().kept_back_bytes; }
};

}  // namespace

candidate ours_sync_map() {
  return {.name = "sync_map",
          .origin = origin::family,
          .what = "",
          .paste = "portolan::sync_map<K, V> map;",
          .header = "portolan/map/sync_map.hpp",
          .make = make_driver<over_sync_map>};
}

}  // namespace portolan::workload
