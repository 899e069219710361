// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <portolan/map/lock_free_map.hpp>

#include "bench/peers/family.hpp"
#include "bench/peers/peers.hpp"

namespace portolan::workload {
namespace {

template <class K, class V>
struct over_lock_free_map : family_adapter<lock_free_map<K, V>> {
  explicit over_lock_free_map(const setup& how) : family_adapter<lock_free_map<K, V>>(options_of(how)) {}

  std::size_t kept_back_bytes() { return this->map_.stats().kept_back_bytes; }
};

}  // namespace

candidate ours_lock_free_map() {
  return {.name = "lock_free_map",
          .origin = origin::family,
          .what = "",
          .paste = "portolan::lock_free_map<K, V> map;",
          .header = "portolan/map/lock_free_map.hpp",
          .make = make_driver<over_lock_free_map>};
}

}  // namespace portolan::workload
