// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Which scenario notices which mutant: cheap ones first, with few executions, then all with more.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "../model/scenarios.hpp"
#include "mutant.hpp"

namespace portolan::mutations {

/// Which executions of a scenario are tried: all in their order; with random choices; or with random priorities of the
/// threads that change a few times, which finds what needs one thread to stand still for long.
enum class manner : std::uint8_t { all, random, priorities };

/// How a mutant was noticed.
struct kill {
  std::string scenario;  ///< map and name
  manner in = manner::all;
  std::uint64_t executions = 0;
  std::string by;  ///< what was said
};

struct verdict {
  bool killed = false;
  kill how;
  bool unsound = false;       ///< the scenario fails without the fault, too
  std::size_t tried = 0;      ///< scenarios that came by
  std::size_t exhausted = 0;  ///< of these, all executions were seen
};

/// How hard a mutant is looked for.
struct effort {
  struct step {
    manner in;
    std::uint64_t executions;
  };
  std::vector<step> steps;
  double seconds;      ///< of computing, for one mutant
  bool shows = false;  ///< prints how the scenario failed
};

class searcher {
 public:
  searcher(std::vector<model::scenario> scenarios, unsigned jobs);

  /// Runs each scenario as it is, to learn what it reaches.
  void learn(std::uint64_t executions);
  [[nodiscard]] std::set<prove::schedule::ordered_access> reached() const;
  /// Of computing, in `learn`.
  [[nodiscard]] double seconds() const noexcept;
  /// What scenarios said that fail although nothing is wrong: a fault in the code, or in the way it is planted.
  [[nodiscard]] const std::vector<std::string>& failures() const noexcept { return failures_; }

  [[nodiscard]] std::vector<verdict> search(const std::vector<mutant>& all, const effort& how,
                                            const std::function<void(const mutant&, const verdict&)>& told);
  /// Whether each is still noticed as it was.
  [[nodiscard]] std::vector<verdict> repeat(const std::vector<mutant>& all, const std::vector<kill>& known);

 private:
  [[nodiscard]] std::vector<std::size_t> those_that_reach(const mutant& what) const;
  void try_all(const mutant& what, const effort& how, std::FILE* out) const;
  [[nodiscard]] verdict read(const std::string& said, bool died, const std::string& how) const;

  std::vector<model::scenario> scenarios_;
  std::vector<reach> reach_;
  std::set<std::string> files_;  ///< what the places of `reach_` point to
  std::vector<std::string> failures_;
  unsigned jobs_;
};

[[nodiscard]] std::string name_of(const model::scenario& of);

}  // namespace portolan::mutations
