// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The maps that `portolan bench` compares.
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/guarded_map.hpp>
#include <portolan/map/sharded_map.hpp>
#include <unordered_map>

#include "tools/portolan/bench.hpp"

#if defined(PORTOLAN_BENCH_CUCKOO)
#include <libcuckoo/cuckoohash_map.hh>
#endif
#if defined(PORTOLAN_BENCH_TBB)
#include <tbb/concurrent_hash_map.h>
#endif

namespace portolan::tool {
namespace {

using number = std::uint64_t;

// Ours and libcuckoo speak alike enough for these four.
template <class Map>
class spoken final : public number_map {
 public:
  bool insert(number key, number value) override { return map_.insert(key, value); }
  bool contains(number key) override { return map_.contains(key); }
  bool erase(number key) override { return map_.erase(key); }
  std::size_t size() override { return map_.size(); }

 private:
  Map map_;
};

template <class Map>
number_map_kind kind(const char* name) {
  return {name, [] { return std::make_unique<spoken<Map>>(); }};
}

#if defined(PORTOLAN_BENCH_TBB)
class of_tbb final : public number_map {
 public:
  bool insert(number key, number value) override { return map_.emplace(key, value); }
  bool contains(number key) override { return map_.count(key) != 0; }
  bool erase(number key) override { return map_.erase(key); }
  std::size_t size() override { return map_.size(); }

 private:
  tbb::concurrent_hash_map<number, number> map_;
};
#endif

}  // namespace

std::vector<number_map_kind> number_maps() {
  std::vector<number_map_kind> all{kind<concurrent_map<number, number>>("concurrent_map"),
                                   kind<sharded_map<std::unordered_map<number, number>>>("sharded_map"),
                                   kind<guarded_map<std::unordered_map<number, number>>>("guarded_map")};
#if defined(PORTOLAN_BENCH_TBB)
  all.push_back({"tbb::concurrent_hash_map", [] { return std::make_unique<of_tbb>(); }});
#endif
#if defined(PORTOLAN_BENCH_CUCKOO)
  all.push_back(kind<libcuckoo::cuckoohash_map<number, number>>("libcuckoo"));
#endif
  return all;
}

}  // namespace portolan::tool
