// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// oneTBB's concurrent_hash_map: nodes, a lock in each, held while one looks (an accessor).
// Its allocator is std's here, so that its memory is counted like everybody's.
#include <tbb/concurrent_hash_map.h>

#include "bench/matrix/loops.hpp"
#include "bench/peers/peers.hpp"
#include "bench/workload/driver.hpp"

namespace portolan::workload {
namespace {

template <class K, class V, class Compare>
class of_tbb {
  using table = tbb::concurrent_hash_map<K, V, Compare, std::allocator<std::pair<const K, V>>>;

 public:
  explicit of_tbb(const setup& how) {
    if (how.reserve != 0) map_.rehash(how.reserve);
  }

  template <class Q, class F>
    requires std::is_same_v<Q, K> || requires { typename Compare::is_transparent; }
  bool find(const Q& key, F&& f) {
    typename table::const_accessor held;
    if (!map_.find(held, key)) return false;
    f(held->second);
    return true;
  }
  bool insert(const K& key, V value) { return map_.emplace(key, std::move(value)); }
  void assign(const K& key, V value) {
    typename table::accessor held;
    map_.insert(held, key);
    held->second = std::move(value);
  }
  bool erase(const K& key) { return map_.erase(key); }
  void add(const K& key, std::uint64_t amount) {
    typename table::accessor held;
    map_.insert(held, key);
    held->second += amount;
  }
  template <class F>
  void for_each(F&& f) {
    for (const auto& [key, value] : map_) f(key, value);
  }
  std::size_t size() { return map_.size(); }

 private:
  table map_;
};

template <class K, class V>
struct tbb_adapter : of_tbb<K, V, tbb::tbb_hash_compare<K>> {
  using of_tbb<K, V, tbb::tbb_hash_compare<K>>::of_tbb;
};

// Texts are looked up by their view.
template <class K>
struct tbb_shared_compare {
  using is_transparent = void;
  using query = std::conditional_t<std::is_same_v<K, std::string>, std::string_view, K>;
  static std::size_t hash(query key) { return shared_hash<K>{}(key); }
  static bool equal(query left, query right) { return left == right; }
};
template <class K, class V>
struct tbb_with_shared_hash : of_tbb<K, V, tbb_shared_compare<K>> {
  using of_tbb<K, V, tbb_shared_compare<K>>::of_tbb;
};

}  // namespace

candidate tbb_concurrent_hash_map() {
  return {.name = "tbb::concurrent_hash_map",
          .origin = origin::peer,
          .what = "",
          .paste = "tbb::concurrent_hash_map<K, V> map;",
          .header = "tbb/concurrent_hash_map.h",
          .make = make_driver<tbb_adapter>,
          .measure = matrix::make_measured<tbb_with_shared_hash>};
}

}  // namespace portolan::workload
