// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The maps whose writers take turns: snapshot_map, whose readers walk a state that never changes, and guarded_map and
// sharded_map, which put locks around a table of one thread.
#include <iterator>
#include <portolan/map/flat_hash_map.hpp>
#include <portolan/map/guarded_map.hpp>
#include <portolan/map/sharded_map.hpp>
#include <portolan/map/snapshot_map.hpp>

#include "plan.hpp"
#include "subject_of.hpp"

namespace portolan::model {
namespace {

const kind kinds[] = {
    {"snapshot_map", &subject_of<snapshot_map<number, wide>>::make, true},
    {"guarded_map: shared lock", &subject_of<guarded_map<flat_hash_map<number, wide>>>::make, true},
    {"guarded_map: lock", &subject_of<guarded_map<flat_hash_map<number, wide>, mutex>>::make, true},
    {"sharded_map", &subject_of<sharded_map<flat_hash_map<number, wide>>>::make},
};

}  // namespace

std::vector<scenario> copied_and_locked_map_scenarios() {
  std::vector<scenario> all_of_them;
  const auto walks = walks_to(held_key);
  const auto all = all_calls(held_key, other_key);
  for (const kind& each : kinds) {
    collection of(each);
    for (const bool present : {false, true}) {
      of.phase(present ? "present" : "absent",
               present ? std::vector<number>{held_key, other_key} : std::vector<number>{other_key});
      of.from(depth::plain).add_pairs({{verb::find, held_key}, {verb::for_each}}, changes_of(held_key));
      of.add_pairs({{verb::erase, held_key}, {verb::insert, held_key, 5}, {verb::clear}}, walks);
      of.add_pairs_and_find({{verb::assign, held_key, 6}}, {{verb::add, held_key}, {verb::erase, held_key}}, held_key);
      of.from(depth::nightly).add_pairs(all, all);
      of.add_pairs_and_find(all, all, held_key);
    }
    of.from(depth::plain).phase("no memory", {held_key, other_key});
    for (const number allowed : {number{0}, number{1}}) {
      of.add({{{verb::fail_allocations, allowed}, {verb::insert, fresh_key, 7}}, {{verb::erase, held_key}}});
    }
    auto more = of.take();
    all_of_them.insert(all_of_them.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all_of_them;
}

}  // namespace portolan::model
