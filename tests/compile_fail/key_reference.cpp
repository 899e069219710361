// expect: a key must be an object that the map can hold
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A map holds its keys.
#include <string_view>

#include <portolan/base/key.hpp>

struct by_reference {
  std::size_t operator()(const int& key) const { return static_cast<std::size_t>(key); }
};
struct same {
  bool operator()(const int& left, const int& right) const { return left == right; }
};
static_assert(portolan::key_requirements<int&, by_reference, same>::hold);
