// expect: is a struct with a base class
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Which fields a base has cannot be told.
#include <portolan/base/key.hpp>

struct port {
  int country;
  bool operator==(const port&) const = default;
};
struct berth : port {
  int number;
  bool operator==(const berth&) const = default;
};
static_assert(portolan::key_requirements<berth, portolan::hash<berth>, portolan::equal<berth>>::hold);
