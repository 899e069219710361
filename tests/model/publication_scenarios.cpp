// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Who finds an entry sees all that was written before it was put: in every map, also while its table moves.
//
//   thread 0    message := 1 (plain)   put the entry          thread 1    find it   ──► reads message, which must not race
//
// Other scenarios judge what the maps return; only a message beside the map needs the orders that make it arrive.
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/lock_free_map.hpp>
#include <portolan/map/portable_storage.hpp>
#include <portolan/map/snapshot_map.hpp>
#include <portolan/map/sync_map.hpp>
#include <portolan/prove/schedule.hpp>
#include <portolan/reclaim/hazard.hpp>

#include "scenarios.hpp"

namespace portolan::model {
namespace {

using prove::schedule::explore;
using number = std::uint64_t;
using step = std::function<void()>;

int message = 0;

struct pair_of_words {
  number one = 0;
  number other = 0;
  pair_of_words() = default;
  pair_of_words(number value) : one(value), other(value) {}
};
number value_of(number value) { return value; }
number value_of(const pair_of_words& value) { return value.one; }

constexpr number key = 1;

template <class Map>
struct publication {
  using V = typename Map::mapped_type;
  static inline Map* map = nullptr;

  static void write() { message = 1; }
  static void arrived() { require(message == 1, "what was written before the entry is not seen"); }
  static void insert() { write(), (void)map->insert(key, V(5)); }
  static void assign() { write(), (void)map->insert_or_assign(key, V(6)); }
  static void compute() {
    write();
    map->compute(key, [](const V*) { return V(6); });
  }
  static void erase() { write(), (void)map->erase(key); }

  static void find_put() {
    if (const auto seen = map->find(key); seen && value_of(*seen) < 10) arrived();
  }
  static void insert_after() {
    if (map->insert(key, V(7))) arrived();
  }
  static void insert_met() {
    if (!map->insert(key, V(7))) arrived();
  }
  static void erase_met() {
    if (map->erase(key)) arrived();
  }
  static void walk() {
    map->for_each([](const number& at, const auto& value) {
      if (at == key && value_of(value) < 10) arrived();
    });
  }
  static void miss() {
    if (!map->find(key)) arrived();
  }
  static void other_insert() { (void)map->insert(101, V(50)); }

  static void add_to(std::vector<scenario>& to, const std::string& name) {
    for (const number held : {0U, 2U, 4U, 5U, 6U, 8U}) {
      const auto add = [&](const std::string& what, bool present, std::vector<step> threads) {
        const step setup = [held, present] {
          message = 0;
          map = new Map;
          if (present) (void)map->insert(key, V(10));
          for (number other = 0; other < held; ++other) (void)map->insert(other + 2, V(20));
        };
        to.push_back(
            {name, "publication", what + ", " + std::to_string(held) + " others", [setup, threads](limits within) {
               // There are many, and each is lost early or not at all; by night all executions are seen.
               constexpr std::uint64_t few = 400;
               if (within.executions <= 20'000 && within.executions > few) within.executions = few;
               return explore({.setup = setup,
                               .prepare = [] { (void)map->erase(77'777); },
                               .threads = threads,
                               .audit = [] { delete map; }},
                              within);
             }});
      };
      add("insert | find", false, {insert, find_put});
      add("assign | find", true, {assign, find_put});
      add("compute | find", true, {compute, find_put});
      add("compute | find absent", false, {compute, find_put});
      add("insert | insert", false, {insert, insert_met});
      add("insert | erase", false, {insert, erase_met});
      add("insert | walk", false, {insert, walk});
      add("erase | insert", true, {erase, insert_after});
      add("erase | miss", true, {erase, miss});
      if (held > 3) add("insert | insert another | find", false, {insert, other_insert, find_put});
      if (held > 3) add("assign | insert another | find", true, {assign, other_insert, find_put});
    }
  }
};

template <class K, class V, class Reclaimer, class... Storage>
using map_of = concurrent_map<K, V, hash<K>, equal<K>, std::allocator<std::pair<const K, V>>, Reclaimer, Storage...>;

}  // namespace

std::vector<scenario> publication_scenarios() {
  std::vector<scenario> all;
  publication<map_of<number, number, epoch>>::add_to(all, "words of 16 bytes, epoch");
  publication<map_of<number, number, epoch, portable_storage>>::add_to(all, "words of 8 bytes, epoch");
  publication<map_of<number, pair_of_words, epoch>>::add_to(all, "nodes, epoch");
  publication<map_of<number, pair_of_words, hazard>>::add_to(all, "nodes, hazard");
  publication<sync_map<number, number>>::add_to(all, "sync_map of words");
  publication<sync_map<number, pair_of_words>>::add_to(all, "sync_map of objects");
  publication<lock_free_map<number, pair_of_words>>::add_to(all, "lock_free_map");
  publication<snapshot_map<number, pair_of_words>>::add_to(all, "snapshot_map");
  return all;
}

}  // namespace portolan::model
