// expect: the monoid has no identity. Write
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a key begins with must be said.
#include <portolan/map/aggregate_map.hpp>

struct sum {
  using value_type = int;
  static void combine(int& into, const int& from) { into += from; }
};
portolan::aggregate_map<int, sum> totals;
