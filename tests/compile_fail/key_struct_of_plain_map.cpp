// expect: this part of the key has no hash. Specialise std::hash
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A struct that nobody said how to hash.
#include <portolan/map/plain_map.hpp>

struct place {
  int x, y;
  friend bool operator==(const place&, const place&) = default;
};

portolan::plain_map<place, int> names;
