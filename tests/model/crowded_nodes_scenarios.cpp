// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Crowded lines (crowded_scenarios.cpp) of maps whose entries are nodes: with each reclaimer, of texts, and of values that
// change in place.
#include <portolan/reclaim/hazard.hpp>

#include "crowded.hpp"

namespace portolan::model {
namespace {

template <class K, class V, class Reclaimer>
constexpr auto make = &crowded_subject<
    concurrent_map<K, V, telling_hash, equal<K>, std::allocator<std::pair<const K, V>>, Reclaimer>>::make;

}  // namespace

std::vector<scenario> crowded_nodes_scenarios() {
  std::vector<scenario> all;
  for (const kind& of : {kind{"crowded: nodes, epoch", make<number, wide, epoch>},
                         kind{"crowded: nodes, hazard", make<number, wide, hazard>},
                         kind{"crowded: texts, epoch", make<std::string, wide, epoch>},
                         kind{"crowded: texts changed in place, epoch", make<std::string, number, epoch>}}) {
    for (scenario& each : crowded(of)) all.push_back(std::move(each));
  }
  return all;
}

}  // namespace portolan::model
