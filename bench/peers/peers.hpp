// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One function a candidate; each is defined in the file of its name. What this program was built without is not
// linked and not listed (registry.cpp).
#pragma once

#include "bench/workload/candidate.hpp"

namespace portolan::workload {

[[nodiscard]] candidate ours_concurrent_map();
[[nodiscard]] candidate ours_lock_free_map();
[[nodiscard]] candidate ours_sync_map();
[[nodiscard]] candidate ours_guarded_map();
[[nodiscard]] candidate ours_sharded_map();
/// The same without padding between the shards; numbers only; for the false-sharing scenario, in no list.
[[nodiscard]] candidate ours_packed_shards();
[[nodiscard]] candidate ours_snapshot_map();
[[nodiscard]] candidate ours_aggregate_map();
[[nodiscard]] candidate ours_versioned_map();

[[nodiscard]] candidate std_mutex();
[[nodiscard]] candidate std_shared_mutex();
[[nodiscard]] candidate absl_shards();

[[nodiscard]] candidate tbb_concurrent_hash_map();
[[nodiscard]] candidate libcuckoo_map();
[[nodiscard]] candidate libcds_split_list();
[[nodiscard]] candidate liburcu_hash_table();

}  // namespace portolan::workload
