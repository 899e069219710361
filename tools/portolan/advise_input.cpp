// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "tools/portolan/advise_input.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/matrix/attach.hpp"
#include "bench/workload/input.hpp"
#include "bench/workload/words.hpp"

namespace portolan::tool {
namespace {

using workload::candidate;

loaded load_words(const advise_options& how, const plan& p) {
  workload::words_settings settings;
  settings.paths = how.source == source::words ? how.words : workload::cxx_headers_of_this_machine();
  settings.threads = how.threads;
  settings.words_at_most = p.words;
  if (settings.paths.empty()) {
    throw workload::input_error("--words", 0, "no C++ headers were found on this machine; name a directory or a file");
  }
  workload::words_found found = workload::make_words(settings);
  std::string where;
  for (const std::string& path : settings.paths) where += (where.empty() ? "" : ", ") + path;
  found.work.title = "the words of " + where;
  loaded made{std::move(found.work), {}};
  made.remarks.push_back(fmt::format("{} files, {}{}", grouped(found.files),
                                     bytes_in_words(static_cast<double>(found.bytes)),
                                     found.limited ? "; stopped at the limit of " + grouped(p.words) + " words" : ""));
  if (!found.unreadable.empty()) {
    made.remarks.push_back(
        fmt::format("{} files could not be read, the first: {}", found.unreadable.size(), found.unreadable.front()));
  }
  return made;
}

loaded load_trace(const advise_options& how) {
  workload::trace_settings settings = how.trace;
  if (how.operations_at_most != 0) settings.operations_at_most = how.operations_at_most;
  const workload::trace from = workload::read_trace(how.trace_file, settings);
  if (how.pace == workload::pace::recorded && !from.has_times) {
    throw workload::input_error(how.trace_file, 0,
                                "holds no times, so --rate recorded has nothing to follow; "
                                "give a number, or leave --rate out");
  }
  const workload::replay_settings replay{how.threads, how.cold, how.pace, how.rate_per_s};
  loaded made{workload::make_replay(from, replay, how.trace_file + " (" + workload::name_of(from.format) + ")"), {}};
  if (from.bad_lines != 0) {
    made.remarks.push_back(fmt::format("{} of {} lines were bad and are left out, the first: {}",
                                       grouped(from.bad_lines), grouped(from.lines), from.first_bad.front()));
  }
  if (const std::string missing = workload::what_is_missing(from); !missing.empty()) made.remarks.push_back(missing);
  if (from.about_no_key != 0) {
    made.remarks.push_back(grouped(from.about_no_key) + " lines are about no key, or about nothing a map does");
  }
  if (from.limited)
    made.remarks.push_back("stopped at " + grouped(settings.operations_at_most) + " operations (--limit)");
  return made;
}

bool names(const std::vector<std::string>& list, const candidate& which) {
  return std::any_of(list.begin(), list.end(),
                     [&](const std::string& n) { return which.name.find(n) != std::string::npos; });
}

}  // namespace

plan plan_of(const advise_options& how) {
  plan p = how.quick ? plan{3, 0.15, 500'000, 200'000, 0, 0} : plan{5, 0.4, 2'000'000, 500'000, 3, 0.1};
  const bool once = how.source == source::headers || how.source == source::words;
  if (once) p.run_seconds = how.quick ? 1 : 2;
  if (how.rounds != 0) p.rounds = how.rounds;
  if (how.run_seconds > 0) p.run_seconds = how.run_seconds;
  if (how.operations_at_most != 0) {
    p.words = how.operations_at_most;
    p.synthetic_operations = std::max<std::size_t>(how.operations_at_most / how.threads, 1);
  }
  return p;
}

loaded load(const advise_options& how, const plan& p) {
  switch (how.source) {
    case source::headers:
    case source::words: return load_words(how, p);
    case source::trace: return load_trace(how);
    case source::synthetic:
    case source::scenario: break;
  }
  workload::synthetic_settings settings = how.synthetic;
  settings.operations_per_thread = p.synthetic_operations;
  return {workload::make_synthetic(settings), {}};
}

std::vector<candidate> choose(const advise_options& how) {
  std::vector<candidate> all = workload::all_candidates();
  for (const std::string& header : how.peer_headers) all.push_back(matrix::attach(header, how.peer_include));
  std::vector<std::string> known;
  for (const candidate& c : all) known.push_back(c.name);
  for (const auto* list : {&how.only, &how.without}) {
    for (const std::string& name : *list) {
      if (std::any_of(known.begin(), known.end(), [&](const auto& k) { return k.find(name) != std::string::npos; }))
        continue;
      std::string text;
      for (const std::string& k : known) text += (text.empty() ? "" : ", ") + k;
      const std::string near = nearest(name, known);
      throw workload::input_error(list == &how.only ? "--only" : "--without", 0,
                                  "no map here is called \"" + name + "\"" +
                                      (near.empty() ? "" : ", did you mean " + near + "?") + "; there are: " + text);
    }
  }
  std::erase_if(
      all, [&](const candidate& c) { return (!how.only.empty() && !names(how.only, c)) || names(how.without, c); });
  if (all.empty()) throw workload::input_error("--without", 0, "leaves no map to measure");
  return all;
}

std::string identity_of(const workload::workload& work) {
  const workload::facts& f = work.facts_of_it;
  std::string actions;
  for (unsigned i = 0; i < workload::action_count; ++i) {
    if (f.by_action[i] == 0) continue;
    actions += fmt::format(" {} {},", workload::name_of(static_cast<workload::action>(i)), f.by_action[i]);
  }
  return fmt::format(
      "{} operations ({}), {} keys ({}), {} at the start, {:.0f} B values, {} threads{}", f.operations,
      actions.empty() ? "none" : actions.substr(1, actions.size() - 2), work.key_count,
      work.keys == workload::key_kind::text ? "texts" : "numbers", work.start.size(), f.mean_value_bytes,
      work.threads(),
      work.pace == workload::pace::closed
          ? ""
          : fmt::format(", offered at {} a second",
                        work.pace == workload::pace::recorded ? "the trace's pace" : three_digits(work.rate_per_s)));
}

}  // namespace portolan::tool
