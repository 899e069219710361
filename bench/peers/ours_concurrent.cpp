// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <portolan/map/bulk.hpp>
#include <portolan/map/concurrent_map.hpp>

#include <algorithm>
#include <iterator>

#include "bench/matrix/loops.hpp"
#include "bench/peers/family.hpp"
#include "bench/peers/peers.hpp"

namespace portolan::workload {
namespace {

template <class K, class V>
struct over_concurrent_map : family_adapter<concurrent_map<K, V>> {
  explicit over_concurrent_map(const setup& how) : family_adapter<concurrent_map<K, V>>(options_of(how)) {}

  std::size_t kept_back_bytes() { return this->map_.stats().kept_back_bytes; }
};

// With what the matrix asks for besides: texts by view, many keys a call, whether it grows.
template <class K, class V>
class whole_concurrent_map : public over_concurrent_map<K, V> {
 public:
  explicit whole_concurrent_map(const setup& how) : over_concurrent_map<K, V>(how) {}

  template <class Q, class F>
    requires lookup_key<Q, K, hash<K>, equal<K>>
  bool find(const Q& key, F&& f) {
    const auto value = this->map_.find(key);
    if (!value) return false;
    f(*value);
    return true;
  }
  // Inlined, as the loop's finds are: else the optional is returned by way of memory.
  [[gnu::always_inline]] std::optional<V> lookup(const K& key) requires std::is_same_v<K, std::uint64_t> {
    return this->map_.find(key);
  }
  template <class F>
  void find_many(std::span<const K> keys, F&& f) {
    found<V> results[64];
    for (std::size_t first = 0; first < keys.size(); first += std::size(results)) {
      const auto some = keys.subspan(first, std::min(std::size(results), keys.size() - first));
      (void)find_each(this->map_, some, results);
      for (std::size_t i = 0; i < some.size(); ++i) {
        if (results[i]) f(first + i, std::as_const(*results[i]));
      }
    }
  }
  std::size_t insert_many(std::span<const std::pair<K, V>> entries) { return insert_each(this->map_, entries); }
  void reserve(std::size_t entries) { this->map_.reserve(entries); }
  bool growing() { return this->map_.stats().tables > 1; }
};

}  // namespace

candidate ours_concurrent_map() {
  return {.name = "concurrent_map",
          .origin = origin::family,
          .what = "",
          .paste = "portolan::concurrent_map<K, V> map;",
          .header = "portolan/map/concurrent_map.hpp",
          .make = make_driver<over_concurrent_map>,
          .measure = matrix::make_measured<whole_concurrent_map>};
}

}  // namespace portolan::workload
