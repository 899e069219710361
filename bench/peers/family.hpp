// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Any map of the family as an adapter: they share one vocabulary, so one adapter does.
// Readers get a copy or hold the node (`visit`); nothing of ours is looked at under a lock.
#pragma once

#include <portolan/map/vocabulary.hpp>
#include <utility>

#include "bench/workload/driver.hpp"

namespace portolan::workload {

template <class Map>
class family_adapter {
  using K = typename Map::key_type;
  using V = typename Map::mapped_type;

 public:
  template <class... Args>
  explicit family_adapter(Args&&... args) : map_(std::forward<Args>(args)...) {}

  template <class F>
  bool find(const K& key, F&& f) {
    return map_.visit(key, std::forward<F>(f));
  }
  bool insert(const K& key, V value) { return map_.insert(key, std::move(value)); }
  void assign(const K& key, V value) { (void)map_.insert_or_assign(key, std::move(value)); }
  bool erase(const K& key) { return map_.erase(key); }
  void add(const K& key, std::uint64_t amount) {
    (void)map_.compute(key, [amount](const V* now) { return now == nullptr ? amount : *now + amount; });
  }
  template <class F>
  void for_each(F&& f) {
    map_.for_each([&](const K& key, const V& value) { f(key, value); });
  }
  std::size_t size() { return map_.size(); }

 protected:
  Map map_;
};

[[nodiscard]] inline map_options options_of(const setup& how) {
  return {.capacity = how.reserve, .max_load_factor = how.max_load_factor};
}

}  // namespace portolan::workload
