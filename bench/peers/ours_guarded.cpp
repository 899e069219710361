// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <portolan/map/guarded_map.hpp>
#include <unordered_map>

#include "bench/peers/family.hpp"
#include "bench/peers/peers.hpp"

namespace portolan::workload {
namespace {

template <class K, class V>
struct guarded : family_adapter<guarded_map<std::unordered_map<K, V>>> {
  explicit guarded(const setup& how) : family_adapter<guarded_map<std::unordered_map<K, V>>>(options_of(how)) {}
};

}  // namespace

candidate ours_guarded_map() {
  return {.name = "guarded_map",
          .origin = origin::family,
          .what = "",
          .paste = "portolan::guarded_map<std::unordered_map<K, V>> map;",
          .header = "portolan/map/guarded_map.hpp",
          .make = make_driver<guarded>};
}

}  // namespace portolan::workload
