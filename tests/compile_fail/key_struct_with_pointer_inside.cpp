// expect: portolan::detail::field<2
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The message names the field of the struct inside, too.
#include <portolan/base/key.hpp>

struct place {
  int row;
  int* column;
  bool operator==(const place&) const = default;
};
struct cargo {
  place where;
  int weight;
  bool operator==(const cargo&) const = default;
};
static_assert(portolan::key_requirements<cargo, portolan::hash<cargo>, portolan::equal<cargo>>::hold);
