// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Crowded lines (crowded_scenarios.cpp) of maps whose entries are words: each engine, with each reclaimer.
#include <portolan/map/portable_storage.hpp>
#include <portolan/reclaim/hazard.hpp>

#include "crowded.hpp"

namespace portolan::model {
namespace {

template <class Reclaimer, class Storage>
constexpr auto make =
    &crowded_subject<concurrent_map<number, number, telling_hash, equal<number>,
                                    std::allocator<std::pair<const number, number>>, Reclaimer, Storage>>::make;

/// A growth that has begun goes on with each change, and ends.
using counted_map = concurrent_map<number, number, telling_hash, equal<number>,
                                   std::allocator<std::pair<const number, number>>, epoch, automatic_storage>;
counted_map* growing = nullptr;

scenario growth_ends() {
  const auto inserts = [](number key) {
    return [key] { prove::schedule::require(growing->insert(301 * key, key), "a new key is not inserted"); };
  };
  const prove::schedule::program program{.setup =
                                             [inserts] {
                                               growing = new counted_map;
                                               for (number key = 1; key <= 3; ++key) inserts(key)();
                                             },
                                         .prepare = [] { (void)growing->erase(77); },
                                         .threads = {inserts(4), inserts(5)},
                                         .audit =
                                             [inserts] {
                                               inserts(6)();
                                               prove::schedule::require(growing->stats().tables == 1,
                                                                        "a growth has begun and does not end");
                                               delete growing;
                                             }};
  return {"crowded: words of 16 bytes, epoch", "growth ends", "insert | insert",
          [program](const limits& within) { return prove::schedule::explore(program, within); }};
}

}  // namespace

std::vector<scenario> crowded_words_scenarios() {
  std::vector<scenario> all;
  for (const kind& of : {kind{"crowded: words of 16 bytes, epoch", make<epoch, automatic_storage>},
                         kind{"crowded: words of 16 bytes, hazard", make<hazard, automatic_storage>},
                         kind{"crowded: words of 8 bytes, epoch", make<epoch, portable_storage>},
                         kind{"crowded: words of 8 bytes, hazard", make<hazard, portable_storage>}}) {
    for (scenario& each : crowded(of)) all.push_back(std::move(each));
  }
  all.push_back(growth_ends());
  return all;
}

}  // namespace portolan::model
