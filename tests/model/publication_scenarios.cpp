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
/// Whether the key is there before the threads: put before the others or after them; or it was, and has been erased.
enum class at_first : std::uint8_t { absent, present, last, gone };

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
  /// The map as a lock: who has inserted the key holds it until he erases it.
  static void hold() {
    if (!map->insert(key, V(5))) return;
    ++message;
    (void)map->erase(key);
  }
  /// The slot that the key had gets another entry.
  static void erase_and_fill() { erase(), (void)map->insert(102, V(50)); }
  static void erase_and_collect() {
    (void)map->erase(key);
    if constexpr (requires { map->shrink_to_fit(); }) map->shrink_to_fit();
  }
  static void keep_for_later() {
    if constexpr (requires { map->pin(key); }) {
      if (const auto held = map->pin(key)) require(value_of(*held) == 10, "a value has gone that somebody holds");
    }
  }

  static void add_to(std::vector<scenario>& to, const std::string& name) {
    for (const number held : {0U, 2U, 4U, 5U, 6U, 8U}) {
      using enum at_first;
      const auto add = [&](const std::string& what, at_first there, std::vector<step> threads) {
        const step setup = [held, there] {
          message = 0;
          map = new Map;
          if (there == present) (void)map->insert(key, V(10));
          for (number other = 0; other < held; ++other) (void)map->insert(other + 2, V(20));
          if (there >= last) (void)map->insert(key, V(10));
          if (there == gone) {
            map->for_each([](const number&, const auto&) {});
            (void)map->erase(key);
          }
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
      add("insert | find", absent, {insert, find_put});
      add("assign | find", present, {assign, find_put});
      add("compute | find", present, {compute, find_put});
      add("compute | find absent", absent, {compute, find_put});
      add("insert | insert", absent, {insert, insert_met});
      add("insert | erase", absent, {insert, erase_met});
      add("insert | walk", absent, {insert, walk});
      add("erase | insert", present, {erase, insert_after});
      add("erase | miss", present, {erase, miss});
      if (held < 3) add("the map as a lock", absent, {hold, hold});
      if (held == 6) add("the map as a lock, empty once more", gone, {hold, hold});
      if (held == 6) add("insert | insert, empty once more", gone, {insert, insert_met});
      if (held == 0) add("erase, insert another | miss", present, {erase_and_fill, miss});
      if (held > 2) add("erase the last | miss", last, {erase, miss});
      if (held == 0) add("hold a value | erase, collect", present, {keep_for_later, erase_and_collect});
      if (held > 3) add("insert | insert another | find", absent, {insert, other_insert, find_put});
      if (held > 3) add("assign | insert another | find", present, {assign, other_insert, find_put});
    }
  }
};

template <class K, class V, class Reclaimer, class Storage = automatic_storage, class Hash = hash<K>,
          class Equal = equal<K>>
using map_of = concurrent_map<K, V, Hash, Equal, std::allocator<std::pair<const K, V>>, Reclaimer, Storage>;

/// All keys belong to one line: what does not fit there stands further on.
struct one_line {
  using is_seeded = void;
  one_line() = default;
  explicit one_line(const hash_seed&) noexcept {}
  std::size_t operator()(number of) const noexcept { return of << 16 & 0x30000; }
};
/// Not equal by bits, as far as the map knows: then an entry is a node.
struct plain_equal {
  bool operator()(number left, number right) const noexcept { return left == right; }
};

}  // namespace

std::vector<scenario> publication_scenarios() {
  std::vector<scenario> all;
  publication<map_of<number, number, epoch>>::add_to(all, "words of 16 bytes, epoch");
  publication<map_of<number, number, epoch, portable_storage>>::add_to(all, "words of 8 bytes, epoch");
  publication<map_of<number, pair_of_words, epoch>>::add_to(all, "nodes, epoch");
  publication<map_of<number, pair_of_words, hazard>>::add_to(all, "nodes, hazard");
  publication<map_of<number, number, epoch, automatic_storage, hash<number>, plain_equal>>::add_to(
      all, "nodes changed in place, epoch");
  publication<map_of<number, number, epoch, automatic_storage, one_line>>::add_to(all, "words of 16 bytes, one line");
  publication<map_of<number, number, epoch, portable_storage, one_line>>::add_to(all, "words of 8 bytes, one line");
  publication<map_of<number, pair_of_words, epoch, automatic_storage, one_line>>::add_to(all, "nodes, one line");
  publication<sync_map<number, number>>::add_to(all, "sync_map of words");
  publication<sync_map<number, pair_of_words>>::add_to(all, "sync_map of objects");
  publication<lock_free_map<number, pair_of_words>>::add_to(all, "lock_free_map");
  publication<snapshot_map<number, pair_of_words>>::add_to(all, "snapshot_map");
  return all;
}

}  // namespace portolan::model
