// expect: is a union, which does not say which member is alive
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Nobody knows which member to hash.
#include <portolan/base/key.hpp>

union word {
  int number;
  char letters[4];
};
struct entry {
  int kind;
  word content;
  bool operator==(const entry& other) const { return kind == other.kind; }
};
static_assert(portolan::key_requirements<entry, portolan::hash<entry>, portolan::equal<entry>>::hold);
