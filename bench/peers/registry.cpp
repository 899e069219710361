// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Which candidates this program was built with; bench/CMakeLists.txt says why one is missing.
#include "bench/peers/peers.hpp"

namespace portolan::workload {

std::vector<candidate> all_candidates() {
  std::vector<candidate> all;
#if defined(PORTOLAN_BENCH_CONCURRENT)
  all.push_back(ours_concurrent_map());
#endif
#if defined(PORTOLAN_BENCH_SHARDED)
  all.push_back(ours_sharded_map());
#endif
#if defined(PORTOLAN_BENCH_GUARDED)
  all.push_back(ours_guarded_map());
#endif
#if defined(PORTOLAN_BENCH_SYNC)
  all.push_back(ours_sync_map());
#endif
#if defined(PORTOLAN_BENCH_SNAPSHOT)
  all.push_back(ours_snapshot_map());
#endif
#if defined(PORTOLAN_BENCH_LOCK_FREE)
  all.push_back(ours_lock_free_map());
#endif
#if defined(PORTOLAN_BENCH_VERSIONED)
  all.push_back(ours_versioned_map());
#endif
#if defined(PORTOLAN_BENCH_AGGREGATE)
  all.push_back(ours_aggregate_map());
#endif
  all.push_back(std_mutex());
  all.push_back(std_shared_mutex());
#if defined(PORTOLAN_BENCH_ABSL)
  all.push_back(absl_shards());
#endif
#if defined(PORTOLAN_BENCH_TBB)
  all.push_back(tbb_concurrent_hash_map());
#endif
#if defined(PORTOLAN_BENCH_CUCKOO)
  all.push_back(libcuckoo_map());
#endif
#if defined(PORTOLAN_BENCH_CDS)
  all.push_back(libcds_split_list());
#endif
#if defined(PORTOLAN_BENCH_URCU)
  all.push_back(liburcu_hash_table());
#endif
  return all;
}

}  // namespace portolan::workload
