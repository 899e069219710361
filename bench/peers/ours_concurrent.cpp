// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <portolan/map/concurrent_map.hpp>

#include "bench/peers/family.hpp"
#include "bench/peers/peers.hpp"

namespace portolan::workload {
namespace {

template <class K, class V>
struct over_concurrent_map : family_adapter<concurrent_map<K, V>> {
  explicit over_concurrent_map(const setup& how) : family_adapter<concurrent_map<K, V>>(options_of(how)) {}

  std::size_t kept_back_bytes() { return this->map_.stats().kept_back_bytes; }
};

}  // namespace

candidate ours_concurrent_map() {
  return {.name = "concurrent_map",
          .origin = origin::family,
          .what = "",
          .paste = "portolan::concurrent_map<K, V> map;",
          .header = "portolan/map/concurrent_map.hpp",
          .make = make_driver<over_concurrent_map>};
}

}  // namespace portolan::workload
