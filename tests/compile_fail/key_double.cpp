// expect: opt in by name: Hash = portolan::hash_float_bits<K>
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A NaN could be put in and never found.
#include <portolan/base/key.hpp>

static_assert(portolan::key_requirements<double, portolan::hash<double>, portolan::equal<double>>::hold);
