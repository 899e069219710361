// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Beside concurrent_map.hpp, for who names portable_storage where 16-byte atomics are offered: the engine that the usual
// maps do without there.
#pragma once

#include <portolan/map/concurrent/inline8.hpp>
