// expect: this part of the key has no equality
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A class that can be hashed and not compared.
#include <portolan/base/key.hpp>

struct name {
  int id;
};
template <>
struct std::hash<name> {
  std::size_t operator()(const name& n) const noexcept { return static_cast<std::size_t>(n.id); }
};
static_assert(portolan::key_requirements<name, portolan::hash<name>, portolan::equal<name>>::hold);
