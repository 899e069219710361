// expect: could not be undone. Write noexcept behind combine
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A combine that may throw works on a copy; this value has none.
#include <memory>

#include <portolan/map/aggregate_map.hpp>

struct first {
  using value_type = std::unique_ptr<int>;
  static value_type identity() { return nullptr; }
  static void combine(value_type& into, const value_type& from) {
    if (into == nullptr && from != nullptr) into = std::make_unique<int>(*from);
  }
};
portolan::aggregate_map<int, first> totals;
