// expect: stops
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A list of texts has no hash: its field is named.
#include <string>
#include <vector>

#include <portolan/base/key.hpp>

struct route {
  int ship;
  std::vector<std::string> stops;
  bool operator==(const route&) const = default;
};
static_assert(portolan::key_requirements<route, portolan::hash<route>, portolan::equal<route>>::hold);
