// expect: hashable_part<float, portolan::detail::value_of_optional
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// An optional float is a float.
#include <portolan/base/key.hpp>

using key = std::optional<float>;
static_assert(portolan::key_requirements<key, portolan::hash<key>, portolan::equal<key>>::hold);
