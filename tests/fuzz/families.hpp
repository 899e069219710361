// The maps that are fuzzed, each as an alias of K, V, Hash, Equal and Alloc.
#pragma once

#include <unordered_map>

#include <portolan/base/shared_mutex.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/flat_hash_map.hpp>
#include <portolan/map/guarded_map.hpp>
#include <portolan/map/lock_free_map.hpp>
#include <portolan/map/plain_map.hpp>
#include <portolan/map/portable_storage.hpp>
#include <portolan/map/sharded_map.hpp>
#include <portolan/map/snapshot_map.hpp>
#include <portolan/map/sync_map.hpp>
#include <portolan/reclaim/hazard.hpp>

#include "map_machine.hpp"
#include "tests/promises/versioned_words.hpp"

namespace fuzz {

template <class Key, class Value, template <class> class Alloc>
struct maps_of {
  using K = typename Key::type;
  using V = typename Value::type;
  using H = hash_of;
  using E = portolan::equal<K>;
  using A = Alloc<std::pair<const K, V>>;

  using plain = portolan::plain_map<K, V, H, E, A>;
  using concurrent = portolan::concurrent_map<K, V, H, E, A>;
  using concurrent_portable = portolan::concurrent_map<K, V, H, E, A, portolan::epoch, portolan::portable_storage>;
  using concurrent_hazard = portolan::concurrent_map<K, V, H, E, A, portolan::hazard, portolan::node_storage>;
  using lock_free = portolan::lock_free_map<K, V, H, E, A>;
  using lock_free_hazard = portolan::lock_free_map<K, V, H, E, A, portolan::hazard>;
  using sync = portolan::sync_map<K, V, H, E, A>;
  using guarded = portolan::guarded_map<std::unordered_map<K, V, H, E, A>, portolan::shared_mutex>;
  using guarded_flat = portolan::guarded_map<portolan::flat_hash_map<K, V, H, E, A>, portolan::mutex>;
  using sharded = portolan::sharded_map<std::unordered_map<K, V, H, E, A>, portolan::mutex>;
  using sharded_flat = portolan::sharded_map<portolan::flat_hash_map<K, V, H, E, A>, portolan::mutex>;
  using snapshot = portolan::snapshot_map<K, V, H, E, A>;
  using versioned = promises::versioned_words<K, V, H, E, A>;

  template <class Map>
  static kind named(const char* map) {
    std::string words = Key::name;
    if (!std::is_same_v<Key, Value>) words.append(" to ").append(Value::name);
    return {std::string(map) + ", " + words, &make_machine<Map, Key, Value>};
  }
};

/// One list a file, so that files are compiled beside each other.
[[nodiscard]] std::vector<kind> kinds_with_tables();
[[nodiscard]] std::vector<kind> kinds_with_locks();
[[nodiscard]] std::vector<kind> kinds_of_objects();
[[nodiscard]] std::vector<kind> kinds_of_locked_objects();
[[nodiscard]] std::vector<kind> kinds_of_steady_objects();

}  // namespace fuzz
