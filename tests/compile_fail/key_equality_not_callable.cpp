// expect: the KeyEqual cannot be called with two keys
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// An equality of one argument.
#include <portolan/base/key.hpp>

struct always {
  bool operator()(int) const { return true; }
};
static_assert(portolan::key_requirements<int, portolan::hash<int>, always>::hold);
