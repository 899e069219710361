// expect: deleted
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A registry handed to a component by value: it would never see a replacement.
#include <portolan/map/map_registry.hpp>

void serve(portolan::map_registry registry);

void start(portolan::map_registry& registry) { serve(registry); }
