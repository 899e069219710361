// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A scenario of a map as data, and what becomes of it: a program for the checker whose every outcome is judged.
//
//   plan: held, before, threads ──► all orders of the calls, one after the other ──► the legal outcomes
//                               └─► a program ──► each execution: outcome legal? structure whole? memory given back?
//
// 1. An outcome is what each call returned, whether thread 1 has heard that thread 0's first call was over, and what the
//    map holds in the end. What was heard orders: that call then comes before all of thread 1's.
// 2. A call on the whole map is as many calls as it meets keys that others change, each at its own instant, in any order;
//    unless the map promises one instant.
// 3. In the end each entry is found where the walk has shown it, all can be erased, and every block of memory that the
//    map took has been given back.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scenarios.hpp"
#include "subject.hpp"

namespace portolan::model {

/// Which threads have used a map before.
enum class threads_are : std::uint8_t { known, new_to_it };

struct plan {
  std::vector<number> held{};  ///< keys, each under ten times itself
  std::vector<call> before{};  ///< after these are held, before the threads
  std::vector<std::vector<call>> threads;
  threads_are who = threads_are::known;
  bool tells = true;       ///< thread 0 tells thread 1 when its first call is over
  bool membarrier = true;  ///< false: as on a machine without it
};

[[nodiscard]] std::string to_text(const call& what);
[[nodiscard]] std::string to_text(const std::vector<std::vector<call>>& threads);

/// The keys from 1 to `count`.
[[nodiscard]] std::vector<number> keys(number count);
/// How many entries a new map of this kind holds before it grows.
[[nodiscard]] number room_of(const kind& of);

/// Whether maps of this kind have the operation.
[[nodiscard]] bool offers(const kind& of, verb what);

/// Runs the plan for a map of this kind.
[[nodiscard]] scenario make_scenario(const kind& of, std::string phase, plan what, depth from);

// ---- calls that many scenarios have ----

inline constexpr number held_key = 1;
inline constexpr number other_key = 2;
inline constexpr number fresh_key = 100;
inline constexpr number later_key = 101;

/// One call for each way through a map to one key.
[[nodiscard]] std::vector<call> walks_to(number key);
/// Those of them that change it.
[[nodiscard]] std::vector<call> changes_of(number key);
/// Each public operation on one key, and each on the whole map.
[[nodiscard]] std::vector<call> all_calls(number key, number other);
/// Of these the ones that every map has, beside its walks.
[[nodiscard]] std::vector<call> common_calls(number key, number other);

/// Scenarios of one kind of map, phase by phase.
class collection {
 public:
  explicit collection(const kind& of) : of_(of) {}

  /// What is held at first and done before the threads, in each scenario from here on.
  collection& phase(std::string name, std::vector<number> held, std::vector<call> before = {});
  collection& from(depth run) { return run_ = run, *this; }
  collection& without_membarrier() { return base_.membarrier = false, *this; }

  /// One scenario, unless the map lacks a call of it or it is there already.
  void add(std::vector<std::vector<call>> threads, threads_are who = threads_are::known);
  /// Each of `left` beside each of `right`; each pair once, whichever way round.
  void add_pairs(const std::vector<call>& left, const std::vector<call>& right);
  /// As add_pairs, and the thread of `left` then looks for `key`.
  void add_pairs_and_find(const std::vector<call>& left, const std::vector<call>& right, number key);

  [[nodiscard]] std::vector<scenario> take() { return std::move(all_); }

 private:
  kind of_;
  std::string phase_;
  plan base_;
  depth run_ = depth::plain;
  std::map<verb, bool> offered_;
  std::set<std::string> names_;
  std::vector<scenario> all_;
};

}  // namespace portolan::model
