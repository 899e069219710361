// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The advice for programs: one JSON document, and one CSV line a run.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "tools/portolan/advice.hpp"

namespace portolan::tool {
namespace {

using nlohmann::ordered_json;
using workload::figure;
using workload::standing;

ordered_json json_of(const figure& f) { return {{"median", f.median}, {"low", f.low}, {"high", f.high}}; }

const char* name_of(workload::origin from) {
  switch (from) {
    case workload::origin::family: return "portolan";
    case workload::origin::baseline: return "baseline";
    case workload::origin::peer: return "peer";
    case workload::origin::outside: return "outside";
  }
  return "";
}

ordered_json json_of(const workload_card& w) {
  ordered_json actions;
  for (unsigned i = 0; i < workload::action_count; ++i) {
    actions[workload::name_of(static_cast<workload::action>(i))] = w.facts.by_action[i];
  }
  return {{"title", w.title},
          {"operations", w.facts.operations},
          {"actions", actions},
          {"keys", w.keys},
          {"key_kind", w.key_kind == workload::key_kind::text ? "text" : "number"},
          {"mean_value_bytes", w.facts.mean_value_bytes},
          {"start_entries", w.start_entries},
          {"threads", w.threads},
          {"hottest_key", w.facts.hottest_key},
          {"hottest_key_operations", w.facts.hottest_key_operations},
          {"rate_per_s", w.rate_per_s},
          {"remarks", w.remarks}};
}

ordered_json json_of(const standing& s) {
  ordered_json j{{"name", s.which.name}, {"origin", name_of(s.which.origin)}};
  if (!s.refused.empty()) j["refused"] = s.refused;
  if (!s.left_out.empty()) j["left_out"] = s.left_out;
  if (!s.measured()) return j;
  j["verified_runs"] = s.runs.size();
  j["operations_per_second"] = json_of(s.operations_per_second());
  for (const auto& [name, share] : {std::pair{"p50_us", 0.5}, {"p99_us", 0.99}, {"p999_us", 0.999}}) {
    j[name] = json_of(s.latency_us(share));
  }
  j["max_us"] = s.max_latency_us();
  j["bytes_per_entry"] = json_of(s.bytes_per_entry());
  j["allocations_per_operation"] = json_of(s.allocations_per_operation());
  if (const auto kept = s.kept_back_peak_bytes()) j["kept_back_peak_bytes"] = *kept;
  j["processors_used"] = json_of(s.of([](const workload::run_result& r) { return r.processors_used; }));
  j["share_done"] = s.share_done();
  return j;
}

ordered_json json_of(const workload::curve& c) {
  ordered_json j{{"parameter", c.parameter}, {"own", c.own}, {"at", c.at}, {"complete", c.complete}};
  ordered_json speeds;
  for (std::size_t i = 0; i < c.names.size(); ++i) {
    ordered_json points = ordered_json::array();
    for (const auto& point : c.speeds) points.push_back(json_of(workload::figure_of(point[i])));
    speeds[c.names[i]] = points;
  }
  j["operations_per_second"] = speeds;
  return j;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::vector<measured_figure> figures_of(const advice& all) {
  std::vector<measured_figure> made;
  for (const standing& s : all.survey.standings) {
    if (!s.measured()) continue;
    const figure speed = s.operations_per_second();
    const auto add = [&](const char* what, const char* unit, better end, const figure& f) {
      made.push_back({s.which.name, what, unit, end, f});
    };
    add("operations", "M/s", better::more, {speed.median / 1e6, speed.low / 1e6, speed.high / 1e6});
    add("p99", "µs", better::less, s.latency_us(0.99));
    add("p99.9", "µs", better::less, s.latency_us(0.999));
    add("memory", "B/entry", better::less, s.bytes_per_entry());
    add("allocs", "/op", better::less, s.allocations_per_operation());
  }
  return made;
}

std::string as_json(const advice& all) {
  ordered_json j{{"portolan", "advise"}, {"version", 2}};
  j["workload"] = json_of(all.work);
  j["machine"] = {{"processors", all.machine.processors},
                  {"processor", all.machine.processor_name},
                  {"l3_bytes", all.machine.last_level_cache_bytes},
                  {"compiler", all.machine.compiler},
                  {"build", all.machine.build},
                  {"load_before", all.machine.load},
                  {"clock_floor_us", all.clock_floor_us}};
  j["rounds"] = all.survey.rounds_done;
  j["run_seconds"] = all.run_seconds;
  j["interrupted"] = all.survey.interrupted;
  j["candidates"] = ordered_json::array();
  for (const standing& s : all.survey.standings) j["candidates"].push_back(json_of(s));
  j["curves"] = ordered_json::array();
  for (const workload::curve& c : all.curves) j["curves"].push_back(json_of(c));
  if (all.sweep) {
    ordered_json speeds = ordered_json::array();
    for (const figure& f : all.sweep->speeds) speeds.push_back(json_of(f));
    j["shards"] = {{"name", all.sweep->name},
                   {"counts", all.sweep->counts},
                   {"operations_per_second", speeds},
                   {"knee", all.sweep->knee}};
  }
  j["advice"] = {{"best", all.judged.best},
                 {"order", all.judged.order},
                 {"text", all.judged.advice},
                 {"but", all.judged.but},
                 {"change", all.judged.change}};
  j["not_done"] = all.not_done;
  j["report"] = all.report_path;
  // Keys of a trace may be any bytes; what is no UTF-8 is shown as a replacement character.
  return j.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string as_csv(const advice& all) {
  std::string out =
      "candidate,origin,run,seconds,operations,operations_per_s,p50_us,p99_us,p999_us,max_us,bytes_per_entry,"
      "allocations_per_operation,kept_back_peak_bytes,processors_used,share_done\n";
  for (const standing& s : all.survey.standings) {
    for (std::size_t i = 0; i < s.runs.size(); ++i) {
      const workload::run_result& r = s.runs[i];
      const workload::histogram h = r.latency_ns();
      const auto us = [&](double share) { return 1e-3 * static_cast<double>(h.at(share)); };
      out += fmt::format(
          "{},{},{},{:.6f},{},{:.1f},{:.3f},{:.3f},{:.3f},{:.3f},{:.2f},{:.4f},{},{:.3f},{:.4f}\n",
          quoted(s.which.name), name_of(s.which.origin), i + 1, r.seconds, r.operations, r.per_second(), us(0.5),
          us(0.99), us(0.999), 1e-3 * static_cast<double>(h.max()), r.bytes_per_entry, r.allocations_per_operation,
          r.kept_back_peak_bytes ? std::to_string(*r.kept_back_peak_bytes) : "", r.processors_used, r.share_done);
    }
  }
  return out;
}

std::string write_file(const std::string& path, const std::string& content) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return std::strerror(errno);
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  const int problem = errno;
  if (std::fclose(file) == 0 && written) return "";
  const std::string reason = std::strerror(written ? errno : problem);
  // A half-written report would pass for a whole one. Devices and pipes are not ours to remove.
  if (path.rfind("/dev/", 0) != 0) std::remove(path.c_str());
  return reason;
}

}  // namespace portolan::tool
