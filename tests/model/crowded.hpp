// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// concurrent_map where much meets in few lines: keys that say themselves which line they belong to.
//
//   key 302 = 100 · 3 + 02        3: the first four bits of its hash     02: the second of those
//                                 keys of one hundred that are not ten apart have one hash, down to the last bit
//
//   a table of 16 lines   line 3, block 1 (lines 2 and 3)         a table of 4 lines   line 0, block 0 (lines 0 and 1)
//
// So a scenario can fill a line, fill a block, have an entry wrap round the end of its block, go to the spill, or not fit
// into a table that shrinks; hashes that scatter do so once in a thousand executions or never.
#pragma once

#include <portolan/map/concurrent_map.hpp>

#include "plan.hpp"
#include "subject_of.hpp"

namespace portolan::model {

/// What hashes a key as above; it scorns the map's secret.
struct telling_hash {
  using is_seeded = void;
  telling_hash() = default;
  explicit telling_hash(const hash_seed&) noexcept {}
  std::size_t operator()(number key) const noexcept {
    const number tag = key / 10 % 10 + 1;
    return key / 100 % 16 << 60 | tag << 16 | 5 * tag;  // tags differ, the filter beside a line has one bit for all
  }
  std::size_t operator()(const std::string& digits) const noexcept { return (*this)(std::stoull(digits)); }
};

/// As subject_of, with the few operations that a table's lines can tell apart; keys may be texts.
template <class Map>
class crowded_subject final : public subject {
  using K = typename Map::key_type;
  using V = typename Map::mapped_type;

 public:
  [[nodiscard]] static std::unique_ptr<subject> make() { return std::make_unique<crowded_subject>(); }

  number perform(const call& what) override {
    const K key = key_of(what.key);
    switch (what.what) {
      case verb::find: return number_of(map_.find(key));
      case verb::insert: return number_of(map_.insert(key, V(what.value)));
      case verb::assign: return number_of(map_.insert_or_assign(key, V(what.value)));
      case verb::erase: return map_.erase(key);
      case verb::add:
        return number_of(map_.compute(key, [](const V* now) { return V(now == nullptr ? 1 : number_of(*now) + 1); }));
      case verb::find_two: return find_two(what.key, what.other);
      case verb::for_each: return show_all();
      case verb::reserve: return map_.reserve(what.key), 0;
      case verb::shrink_to_fit: return static_cast<void>(map_.shrink_to_fit()), 0;
      default: return no_such;
    }
  }
  void walk(const std::function<void(number, number)>& visitor) override {
    map_.for_each([&](const K& key, const auto& value) { visitor(number_of_key(key), number_of(value)); });
  }
  [[nodiscard]] number size() override { return map_.size(); }
  [[nodiscard]] number room() override { return map_.stats().capacity; }

 private:
  static K key_of(number key) {
    if constexpr (std::is_same_v<K, number>) {
      return key;
    } else {
      return std::to_string(key);
    }
  }
  static number number_of_key(number key) { return key; }
  static number number_of_key(const std::string& digits) { return std::stoull(digits); }

  number find_two(number first, number second) {
    const number numbers[] = {first, second};
    const K keys[] = {key_of(first), key_of(second)};
    const auto seen = map_.find(std::span<const K>(keys));
    number sum = 0;
    for (std::size_t at = 0; at < 2; ++at) sum += seen[at] ? shown(numbers[at], number_of(seen[at])) : 0;
    return sum;
  }
  number show_all() {
    number sum = 0;
    number met[64];
    std::size_t count = 0;
    walk([&](number key, number value) {
      for (std::size_t at = 0; at < count; ++at) prove::schedule::require(met[at] != key, "a walk shows a key twice");
      prove::schedule::require(count < 64, "a walk shows more keys than there are");
      met[count++] = key;
      sum += shown(key, value);
    });
    return sum;
  }

  Map map_;
};

/// All scenarios of one kind.
[[nodiscard]] std::vector<scenario> crowded(const kind& of);

}  // namespace portolan::model
