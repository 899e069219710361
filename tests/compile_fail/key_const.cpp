// expect: Write the key's type without const or volatile
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The map makes its keys const by itself.
#include <portolan/base/key.hpp>

static_assert(portolan::key_requirements<const int, portolan::hash<const int>, portolan::equal<const int>>::hold);
