// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// libcuckoo: two places for a key, four slots in each, striped spin locks.
#include <libcuckoo/cuckoohash_map.hh>

#include "bench/matrix/loops.hpp"
#include "bench/peers/peers.hpp"
#include "bench/workload/driver.hpp"

namespace portolan::workload {
namespace {

template <class K, class V, class Hash, class Equal>
class of_cuckoo {
 public:
  explicit of_cuckoo(const setup& how) {
    if (how.reserve != 0) map_.reserve(how.reserve);
  }

  template <class Q, class F>
  bool find(const Q& key, F&& f) {
    return map_.find_fn(key, [&](const V& value) { f(value); });
  }
  bool insert(const K& key, V value) { return map_.insert(key, std::move(value)); }
  void assign(const K& key, V value) { map_.insert_or_assign(key, std::move(value)); }
  bool erase(const K& key) { return map_.erase(key); }
  void add(const K& key, std::uint64_t amount) {
    map_.upsert(
        key, [amount](V& value) { value += amount; }, amount);
  }
  template <class F>
  void for_each(F&& f) {
    auto held = map_.lock_table();
    for (const auto& [key, value] : held) f(key, value);
  }
  std::size_t size() { return map_.size(); }

 private:
  libcuckoo::cuckoohash_map<K, V, Hash, Equal> map_;
};

template <class K, class V>
struct cuckoo_adapter : of_cuckoo<K, V, std::hash<K>, std::equal_to<K>> {
  using of_cuckoo<K, V, std::hash<K>, std::equal_to<K>>::of_cuckoo;
};
template <class K, class V>
struct cuckoo_with_shared_hash : of_cuckoo<K, V, shared_hash<K>, shared_equal<K>> {
  using of_cuckoo<K, V, shared_hash<K>, shared_equal<K>>::of_cuckoo;
};

}  // namespace

candidate libcuckoo_map() {
  return {.name = "libcuckoo",
          .origin = origin::peer,
          .what = "",
          .paste = "libcuckoo::cuckoohash_map<K, V> map;",
          .header = "libcuckoo/cuckoohash_map.hh",
          .make = make_driver<cuckoo_adapter>,
          .measure = matrix::make_measured<cuckoo_with_shared_hash>};
}

}  // namespace portolan::workload
