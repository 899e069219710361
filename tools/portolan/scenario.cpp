// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "tools/portolan/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/workload/machine.hpp"

namespace portolan::tool {
namespace {

constexpr struct {
  const char* name;
  scenario_result (*run)(const scenario_effort&);
} scenarios[] = {
    {"rw-vs-mutex", rw_vs_mutex},
    {"read-mostly", read_mostly},
    {"mixed", mixed},
    {"open-loop-10k", open_loop_10k},
    {"false-sharing", false_sharing},
    {"lazy-init", lazy_init},
    {"reads-16", reads_16},
    {"reserve", reserve},
    {"memory-pressure", memory_pressure},
};

std::string cell(const std::optional<workload::figure>& f) {
  if (!f) return "–";
  // Several runs show their spread; a figure that cannot vary stands alone.
  return f->high > f->low ? fmt::format("{} ± {:.0f} %", three_digits(f->median), 100 * f->spread())
                          : three_digits(f->median);
}

std::string cell(const std::optional<double>& f) { return f ? three_digits(*f) : "–"; }

}  // namespace

const std::vector<std::string>& scenario_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& s : scenarios) all.emplace_back(s.name);
    return all;
  }();
  return names;
}

std::string as_text(const scenario_result& all) {
  std::string out = labelled("scenario", all.name + ": " + all.what) + "\n";
  std::vector<table::column> columns{{"", "", 26}};
  const std::size_t room = (page_columns - 26) / std::max<std::size_t>(all.measures.size(), 1);
  const std::size_t theirs = std::min<std::size_t>(9, room / 3 + 1);
  for (const measure& m : all.measures) {
    columns.push_back({m.title, m.unit, std::min<std::size_t>(room - theirs, 16)});
    columns.push_back({"", "theirs", theirs});
  }
  table figures(std::move(columns));
  for (const scenario_row& row : all.rows) {
    std::vector<std::string> cells{row.map};
    for (std::size_t i = 0; i < all.measures.size(); ++i) {
      cells.push_back(cell(i < row.ours.size() ? row.ours[i] : std::nullopt));
      cells.push_back(cell(i < row.theirs.size() ? row.theirs[i] : std::nullopt));
    }
    figures.row(std::move(cells));
  }
  out += figures.text() + "\n";
  for (const std::string& refused : all.refused) out += labelled("refused", refused);
  for (const std::string& note : all.notes) out += labelled("note", note);
  out += labelled("theirs",
                  "as the articles print them, for Go's maps of the same kind on other machines: look at the "
                  "shape, not at the size.");
  return out +
         labelled("next",
                  "portolan advise --trace FILE, on your own operations; portolan help advise lists the scenarios");
}

std::string as_json(const scenario_result& all) {
  nlohmann::ordered_json j{{"portolan", "scenario"}, {"version", 1}, {"name", all.name}, {"what", all.what}};
  const workload::machine m = workload::this_machine();
  j["machine"] = {
      {"processors", m.processors}, {"processor", m.processor_name}, {"compiler", m.compiler}, {"build", m.build}};
  j["rows"] = nlohmann::ordered_json::array();
  for (const scenario_row& row : all.rows) {
    nlohmann::ordered_json r{{"map", row.map}};
    for (std::size_t i = 0; i < all.measures.size(); ++i) {
      nlohmann::ordered_json both{{"unit", all.measures[i].unit}};
      if (i < row.ours.size() && row.ours[i]) {
        both["ours"] = {{"median", row.ours[i]->median}, {"low", row.ours[i]->low}, {"high", row.ours[i]->high}};
      }
      if (i < row.theirs.size() && row.theirs[i]) both["theirs"] = *row.theirs[i];
      r[all.measures[i].title] = both;
    }
    j["rows"].push_back(r);
  }
  j["notes"] = all.notes;
  j["refused"] = all.refused;
  return j.dump(2) + "\n";
}

status run_scenario(const advise_options& how, const terminal& to) {
  const auto wanted =
      std::find_if(std::begin(scenarios), std::end(scenarios), [&](const auto& s) { return how.scenario == s.name; });
  watch_for_interrupt();
  std::optional<scenario_result> result;
  {
    progress_bar bar(to);
    const unsigned rounds = how.rounds != 0 ? how.rounds : how.quick ? 1u : 3u;
    const double seconds = how.run_seconds > 0 ? how.run_seconds : how.quick ? 0.1 : 0.3;
    result = wanted->run({rounds, seconds, how.seed, bar});
  }
  result->name = wanted->name;
  if (interrupted().load()) result->notes.emplace_back("ended early by you: rows without a figure were not reached");
  if (!print(to, how.json ? as_json(*result) : as_text(*result))) {
    complain(to, "the result could not be written to the standard output: is the disk full?");
    return status::failed;
  }
  return result->refused.empty() ? status::clean : status::found;
}

}  // namespace portolan::tool
