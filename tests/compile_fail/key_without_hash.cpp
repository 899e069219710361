// expect: this part of the key has no hash. Specialise std::hash
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A class that nobody said how to hash.
#include <portolan/base/key.hpp>

class place {
 public:
  friend bool operator==(const place&, const place&) = default;

 private:
  int x = 0, y = 0;
};
static_assert(portolan::key_requirements<place, portolan::hash<place>, portolan::equal<place>>::hold);
