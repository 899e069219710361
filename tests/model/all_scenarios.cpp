// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "scenarios.hpp"

namespace portolan::model {

std::vector<scenario> all_scenarios() {
  std::vector<scenario> all;
  for (const auto& of : {concurrent_map_scenarios, parts_scenarios}) {
    std::vector<scenario> more = of();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace portolan::model
