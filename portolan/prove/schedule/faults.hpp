// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The one thing that is made wrong in a run, and what could have been: the accesses that ask for an order, and the planted
// faults that the program came by.
//
//   weakened   an access of one line has another order than it asks for, a fence of one line is none
//   planted    `platform::checked::planted(name)` is true for one name; tests/mutations compiles such questions into a
//              copy of the sources
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include <portolan/prove/schedule.hpp>
#include <portolan/prove/schedule/graph.hpp>

namespace portolan::prove::schedule {

class faults {
 public:
  void start(const limits& within);
  /// The order that an access has in this run.
  [[nodiscard]] ordering in_force(ordering asked, access what, site at);
  [[nodiscard]] bool is_planted(const char* name);
  void report(tally& to) const;

 private:
  weakening weakened_;
  std::string planted_;
  std::set<ordered_access> ordered_;
  std::set<std::string> met_;
  ordered_access known_orders_[256];  // of `ordered_`, to be found again without a search
  const char* known_names_[64] = {};  // of `met_`
};

}  // namespace portolan::prove::schedule
