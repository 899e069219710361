// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What is known of the mutants, between two searches.
//
//   tests/mutations/killers.txt      mutant, scenario, manner, executions, what was said            written by a search
//   tests/mutations/justified.txt    mutant, why nobody can or must notice it                       written by hand
//   tests/mutations/alive.txt        mutant that is not noticed and not explained                   written by a search
//   docs/mutations.md                all of it, to be read                                          written by a search
//   tests/mutations/history.txt      bugs of other maps: where, what, the same fault here, its test written by hand
//   docs/known_bugs.md               the same, with who notices each                                written by a search
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "mutant.hpp"
#include "search.hpp"

namespace portolan::mutations {

struct records {
  explicit records(std::string root);

  /// Why a mutant may survive; empty if nothing is said. A name in justified.txt may end with `*`.
  [[nodiscard]] std::string reason_of(const std::string& name) const;
  /// Writes killers.txt and docs/mutations.md, of these mutants only.
  void write(const std::vector<mutant>& all) const;

  std::map<std::string, kill> killers;
  std::set<std::string> alive;

 private:
  void write_document(const std::vector<mutant>& all) const;
  void write_history() const;
  /// Who notices the faults of these names, or that none is planted.
  [[nodiscard]] std::string noticed_by(const std::string& faults) const;

  std::string root_;
  std::vector<std::pair<std::string, std::string>> reasons_;
};

}  // namespace portolan::mutations
