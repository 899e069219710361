// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "scenarios.hpp"

namespace portolan::model {

std::vector<scenario> all_scenarios(depth in) {
  std::vector<scenario> all;
  for (const auto& of :
       {concurrent_map_scenarios, crowded_words_scenarios, crowded_nodes_scenarios, sync_map_scenarios,
        lock_free_map_scenarios, versioned_map_scenarios, copied_and_locked_map_scenarios, one_hash_scenarios,
        parts_scenarios, table_parts_scenarios, publication_scenarios, handover_scenarios}) {
    std::vector<scenario> more = of();
    for (scenario& each : more) {
      if (each.from <= in) all.push_back(std::move(each));
    }
  }
  return all;
}

}  // namespace portolan::model
