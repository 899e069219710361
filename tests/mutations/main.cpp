// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Does every memory order, look, lock and order of two steps in the cores matter, and is there a scenario that notices?
//
//   test.mutations                every mutant by the scenario that is known to notice it (killers.txt)
//   test.mutations --search       looks for the killers anew and writes killers.txt and docs/mutations.md
//
// 1. A mutant that nobody notices and that justified.txt does not explain is a failure of a search; the plain run fails if it
//    is not in alive.txt either, the list of what a search has left open.
// 2. A mutant that is not in killers.txt, because its line is new, is looked for for a moment.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "../support/scale.hpp"
#include "report.hpp"
#include "search.hpp"

namespace portolan::mutations {
namespace {

struct options {
  bool search = false;
  bool all = false;  // not only those without a known killer
  std::string only;
  bool shows = false;
  bool nightly = support::nightly();
  double seconds = 2;
  unsigned jobs = 2;
  std::string root = ".";
  std::string planted = PORTOLAN_PLANTED;
};

void tell(const mutant& what, const verdict& how) {
  std::printf(
      "%-8s %s (%s)\n         %s\n",
      how.killed       ? "killed"
      : how.tried == 0 ? "unmet"
                       : "ALIVE",
      what.name.c_str(), what.what.c_str(),
      how.killed
          ? (how.how.scenario + (how.how.in == manner::all ? ", " : ", random, ") + std::to_string(how.how.executions) +
             ": " + how.how.by)
                .c_str()
          : (std::to_string(how.exhausted) + " of " + std::to_string(how.tried) + " scenarios exhausted").c_str());
  std::fflush(stdout);
}

/// Those of `all` that `which` is true of.
template <class Which>
std::vector<mutant> those(const std::vector<mutant>& all, Which which) {
  std::vector<mutant> some;
  std::copy_if(all.begin(), all.end(), std::back_inserter(some), which);
  return some;
}

/// Whether a name has one of the texts in it; these stand between commas.
bool is_one_of(const std::string& name, const std::string& texts) {
  std::istringstream list(texts);
  for (std::string text; std::getline(list, text, ',');) {
    if (name.find(text) != std::string::npos) return true;
  }
  return false;
}

int search(const options& given, searcher& by, const std::vector<mutant>& all) {
  records known(given.root);
  const auto wanted = those(all, [&](const mutant& each) {
    const bool named = given.only.empty() || is_one_of(each.name, given.only);
    return named && (given.all || !known.killers.contains(each.name));
  });
  // Few executions of each scenario first: a fault that hits without a second thread is noticed by one at once.
  std::vector<effort::step> steps{{manner::all, 3},      {manner::priorities, 20},  {manner::all, 150},
                                  {manner::random, 200}, {manner::priorities, 300}, {manner::all, 1'500}};
  if (given.seconds > 5) {
    steps.insert(
        steps.end(),
        {{manner::priorities, 5'000}, {manner::random, 5'000}, {manner::all, 50'000}, {manner::priorities, 50'000}});
  }
  const effort much{steps, given.seconds, given.shows};
  const auto found = by.search(wanted, much, tell);
  std::size_t unexplained = 0;
  for (std::size_t at = 0; at < wanted.size(); ++at) {
    known.killers.erase(wanted[at].name);
    known.alive.erase(wanted[at].name);
    if (found[at].killed) {
      known.killers[wanted[at].name] = found[at].how;
    } else if (known.reason_of(wanted[at].name).empty()) {
      known.alive.insert(wanted[at].name);
      ++unexplained;
    }
  }
  if (!given.shows) known.write(all);
  std::printf("%zu mutants looked for, %zu of them unexplained\n", wanted.size(), unexplained);
  return unexplained == 0 ? 0 : 1;
}

int check(searcher& by, const options& given, const std::vector<mutant>& all) {
  records known(given.root);
  std::vector<mutant> expected;
  std::vector<kill> how;
  std::vector<mutant> open;  // new ones, and those whose killer has become blind
  std::size_t justified = 0;
  std::size_t alive = 0;
  for (const mutant& each : all) {
    if (known.killers.contains(each.name)) {
      expected.push_back(each);
      how.push_back(known.killers[each.name]);
    } else if (!known.reason_of(each.name).empty()) {
      ++justified;
    } else if (known.alive.contains(each.name)) {
      ++alive;
    } else {
      open.push_back(each);
    }
  }
  const std::size_t fresh = open.size();
  const auto again = by.repeat(expected, how);
  for (std::size_t at = 0; at < expected.size(); ++at) {
    if (!again[at].killed) open.push_back(expected[at]);
  }
  const std::size_t blind = open.size() - fresh;
  const effort little{{{manner::all, 200}, {manner::priorities, 300}, {manner::random, 300}, {manner::all, 2'000}}, 5};
  std::size_t failed = 0;
  (void)by.search(open, little, [&](const mutant& each, const verdict& found) {
    if (found.killed) return;
    ++failed;
    std::printf("FAILED: nobody notices: %s (%s); a scenario should, or tests/mutations/justified.txt say why not\n",
                each.name.c_str(), each.what.c_str());
  });
  std::printf("%zu mutants: %zu killed as known, %zu by another scenario, %zu justified, %zu open, %zu newly alive\n",
              all.size(), expected.size() - blind, open.size() - failed, justified, alive, failed);
  return failed == 0 ? 0 : 1;
}

int run(const options& given) {
  // What the nightly ones add are more pairs of the same walks: a search that is in a hurry does without them.
  std::vector<model::scenario> scenarios =
      model::all_scenarios(given.nightly ? model::depth::nightly : model::depth::mutations);
  searcher by(std::move(scenarios), given.jobs);
  by.learn(given.nightly ? 500 : given.search ? 100 : 20);
  std::printf("%zu places of orders reached, %.1f s\n", by.reached().size(), by.seconds());
  for (const std::string& each : by.failures()) std::printf("FAILED with no fault: %s\n", each.c_str());
  if (!by.failures().empty()) return 1;
  const std::vector<mutant> all = all_mutants(by.reached(), given.root, given.planted);
  return given.search ? search(given, by, all) : check(by, given, all);
}

}  // namespace
}  // namespace portolan::mutations

int main(int count, char** words) {
  portolan::mutations::options given;
  if (given.nightly) {
    given.search = given.all = true;
    given.seconds = 60;
  }
  for (int at = 1; at < count; ++at) {
    const std::string word = words[at];
    const auto value = [&] { return at + 1 < count ? std::string(words[++at]) : std::string(); };
    if (word == "--search") {
      given.search = true;
    } else if (word == "--all") {
      given.all = true;
    } else if (word == "--show") {
      given.search = given.all = given.shows = true;
      given.only = value();
    } else if (word == "--only") {
      given.only = value();
    } else if (word == "--seconds") {
      given.seconds = std::stod(value());
    } else if (word == "--jobs") {
      given.jobs = static_cast<unsigned>(std::stoul(value()));
    } else {
      std::fprintf(stderr, "usage: %s [--search [--all] [--only TEXT] [--seconds N]] [--show TEXT] [--jobs N]\n",
                   words[0]);
      return 2;
    }
  }
  return portolan::mutations::run(given);
}
