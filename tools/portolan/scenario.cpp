// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "tools/portolan/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tools/portolan/deliver.hpp"

namespace portolan::tool {
namespace {

constexpr struct {
  const char* name;
  scenario_result (*run)(const scenario_effort&);
  const char* about;
} scenarios[] = {
    {"rw-vs-mutex", rw_vs_mutex, "a read-write lock against a mutex: reads, writes, 1,000 to 10"},
    {"read-mostly", read_mostly, "90 % reads, 100 threads, 10,000 keys: the time until all are done"},
    {"mixed", mixed, "the same with as many writes as reads"},
    {"open-loop-10k", open_loop_10k, "10,000 operations a second offered: latency, reached rate, processor"},
    {"false-sharing", false_sharing, "shards 1 to 256, and with and without padding between them"},
    {"aggregator", aggregator, "counters of a service added up by 8 threads: rate, latency, lock wait"},
    {"aggregator-histogram", aggregator_histogram, "the same with a histogram of latencies under each name"},
    {"lazy-init", lazy_init, "values made when first wanted, against all beforehand"},
    {"memory-pressure", memory_pressure, "1 M operations, 95 % reads: what is held, and kept back for readers"},
    {"reclaim", reclaim_cycles, "10,000 operations a second on 1 KiB values: reclamation, longest pause, memory"},
    {"reads-16", reads_16, "16 threads that only read"},
    {"bulk-replace", bulk_replace, "the whole content replaced under readers: time, torn views, longest read"},
    {"versioned-update", versioned_update, "updates accepted against the expected version only"},
    {"reserve", reserve, "what reserving room beforehand saves"},
    {"values-in-place", values_in_place, "values in the table against pointers to them: objects, bytes, time"},
};

// Three digits that count, but no more than three behind the point.
std::string short_figure(double value) {
  return value != 0 && std::fabs(value) < 0.1 ? fmt::format("{:.3f}", value) : three_digits(value);
}

std::string cell(const std::optional<workload::figure>& f) {
  if (!f) return "–";
  // Several runs show their spread; a figure that cannot vary stands alone.
  return f->high > f->low ? fmt::format("{} ± {:.0f} %", short_figure(f->median), 100 * f->spread())
                          : short_figure(f->median);
}

std::string cell(const std::optional<double>& f) { return f ? three_digits(*f) : "–"; }

bool names_part(const std::vector<std::string>& parts, const std::string& map) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const std::string& part) { return map.find(part) != std::string::npos; });
}

// Which measures the articles have a figure for.
std::vector<bool> told_by_articles(const scenario_result& all) {
  std::vector<bool> told(all.measures.size());
  for (const scenario_row& row : all.rows) {
    for (std::size_t i = 0; i < std::min(told.size(), row.theirs.size()); ++i) told[i] = told[i] || row.theirs[i];
  }
  return told;
}

// Columns are as wide as what stands in them: names, units and spreads differ too much for one width.
std::string table_of(const scenario_result& all, const std::vector<bool>& told) {
  std::vector<table::column> columns{{"", "", 0}};
  for (std::size_t i = 0; i < all.measures.size(); ++i) {
    columns.push_back({all.measures[i].title, all.measures[i].unit, 0});
    if (told[i]) columns.push_back({"", "theirs", 0});
  }
  std::vector<std::vector<std::string>> rows;
  for (const scenario_row& row : all.rows) {
    auto& cells = rows.emplace_back(1, row.map);
    for (std::size_t i = 0; i < all.measures.size(); ++i) {
      cells.push_back(cell(i < row.ours.size() ? row.ours[i] : std::nullopt));
      if (told[i]) cells.push_back(cell(i < row.theirs.size() ? row.theirs[i] : std::nullopt));
    }
  }
  constexpr std::size_t gap = 2;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::size_t widest = std::max(width_of(columns[c].title), width_of(columns[c].unit));
    for (const auto& cells : rows) widest = std::max(widest, width_of(cells[c]));
    const bool theirs = c != 0 && columns[c].unit == "theirs";
    columns[c].width = widest + (c == 0 ? 0 : theirs ? 1 : gap);
  }
  table figures(std::move(columns));
  for (auto& cells : rows) figures.row(std::move(cells));
  return figures.text();
}

nlohmann::ordered_json json_of(const scenario_result& all) {
  nlohmann::ordered_json j{{"portolan", "scenario"}, {"version", 2}, {"name", all.name}, {"what", all.what}};
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
  j["answer"] = closing_sentence(all);
  j["notes"] = all.notes;
  j["not_done"] = all.not_done;
  j["refused"] = all.refused;
  return j;
}

