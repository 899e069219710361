// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// versioned_map as an adapter: what others do unasked it does by an update that is asked again when another was faster.
#include <portolan/map/versioned_map.hpp>

#include "bench/peers/family.hpp"
#include "bench/peers/peers.hpp"

namespace portolan::workload {
namespace {

template <class K, class V>
class over_versioned_map {
 public:
  explicit over_versioned_map(const setup& how) : map_(options_of(how)) {}

  template <class F>
  bool find(const K& key, F&& f) {
    return map_.visit(key, [&](const versioned<V>& entry) { f(static_cast<const V&>(entry)); });
  }
  bool insert(const K& key, V value) { return map_.insert(key, std::move(value)).accepted(); }
  void assign(const K& key, V value) {
    (void)map_.update(key, [&](const versioned<V>*) { return value; });
  }
  bool erase(const K& key) {
    const auto gone = map_.update(key, [](const versioned<V>*) { return decision<V>(portolan::erase); });
    return gone.outcome == computed::erased;
  }
  void add(const K& key, std::uint64_t amount) {
    (void)map_.update(key, [amount](const versioned<V>* now) {
      return now == nullptr ? amount : static_cast<const V&>(*now) + amount;
    });
  }
  template <class F>
  void for_each(F&& f) {
    map_.for_each([&](const K& key, const versioned<V>& entry) { f(key, static_cast<const V&>(entry)); });
  }
  std::size_t size() { return map_.size(); }
  std::size_t kept_back_bytes() { return map_.stats().kept_back_bytes; }

 private:
  versioned_map<K, V> map_;
};

}  // namespace

candidate ours_versioned_map() {
  return {.name = "versioned_map",
          .origin = origin::family,
          .what = "every write is checked against the version that it read",
          .paste = "portolan::versioned_map<K, V> map;",
          .header = "portolan/map/versioned_map.hpp",
          .make = make_driver<over_versioned_map>};
}

}  // namespace portolan::workload
