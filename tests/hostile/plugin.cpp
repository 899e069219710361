// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A library that holds maps, for unload_test: linked with a copy of Portolan of its own, loaded, used and unloaded.
#include <cstdint>
#include <string>
#include <thread>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/lock_free_map.hpp>
#include <portolan/map/sync_map.hpp>

namespace {

template <class Map>
bool use(Map& map, std::uint64_t from) {
  for (std::uint64_t key = from; key < from + 300; ++key) map.insert_or_assign(key, key);
  for (std::uint64_t key = from; key < from + 300; ++key) {
    if (map.find(key) != key) return false;
    if (key % 3 != 0) map.erase(key);
  }
  return true;
}

// Destroyed when the library is unloaded.
portolan::concurrent_map<std::uint64_t, std::uint64_t> numbers;
portolan::lock_free_map<std::uint64_t, std::uint64_t> nodes;
portolan::sync_map<std::uint64_t, std::uint64_t> tables;

}  // namespace

/// True if all maps answered rightly. `from` chooses the keys: each caller has his own.
extern "C" bool plugin_use_maps(std::uint64_t from) {
  return use(numbers, from) && use(nodes, from) && use(tables, from);
}

/// The same by a thread that the library starts and joins.
extern "C" bool plugin_use_maps_on_a_thread(std::uint64_t from) {
  bool right = false;
  std::thread([&] { right = plugin_use_maps(from); }).join();
  return right;
}
