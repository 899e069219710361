// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "bench/plots/svg.hpp"
#include "tools/portolan/matrix_report.hpp"

namespace portolan::tool {
namespace {

constexpr const char* nothing = "doing nothing";

using named_plots = std::vector<std::pair<std::string, std::string>>;

// The speeds of one mix over the numbers of threads; of each map that was measured at all of them.
struct by_threads {
  std::vector<std::string> points;
  std::vector<plots::series> lines;
};

by_threads over_threads(const matrix::result& of, matrix::mix what, std::uint64_t entries) {
  std::set<unsigned> threads;
  for (const matrix::cell& one : of.cells) {
    if (one.of.what == what && one.of.entries == entries && one.of.form == matrix::key_form::number &&
        one.of.keys == matrix::skew::uniform) {
      threads.insert(one.of.threads);
    }
  }
  by_threads made;
  for (const unsigned t : threads) made.points.push_back(std::to_string(t));
  for (std::size_t i = 0; i < of.names.size(); ++i) {
    plots::series line{of.names[i], {}, i == 0};
    for (const unsigned t : threads) {
      const matrix::cell* const in = of.find({matrix::key_form::number, entries, matrix::skew::uniform, what, t, 0});
      if (!in->speeds[i].empty()) line.values.push_back(1e-6 * matrix::median_of(in->speeds[i]));
    }
    if (!threads.empty() && line.values.size() == threads.size()) made.lines.push_back(std::move(line));
  }
  return made;
}

void threads_plots(const matrix::result& of, named_plots& into) {
  for (const std::uint64_t entries : of.how.sizes) {
    for (const matrix::mix what : {matrix::mix::hits, matrix::mix::find95, matrix::mix::find50}) {
      by_threads all = over_threads(of, what, entries);
      if (all.points.size() < 2 || all.lines.empty()) continue;
      const std::string about =
          fmt::format("{}, {} entries, uniform keys", matrix::name_of(what), matrix::count_in_words(entries));
      into.emplace_back(fmt::format("threads-{}-{}.svg", matrix::name_of(what), entries),
                        plots::document(plots::lines("Throughput by threads: " + about, "M/s", all.points, all.lines,
                                                     plots::scale::linear)));
      for (plots::series& line : all.lines) {
        const double alone = line.values.front();
        for (double& value : line.values) value = alone > 0 ? value / alone : 0;
      }
      into.emplace_back(
          fmt::format("scaling-{}-{}.svg", matrix::name_of(what), entries),
          plots::document(plots::lines(fmt::format("Scaling, as a multiple of {} thread{}: {}", all.points.front(),
                                                   all.points.front() == "1" ? "" : "s", about),
                                       "times", all.points, all.lines, plots::scale::linear)));
    }
  }
}

// The share of inserts that took longer, at each duration where it changed by enough to be seen.
plots::curve tail_of(const std::string& name, const matrix::insert_latency& of) {
  plots::curve made{name, {}, false};
  double total = 0;
  for (const auto& [ns, count] : of.counts) total += count;
  double passed = 0;
  double last = 2;
  for (const auto& [ns, count] : of.counts) {
    passed += count;
    const double slower = (total - passed) / total;
    if (slower <= 0 || slower > 0.97 * last) continue;
    made.points.emplace_back(ns / 1000, slower);
    last = slower;
  }
  if (total > 0) made.points.emplace_back(of.max_ns / 1000, 1 / total);
  return made;
}

void latency_plots(const matrix::result& of, named_plots& into) {
  for (const unsigned threads : of.how.threads) {
    std::vector<plots::curve> all;
    for (const matrix::latency_of& one : of.latencies) {
      if (one.threads != threads) continue;
      all.push_back(tail_of(one.name.empty() ? nothing : one.name, one.figures));
      all.back().strong = one.name == of.names.front();
    }
    if (all.empty()) continue;
    // The clock last: a map keeps its colour from plot to plot.
    std::stable_partition(all.begin(), all.end(), [](const plots::curve& one) { return one.label != nothing; });
    const std::string title = fmt::format("Inserts that take longer, while growing from empty to {}, {} thread{}",
                                          matrix::count_in_words(of.how.largest()), threads, threads == 1 ? "" : "s");
    into.emplace_back(fmt::format("latency-{}.svg", threads),
                      plots::document(plots::curves(title, {"µs", plots::scale::logarithmic},
                                                    {"share", plots::scale::logarithmic}, all)));
  }
}

void memory_plots(const matrix::result& of, named_plots& into) {
  std::vector<plots::curve> all;
  for (const matrix::memory_of& one : of.memories) {
    plots::curve line{one.name, {}, one.name == of.names.front()};
    for (const auto& p : one.figures.points) line.points.emplace_back(1e-6 * p.entries, p.peak_bytes / p.entries);
    if (!line.points.empty()) all.push_back(std::move(line));
  }
  if (all.empty()) return;
  into.emplace_back("memory.svg",
                    plots::document(plots::curves("Memory while growing, peaks between the sizes included",
                                                  {"M entries"}, {"B/entry"}, all)));
}

void churn_plots(const matrix::result& of, named_plots& into) {
  std::vector<plots::curve> all;
  for (const matrix::churn_of& one : of.churns) {
    plots::curve line{fmt::format("{} keys", matrix::name_of(one.keys)), {}, one.keys == matrix::skew::uniform};
    for (const auto& w : one.figures.windows) line.points.emplace_back(w.at_seconds, 1e-6 * w.speed);
    all.push_back(std::move(line));
  }
  if (all.empty()) return;
  into.emplace_back("churn.svg",
                    plots::document(plots::curves("Erases and inserts at constant size", {"seconds"}, {"M/s"}, all)));
}

}  // namespace

named_plots as_plots(const matrix_report& of) {
  named_plots all;
  threads_plots(of.found, all);
  latency_plots(of.found, all);
  memory_plots(of.found, all);
  churn_plots(of.found, all);
  return all;
}

}  // namespace portolan::tool
