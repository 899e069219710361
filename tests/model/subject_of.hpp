// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// How a map performs what subject.hpp names. A source that includes this compiles the map whole.
#pragma once

#include <new>
#include <optional>
#include <portolan/map/versioned_map.hpp>
#include <portolan/prove/schedule.hpp>
#include <span>
#include <type_traits>

#include "subject.hpp"

namespace portolan::model {

/// Three words: an entry of its own node.
struct wide {
  number words[3] = {};
  wide() = default;
  wide(number value) : words{value, value, value} {}
  [[nodiscard]] number value() const {
    prove::schedule::require(words[0] == words[1] && words[1] == words[2], "a value is half written");
    return words[0];
  }
  friend bool operator==(const wide& left, const wide& right) { return left.value() == right.value(); }
};

inline number number_of(number value) { return value; }
inline number number_of(const wide& value) { return value.value(); }
template <class E>
  requires std::is_enum_v<E> number number_of(E outcome) { return static_cast<number>(outcome); }
template <class V>
number number_of(const versioned<V>& seen) {
  return seen.version.number * 1'000 + number_of(seen.value);
}
template <class V>
number number_of(const pinned<V>& seen) {
  return seen ? number_of(*seen) : absent;
}
template <class V>
number number_of(const std::optional<V>& seen) {
  return seen ? number_of(*seen) : absent;
}
template <class V>
number number_of(const update_result<V>& ended) {
  return number_of(ended.outcome) + 10 * (ended.version.number + 1'000 * number_of(ended.current));
}
inline number number_of(const optimistic_result& ended) { return number_of(ended.outcome) + 10 * ended.version.number; }

template <class Map>
class subject_of final : public subject {
  using V = typename Map::mapped_type;
  static constexpr bool has_versions = requires(Map & map) { map.deletions(); };

 public:
  [[nodiscard]] static std::unique_ptr<subject> make() { return std::make_unique<subject_of>(); }

  number perform(const call& what) override {
    try {
      if (what.what < verb::insert) return read(what);
      if (what.what < verb::compare_erase) return change(what);
      if (what.what < verb::update) return change_on_sight(what);
      return what.what < verb::find_two ? change_version(what) : whole(what);
    } catch (const std::bad_alloc&) {
      return refused;
    }
  }
  void walk(const std::function<void(number, number)>& visitor) override {
    map_.for_each([&](const number& key, const auto& value) { visitor(key, number_of(value)); });
  }
  [[nodiscard]] number size() override { return map_.size(); }
  [[nodiscard]] number room() override { return map_.stats().capacity; }

 private:
  /// What `f` returns for the map, if its type has what `f` asks for.
  template <class F>
  number ask(F f) {
    if constexpr (std::is_invocable_v<F, Map&>) {
      return static_cast<number>(f(map_));
    } else {
      return no_such;
    }
  }

  number read(const call& of) {
    const number key = of.key;
    number seen = absent;
    const auto note = [&](const auto& value) { seen = number_of(value); };
    switch (of.what) {
      case verb::find: return number_of(map_.find(key));
      case verb::contains: return map_.contains(key);
      case verb::visit: return map_.visit(key, note), seen;
      default:
        return ask(
            [&](auto& map) requires requires { map.pin(key); } { return number_of(map.pin(key)); });
    }
  }

  number change(const call& of) {
    const number key = of.key;
    const V value(of.value);
    switch (of.what) {
      case verb::insert: return number_of(map_.insert(key, value));
      case verb::try_emplace: return number_of(map_.try_emplace(key, of.value));
      case verb::assign:
        return ask(
            [&](auto& map) requires requires { map.insert_or_assign(key, value); } {
              return number_of(map.insert_or_assign(key, value));
            });
      case verb::exchange:
        return ask(
            [&](auto& map) requires requires { map.exchange(key, value); } {
              return number_of(map.exchange(key, value));
            });
      case verb::extract:
        return ask(
            [&](auto& map) requires requires { map.extract(key); } { return number_of(map.extract(key)); });
      default:
        if constexpr (has_versions) {
          for (auto seen = map_.find(key); seen; seen = map_.find(key)) {
            if (map_.erase(key, seen->version).accepted()) return 1;
          }
          return 0;
        } else {
          return map_.erase(key);
        }
    }
  }

  number change_on_sight(const call& of) {
    const number key = of.key;
    const V value(of.value);
    const V other(of.other);
    const auto one_more = [](const auto* now) { return V(now == nullptr ? 1 : number_of(V(*now)) + 1); };
    const auto made = [&] { return value; };
    const auto none = [](const V*) { return decision<V>(portolan::erase); };
    switch (of.what) {
      case verb::compare_erase:
        return ask(
            [&](auto& map) requires requires { map.compare_erase(key, other); } {
              return number_of(map.compare_erase(key, other));
            });
      case verb::compare_exchange:
        return ask(
            [&](auto& map) requires requires { map.compare_exchange(key, other, value); } {
              return number_of(map.compare_exchange(key, other, value));
            });
      case verb::add:
        if constexpr (has_versions) {
          return number_of(map_.update(key, one_more));
        } else {
          return number_of(map_.compute(key, one_more));
        }
      case verb::drop:
        return ask(
            [&](auto& map) requires requires { map.compute(key, none); } { return number_of(map.compute(key, none)); });
      default:
        return ask(
            [&](auto& map) requires requires { map.load_or_compute(key, made); } {
              return number_of(map.load_or_compute(key, made));
            });
    }
  }

  number change_version(const call& of) {
    if constexpr (has_versions) {
      const entry_version version{of.other};
      switch (of.what) {
        case verb::update: return number_of(map_.update(of.key, version, V(of.value)));
        case verb::erase_known: return number_of(map_.erase(of.key, version));
        case verb::apply: return number_of(map_.apply(of.key, V(of.value), version));
        default: return number_of(map_.apply_erase(of.key, version));
      }
    } else {
      return no_such;
    }
  }

  number whole(const call& of) {
    switch (of.what) {
      case verb::find_two: return find_two(of.key, of.other);
      case verb::for_each: return show_all();
      case verb::erase_if:
        return map_.erase_if([&](const number& key, const auto&) { return of.key == 0 || key == of.key; });
      case verb::clear: return map_.clear(), 0;
      case verb::size: return map_.size();
      case verb::reserve:
        return ask(
            [&](auto& map) requires requires { map.reserve(1); } { return map.reserve(of.key), 0; });
      case verb::shrink_to_fit:
        return ask(
            [](auto& map) requires requires { map.shrink_to_fit(); } {
              return static_cast<void>(map.shrink_to_fit()), 0;
            });
      case verb::stats: return map_.stats().entries;
      case verb::forget:
        return ask(
            [&](auto& map) requires requires { map.deletions(); } {
              return map.forget_deletions(entry_version{of.other});
            });
      default: return prove::schedule::fail_allocations_after(of.key), 0;
    }
  }

  number find_two(number first, number second) {
    const number keys[] = {first, second};
    const auto seen = map_.find(std::span<const number>(keys));
    number sum = 0;
    for (std::size_t at = 0; at < 2; ++at) {
      if (seen[at]) sum += shown(keys[at], number_of(seen[at]));
    }
    return sum;
  }
  number show_all() {
    number sum = 0;
    number met[32];
    std::size_t count = 0;
    walk([&](number key, number value) {
      for (std::size_t at = 0; at < count; ++at) prove::schedule::require(met[at] != key, "a walk shows a key twice");
      prove::schedule::require(count < 32, "a walk shows more keys than there are");
      met[count++] = key;
      sum += shown(key, value);
    });
    return sum;
  }

  Map map_;
};

}  // namespace portolan::model
