// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The advice as one page that needs nothing beside it: no script, no network, light and dark.
#include <fmt/format.h>

#include <algorithm>

#include "bench/plots/svg.hpp"
#include "tools/portolan/advice.hpp"

namespace portolan::tool {
namespace {

using plots::escaped;
using workload::figure;
using workload::standing;

constexpr const char* page_style =
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 "
    "1em}"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
    "th,td{text-align:right;padding:.25em .5em;border-bottom:1px solid #8884}th:first-child,td:first-child{text-align:"
    "left}tr.best{font-weight:600}pre{padding:.8em;border:1px solid #8884;overflow-x:auto}.wide{overflow-x:auto}"
    "dt{font-weight:600}dd{margin:0 0 .6em 0}";

std::vector<const standing*> in_order(const advice& all) {
  std::vector<const standing*> out;
  for (const std::string& name : all.judged.order) {
    for (const standing& s : all.survey.standings) {
      if (s.which.name == name) out.push_back(&s);
    }
  }
  return out;
}

std::string escaped_lines(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += escaped(text.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return out;
}

std::string cell(const std::string& text) { return "<td>" + escaped(text) + "</td>"; }

std::string figures_table(const advice& all) {
  std::string out =
      "<div class=\"wide\"><table><thead><tr><th>map</th><th>M/s</th><th>±</th><th>p50 µs</th><th>p99 µs</th><th>p99.9 "
      "µs</th><th>max µs</th><th>B/entry</th><th>allocs/op</th><th>retired KiB</th><th>processors</th></tr></thead>"
      "<tbody>";
  for (const standing* s : in_order(all)) {
    const figure speed = s->operations_per_second();
    const auto kept = s->kept_back_peak_bytes();
    const double used = s->of([](const workload::run_result& r) { return r.processors_used; }).median;
    out += s->which.name == all.judged.best ? "<tr class=\"best\">" : "<tr>";
    out += cell(s->which.name) + cell(three_digits(speed.median / 1e6)) + cell(percent(speed.spread())) +
           cell(micros(s->latency_us(0.5).median)) + cell(micros(s->latency_us(0.99).median)) +
           cell(micros(s->latency_us(0.999).median)) + cell(micros(s->max_latency_us())) +
           cell(fmt::format("{:.0f}", s->bytes_per_entry().median)) +
           cell(three_digits(s->allocations_per_operation().median)) + cell(kept ? three_digits(*kept / 1024) : "–") +
           cell(three_digits(used)) + "</tr>";
  }
  return out + "</tbody></table></div>\n";
}

std::string speed_plot(const advice& all) {
  std::vector<plots::bar> bars;
  for (const standing* s : in_order(all)) {
    const figure f = s->operations_per_second();
    bars.push_back({s->which.name, f.median / 1e6, f.low / 1e6, f.high / 1e6, s->which.name == all.judged.best});
  }
  return plots::bars("Operations a second, millions; whiskers: slowest and fastest run", "M/s", bars);
}

std::string memory_plot(const advice& all) {
  std::vector<plots::bar> bars;
  for (const standing* s : in_order(all)) {
    const figure f = s->bytes_per_entry();
    bars.push_back({s->which.name, f.median, f.low, f.high, s->which.name == all.judged.best});
  }
  return plots::bars("Memory, bytes an entry", "B", bars);
}

std::string latency_plot(const advice& all) {
  const std::vector<std::pair<std::string, double>> shares{{"50 %", 0.5},     {"90 %", 0.9},       {"99 %", 0.99},
                                                           {"99.9 %", 0.999}, {"99.99 %", 0.9999}, {"max", 1}};
  std::vector<std::string> points;
  for (const auto& [name, share] : shares) points.push_back(name);
  std::vector<plots::series> lines;
  for (const standing* s : in_order(all)) {
    plots::series line{s->which.name, {}, s->which.name == all.judged.best};
    for (const auto& [name, share] : shares) line.values.push_back(std::max(s->latency_us(share).median, 0.001));
    lines.push_back(std::move(line));
  }
  return plots::lines("Latency: so many of the operations took at most …", "µs", points, lines,
                      plots::scale::logarithmic);
}

std::string curve_plot(const workload::curve& c, const std::string& best) {
  std::vector<std::string> points;
  for (const double at : c.at) {
    points.push_back(c.parameter == "finds" ? fmt::format("{:.0f} % finds", 100 * at) : fmt::format("{:.0f} B", at));
  }
  std::vector<plots::series> lines;
  for (std::size_t i = 0; i < c.names.size(); ++i) {
    plots::series line{c.names[i], {}, c.names[i] == best};
    for (const auto& point : c.speeds) line.values.push_back(workload::figure_of(point[i]).median / 1e6);
    lines.push_back(std::move(line));
  }
  return plots::lines("The same workload with another share of " + c.parameter, "M/s", points, lines,
                      plots::scale::linear);
}

std::string sweep_plot(const workload::shard_sweep& sweep) {
  std::vector<std::string> points;
  plots::series line{sweep.name, {}, true};
  for (std::size_t i = 0; i < sweep.counts.size(); ++i) {
    points.push_back(std::to_string(sweep.counts[i]));
    line.values.push_back(sweep.speeds[i].median / 1e6);
  }
  return plots::lines(fmt::format("Number of shards; the knee is at {}", sweep.knee), "M/s", points, {line},
                      plots::scale::linear);
}

}  // namespace

std::string as_html(const advice& all) {
  const terminal plain{.colour = false, .utf8 = true, .progress = false};
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>portolan advise: {}</title><style>{}{}</style></head><body>\n",
      escaped(all.work.title), page_style, plots::style());
  out += fmt::format("<h1>Which map here? {}</h1>\n<p>{}</p>\n", escaped(all.judged.best), escaped(all.judged.advice));
  if (!all.judged.but.empty()) out += "<p>But " + escaped(all.judged.but) + "</p>\n";
  if (!all.judged.change.empty()) out += "<pre>" + escaped(all.judged.change) + "</pre>\n";
  if (!all.judged.order.empty()) {
    out += figures_table(all) + speed_plot(all) + latency_plot(all) + memory_plot(all);
  }
  for (const workload::curve& c : all.curves) {
    if (!c.at.empty()) out += curve_plot(c, all.judged.best);
  }
  if (all.sweep && all.sweep->knee != 0) out += sweep_plot(*all.sweep);
  out += "<h2>As the terminal showed it</h2>\n<pre>" + escaped_lines(as_text(all, plain)) + "</pre>\n";
  out += fmt::format(
      "<p>{}; a latency of nothing shows as {} µs (the clock). Every run's content was compared with a "
      "sequential reference before its speed was used.</p>\n",
      escaped(all.machine.processor_name), three_digits(all.clock_floor_us));
  return out + "</body></html>\n";
}

}  // namespace portolan::tool
