// expect: fields cannot be told: a reference or a constant is among
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A key that refers to something changes when that does.
#include <portolan/base/key.hpp>

struct view {
  int id;
  const int& size;
  bool operator==(const view& other) const { return id == other.id && size == other.size; }
};
static_assert(portolan::key_requirements<view, portolan::hash<view>, portolan::equal<view>>::hold);
