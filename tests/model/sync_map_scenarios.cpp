// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// sync_map: a key in the read table, in the dirty one alone, expunged, and while the dirty table becomes the read table.
#include <iterator>
#include <portolan/map/sync_map.hpp>

#include "plan.hpp"
#include "subject_of.hpp"

namespace portolan::model {
namespace {

const kind kinds[] = {
    {"sync_map: numbers", &subject_of<sync_map<number, number>>::make},
    {"sync_map: values of their own", &subject_of<sync_map<number, wide>>::make},
};

void pairs_on(collection& to, std::string phase, std::vector<number> held, std::vector<call> before) {
  const auto walks = walks_to(held_key);
  to.phase(std::move(phase), std::move(held), std::move(before));
  to.from(depth::plain).add_pairs(walks, walks);
  to.add_pairs_and_find({{verb::assign, held_key, 6}, {verb::erase, held_key}}, changes_of(held_key), held_key);
  to.add_pairs(walks, {{verb::insert, fresh_key, 7}, {verb::for_each}, {verb::clear}});
  const auto all = all_calls(held_key, other_key);
  to.from(depth::nightly).add_pairs(all, all);
  to.add_pairs_and_find(all, all, held_key);
  for (const call& one : changes_of(held_key)) {
    to.add({{one, {verb::erase, held_key}}, {{verb::insert, held_key, 7}, {verb::find, held_key}}});
    to.add({{one}, {{verb::erase, held_key}}, {{verb::find, held_key}}});
  }
}

}  // namespace

std::vector<scenario> sync_map_scenarios() {
  std::vector<scenario> all;
  // As many looks at what is not in the read table as the dirty one has keys: it becomes the read table.
  const std::vector<call> promoted = {{verb::find, other_key}, {verb::find, other_key}, {verb::find, other_key}};
  for (const kind& each : kinds) {
    collection of(each);
    pairs_on(of, "absent", {other_key}, promoted);
    pairs_on(of, "in the dirty table", {held_key, other_key}, {});
    pairs_on(of, "in the read table", {held_key, other_key}, promoted);
    auto amended = promoted;
    amended.push_back({verb::insert, later_key, 7});
    pairs_on(of, "in both tables", {held_key, other_key}, amended);
    auto expunged = promoted;
    expunged.insert(expunged.end(), {{verb::erase, held_key}, {verb::insert, later_key, 7}});
    pairs_on(of, "expunged", {held_key, other_key}, expunged);
    auto emptied = promoted;
    emptied.push_back({verb::erase, held_key});
    of.from(depth::plain).phase("empty in the read table", {held_key, other_key}, emptied);
    of.add_pairs_and_find({{verb::insert, later_key, 7}}, changes_of(held_key), held_key);
    of.from(depth::plain).phase("in the dirty table, collected", {held_key, other_key});
    of.add({{{verb::erase, held_key}, {verb::shrink_to_fit}}, {{verb::find, held_key}}});
    of.from(depth::plain).phase("promoted now", {held_key, other_key}, {{verb::find, other_key}});
    of.add_pairs({{verb::find, held_key}}, changes_of(held_key));
    of.add_pairs_and_find({{verb::find, held_key}}, changes_of(held_key), held_key);
    of.phase("no memory", {held_key, other_key}, promoted);
    for (const number allowed : {number{0}, number{1}, number{2}}) {
      const std::vector<call> failing = {{verb::fail_allocations, allowed}, {verb::insert, later_key, 7}};
      of.add({failing, {{verb::erase, held_key}}});
      of.add({failing, {{verb::insert, later_key, 8}}});
    }
    auto more = of.take();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace portolan::model
