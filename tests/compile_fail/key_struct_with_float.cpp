// expect: hashable_part<double, portolan::detail::field<3
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The message says which field of a struct is a float: its number.
#include <portolan/base/key.hpp>

struct trip {
  int day;
  long legs;
  double toll;
  bool operator==(const trip&) const = default;
};
static_assert(portolan::key_requirements<trip, portolan::hash<trip>, portolan::equal<trip>>::hold);
