// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// All keys have one hash, down to the last bit: one home line, one tag, one bucket, one place in the order of a list.
//
//   concurrent_map   what the home line has no room for stands behind it; a mover finds it there, a shrunk table has it too
//   lock_free_map    neighbours that only their keys tell apart
//   sync_map         one probe that passes every key
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/lock_free_map.hpp>
#include <portolan/map/sync_map.hpp>

#include "plan.hpp"
#include "subject_of.hpp"

namespace portolan::model {
namespace {

/// Scorns key and secret.
struct one_hash {
  using is_seeded = void;
  one_hash() = default;
  explicit one_hash(const hash_seed&) noexcept {}
  std::size_t operator()(number) const noexcept { return std::size_t{0xA5} << 56 | 0x10001; }
};

const kind tables[] = {{"one hash: concurrent_map, words", &subject_of<concurrent_map<number, number, one_hash>>::make},
                       {"one hash: concurrent_map, nodes", &subject_of<concurrent_map<number, wide, one_hash>>::make}};
const kind others[] = {{"one hash: lock_free_map", &subject_of<lock_free_map<number, number, one_hash>>::make},
                       {"one hash: sync_map", &subject_of<sync_map<number, number, one_hash>>::make}};

constexpr number third_key = 3;

/// Who comes, goes and changes, beside who does so to another key of the same hash, or to the same one.
void pairs(collection& to) {
  const std::vector<call> comes_and_goes = {{verb::insert, fresh_key, 7}, {verb::erase, held_key}};
  to.add_pairs(comes_and_goes, walks_to(third_key));
  to.add_pairs(comes_and_goes, {{verb::insert, later_key, 8}, {verb::insert, fresh_key, 8}, {verb::find, fresh_key}});
  to.add_pairs({{verb::assign, other_key, 6}, {verb::add, other_key}}, changes_of(third_key));
  to.add({{{verb::erase, held_key}, {verb::insert, fresh_key, 7}}, {{verb::find_two, third_key, 0, fresh_key}}});
}

void moves(collection& to) {
  const std::vector<call> grow = {{verb::insert, fresh_key, 7}};
  to.phase("growth begins", keys(third_key)).add_pairs(grow, walks_to(third_key));
  to.phase("being moved", keys(third_key), grow);
  to.add_pairs({{verb::insert, later_key, 7}, {verb::erase, held_key}}, walks_to(third_key));
  const std::vector<call> shrink = {grow[0], {verb::shrink_to_fit}, {verb::erase, 2}, {verb::erase, fresh_key}};
  to.phase("being shrunk", keys(third_key), shrink);
  to.add_pairs({{verb::insert, later_key, 7}, {verb::erase, held_key}}, walks_to(third_key));
}

}  // namespace

std::vector<scenario> one_hash_scenarios() {
  std::vector<scenario> all;
  const auto take = [&](collection& from) {
    for (scenario& each : from.take()) all.push_back(std::move(each));
  };
  for (const kind& each : tables) {
    collection of(each);
    of.phase("in the home line", {held_key, third_key}, {{verb::reserve, 8}});
    pairs(of);
    of.phase("behind the home line", keys(third_key), {{verb::reserve, 8}});
    pairs(of);
    // The block is full and the table is not: further entries go to the spill.
    of.phase("in the spill", keys(5), {{verb::reserve, 24}});
    pairs(of);
    moves(of);
    take(of);
  }
  for (const kind& each : others) {
    collection of(each);
    of.phase("at rest", keys(third_key));
    pairs(of);
    take(of);
  }
  return all;
}

}  // namespace portolan::model
