// expect: std::string for a text
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Two equal texts at different addresses would be different keys.
#include <portolan/base/key.hpp>

using text = const char*;
static_assert(portolan::key_requirements<text, portolan::hash<text>, portolan::equal<text>>::hold);
