// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// lock_free_map: neighbours in one list, a list that gets more buckets, nodes that are retired; with each reclaimer.
#include <iterator>
#include <portolan/map/lock_free_map.hpp>
#include <portolan/reclaim/hazard.hpp>

#include "plan.hpp"
#include "subject_of.hpp"

namespace portolan::model {
namespace {

template <class Reclaimer>
constexpr auto make = &subject_of<lock_free_map<number, wide, hash<number>, equal<number>,
                                                std::allocator<std::pair<const number, wide>>, Reclaimer>>::make;

const kind kinds[] = {{"lock_free_map: epoch", make<epoch>}, {"lock_free_map: hazard", make<hazard>}};

void on_one_key(collection& to) {
  const auto walks = walks_to(held_key);
  const auto all = all_calls(held_key, other_key);
  for (const bool present : {false, true}) {
    to.phase(present ? "present" : "absent",
             present ? std::vector<number>{held_key, other_key} : std::vector<number>{other_key});
    to.from(depth::plain).add_pairs(walks, walks);
    to.add_pairs_and_find(changes_of(held_key), changes_of(held_key), held_key);
    to.add_pairs(walks, {{verb::for_each}, {verb::clear}});
    to.from(depth::nightly).add_pairs(all, all);
    to.add_pairs_and_find(all, all, held_key);
    for (const call& one : changes_of(held_key)) {
      to.add({{one, {verb::erase, held_key}}, {{verb::insert, held_key, 7}, {verb::find, held_key}}});
      to.add({{one}, {{verb::erase, held_key}}, {{verb::find, held_key}}});
    }
  }
}

/// Neighbours: who leaves, who comes between, who passes by.
void on_neighbours(collection& to) {
  to.from(depth::plain).phase("neighbours", keys(3));
  for (const number left : keys(3)) {
    for (const number right : keys(3)) {
      if (left < right) to.add({{{verb::erase, left}}, {{verb::erase, right}}});
      to.add({{{verb::erase, left}}, {{verb::assign, right, 6}}});
    }
    to.add({{{verb::erase, left}}, {{verb::insert, fresh_key, 7}}});
    to.add({{{verb::assign, left, 6}}, {{verb::insert, fresh_key, 7}}});
  }
}

void growing(collection& to) {
  to.from(depth::plain).phase("more buckets", keys(3), {{verb::reserve, 8}});
  const std::vector<call> makes = {{verb::insert, fresh_key, 7}};
  to.add_pairs(makes, {{verb::insert, later_key, 7},
                       {verb::insert, fresh_key, 8},
                       {verb::erase, 1},
                       {verb::assign, 2, 6},
                       {verb::find, 3},
                       {verb::for_each}});
  to.phase("grows", keys(3));
  to.add_pairs({{verb::reserve, 8}}, {{verb::insert, fresh_key, 7}, {verb::find, 3}, {verb::erase, 2}});
  to.add({{{verb::reserve, 8}, {verb::insert, later_key, 7}}, {{verb::insert, fresh_key, 7}}});
  to.phase("no memory", keys(3), {{verb::reserve, 8}});
  for (const number allowed : {number{0}, number{1}, number{2}}) {
    const std::vector<call> failing = {{verb::fail_allocations, allowed}, makes[0]};
    to.add({failing, {{verb::erase, 1}}});
    to.add({failing, {{verb::insert, fresh_key, 8}}});
  }
}

}  // namespace

std::vector<scenario> lock_free_map_scenarios() {
  std::vector<scenario> all;
  for (const kind& each : kinds) {
    collection of(each);
    on_one_key(of);
    on_neighbours(of);
    growing(of);
    auto more = of.take();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace portolan::model
