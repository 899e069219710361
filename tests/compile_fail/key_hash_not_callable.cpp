// expect: the Hash cannot be called with a key
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A hash of another type.
#include <portolan/base/key.hpp>

struct no_conversion {
  friend bool operator==(const no_conversion&, const no_conversion&) = default;
};
using wrong_hash = std::hash<int>;
static_assert(portolan::key_requirements<no_conversion, wrong_hash, portolan::equal<no_conversion>>::hold);
