// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "search.hpp"

#include <algorithm>
#include <ctime>
#include <sstream>

#include "child.hpp"

namespace portolan::mutations {

using prove::schedule::access;
using prove::schedule::limits;
using prove::schedule::ordered_access;
using prove::schedule::ordering;
using prove::schedule::tally;

namespace {

constexpr double most_seconds_of_one_scenario = 10;
constexpr unsigned changes_of_priority = 3;

/// What this process has computed: another program's share of the machine does not matter.
double now_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

limits with(const effort::step& step, const mutant& what) {
  limits within;
  (step.in == manner::all ? within.executions : within.random_runs) = step.executions;
  if (step.in == manner::priorities) within.priority_changes = changes_of_priority;
  what.apply(within);
  return within;
}

/// The control: what failed with the fault must hold without it.
bool holds_without(const model::scenario& of, const effort::step& step) {
  const mutant none;
  return of.run(with(step, none)).failure.empty();
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

std::string name_of(const model::scenario& of) { return of.map + ": " + of.phase + ": " + of.name; }

searcher::searcher(std::vector<model::scenario> scenarios, unsigned jobs)
    : scenarios_(std::move(scenarios)), reach_(scenarios_.size()), jobs_(jobs) {}

void searcher::learn(std::uint64_t executions) {
  const auto work = [&](std::size_t part, std::FILE* out) {
    for (std::size_t at = part; at < scenarios_.size(); at += jobs_) {
      const double begun = now_seconds();
      std::fprintf(out, "scenario %zu\n", at);
      // The first executions in their order are much alike: some places are come by only where a thread stands still.
      for (const manner in : {manner::all, manner::priorities}) {
        const tally seen = scenarios_[at].run(with({in, executions}, mutant()));
        for (const ordered_access& each : seen.ordered) {
          std::fprintf(out, "order %u %d %d %s\n", each.at.line, static_cast<int>(each.what),
                       static_cast<int>(each.asks), each.at.file);
        }
        for (const std::string& each : seen.planted) std::fprintf(out, "planted %s\n", each.c_str());
        if (!seen.failure.empty()) std::fprintf(out, "unsound %s\n", first_line(seen.failure).c_str());
        if (seen.exhausted) break;
      }
      std::fprintf(out, "seconds %f\n", now_seconds() - begun);
    }
  };
  in_children(jobs_, jobs_, work, [&](std::size_t, const ending& how) {
    if (how.died) failures_.push_back(how.how);
    std::istringstream lines(how.said);
    reach* now = nullptr;
    for (std::string kind; lines >> kind;) {
      if (kind == "scenario") {
        std::size_t at = 0;
        lines >> at;
        now = &reach_[at];
      } else if (kind == "seconds") {
        lines >> now->seconds;
      } else if (kind == "order") {
        ordered_access each;
        int what = 0;
        int asks = 0;
        std::string file;
        lines >> each.at.line >> what >> asks >> std::ws;
        std::getline(lines, file);
        each.at.file = files_.insert(file).first->c_str();
        each.what = static_cast<access>(what);
        each.asks = static_cast<ordering>(asks);
        now->ordered.insert(each);
      } else if (kind == "unsound") {
        std::string why;
        std::getline(lines, why);
        failures_.push_back(why);
      } else if (kind == "planted") {
        std::string name;
        lines >> name;
        now->planted.insert(name);
      }
    }
  });
}

std::set<ordered_access> searcher::reached() const {
  std::set<ordered_access> all;
  for (const reach& each : reach_) all.insert(each.ordered.begin(), each.ordered.end());
  return all;
}

double searcher::seconds() const noexcept {
  double sum = 0;
  for (const reach& each : reach_) sum += each.seconds;
  return sum;
}

std::vector<std::size_t> searcher::those_that_reach(const mutant& what) const {
  std::vector<std::size_t> which;
  for (std::size_t at = 0; at < scenarios_.size(); ++at) {
    if (reaches(reach_[at], what)) which.push_back(at);
  }
  std::stable_sort(which.begin(), which.end(),
                   [&](std::size_t left, std::size_t right) { return reach_[left].seconds < reach_[right].seconds; });
  return which;
}

void searcher::try_all(const mutant& what, const effort& how, std::FILE* out) const {
  const double begun = now_seconds();
  std::vector<std::size_t> left = those_that_reach(what);
  std::fprintf(out, "tries %zu\n", left.size());
  std::size_t exhausted = 0;
  for (const effort::step& step : how.steps) {
    for (std::size_t& at : left) {
      if (at == scenarios_.size()) continue;  // exhausted
      if (now_seconds() - begun > how.seconds) break;
      std::fprintf(out, "begins %zu %d\n", at, static_cast<int>(step.in));
      std::fflush(out);
      end_after(most_seconds_of_one_scenario);
      const tally seen = scenarios_[at].run(with(step, what));
      if (!seen.failure.empty()) {
        if (how.shows) std::printf("%s\n%s\n", name_of(scenarios_[at]).c_str(), seen.failure.c_str());
        const std::uint64_t executions = seen.complete + seen.blocked + seen.left + 1;
        if (!holds_without(scenarios_[at], {step.in, executions})) {
          std::fprintf(out, "unsound\n");
          return;
        }
        std::fprintf(out, "killed %llu %s\n", static_cast<unsigned long long>(executions),
                     first_line(seen.failure).c_str());
        return;
      }
      if (seen.exhausted) {
        at = scenarios_.size();
        ++exhausted;
      }
    }
  }
  std::fprintf(out, "exhausted %zu\n", exhausted);
}

verdict searcher::read(const std::string& said, bool died, const std::string& how) const {
  verdict made;
  std::istringstream lines(said);
  for (std::string kind; lines >> kind;) {
    if (kind == "tries") lines >> made.tried;
    if (kind == "exhausted") lines >> made.exhausted;
    if (kind == "begins") {
      std::size_t at = 0;
      int in = 0;
      lines >> at >> in;
      made.how.scenario = name_of(scenarios_[at]);
      made.how.in = static_cast<manner>(in);
    }
    if (kind == "unsound") made.unsound = true;
    if (kind == "killed") {
      made.killed = true;
      lines >> made.how.executions >> std::ws;
      std::getline(lines, made.how.by);
    }
  }
  if (died) {
    made.killed = true;
    made.how.by = how;
  }
  return made;
}

std::vector<verdict> searcher::search(const std::vector<mutant>& all, const effort& how,
                                      const std::function<void(const mutant&, const verdict&)>& told) {
  std::vector<verdict> found(all.size());
  in_children(
      all.size(), jobs_, [&](std::size_t at, std::FILE* out) { try_all(all[at], how, out); },
      [&](std::size_t at, const ending& ended) {
        found[at] = read(ended.said, ended.died, ended.how);
        told(all[at], found[at]);
      });
  return found;
}

std::vector<verdict> searcher::repeat(const std::vector<mutant>& all, const std::vector<kill>& known) {
  std::vector<verdict> found(all.size());
  const auto work = [&](std::size_t number, std::FILE* out) {
    const kill& was = known[number];
    for (std::size_t at = 0; at < scenarios_.size(); ++at) {
      if (name_of(scenarios_[at]) != was.scenario) continue;
      std::fprintf(out, "begins %zu %d\n", at, static_cast<int>(was.in));
      std::fflush(out);
      end_after(most_seconds_of_one_scenario);
      // More than were needed: what was added to the code since then may have made them more.
      const std::uint64_t enough = was.executions == 0 ? 2'000 : was.executions * 2 + 200;
      const tally seen = scenarios_[at].run(with({was.in, enough}, all[number]));
      if (!seen.failure.empty()) {
        std::fprintf(out, "killed %llu %s\n",
                     static_cast<unsigned long long>(seen.complete + seen.blocked + seen.left + 1),
                     first_line(seen.failure).c_str());
      }
    }
  };
  in_children(all.size(), jobs_, work,
              [&](std::size_t at, const ending& ended) { found[at] = read(ended.said, ended.died, ended.how); });
  return found;
}

}  // namespace portolan::mutations
