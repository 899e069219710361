// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Small programs for the schedule checker, by name: the model's tests run them on the code as it ships, the mutations
// (tests/mutations) on code in which one thing is wrong, until one of them fails.
//
//   scenario      map "words of 16 bytes"   phase "one key"   name "insert | erase"   run(limits) → tally
//
// 1. `run` may be called again and again, with any limits; one call at a time.
// 2. Map, phase and name together name one scenario.
#pragma once

#include <cstdint>
#include <functional>
#include <portolan/prove/schedule.hpp>
#include <string>
#include <vector>

namespace portolan::model {

using prove::schedule::limits;
using prove::schedule::require;
using prove::schedule::tally;

/// The run to which a scenario belongs from on: the plain one has one for each distinct walk and phase; what costs more and
/// notices faults that no other one does is run by the mutations too.
enum class depth : std::uint8_t { plain, mutations, nightly };

struct scenario {
  std::string map;
  std::string phase;
  std::string name;
  std::function<tally(const limits&)> run;
  depth from = depth::plain;
};

// One function for each file *_scenarios.cpp; all_scenarios (all_scenarios.cpp) joins them.
[[nodiscard]] std::vector<scenario> concurrent_map_scenarios();
[[nodiscard]] std::vector<scenario> crowded_words_scenarios();
[[nodiscard]] std::vector<scenario> crowded_nodes_scenarios();
[[nodiscard]] std::vector<scenario> sync_map_scenarios();
[[nodiscard]] std::vector<scenario> lock_free_map_scenarios();
[[nodiscard]] std::vector<scenario> versioned_map_scenarios();
[[nodiscard]] std::vector<scenario> copied_and_locked_map_scenarios();
[[nodiscard]] std::vector<scenario> one_hash_scenarios();
[[nodiscard]] std::vector<scenario> parts_scenarios();
[[nodiscard]] std::vector<scenario> table_parts_scenarios();
[[nodiscard]] std::vector<scenario> publication_scenarios();
[[nodiscard]] std::vector<scenario> handover_scenarios();
/// Those of one run, and of all that are smaller.
[[nodiscard]] std::vector<scenario> all_scenarios(depth in = depth::plain);

}  // namespace portolan::model
