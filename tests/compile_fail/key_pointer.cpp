// expect: opt in by name: Hash = portolan::hash_address<K>
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A pointer is a key by its address: seldom what is meant.
#include <portolan/base/key.hpp>

struct session;
static_assert(portolan::key_requirements<session*, portolan::hash<session*>, portolan::equal<session*>>::hold);
