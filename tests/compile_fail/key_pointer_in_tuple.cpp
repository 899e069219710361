// expect: portolan::detail::element_of_tuple<2
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The message names the position in the tuple that is a pointer.
#include <tuple>

#include <portolan/base/key.hpp>

using key = std::tuple<int, long, const char*>;
static_assert(portolan::key_requirements<key, portolan::hash<key>, portolan::equal<key>>::hold);
