// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// aggregate_map adds and reads totals; it stores nothing else, so only workloads whose writes are additions run on it.
#include <portolan/map/aggregate_map.hpp>
#include <portolan/map/monoid.hpp>

#include "bench/peers/family.hpp"
#include "bench/peers/peers.hpp"

namespace portolan::workload {
namespace {

template <class K>
class over_aggregate_map {
  using map = aggregate_map<K, aggregate::sum<std::uint64_t>>;

 public:
  explicit over_aggregate_map(const setup& how) : map_(options_of(how), {.count = how.shards}) {}

  template <class F>
  bool find(const K& key, F&& f) {
    const std::optional<std::uint64_t> total = map_.find(key);
    if (total) f(*total);
    return total.has_value();
  }
  // Before the run only, by one thread: what the map holds at the start.
  bool insert(const K& key, std::uint64_t value) {
    if (map_.contains(key)) return false;
    map_.add(key, value);
    return true;
  }
  // Two steps, which cannot be told from one while no other thread writes the key.
  void assign(const K& key, std::uint64_t value) {
    (void)map_.take(key);
    map_.add(key, value);
  }
  bool erase(const K& key) { return map_.erase(key); }
  void add(const K& key, std::uint64_t amount) { map_.add(key, amount); }
  template <class F>
  void for_each(F&& f) {
    map_.for_each([&](const K& key, const std::uint64_t& value) { f(key, value); });
  }
  std::size_t size() { return map_.size(); }

 private:
  map map_;
};

std::unique_ptr<subject> make_aggregate(const setup& how) {
  using number = std::uint64_t;
  if (how.work.keys == key_kind::text) {
    return std::make_unique<driver<over_aggregate_map<std::string>, std::string, number>>(how);
  }
  return std::make_unique<driver<over_aggregate_map<number>, number, number>>(how);
}

}  // namespace

candidate ours_aggregate_map() {
  return {.name = "aggregate_map",
          .origin = origin::family,
          .what = "totals that are added to; nothing else can be stored",
          .paste = "portolan::aggregate_map<K, portolan::aggregate::sum<V>> map;",
          .header = "portolan/map/aggregate_map.hpp",
          .additions_only = true,
          .make = make_aggregate};
}

}  // namespace portolan::workload
