// expect: must return an unsigned number of 32 or more bits
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A hash of eight bits has 256 values.
#include <portolan/base/key.hpp>

struct low_byte {
  unsigned char operator()(int key) const { return static_cast<unsigned char>(key); }
};
static_assert(portolan::key_requirements<int, low_byte, portolan::equal<int>>::hold);
