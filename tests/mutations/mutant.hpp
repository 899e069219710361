// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What can be made wrong, and how the file of known killers and the document call it.
//
//   an order one step weaker    portolan/map/concurrent/side.hpp: `lock_.store(raw(line_lock::free), platform::release);`
//                               store: release to relaxed
//   a planted fault             walk.closed_ignored (planted.txt)
//
// 1. A mutant is named by the text of its line, not by the number: so the name lasts until the line itself is changed.
#pragma once

#include <map>
#include <portolan/prove/schedule.hpp>
#include <set>
#include <string>
#include <vector>

namespace portolan::mutations {

struct mutant {
  std::string name;
  std::string source;  ///< portolan/…
  std::string what;    ///< in words
  prove::schedule::weakening weakened{};
  std::string planted;

  void apply(prove::schedule::limits& to) const {
    to.weakened = weakened;
    to.planted = planted.empty() ? nullptr : planted.c_str();
  }
};

/// What a scenario came by: what could be made wrong there.
struct reach {
  std::set<prove::schedule::ordered_access> ordered;
  std::set<std::string> planted;
  double seconds = 0;
};

/// All mutants: the weakenings of what was reached, and every planted fault. `root` has portolan/ in it; `planted` is the
/// list that plant.py wrote.
[[nodiscard]] std::vector<mutant> all_mutants(const std::set<prove::schedule::ordered_access>& reached,
                                              const std::string& root, const std::string& planted);

[[nodiscard]] bool reaches(const reach& by, const mutant& what);

/// The part of a path that begins with portolan/; empty if none does.
[[nodiscard]] std::string inside_library(const std::string& path);

}  // namespace portolan::mutations
