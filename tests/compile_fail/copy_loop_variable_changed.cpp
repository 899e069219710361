// expect: is_invocable_v
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A visitor that would change what it is shown: with iterators it would change a copy of the pair.
#include <portolan/map/concurrent_map.hpp>

#include <string>

void grow_older(portolan::concurrent_map<std::string, int>& map) {
  map.for_each([](const std::string&, int& age) { age += 1; });
}
