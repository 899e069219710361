// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The domain of `hazard`, compiled once for all maps.
#include <portolan/reclaim/domain/lock_free.hpp>
#include <portolan/reclaim/domain/state.hpp>
#include <portolan/reclaim/hazard.hpp>
#include <portolan/reclaim/hazard/judge.hpp>

template class portolan::reclaim::domain<portolan::reclaim::hazard_rule>;
template class portolan::reclaim::lock_free_domain<portolan::reclaim::hazard_rule>;
