// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "tools/portolan/baseline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/workload/input.hpp"
#include "tools/portolan/text.hpp"

namespace portolan::tool {
namespace {

using nlohmann::ordered_json;
using workload::figure;
using workload::input_error;

// The form of what --save writes; raised when a reader of the old one would misread the new one.
constexpr int form = 2;
constexpr const char* measure_again = "measure it again with --save on this machine";

constexpr double least_noise = 0.05;
constexpr double least_noise_of_tails = 0.25;
constexpr double least_noise_of_few_runs = 0.25;
constexpr unsigned few_runs = 3;

const char* name_of(better end) {
  switch (end) {
    case better::less: return "less";
    case better::more: return "more";
    case better::neither: return "neither";
  }
  return "";
}

better better_of(const std::string& name) {
  if (name == "less") return better::less;
  return name == "more" ? better::more : better::neither;
}

bool is_latency(const measured_figure& f) {
  return f.measure.starts_with("p9") || f.measure.starts_with("longest") || f.measure == "max" ||
         f.measure == "worst insert";
}

measured_figure figure_from(const ordered_json& j) {
  measured_figure f;
  f.map = j.at("map").get<std::string>();
  f.measure = j.at("measure").get<std::string>();
  f.unit = j.at("unit").get<std::string>();
  f.better = better_of(j.at("better").get<std::string>());
  f.value = {j.at("median").get<double>(), j.at("low").get<double>(), j.at("high").get<double>()};
  return f;
}

void check_form(const std::string& file, const ordered_json& j) {
  if (!j.is_object() || !j.contains("portolan")) {
    throw input_error(file, 0, std::string("was not written by portolan advise --save; ") + measure_again);
  }
  const int version = j.contains("version") && j["version"].is_number_integer() ? j["version"].get<int>() : 0;
  if (version < form) {
    throw input_error(
        file, 0,
        fmt::format("has form {} of an older portolan, this one reads form {}: {}", version, form, measure_again));
  }
  if (version > form) {
    throw input_error(file, 0,
                      fmt::format("has form {} of a newer portolan, this one reads form {}: take that one, or {}",
                                  version, form, measure_again));
  }
}

std::string content_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw input_error(file, 0, "cannot be opened as a baseline; --save FILE writes one");
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string what_it_is(const measured_set& all) { return all.kind + " of " + all.of; }

// "21.4 ± 2 %"
std::string with_spread(const figure& f) {
  return f.high > f.low ? fmt::format("{} ± {:.0f} %", three_digits(f.median), 100 * f.spread())
                        : three_digits(f.median);
}

std::string in_words(const change& c) {
  const double percent_more = 100 * (c.ratio() - 1);
  if (std::fabs(percent_more) >= 1000) return fmt::format("{} times", three_digits(c.ratio()));
  return fmt::format("{:+.0f} %", percent_more);
}

const char* name_of(verdict_of_change v) {
  switch (v) {
    case verdict_of_change::same: return "same";
    case verdict_of_change::better: return "better";
    case verdict_of_change::worse: return "worse";
    case verdict_of_change::changed: return "changed";
  }
  return "";
}

void tell_once(std::vector<std::string>& all, std::string what) {
  if (std::find(all.begin(), all.end(), what) == all.end()) all.push_back(std::move(what));
}

std::vector<std::string> doubts_about(const measured_set& before, const measured_set& now) {
  std::vector<std::string> all;
  const auto differs = [&](const char* what, const std::string& then, const std::string& here) {
    if (then != here) all.push_back(fmt::format("{}: {} then, {} now", what, then, here));
  };
  differs("compiler", before.machine.compiler, now.machine.compiler);
  differs("build", before.machine.build, now.machine.build);
  differs("length of a run", three_digits(before.run_seconds) + " s", three_digits(now.run_seconds) + " s");
  const auto busy = [&](const measured_set& one, const char* when) {
    if (one.machine.load > 0.5 * std::max(one.machine.processors, 1u)) {
      all.push_back(fmt::format("the machine was busy {} (load {:.1f} before the first run)", when, one.machine.load));
    }
  };
  busy(before, "then");
  busy(now, "now");
  if (std::min(before.rounds, now.rounds) < few_runs) {
    all.push_back(
        fmt::format("{} and {} runs: with fewer than {} a range says little, so only changes above {:.0f} % "
                    "are told",
                    before.rounds, now.rounds, few_runs, 100 * least_noise_of_few_runs));
  }
  return all;
}

}  // namespace

bool baseline_comparison::anything_worse() const noexcept {
  return std::any_of(changes.begin(), changes.end(),
                     [](const change& c) { return c.verdict == verdict_of_change::worse; });
}

measured_set read_baseline(const std::string& file) {
  const std::string content = content_of(file);
  const ordered_json j = ordered_json::parse(content, nullptr, false);
  if (j.is_discarded()) {
    throw input_error(
        file, 0,
        std::string(content.empty() ? "is empty" : "is no whole JSON document: it was damaged or cut off") + "; " +
            measure_again);
  }
  check_form(file, j);
  try {
    measured_set all;
    all.kind = j.at("portolan").get<std::string>();
    all.of = j.at("of").get<std::string>();
    all.version = j.at("portolan_version").get<std::string>();
    all.rounds = j.at("rounds").get<unsigned>();
    all.run_seconds = j.at("run_seconds").get<double>();
    const auto& m = j.at("machine");
    all.machine.processors = m.at("processors").get<unsigned>();
    all.machine.processor_name = m.at("processor").get<std::string>();
    all.machine.compiler = m.at("compiler").get<std::string>();
    all.machine.build = m.at("build").get<std::string>();
    all.machine.load = m.at("load_before").get<double>();
    for (const auto& one : j.at("figures")) all.figures.push_back(figure_from(one));
    return all;
  } catch (const nlohmann::json::exception& error) {
    throw input_error(file, 0, std::string("lacks a part that --save writes (") + error.what() + "); " + measure_again);
  }
}

std::string incomparable(const measured_set& before, const measured_set& now) {
  if (before.kind != now.kind || before.of != now.of) {
    return fmt::format("holds another measurement: {}; this is {}. Compare like with like", what_it_is(before),
                       what_it_is(now));
  }
  const auto machine = [](const workload::machine& m) {
    return fmt::format("{} processors {}", m.processors, m.processor_name.empty() ? "of no name" : m.processor_name);
  };
  if (machine(before.machine) != machine(now.machine)) {
    return fmt::format("was measured on another machine ({}; here {}), so its figures say nothing here: {}",
                       machine(before.machine), machine(now.machine), measure_again);
  }
  return "";
}

verdict_of_change judge_change(const measured_figure& now, const figure& before, unsigned least_rounds) {
  const figure& after = now.value;
  if (before.high >= after.low && after.high >= before.low) return verdict_of_change::same;
  double noise = is_latency(now) ? least_noise_of_tails : least_noise;
  if (least_rounds < few_runs) noise = std::max(noise, least_noise_of_few_runs);
  const double least = std::min(before.median, after.median);
  if (least > 0 && std::fabs(after.median - before.median) / least <= noise) return verdict_of_change::same;
  switch (now.better) {
    case better::neither: return verdict_of_change::changed;
    case better::less: return after.median < before.median ? verdict_of_change::better : verdict_of_change::worse;
    case better::more: return after.median > before.median ? verdict_of_change::better : verdict_of_change::worse;
  }
  return verdict_of_change::same;
}

baseline_comparison compare(measured_set before, const measured_set& now, const std::string& file) {
  baseline_comparison made;
  made.file = file;
  made.doubts = doubts_about(before, now);
  const unsigned least_rounds = std::min(before.rounds, now.rounds);
  const auto same_as = [](const measured_figure& a) {
    return [&a](const measured_figure& b) { return a.map == b.map && a.measure == b.measure && a.unit == b.unit; };
  };
  for (const measured_figure& f : now.figures) {
    const auto then = std::find_if(before.figures.begin(), before.figures.end(), same_as(f));
    if (then == before.figures.end()) {
      tell_once(made.missing, f.map + ": not in the baseline");
    } else {
      made.changes.push_back({f, then->value, judge_change(f, then->value, least_rounds)});
    }
  }
  for (const measured_figure& f : before.figures) {
    if (std::none_of(now.figures.begin(), now.figures.end(), same_as(f))) {
      tell_once(made.missing, f.map + ": only in the baseline");
    }
  }
  before.figures.clear();
  made.before = std::move(before);
  return made;
}

std::string as_text(const baseline_comparison& all) {
  std::string out = labelled("against", fmt::format("{} (portolan {}, {}, {} runs)", all.file, all.before.version,
                                                    all.before.machine.compiler, all.before.rounds));
  table figures({{"", "", 40}, {"", "", 9}, {"before", "", 17}, {"now", "", 17}, {"", "", 9}, {"", "", 8}});
  std::size_t counts[4] = {};
  for (const change& c : all.changes) {
    ++counts[static_cast<std::size_t>(c.verdict)];
    if (c.verdict == verdict_of_change::same) continue;
    figures.row({c.now.map + ", " + c.now.measure, c.now.unit, with_spread(c.before), with_spread(c.now.value),
                 in_words(c), name_of(c.verdict)});
  }
  const std::size_t changed = all.changes.size() - counts[0];
  if (changed != 0) out += "\n" + figures.text() + "\n";
  for (const std::string& doubt : all.doubts) out += labelled("doubt", doubt);
  for (const std::string& missing : all.missing) out += labelled("not done", missing);
  if (changed == 0) {
    return out + labelled("changed", fmt::format("nothing beyond the noise: all {} figures lie within the spread of "
                                                 "their runs, or within {:.0f} % ({:.0f} % for latencies).",
                                                 all.changes.size(), 100 * least_noise, 100 * least_noise_of_tails));
  }
  return out + labelled("changed", fmt::format("{} of {} figures beyond the noise: {} better, {} worse, {} neither.",
                                               changed, all.changes.size(), counts[1], counts[2], counts[3]));
}

std::string as_json(const baseline_comparison& all) {
  ordered_json j{{"file", all.file}, {"version", all.before.version}, {"doubts", all.doubts}, {"missing", all.missing}};
  j["changes"] = ordered_json::array();
  for (const change& c : all.changes) {
    j["changes"].push_back({{"map", c.now.map},
                            {"measure", c.now.measure},
                            {"before", c.before.median},
                            {"now", c.now.value.median},
                            {"verdict", name_of(c.verdict)}});
  }
  return j.dump();
}

std::string with_figures(const std::string& document, const measured_set& all) {
  ordered_json j = ordered_json::parse(document);
  j["portolan"] = all.kind;
  j["version"] = form;
  j["portolan_version"] = all.version;
  j["of"] = all.of;
  j["rounds"] = all.rounds;
  j["run_seconds"] = all.run_seconds;
  j["machine"]["processors"] = all.machine.processors;
  j["machine"]["processor"] = all.machine.processor_name;
  j["machine"]["compiler"] = all.machine.compiler;
  j["machine"]["build"] = all.machine.build;
  j["machine"]["load_before"] = all.machine.load;
  j["figures"] = ordered_json::array();
  for (const measured_figure& f : all.figures) {
    j["figures"].push_back({{"map", f.map},
                            {"measure", f.measure},
                            {"unit", f.unit},
                            {"better", name_of(f.better)},
                            {"median", f.value.median},
                            {"low", f.value.low},
                            {"high", f.value.high}});
  }
  return j.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace portolan::tool
