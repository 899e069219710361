// expect: opt in by name: Hash = portolan::hash_float_bits<K>
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// That std has a hash of float does not make its NaN findable.
#include <functional>
#include <portolan/base/key.hpp>

static_assert(portolan::key_requirements<float, std::hash<float>, std::equal_to<float>>::hold);
