// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <fstream>
#include <sstream>

namespace portolan::mutations {

namespace {

std::vector<std::string> parts_of(const std::string& line) {
  std::vector<std::string> parts;
  std::istringstream text(line);
  for (std::string part; std::getline(text, part, '\t');) parts.push_back(part);
  return parts;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

/// As one cell of a table.
std::string cell(const std::string& text) { return replaced(text, "|", "\\|"); }

constexpr const char* manners[] = {"all", "random", "priorities"};
manner manner_called(const std::string& name) {
  return name == manners[1] ? manner::random : name == manners[2] ? manner::priorities : manner::all;
}
const char* name_of(manner in) { return manners[static_cast<unsigned>(in)]; }

std::string percent(std::size_t part, std::size_t whole) {
  std::ostringstream text;
  text.precision(1);
  text << std::fixed << (whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole)) << " %";
  return text.str();
}

}  // namespace

records::records(std::string root) : root_(std::move(root)) {
  std::ifstream of_killers(root_ + "/tests/mutations/killers.txt");
  for (std::string line; std::getline(of_killers, line);) {
    const auto parts = parts_of(line);
    if (parts.size() < 5) continue;
    killers[parts[0]] = {parts[1], manner_called(parts[2]), std::stoull(parts[3]), parts[4]};
  }
  std::ifstream of_survivors(root_ + "/tests/mutations/alive.txt");
  for (std::string line; std::getline(of_survivors, line);) alive.insert(line);
  std::ifstream of_reasons(root_ + "/tests/mutations/justified.txt");
  for (std::string line; std::getline(of_reasons, line);) {
    const auto parts = parts_of(line);
    if (parts.size() == 2 && line[0] != '#') reasons_.emplace_back(parts[0], parts[1]);
  }
}

std::string records::reason_of(const std::string& name) const {
  for (const auto& [which, why] : reasons_) {
    if (which.ends_with('*') ? name.starts_with(which.substr(0, which.size() - 1)) : name == which) return why;
  }
  return {};
}

void records::write(const std::vector<mutant>& all) const {
  std::ofstream out(root_ + "/tests/mutations/killers.txt");
  for (const mutant& each : all) {
    const auto known = killers.find(each.name);
    if (known == killers.end()) continue;
    const kill& how = known->second;
    out << each.name << '\t' << how.scenario << '\t' << name_of(how.in) << '\t' << how.executions << '\t'
        << replaced(how.by, "\t", " ") << '\n';
  }
  std::ofstream of_survivors(root_ + "/tests/mutations/alive.txt");
  for (const mutant& each : all) {
    if (!killers.contains(each.name) && reason_of(each.name).empty()) of_survivors << each.name << '\n';
  }
  write_document(all);
  write_history();
}

std::string records::noticed_by(const std::string& faults) const {
  if (faults == "-") return "not planted";
  std::string text;
  std::istringstream names(faults);
  for (std::string name; names >> name;) {
    const auto known = killers.find(name);
    if (!text.empty()) text += "; ";
    text += "`" + name + "`: " + (known == killers.end() ? "nobody yet" : known->second.scenario);
  }
  return text;
}

void records::write_history() const {
  std::vector<std::vector<std::string>> bugs;
  std::size_t planted = 0;
  std::ifstream in(root_ + "/tests/mutations/history.txt");
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    bugs.push_back(parts_of(line));
    planted += bugs.back().at(2) == "-" ? 0 : 1;
  }
  std::ofstream out(root_ + "/docs/known_bugs.md");
  out << "# Bugs that concurrent maps have had\n\n"
         "Each was found in a released map, or in a part that maps are made of, most of them by users. Where the same "
         "mistake\n"
         "can be made here it is planted ([mutations](mutations.md)) and must be noticed; each has a test of its own "
         "or a reason\n"
         "why it cannot happen. Printed from `tests/mutations/history.txt` by a search for mutants.\n\n";
  out << bugs.size() << " bugs, " << planted << " of them planted here.\n\n";
  out << "| bug | what was wrong | planted here, noticed by | tested by |\n|---|---|---|---|\n";
  std::string what;
  for (const auto& each : bugs) {
    if (each[1] != "the same" && !each[1].starts_with("the same,")) what = each[1];
    out << "| " << each[0] << " | " << cell(each[1] == "the same" ? what : each[1]) << " | "
        << cell(noticed_by(each[2])) << " | " << cell(each.at(3)) << " |\n";
  }
}

void records::write_document(const std::vector<mutant>& all) const {
  std::size_t killed = 0;
  std::size_t justified = 0;
  std::size_t orders = 0;
  for (const mutant& each : all) {
    orders += each.planted.empty() ? 1 : 0;
    if (killers.contains(each.name)) {
      ++killed;
    } else if (!reason_of(each.name).empty()) {
      ++justified;
    }
  }
  std::ofstream out(root_ + "/docs/mutations.md");
  out << "# Mutations: what is wrong is noticed\n\n"
         "Each memory order of the cores made one step weaker, each fence dropped, and a list of planted faults (a "
         "look not\n"
         "taken again, a lock not taken, two steps in the wrong order): each is run under the\n"
         "[schedule checker](algorithms/schedule_checker.md), one at a time, until a scenario of `tests/model` "
         "fails.\n\n"
         "```text\n$ cmake --build build/release --target mutations\n"
         "$ build/release/bin/tests/mutations            # each by the scenario below: as ./test --soak does\n"
         "$ build/release/bin/tests/mutations --search --all   # looks for them anew and writes this page\n```\n\n";
  out << "| mutants | killed | justified | alive |\n|---:|---:|---:|---:|\n";
  out << "| " << all.size() << " (" << orders << " orders, " << all.size() - orders << " planted) | " << killed << " ("
      << percent(killed, all.size()) << ") | " << justified << " (" << percent(justified, all.size()) << ") | "
      << all.size() - killed - justified << " |\n\n";
  std::string source;
  for (const bool planted : {true, false}) {
    out << (planted
                ? "## Planted faults\n\n| fault | in | killed by | executions | as |\n|---|---|---|---:|---|\n"
                : "## Memory orders\n\n| line | made weaker | killed by | executions | as |\n|---|---|---|---:|---|\n");
    for (const mutant& each : all) {
      if (each.planted.empty() == planted) continue;
      const auto known = killers.find(each.name);
      if (known == killers.end()) continue;
      const std::string line = each.name.substr(0, each.name.rfind('`') + 1);
      const kill& how = known->second;
      out << "| " << cell(planted ? each.what : line) << " | " << cell(planted ? "`" + each.source + "`" : each.what)
          << " | " << cell(how.scenario) << " | " << (how.executions == 0 ? "" : std::to_string(how.executions))
          << (how.in == manner::all ? std::string() : std::string(" ") + name_of(how.in)) << " | " << cell(how.by)
          << " |\n";
    }
    out << '\n';
  }
  out << "## Not killed, and why\n\n| mutant | why |\n|---|---|\n";
  for (const mutant& each : all) {
    if (killers.contains(each.name)) continue;
    const std::string why = reason_of(each.name);
    out << "| " << cell(each.planted.empty() ? each.name : each.what) << " | "
        << cell(why.empty() ? "open: not noticed by the search so far" : why) << " |\n";
  }
}

}  // namespace portolan::mutations
