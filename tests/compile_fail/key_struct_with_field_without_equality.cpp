// expect: comparable_part<colour, portolan::detail::field<2
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A defaulted == is deleted where a field has none: the message names that field.
#include <portolan/base/key.hpp>

struct colour {
  int red, green, blue;
};
struct flag {
  int country;
  colour ground;
  bool operator==(const flag&) const = default;
};
static_assert(portolan::key_requirements<flag, portolan::hash<flag>, portolan::equal<flag>>::hold);
