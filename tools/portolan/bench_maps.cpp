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
template <class Key, class Map>
class spoken final : public keyed_map<Key> {
 public:
  bool insert(const Key& key, number value) override { return map_.insert(key, value); }
  bool contains(const Key& key) override { return map_.contains(key); }
  bool erase(const Key& key) override { return map_.erase(key); }
  std::size_t size() override { return map_.size(); }

 private:
  Map map_;
};

template <class Key, class Map>
keyed_map_kind<Key> kind(const char* name) {
  return {name, [] { return std::make_unique<spoken<Key, Map>>(); }};
}

#if defined(PORTOLAN_BENCH_TBB)
template <class Key>
class of_tbb final : public keyed_map<Key> {
 public:
  bool insert(const Key& key, number value) override { return map_.emplace(key, value); }
  bool contains(const Key& key) override { return map_.count(key) != 0; }
  bool erase(const Key& key) override { return map_.erase(key); }
  std::size_t size() override { return map_.size(); }

 private:
  tbb::concurrent_hash_map<Key, number> map_;
};
#endif

template <class Key>
std::vector<keyed_map_kind<Key>> maps_of() {
  std::vector<keyed_map_kind<Key>> all{kind<Key, concurrent_map<Key, number>>("concurrent_map"),
                                       kind<Key, sharded_map<std::unordered_map<Key, number>>>("sharded_map"),
                                       kind<Key, guarded_map<std::unordered_map<Key, number>>>("guarded_map")};
#if defined(PORTOLAN_BENCH_TBB)
  all.push_back({"tbb::concurrent_hash_map", [] { return std::make_unique<of_tbb<Key>>(); }});
#endif
#if defined(PORTOLAN_BENCH_CUCKOO)
  all.push_back(kind<Key, libcuckoo::cuckoohash_map<Key, number>>("libcuckoo"));
#endif
  return all;
}

}  // namespace

std::vector<number_map_kind> number_maps() { return maps_of<number>(); }
std::vector<text_map_kind> text_maps() { return maps_of<std::string>(); }

}  // namespace portolan::tool
