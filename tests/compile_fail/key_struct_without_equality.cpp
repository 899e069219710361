// expect: this part of the key has no equality
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A struct that can be hashed and not compared.
#include <portolan/map/plain_map.hpp>

struct place {
  int x, y;
};
portolan::plain_map<place, int> names;
