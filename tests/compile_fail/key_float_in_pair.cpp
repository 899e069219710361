// expect: hashable_part<double, portolan::detail::second_of_pair
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The message names the member of the pair that is a float.
#include <portolan/base/key.hpp>

using key = std::pair<int, double>;
static_assert(portolan::key_requirements<key, portolan::hash<key>, portolan::equal<key>>::hold);
