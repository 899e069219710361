// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The baselines: std::unordered_map behind one mutex, and behind one read-write lock.
#include <unordered_map>

#include "bench/peers/peers.hpp"
#include "bench/peers/striped.hpp"

namespace portolan::workload {
namespace {

template <class K, class V>
struct mutexed : striped<std::unordered_map<K, V>, std::mutex> {
  explicit mutexed(const setup& how) : striped<std::unordered_map<K, V>, std::mutex>(how, 1) {}
};
template <class K, class V>
struct read_write_locked : striped<std::unordered_map<K, V>, std::shared_mutex> {
  explicit read_write_locked(const setup& how) : striped<std::unordered_map<K, V>, std::shared_mutex>(how, 1) {}
};

}  // namespace

candidate std_mutex() {
  return {.name = "mutex + unordered_map",
          .origin = origin::baseline,
          .what = "",
          .paste = "std::mutex m;  std::unordered_map<K, V> map;",
          .header = "<mutex>, <unordered_map>",
          .make = make_driver<mutexed>};
}

candidate std_shared_mutex() {
  return {.name = "rwlock + unordered_map",
          .origin = origin::baseline,
          .what = "",
          .paste = "std::shared_mutex m;  std::unordered_map<K, V> map;",
          .header = "<shared_mutex>, <unordered_map>",
          .make = make_driver<read_write_locked>};
}

}  // namespace portolan::workload
