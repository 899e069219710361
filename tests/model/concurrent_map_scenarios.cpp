// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// concurrent_map in each phase of its table: each engine, with each reclaimer.
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/portable_storage.hpp>
#include <portolan/reclaim/hazard.hpp>

#include "plan.hpp"
#include "subject_of.hpp"

namespace portolan::model {
namespace {

/// As portolan::equal, but not known to compare bits: then entries are nodes whose value changes in place.
struct plain_equal {
  bool operator()(number left, number right) const noexcept { return left == right; }
};
template <class K>
using memory_for = std::allocator<std::pair<const number, K>>;

template <class V, class Reclaimer = epoch, class Storage = automatic_storage, class Equal = equal<number>,
          class Hash = hash<number>>
constexpr auto make = &subject_of<concurrent_map<number, V, Hash, Equal, memory_for<V>, Reclaimer, Storage>>::make;

const kind kinds[] = {
    {"concurrent_map: words of 16 bytes, epoch", make<number>},
    {"concurrent_map: words of 16 bytes, hazard", make<number, hazard>},
    {"concurrent_map: words of 8 bytes, epoch", make<number, epoch, portable_storage>},
    {"concurrent_map: words of 8 bytes, hazard", make<number, hazard, portable_storage>},
    {"concurrent_map: nodes, epoch", make<wide>},
    {"concurrent_map: nodes, hazard", make<wide, hazard>},
    {"concurrent_map: nodes changed in place, epoch", make<number, epoch, automatic_storage, plain_equal>},
    {"concurrent_map: nodes changed in place, hazard", make<number, hazard, automatic_storage, plain_equal>},
};

void at_rest(collection& to) {
  const auto walks = walks_to(held_key);
  const auto all = all_calls(held_key, other_key);
  for (const bool present : {false, true}) {
    to.phase(present ? "at rest, present" : "at rest, absent",
             present ? std::vector<number>{held_key, other_key} : std::vector<number>{other_key});
    to.from(depth::plain).add_pairs(walks, walks);
    to.add_pairs_and_find(changes_of(held_key), changes_of(held_key), held_key);
    to.add_pairs({{verb::for_each}, {verb::clear}}, walks);
    to.add({{{verb::insert, held_key, 5}}, {{verb::erase, held_key}}}, threads_are::new_to_it);
    to.from(depth::nightly).add_pairs(all, all);
    to.add_pairs_and_find(all, all, held_key);
    for (const call& one : changes_of(held_key)) {
      to.add({{one, {verb::erase, held_key}}, {{verb::insert, held_key, 7}, {verb::find, held_key}}});
      to.add({{one}, {{verb::erase, held_key}}, {{verb::find, held_key}}});
      to.add({{one}, {{verb::insert, held_key, 7}}, {{verb::assign, held_key, 8}}});
    }
  }
  to.from(depth::plain).phase("reclaim", {held_key, other_key});
  for (const call& reader : {call{verb::find, held_key}, call{verb::pin, held_key}, call{verb::for_each}}) {
    to.add({{{verb::erase, held_key}, {verb::shrink_to_fit}}, {reader}});
  }
}

/// The readers' fence is then a full one, and readers take no short cut.
void without_membarrier(collection& to, number room) {
  to.from(depth::plain).phase("no membarrier", {held_key, other_key}).without_membarrier();
  to.add_pairs({{verb::erase, held_key}}, walks_to(held_key));
  to.add({{{verb::erase, held_key}, {verb::shrink_to_fit}}, {{verb::find, held_key}}});
  to.phase("no membarrier, growth", keys(room)).without_membarrier();
  to.add_pairs({{verb::insert, fresh_key, 7}}, {{verb::find, held_key}, {verb::erase, held_key}});
}

void growing(collection& to, number room) {
  const auto full = keys(room);
  const std::vector<call> grow = {{verb::insert, fresh_key, 7}};
  const std::vector<call> move = {{verb::insert, later_key, 7}};
  to.from(depth::plain).phase("growth begins", full);
  to.add_pairs(grow, walks_to(held_key));
  to.add_pairs(grow, move);
  to.add_pairs(grow, {{verb::for_each}});
  to.from(depth::nightly).add_pairs(grow, all_calls(held_key, other_key));
  to.add_pairs_and_find(grow, changes_of(held_key), held_key);

  to.from(depth::plain).phase("being moved", full, grow);
  to.add_pairs(move, walks_to(held_key));
  to.add_pairs(move, {{verb::find, 55}, {verb::insert, later_key, 8}, {verb::insert, 102, 8}, {verb::for_each}});
  to.add_pairs({{verb::erase, held_key}, {verb::assign, held_key, 4}}, {{verb::find, held_key}});
  to.from(depth::nightly).add_pairs(all_calls(held_key, other_key), all_calls(held_key, other_key));
  to.add_pairs_and_find(move, changes_of(held_key), held_key);

  to.from(depth::plain).phase("growth fails", full);
  for (const number allowed : {number{0}, number{1}}) {
    const std::vector<call> failing = {{verb::fail_allocations, allowed}, grow[0]};
    for (const call& beside : {call{verb::find, held_key}, call{verb::erase, held_key}, move[0]})
      to.add({failing, {beside}});
  }
}

void shrinking(collection& to, number room) {
  std::vector<call> emptied = {{verb::insert, fresh_key, 7}, {verb::shrink_to_fit}};
  for (number key = 2; key <= room; ++key) emptied.push_back({verb::erase, key});
  const std::vector<call> shrink = {{verb::erase, fresh_key}};
  to.from(depth::plain).phase("shrinking begins", keys(room), emptied);
  to.add_pairs(shrink, walks_to(held_key));
  to.add_pairs(shrink, {{verb::insert, later_key, 7}, {verb::for_each}});
  emptied.push_back(shrink[0]);
  to.phase("being shrunk", keys(room), emptied);
  to.add_pairs({{verb::insert, later_key, 7}}, walks_to(held_key));
  to.add_pairs({{verb::insert, later_key, 7}}, {{verb::for_each}});
}

}  // namespace

std::vector<scenario> concurrent_map_scenarios() {
  std::vector<scenario> all;
  for (const kind& each : kinds) {
    collection of(each);
    at_rest(of);
    growing(of, room_of(each));
    shrinking(of, room_of(each));
    without_membarrier(of, room_of(each));
    auto more = of.take();
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace portolan::model
