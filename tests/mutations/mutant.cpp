// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "mutant.hpp"

#include <fstream>
#include <iterator>

namespace portolan::mutations {

using prove::schedule::access;
using prove::schedule::ordered_access;
using prove::schedule::ordering;
using prove::schedule::weakening;

namespace {

const char* name_of(access what) {
  static constexpr const char* names[] = {"load", "store", "change", "failed compare", "fence"};
  return names[static_cast<unsigned>(what)];
}
const char* name_of(ordering order) {
  static constexpr const char* names[] = {"relaxed", "acquire", "release", "acq_rel", "seq_cst", "light fence"};
  return names[static_cast<unsigned>(order)];
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The lines of the sources, each read once.
class sources {
 public:
  explicit sources(std::string root) : root_(std::move(root)) {}

  /// The text of a line; the second and later ones of one text in a file have their number behind it.
  std::string text_of(const std::string& source, unsigned line) {
    const std::vector<std::string>& all = lines_of(source);
    if (line == 0 || line > all.size()) return "line " + std::to_string(line);
    std::string text = all[line - 1];
    if (const auto remark = text.find("  // "); remark != std::string::npos) text = trimmed(text.substr(0, remark));
    unsigned same = 1;
    for (unsigned at = 0; at + 1 < line; ++at) same += all[at] == all[line - 1] ? 1 : 0;
    return same == 1 ? text : text + " (" + std::to_string(same) + ")";
  }

 private:
  const std::vector<std::string>& lines_of(const std::string& source) {
    const auto [known, fresh] = lines_.try_emplace(source);
    if (fresh) {
      std::ifstream in(root_ + "/" + source);
      for (std::string line; std::getline(in, line);) known->second.push_back(trimmed(line));
    }
    return known->second;
  }

  std::string root_;
  std::map<std::string, std::vector<std::string>> lines_;
};

mutant weaker(const weakening& how, sources& from) {
  mutant made;
  made.weakened = how;
  made.source = inside_library(how.of.at.file);
  made.what = how.of.what == access::fence
                  ? std::string(name_of(how.of.asks)) + " fence dropped"
                  : std::string(name_of(how.of.what)) + ": " + name_of(how.of.asks) + " to " + name_of(how.to);
  if (how.of.asks == ordering::light) made.what = "light fence dropped";
  made.name = made.source + ": `" + from.text_of(made.source, how.of.at.line) + "` " + made.what;
  return made;
}

}  // namespace

std::string inside_library(const std::string& path) {
  if (path.starts_with("portolan/")) return path;
  const auto at = path.rfind("/portolan/");
  return at == std::string::npos ? std::string() : path.substr(at + 1);
}

std::vector<mutant> all_mutants(const std::set<ordered_access>& reached, const std::string& root,
                                const std::string& planted) {
  std::vector<mutant> all;
  sources from(root);
  for (const weakening& each : prove::schedule::weakenings_of({reached.begin(), reached.end()})) {
    if (inside_library(each.of.at.file).empty()) continue;  // the scenario's own
    all.push_back(weaker(each, from));
  }
  std::ifstream list(planted);
  for (std::string line; std::getline(list, line);) {
    const auto first = line.find('\t');
    const auto second = line.find('\t', first + 1);
    mutant made;
    made.name = made.planted = line.substr(0, first);
    made.source = line.substr(first + 1, second - first - 1);
    made.what = line.substr(second + 1);
    all.push_back(made);
  }
  return all;
}

bool reaches(const reach& by, const mutant& what) {
  return what.planted.empty() ? by.ordered.contains(what.weakened.of) : by.planted.contains(what.planted);
}

}  // namespace portolan::mutations
