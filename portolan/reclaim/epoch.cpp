// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The domain of `epoch`, compiled once for all maps.
#include <portolan/reclaim/domain/lock_free.hpp>
#include <portolan/reclaim/domain/state.hpp>
#include <portolan/reclaim/epoch.hpp>
#include <portolan/reclaim/epoch/judge.hpp>

template class portolan::reclaim::domain<portolan::reclaim::epoch_rule>;
template class portolan::reclaim::lock_free_domain<portolan::reclaim::epoch_rule>;
