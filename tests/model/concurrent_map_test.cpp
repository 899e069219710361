// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// concurrent_map as it ships, under the schedule checker: pairs of operations on a map in each phase of its table.
//
// Method. A scenario is a map (an engine, a reclaimer), what it holds at first, and one list of operations a thread. First
// the lists are run one after the other in every order: each gives an outcome, namely what the operations returned and
// what the map holds in the end. Then the checker runs the threads: the outcome of every execution must be one of these.
// What is left allocated when the map is gone is not compared yet: reclaimers keep blocks of their own.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/portable_storage.hpp>
#include <portolan/prove/schedule.hpp>
#include <portolan/reclaim/hazard.hpp>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

namespace portolan {
namespace {

using prove::schedule::explore;
using prove::schedule::require;
using prove::schedule::tally;

using number = std::uint64_t;

/// Three words: an entry of its own node.
struct wide {
  number words[3] = {};
  wide() = default;
  wide(number value) : words{value, value, value} {}
  [[nodiscard]] number value() const {
    require(words[0] == words[1] && words[1] == words[2], "a value is half written");
    return words[0];
  }
};
number value_of(number value) { return value; }
number value_of(const wide& value) { return value.value(); }

// ---- operations: each returns a number that says how it ended ----

template <class Map>
using operation = std::function<number(Map&)>;

constexpr number nothing = 1'000'000;

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

// ---- scenarios ----

using outcome = std::vector<number>;

template <class Map>
struct scenario {
  std::string name;
  std::vector<number> held;  ///< keys, each under ten times itself
  std::vector<std::vector<operation<Map>>> threads;
  std::vector<operation<Map>> before{};  ///< after these are held, before the threads
};

template <class Map>
void prepare(Map& map, const scenario<Map>& of) {
  for (const number key : of.held) map.insert(key, typename Map::mapped_type(10 * key));
  for (const auto& step : of.before) (void)step(map);
}

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
std::set<outcome> legal_outcomes(const scenario<Map>& of) {
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

struct bounds {
  std::uint64_t executions = 3'000;
  bool asymmetric_fences = true;
};

template <class Map>
tally holds(const scenario<Map>& of, bounds within = {}) {
  static Map* map = nullptr;
  static number results[4][4];
  static const std::set<outcome>* legal = nullptr;
  static const scenario<Map>* now = nullptr;
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
  const tally seen = explore({.setup =
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
                             {.executions = within.executions, .asymmetric_fences = within.asymmetric_fences});
  EXPECT_TRUE(seen.failure.empty()) << of.name << ": " << seen.failure;
  EXPECT_GT(seen.complete, 0U) << of.name;
  std::printf("%-44s %8lu complete %8lu blocked %6lu left  %s\n", of.name.c_str(),
              static_cast<unsigned long>(seen.complete), static_cast<unsigned long>(seen.blocked),
              static_cast<unsigned long>(seen.left), seen.exhausted ? "all" : "not all");
  std::fflush(stdout);
  return seen;
}

template <class Map>
class concurrent_map_model : public testing::Test {};

using inline16_map = concurrent_map<number, number>;
using inline8_map = concurrent_map<number, number, hash<number>, equal<number>,
                                   std::allocator<std::pair<const number, number>>, epoch, portable_storage>;
using node_map = concurrent_map<number, wide>;
using hazard_map =
    concurrent_map<number, wide, hash<number>, equal<number>, std::allocator<std::pair<const number, wide>>, hazard>;

using engines = testing::Types<inline16_map, inline8_map, node_map, hazard_map>;
TYPED_TEST_SUITE(concurrent_map_model, engines);

TYPED_TEST(concurrent_map_model, two_operations_on_one_key) {
  using run = operations<TypeParam>;
  const std::vector<std::pair<std::string, operation<TypeParam>>> all = {
      {"find", run::find(1)},   {"insert", run::insert(1, 5)}, {"assign", run::assign(1, 6)},
      {"erase", run::erase(1)}, {"compute", run::add(1)},
  };
  for (const bool present : {false, true}) {
    for (std::size_t left = 0; left < all.size(); ++left) {
      for (std::size_t right = left; right < all.size(); ++right) {
        const std::vector<number> held = present ? std::vector<number>{1, 2} : std::vector<number>{2};
        holds<TypeParam>({.name = all[left].first + " | " + all[right].first + (present ? ", present" : ", absent"),
                          .held = held,
                          .threads = {{all[left].second}, {all[right].second}}});
      }
    }
  }
}

/// What a thread's own operation has told it stays true for its next one.
TYPED_TEST(concurrent_map_model, an_operation_and_a_find_after_it_beside_another) {
  using run = operations<TypeParam>;
  const std::vector<std::pair<std::string, operation<TypeParam>>> all = {
      {"insert", run::insert(1, 5)}, {"assign", run::assign(1, 6)}, {"erase", run::erase(1)}, {"compute", run::add(1)}};
  for (const bool present : {false, true}) {
    for (const auto& [left, change] : all) {
      for (const auto& [right, first] : all) {
        holds<TypeParam>({.name = left + " | " + right + ", find" + (present ? ", present" : ", absent"),
                          .held = present ? std::vector<number>{1, 2} : std::vector<number>{2},
                          .threads = {{change}, {first, run::find(1)}}});
      }
    }
  }
}

std::vector<number> keys(number count) {
  std::vector<number> all;
  for (number key = 1; key <= count; ++key) all.push_back(key);
  return all;
}

/// Two inserts: the first begins the growth, the second moves the first unit.
TYPED_TEST(concurrent_map_model, a_table_that_begins_to_grow) {
  using run = operations<TypeParam>;
  const auto full = keys(8);  // two entries a line: what a small table of small entries holds before it grows
  const std::vector<operation<TypeParam>> grow = {run::insert(100, 7), run::insert(101, 7)};
  for (const number key : {number{1}, number{4}}) {
    holds<TypeParam>({.name = "grow | find", .held = full, .threads = {grow, {run::find(key)}}});
    holds<TypeParam>({.name = "grow | erase", .held = full, .threads = {grow, {run::erase(key)}}});
    holds<TypeParam>({.name = "grow | assign", .held = full, .threads = {grow, {run::assign(key, 3)}}});
    holds<TypeParam>({.name = "grow | compute", .held = full, .threads = {grow, {run::add(key)}}});
  }
  holds<TypeParam>({.name = "grow | insert", .held = full, .threads = {{grow[0]}, {grow[1]}}});
}

/// One insert before the threads has begun the growth; what they do meets a table that is being moved.
TYPED_TEST(concurrent_map_model, a_table_that_is_being_moved) {
  using run = operations<TypeParam>;
  const auto full = keys(8);
  const std::vector<operation<TypeParam>> begun = {run::insert(100, 7)};
  const auto moving = [&](const char* name, operation<TypeParam> left, operation<TypeParam> right) {
    holds<TypeParam>({.name = name, .held = full, .threads = {{left}, {right}}, .before = begun});
  };
  for (const number key : {number{2}, number{5}}) {
    moving("move | find", run::insert(101, 7), run::find(key));
    moving("move | find absent", run::insert(101, 7), run::find(55));
    moving("move | erase", run::insert(101, 7), run::erase(key));
    moving("move | assign", run::insert(101, 7), run::assign(key, 3));
    moving("move | compute", run::insert(101, 7), run::add(key));
    moving("move by erase | find", run::erase(key), run::find(key));
    moving("move by assign | find", run::assign(key, 4), run::find(key));
  }
  moving("move | move, one key", run::insert(101, 7), run::insert(101, 8));
  moving("move | move, two keys", run::insert(101, 7), run::insert(102, 8));
}

TYPED_TEST(concurrent_map_model, a_map_that_is_cleared) {
  using run = operations<TypeParam>;
  holds<TypeParam>({.name = "clear | find", .held = {1}, .threads = {{run::clear()}, {run::find(1)}}});
  holds<TypeParam>({.name = "clear | erase", .held = {1}, .threads = {{run::clear()}, {run::erase(1)}}});
}

TYPED_TEST(concurrent_map_model, three_threads_on_one_key) {
  using run = operations<TypeParam>;
  holds<TypeParam>({.name = "insert | erase | find",
                    .held = {2},
                    .threads = {{run::insert(1, 5)}, {run::erase(1)}, {run::find(1)}}});
  holds<TypeParam>({.name = "erase, insert | find | find",
                    .held = {1},
                    .threads = {{run::erase(1), run::insert(1, 5)}, {run::find(1)}, {run::find(1)}}});
  holds<TypeParam>(
      {.name = "compute | compute | compute", .held = {1}, .threads = {{run::add(1)}, {run::add(1)}, {run::add(1)}}});
}

/// Without membarrier the readers' fence is a full one.
TYPED_TEST(concurrent_map_model, a_machine_without_membarrier) {
  using run = operations<TypeParam>;
  const bounds symmetric{.asymmetric_fences = false};
  holds<TypeParam>({.name = "insert | find", .held = {2}, .threads = {{run::insert(1, 5)}, {run::find(1)}}}, symmetric);
  holds<TypeParam>({.name = "assign | erase", .held = {1}, .threads = {{run::assign(1, 5)}, {run::erase(1)}}},
                   symmetric);
}

}  // namespace
}  // namespace portolan
