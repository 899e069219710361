// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Small programs for the schedule checker, by name: the model's tests run them on the code as it ships, the mutations
// (tests/mutations) on code in which one thing is wrong, until one of them fails.
//
//   scenario      map "words of 16 bytes"   phase "one key"   name "insert | erase, present"   run(limits) → tally
//
// Method of the scenarios of maps. A map, what it holds at first, and one list of operations a thread. First the lists are
// run one after the other in every order: each gives an outcome, namely what the operations returned and what the map
// holds in the end. Then the checker runs the threads: the outcome of every execution must be one of these.
//
// 1. `run` may be called again and again, with any limits; one call at a time.
// 2. Map, phase and name together name one scenario.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <portolan/prove/schedule.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace portolan::model {

using prove::schedule::limits;
using prove::schedule::require;
using prove::schedule::tally;

struct scenario {
  std::string map;
  std::string phase;
  std::string name;
  std::function<tally(const limits&)> run;
};

// One function for each file *_scenarios.cpp; all_scenarios (all_scenarios.cpp) joins them.
[[nodiscard]] std::vector<scenario> concurrent_map_scenarios();
[[nodiscard]] std::vector<scenario> parts_scenarios();
[[nodiscard]] std::vector<scenario> all_scenarios();

using number = std::uint64_t;
/// What a find returns that found nothing.
inline constexpr number nothing = 1'000'000;

/// Three words: an entry of its own node.
struct wide {
  number words[3] = {};
  wide() = default;
  wide(number value) : words{value, value, value} {}
  [[nodiscard]] number value() const {
    require(words[0] == words[1] && words[1] == words[2], "a value is half written");
    return words[0];
  }
  friend bool operator==(const wide&, const wide&) = default;
};
inline number value_of(number value) { return value; }
inline number value_of(const wide& value) { return value.value(); }

/// What is done to a map; returns a number that says how it ended.
template <class Map>
using operation = std::function<number(Map&)>;

template <class Map>
struct operations {
  using V = typename Map::mapped_type;
  using op = operation<Map>;

  static op find(number key) {
    return [=](Map& map) {
      const auto seen = map.find(key);
      return seen ? value_of(*seen) : nothing;
    };
  }
  static op insert(number key, number value) {
    return [=](Map& map) { return number{map.insert(key, V(value))}; };
  }
  static op assign(number key, number value) {
    return [=](Map& map) {
      map.insert_or_assign(key, V(value));
      return number{0};
    };
  }
  static op erase(number key) {
    return [=](Map& map) { return number{map.erase(key)}; };
  }
  static op add(number key) {
    return [=](Map& map) {
      map.compute(key, [](const V* now) { return V(now == nullptr ? 1 : value_of(*now) + 1); });
      return number{0};
    };
  }
  static op clear() {
    return [](Map& map) {
      map.clear();
      return number{0};
    };
  }
};

/// A scenario before it is one: of this map.
template <class Map>
struct map_scenario {
  std::string name;
  std::vector<number> held;  ///< keys, each under ten times itself
  std::vector<std::vector<operation<Map>>> threads;
  std::vector<operation<Map>> before{};  ///< after these are held, before the threads
};

template <class Map>
void prepare(Map& map, const map_scenario<Map>& of) {
  for (const number key : of.held) map.insert(key, typename Map::mapped_type(10 * key));
  for (const auto& step : of.before) (void)step(map);
}

using outcome = std::vector<number>;

template <class Map>
void add_content(Map& map, outcome& to) {
  std::map<number, number> content;
  map.for_each([&](const number& key, const auto& value) {
    require(content.emplace(key, value_of(value)).second, "a key is shown twice");
  });
  require(map.size() == content.size(), "size() differs from what the map holds");
  for (const auto& [key, value] : content) {
    const auto found = map.find(key);
    require(found && value_of(*found) == value, "for_each and find differ");
    to.push_back(key);
    to.push_back(value);
  }
}

/// The outcomes of all orders in which the operations can come one after the other.
template <class Map>
[[nodiscard]] std::set<outcome> legal_outcomes(const map_scenario<Map>& of) {
  std::vector<std::size_t> order;
  for (std::size_t thread = 0; thread < of.threads.size(); ++thread)
    order.insert(order.end(), of.threads[thread].size(), thread);
  std::set<outcome> legal;
  do {
    std::vector<outcome> results(of.threads.size());
    Map map;
    prepare(map, of);
    for (const std::size_t thread : order) {
      results[thread].push_back(of.threads[thread][results[thread].size()](map));
    }
    outcome whole;
    for (const outcome& each : results) whole.insert(whole.end(), each.begin(), each.end());
    add_content(map, whole);
    legal.insert(whole);
  } while (std::next_permutation(order.begin(), order.end()));
  return legal;
}

template <class Map>
tally run_scenario(const map_scenario<Map>& of, const limits& within) {
  static Map* map = nullptr;
  static number results[4][4];
  static const std::set<outcome>* legal = nullptr;
  static const map_scenario<Map>* now = nullptr;
  const auto all = legal_outcomes(of);
  legal = &all;
  now = &of;
  std::vector<std::function<void()>> threads;
  for (std::size_t thread = 0; thread < of.threads.size(); ++thread) {
    threads.emplace_back([thread] {
      for (std::size_t at = 0; at < now->threads[thread].size(); ++at) {
        results[thread][at] = now->threads[thread][at](*map);
      }
    });
  }
  return explore({.setup =
                      [] {
                        map = new Map;
                        prepare(*map, *now);
                      },
                  .prepare = [] { (void)map->erase(77'777); },
                  .threads = std::move(threads),
                  .audit =
                      [] {
                        outcome whole;
                        for (std::size_t thread = 0; thread < now->threads.size(); ++thread) {
                          const std::size_t count = now->threads[thread].size();
                          whole.insert(whole.end(), results[thread], results[thread] + count);
                        }
                        add_content(*map, whole);
                        require(legal->contains(whole), "no order of the operations gives this outcome");
                        delete map;
                      }},
                 within);
}

/// `of` under a name.
template <class Map>
[[nodiscard]] scenario named(std::string map, std::string phase, map_scenario<Map> of) {
  std::string name = of.name;
  return {std::move(map), std::move(phase), std::move(name),
          [of = std::move(of)](const limits& within) { return run_scenario<Map>(of, within); }};
}

}  // namespace portolan::model
