// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/portolan/matrix_report.hpp"

namespace portolan::tool {
namespace {

using nlohmann::ordered_json;

ordered_json of_cells(const matrix::result& of) {
  ordered_json all = ordered_json::array();
  for (const matrix::cell& one : of.cells) {
    ordered_json speeds = ordered_json::object();
    for (std::size_t i = 0; i < of.names.size(); ++i) {
      if (!one.speeds[i].empty()) speeds[of.names[i]] = one.speeds[i];
    }
    all.push_back({{"keys", matrix::name_of(one.of.form)},
                   {"entries", one.of.entries},
                   {"distribution", matrix::name_of(one.of.keys)},
                   {"mix", matrix::name_of(one.of.what)},
                   {"threads", one.of.threads},
                   {"batch", one.of.batch},
                   {"operations_per_second", speeds}});
  }
  return all;
}

ordered_json of_growth(const matrix::result& of) {
  ordered_json j;
  for (const matrix::latency_of& one : of.latencies) {
    ordered_json counts = ordered_json::array();
    for (const auto& [ns, count] : one.figures.counts) counts.push_back({ns, count});
    j["insert_latency"].push_back({{"map", one.name},
                                   {"threads", one.threads},
                                   {"max_ns", one.figures.max_ns},
                                   {"at_most_ns_and_operations", counts}});
  }
  for (const matrix::memory_of& one : of.memories) {
    ordered_json points = ordered_json::array();
    for (const auto& p : one.figures.points) points.push_back({p.entries, p.resident_bytes, p.peak_bytes});
    j["memory"].push_back({{"map", one.name},
                           {"empty_bytes", one.figures.empty_bytes},
                           {"settled_bytes", one.figures.settled_bytes},
                           {"entries_resident_peak", points}});
  }
  for (const matrix::churn_of& one : of.churns) {
    ordered_json windows = ordered_json::array();
    for (const auto& w : one.figures.windows) windows.push_back({w.at_seconds, w.speed, w.resident_bytes});
    j["churn"].push_back({{"distribution", matrix::name_of(one.keys)}, {"seconds_speed_resident", windows}});
  }
  if (of.half_grown) {
    j["half_grown"] = {{"met", of.half_grown->found},
                       {"until_full_ms", of.half_grown->until_full_ms},
                       {"first_finds_per_second", of.half_grown->first_speed},
                       {"full_finds_per_second", of.half_grown->full_speed}};
  }
  for (const matrix::size_of& one : of.sizes) {
    j["size"].push_back({{"map", one.name}, {"entries", one.entries}, {"ns", one.ns}});
  }
  for (const matrix::compiled& one : of.compiles) j["compile_seconds"][one.name] = one.seconds;
  return j;
}

}  // namespace

std::string as_csv(const matrix_report& of) {
  std::string out = "keys,entries,distribution,mix,threads,batch,map,repetition,operations_per_second\n";
  for (const matrix::cell& one : of.found.cells) {
    for (std::size_t i = 0; i < of.found.names.size(); ++i) {
      for (std::size_t r = 0; r < one.speeds[i].size(); ++r) {
        out += fmt::format("{},{},{},{},{},{},\"{}\",{},{:.0f}\n", matrix::name_of(one.of.form), one.of.entries,
                           matrix::name_of(one.of.keys), matrix::name_of(one.of.what), one.of.threads, one.of.batch,
                           of.found.names[i], r + 1, one.speeds[i][r]);
      }
    }
  }
  return out;
}

std::string as_json(const matrix_report& of) {
  ordered_json j;
  j["portolan"] = PORTOLAN_VERSION;
  j["command"] = of.command;
  j["date"] = of.date;
  j["machine"] = {{"processors", of.machine.processors},
                  {"processor", of.machine.processor_name},
                  {"last_level_cache_bytes", of.machine.last_level_cache_bytes},
                  {"compiler", of.machine.compiler},
                  {"build", of.machine.build},
                  {"load", of.machine.load}};
  j["repetitions"] = of.found.how.repetitions;
  j["seconds"] = of.found.how.seconds;
  for (std::size_t i = 0; i < of.found.names.size(); ++i) {
    j["maps"].push_back({{"name", of.found.names[i]},
                         {"league", of.found.roles[i] != matrix::entrant::role::map    ? "none"
                                    : of.found.leagues[i] == workload::league::special ? "special"
                                                                                       : "general"}});
  }
  for (const matrix::bar& one : of.bars) {
    const char* const how = one.verdict == matrix::verdict::pass   ? "pass"
                            : one.verdict == matrix::verdict::miss ? "miss"
                                                                   : "open";
    j["bars"].push_back({{"name", one.full_name()},
                         {"bar", one.target},
                         {"measured", one.measured},
                         {"spread", one.spread},
                         {"verdict", how},
                         {"beside", one.beside}});
  }
  j["cells"] = of_cells(of.found);
  j["growth"] = of_growth(of.found);
  j["wrong"] = of.found.said.wrong;
  j["left_out"] = of.found.said.left_out;
  j["interrupted"] = of.found.interrupted;
  if (of.then) {
    ordered_json changes = ordered_json::array();
    for (const matrix_change& one : of.then->changes) {
      changes.push_back({{"cell", one.cell},
                         {"now_by_then", one.ratio()},
                         {"others_least", one.others_least},
                         {"others_most", one.others_most},
                         {"lost", one.lost}});
    }
    j["baseline"] = {{"file", of.then->file}, {"date", of.then->date}, {"changes", changes}};
  }
  return j.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace portolan::tool
