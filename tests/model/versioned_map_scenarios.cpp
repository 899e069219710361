// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// versioned_map: writes against a version, deletions that are remembered, versions that come back higher; at rest and
// while the table grows.
#include <iterator>
#include <string>

#include "plan.hpp"
#include "subject_of.hpp"

namespace portolan::model {
namespace {

const kind kinds[] = {{"versioned_map: numbers", &subject_of<versioned_map<number, number>>::make},
                      {"versioned_map: values of three words", &subject_of<versioned_map<number, wide>>::make}};

/// What a held key begins with: two other keys were erased before, one by each thread.
constexpr number first_version = 3;

std::vector<call> versioned_walks(number key) {
  return {{verb::find, key},
          {verb::insert, key, 5},
          {verb::erase, key},
          {verb::add, key},
          {verb::update, key, 6, first_version},
          {verb::erase_known, key, 0, first_version},
          {verb::apply, key, 7, 5},
          {verb::apply_erase, key, 0, 6}};
}
std::vector<call> all_versioned(number key, number other) {
  std::vector<call> all = versioned_walks(key);
  const std::vector<call> common = common_calls(key, other);
  all.insert(all.end(), common.begin(), common.end());
  all.push_back({verb::forget, 0, 0, 5});
  return all;
}

void at_rest(collection& to) {
  const auto walks = versioned_walks(held_key);
  const auto all = all_versioned(held_key, other_key);
  const std::pair<const char*, std::vector<call>> phases[] = {
      {"absent", {{verb::erase, held_key}}}, {"present", {}}, {"deleted", {{verb::apply_erase, held_key, 0, 9}}}};
  for (const auto& [name, before] : phases) {
    to.phase(name, {held_key, other_key}, before);
    to.from(depth::plain).add_pairs(walks, walks);
    to.add_pairs({{verb::forget, 0, 0, 9}, {verb::for_each}, {verb::clear}},
                 {{verb::insert, held_key, 5}, {verb::find, held_key}});
    // A clear that forgets a deletion as well is no erase of a key: its orders are not written down yet.
    auto calls = all;
    if (name == std::string("deleted")) std::erase_if(calls, [](const call& each) { return each.what == verb::clear; });
    to.from(depth::nightly).add_pairs(calls, calls);
    to.add_pairs_and_find(calls, calls, held_key);
  }
  to.from(depth::plain).phase("comes back", {held_key, other_key});
  to.add({{{verb::erase, held_key}, {verb::insert, held_key, 5}}, {{verb::update, held_key, 6, first_version}}});
  to.add({{{verb::erase, held_key}, {verb::insert, held_key, 5}}, {{verb::erase, other_key}}});
}

void growing(collection& to, number room) {
  const std::vector<call> grow = {{verb::insert, fresh_key, 7}};
  const std::vector<call> walks = {
      {verb::find, held_key}, {verb::erase, held_key}, {verb::update, held_key, 6, first_version}};
  to.from(depth::plain).phase("growth begins", keys(room)).add_pairs(grow, walks);
  to.phase("being moved", keys(room), grow).add_pairs({{verb::insert, later_key, 7}}, walks);
}

}  // namespace

std::vector<scenario> versioned_map_scenarios() {
  std::vector<scenario> all;
  for (const kind& each : kinds) {
    collection of(each);
    at_rest(of);
    growing(of, room_of(each));
    auto more = of.take();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace portolan::model