std::string list_of_scenarios() {
  std::string out;
  for (const auto& s : scenarios) out += padded_right(s.name, 22) + s.about + "\n";
  return out + "\n" + labelled("next", "portolan advise --scenario NAME; all runs them one after the other");
}

struct scenario_plan {
  unsigned rounds;
  double run_seconds;
};

scenario_plan plan_of(const advise_options& how) {
  return {how.rounds != 0 ? how.rounds
          : how.quick     ? 1u
                          : 3u,
          how.run_seconds > 0 ? how.run_seconds
          : how.quick         ? 0.1
                              : 0.3};
}

std::vector<scenario_result> run_all(const advise_options& how, const terminal& to) {
  const scenario_plan plan = plan_of(how);
  std::vector<scenario_result> results;
  for (const auto& s : scenarios) {
    if ((how.scenario != "all" && how.scenario != s.name) || interrupted().load()) continue;
    progress_bar bar(to);
    scenario_result one = s.run({plan.rounds, plan.run_seconds, how.seed, bar, how.only, how.without});
    one.name = s.name;
    if (interrupted().load()) one.not_done.emplace_back("rows without a figure: you ended it early");
    results.push_back(std::move(one));
  }
  return results;
}

}  // namespace

const std::vector<std::string>& scenario_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& s : scenarios) all.emplace_back(s.name);
    return all;
  }();
  return names;
}

bool scenario_effort::wants(const std::string& map) const {
  return (only.empty() || names_part(only, map)) && !names_part(without, map);
}

void row_of_rounds::add(const std::vector<std::optional<double>>& figures) {
  columns_.resize(std::max(columns_.size(), figures.size()));
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (figures[i]) columns_[i].push_back(*figures[i]);
  }
}

std::vector<std::optional<workload::figure>> row_of_rounds::figures() const {
  std::vector<std::optional<workload::figure>> made;
  for (const auto& column : columns_) {
    made.push_back(column.empty() ? std::nullopt : std::optional(workload::figure_of(column)));
  }
  return made;
}

std::vector<measured_figure> figures_of(const scenario_result& all) {
  std::vector<measured_figure> made;
  for (const scenario_row& row : all.rows) {
    for (std::size_t i = 0; i < std::min(all.measures.size(), row.ours.size()); ++i) {
      const measure& m = all.measures[i];
      if (row.ours[i]) made.push_back({all.name + ", " + row.map, m.title, m.unit, m.better, *row.ours[i]});
    }
  }
  return made;
}

std::string as_text(const scenario_result& all) {
  std::string out = labelled("scenario", all.name + ": " + all.what) + "\n";
  const std::vector<bool> told = told_by_articles(all);
  out += table_of(all, told) + "\n";
  for (const std::string& refused : all.refused) out += labelled("refused", refused);
  for (const std::string& note : all.notes) out += labelled("note", note);
  if (std::count(told.begin(), told.end(), true) != 0) {
    out += labelled("theirs",
                    "as the articles print them, for Go's maps of the same kind on other machines: look at the "
                    "shape, not at the size.");
  }
  for (const std::string& what : all.not_done) out += labelled("not done", what);
  if (const std::string sentence = closing_sentence(all); !sentence.empty()) out += labelled("answer", sentence);
  return out;
}

std::string as_json(const scenario_result& all) { return json_of(all).dump(2) + "\n"; }

status run_scenario(const advise_options& how, const terminal& to) {
  if (how.scenario == "list") return print(to, list_of_scenarios()) ? status::clean : status::failed;
  const scenario_plan plan = plan_of(how);
  delivery all;
  all.figures = set_of("scenario", how.scenario, plan.rounds, plan.run_seconds);
  const std::optional<measured_set> before = baseline_for(how, all.figures);
  watch_for_interrupt();
  const std::vector<scenario_result> results = run_all(how, to);
  auto every = nlohmann::ordered_json::array();
  for (const scenario_result& one : results) {
    all.text += as_text(one) + "\n";
    every.push_back(json_of(one));
    if (!one.refused.empty()) all.found = status::found;
    for (measured_figure& f : figures_of(one)) all.figures.figures.push_back(std::move(f));
  }
  all.text +=
      labelled("next", "portolan advise --trace FILE, on your own operations; --scenario list names the others");
  nlohmann::ordered_json several{{"portolan", "scenario"}};
  several["scenarios"] = every;
  all.json = results.size() == 1 ? as_json(results.front()) : several.dump();
  all.whole = !interrupted().load();
  return deliver(std::move(all), before, how, to);
}

}  // namespace portolan::tool
