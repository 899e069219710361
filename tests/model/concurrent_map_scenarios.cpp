// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// concurrent_map: pairs of operations, and some triples, on a map in each phase of its table, of each engine.
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/portable_storage.hpp>
#include <portolan/reclaim/hazard.hpp>

#include "scenarios.hpp"

namespace portolan::model {
namespace {

/// The scenarios of one engine.
template <class Map>
class of_engine {
 public:
  of_engine(std::vector<scenario>& to, std::string map) : to_(to), map_(std::move(map)) {}

  void add_all() {
    add_pairs_on_one_key();
    add_growth();
    add_moves();
    add_clears();
    add_triples();
    add_machines_without_membarrier();
  }

 private:
  using run = operations<Map>;
  using steps = std::vector<operation<Map>>;

  void add(const char* phase, map_scenario<Map> of) { to_.push_back(named(map_, phase, std::move(of))); }

  void add_pairs_on_one_key() {
    const std::vector<std::pair<std::string, operation<Map>>> all = {
        {"find", run::find(1)},   {"insert", run::insert(1, 5)}, {"assign", run::assign(1, 6)},
        {"erase", run::erase(1)}, {"compute", run::add(1)},
    };
    for (const bool present : {false, true}) {
      for (std::size_t left = 0; left < all.size(); ++left) {
        for (std::size_t right = left; right < all.size(); ++right) {
          add("one key", {.name = all[left].first + " | " + all[right].first + (present ? ", present" : ", absent"),
                          .held = present ? std::vector<number>{1, 2} : std::vector<number>{2},
                          .threads = {{all[left].second}, {all[right].second}}});
        }
      }
    }
  }

  /// Two entries a line: what a small table of small entries holds before it grows.
  static std::vector<number> full() { return {1, 2, 3, 4, 5, 6, 7, 8}; }

  /// Two inserts: the first begins the growth, the second moves the first unit.
  void add_growth() {
    const steps grow = {run::insert(100, 7), run::insert(101, 7)};
    const auto growing = [&](const std::string& name, steps beside) {
      add("growth begins", {.name = "grow | " + name, .held = full(), .threads = {grow, std::move(beside)}});
    };
    for (const number key : {number{1}, number{4}}) {
      const std::string which = " " + std::to_string(key);
      growing("find" + which, {run::find(key)});
      growing("erase" + which, {run::erase(key)});
      growing("assign" + which, {run::assign(key, 3)});
      growing("compute" + which, {run::add(key)});
    }
    add("growth begins", {.name = "insert | insert", .held = full(), .threads = {{grow[0]}, {grow[1]}}});
  }

  /// One insert before the threads has begun the growth; what they do meets a table that is being moved.
  void add_moves() {
    const auto moving = [&](const std::string& name, operation<Map> left, operation<Map> right) {
      add("being moved", {.name = name, .held = full(), .threads = {{left}, {right}}, .before = {run::insert(100, 7)}});
    };
    for (const number key : {number{2}, number{5}}) {
      const std::string which = " " + std::to_string(key);
      moving("move | find" + which, run::insert(101, 7), run::find(key));
      moving("move | erase" + which, run::insert(101, 7), run::erase(key));
      moving("move | assign" + which, run::insert(101, 7), run::assign(key, 3));
      moving("move | compute" + which, run::insert(101, 7), run::add(key));
      moving("move by erase | find" + which, run::erase(key), run::find(key));
      moving("move by assign | find" + which, run::assign(key, 4), run::find(key));
    }
    moving("move | find absent", run::insert(101, 7), run::find(55));
    moving("move | move, one key", run::insert(101, 7), run::insert(101, 8));
    moving("move | move, two keys", run::insert(101, 7), run::insert(102, 8));
  }

  void add_clears() {
    add("cleared", {.name = "clear | find", .held = {1}, .threads = {{run::clear()}, {run::find(1)}}});
    add("cleared", {.name = "clear | erase", .held = {1}, .threads = {{run::clear()}, {run::erase(1)}}});
  }

  void add_triples() {
    add("three threads", {.name = "insert | erase | find",
                          .held = {2},
                          .threads = {{run::insert(1, 5)}, {run::erase(1)}, {run::find(1)}}});
    add("three threads", {.name = "erase, insert | find | find",
                          .held = {1},
                          .threads = {{run::erase(1), run::insert(1, 5)}, {run::find(1)}, {run::find(1)}}});
    add("three threads",
        {.name = "compute | compute | compute", .held = {1}, .threads = {{run::add(1)}, {run::add(1)}, {run::add(1)}}});
  }

  /// Without membarrier the readers' fence is a full one.
  void add_machines_without_membarrier() {
    const auto symmetric = [&](map_scenario<Map> of) {
      scenario made = named(map_, "no membarrier", std::move(of));
      made.run = [asymmetric = std::move(made.run)](limits within) {
        within.asymmetric_fences = false;
        return asymmetric(within);
      };
      to_.push_back(std::move(made));
    };
    symmetric({.name = "insert | find", .held = {2}, .threads = {{run::insert(1, 5)}, {run::find(1)}}});
    symmetric({.name = "assign | erase", .held = {1}, .threads = {{run::assign(1, 5)}, {run::erase(1)}}});
  }

  std::vector<scenario>& to_;
  std::string map_;
};

using inline16_map = concurrent_map<number, number>;
using inline8_map = concurrent_map<number, number, hash<number>, equal<number>,
                                   std::allocator<std::pair<const number, number>>, epoch, portable_storage>;
using node_map = concurrent_map<number, wide>;
using hazard_map =
    concurrent_map<number, wide, hash<number>, equal<number>, std::allocator<std::pair<const number, wide>>, hazard>;

}  // namespace

std::vector<scenario> concurrent_map_scenarios() {
  std::vector<scenario> all;
  of_engine<inline16_map>(all, "concurrent_map, words of 16 bytes").add_all();
  of_engine<inline8_map>(all, "concurrent_map, words of 8 bytes").add_all();
  of_engine<node_map>(all, "concurrent_map, nodes").add_all();
  of_engine<hazard_map>(all, "concurrent_map, nodes, hazard pointers").add_all();
  return all;
}

}  // namespace portolan::model
