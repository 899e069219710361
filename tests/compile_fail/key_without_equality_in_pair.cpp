// expect: comparable_part<name, portolan::detail::first_of_pair
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A pair's own operator== promises more than its members keep.
#include <portolan/base/key.hpp>

struct name {
  int id;
};
template <>
struct std::hash<name> {
  std::size_t operator()(const name& n) const noexcept { return static_cast<std::size_t>(n.id); }
};
using key = std::pair<name, int>;
static_assert(portolan::key_requirements<key, portolan::hash<key>, portolan::equal<key>>::hold);
