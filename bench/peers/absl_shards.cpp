// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The baseline of those who measured: absl::flat_hash_map in 64 shards, each behind a mutex.
#include <absl/container/flat_hash_map.h>

#include "bench/matrix/loops.hpp"
#include "bench/peers/peers.hpp"
#include "bench/peers/striped.hpp"

namespace portolan::workload {
namespace {

template <class K, class V>
struct shards : striped<absl::flat_hash_map<K, V>, std::mutex> {
  explicit shards(const setup& how)
      : striped<absl::flat_hash_map<K, V>, std::mutex>(how, how.shards == 0 ? 64 : how.shards) {}
};

template <class K, class V>
using absl_with_shared_hash = absl::flat_hash_map<K, V, shared_hash<K>, shared_equal<K>>;
template <class K, class V>
struct shards_with_shared_hash : striped<absl_with_shared_hash<K, V>, std::mutex> {
  explicit shards_with_shared_hash(const setup& how)
      : striped<absl_with_shared_hash<K, V>, std::mutex>(how, how.shards == 0 ? 64 : how.shards) {}
};

}  // namespace

candidate absl_shards() {
  return {.name = "64 × absl::flat_hash_map",
          .origin = origin::baseline,
          .what = "",
          .paste = "struct { std::mutex m; absl::flat_hash_map<K, V> map; } shards[64];",
          .header = "absl/container/flat_hash_map.h",
          .sharded = true,
          .make = make_driver<shards>,
          .measure = matrix::make_measured<shards_with_shared_hash>};
}

}  // namespace portolan::workload
