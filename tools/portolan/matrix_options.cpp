// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "tools/portolan/matrix_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "tools/portolan/option_names.hpp"

namespace portolan::tool {
namespace {

using words = std::vector<std::string>;

constexpr matrix::mix mixes[] = {matrix::mix::hits,   matrix::mix::misses, matrix::mix::find99,
                                 matrix::mix::find95, matrix::mix::find50, matrix::mix::upsert};
constexpr matrix::key_form forms[] = {matrix::key_form::number, matrix::key_form::text, matrix::key_form::text_to_32};

// Lists as they were typed; empty: the whole of it.
struct typed {
  words sizes;
  words mixes;
  words threads;
  words keys;
  words rows;
  double seconds = 0;
  double churn_seconds = 0;
  unsigned reps = 0;
};

words all_parts() {
  words names;
  for (unsigned i = 0; i < matrix::part_count; ++i) names.emplace_back(matrix::name_of(static_cast<matrix::part>(i)));
  return names;
}

template <class Enums>
words names_of(const Enums& all) {
  words names;
  for (const auto one : all) names.emplace_back(matrix::name_of(one));
  return names;
}

std::string unknown(const std::string& option, const std::string& given, const words& known) {
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  const std::string near = nearest(given, known);
  return fmt::format("{} does not know \"{}\"{}; it knows: {}", option, given,
                     near.empty() ? "" : ", did you mean " + near + "?", all);
}

// 10000, 10k, 2.5M; 0: not a number.
double number_in(const std::string& text) {
  char* rest = nullptr;
  const double value = std::strtod(text.c_str(), &rest);
  if (rest == text.c_str() || !std::isfinite(value) || value <= 0) return 0;
  const std::string unit(rest);
  if (unit.empty()) return value;
  if (unit == "k" || unit == "K") return 1e3 * value;
  return unit == "M" ? 1e6 * value : 0;
}

// Puts what the words name into `into`, in the order of `known`; what is wrong with them, if anything.
template <class Enums, class Into>
std::string pick(const std::string& option, const words& given, const Enums& known, Into& into) {
  if (given.empty()) return "";
  const words names = names_of(known);
  into.clear();
  for (const std::string& one : given) {
    const auto at = std::find(names.begin(), names.end(), one);
    if (at == names.end()) return unknown(option, one, names);
    into.push_back(known[static_cast<std::size_t>(at - names.begin())]);
  }
  return "";
}

std::string read_numbers(const typed& t, matrix::settings& how) {
  if (!t.sizes.empty()) how.sizes.clear();
  for (const std::string& one : t.sizes) {
    const double value = number_in(one);
    if (value < 100 || value > 5e8)
      return fmt::format("--sizes wants numbers from 100 to 500M, as in 10k,100k,10M; not {}", one);
    how.sizes.push_back(static_cast<std::uint64_t>(value));
  }
  std::sort(how.sizes.begin(), how.sizes.end());
  if (!t.threads.empty()) how.threads.clear();
  for (const std::string& one : t.threads) {
    const double value = number_in(one);
    if (value < 1 || value > 256 || value != std::floor(value)) {
      return fmt::format("--threads wants numbers from 1 to 256, as in 1,2,4; not {}", one);
    }
    how.threads.push_back(static_cast<unsigned>(value));
  }
  std::sort(how.threads.begin(), how.threads.end());
  return "";
}

std::string read_lists(const typed& t, matrix::settings& how) {
  if (std::string problem = read_numbers(t, how); !problem.empty()) return problem;
  if (std::string problem = pick("--mixes", t.mixes, mixes, how.mixes); !problem.empty()) return problem;
  if (std::string problem = pick("--keys", t.keys, forms, how.forms); !problem.empty()) return problem;
  const words known = all_parts();
  for (const std::string& one : t.rows) {
    const auto at = std::find(known.begin(), known.end(), one);
    if (at == known.end()) return unknown("--rows", one, known);
    how.parts.insert(static_cast<matrix::part>(at - known.begin()));
  }
  if (t.rows.empty()) {
    for (unsigned i = 0; i < matrix::part_count; ++i) how.parts.insert(static_cast<matrix::part>(i));
  }
  return "";
}

}  // namespace

matrix_options read_matrix_options(const arguments& given) {
  matrix_options o;
  o.command = "portolan bench matrix";
  for (const std::string& word : given) o.command += " " + word;
  typed t;
  CLI::App app;
  app.set_help_flag();
  app.add_option("--sizes", t.sizes)->delimiter(',');
  app.add_option("--mixes", t.mixes)->delimiter(',');
  app.add_option("--threads", t.threads)->delimiter(',');
  app.add_option("--keys", t.keys)->delimiter(',');
  app.add_option("--rows", t.rows)->delimiter(',');
  app.add_option("--reps", t.reps)->check(CLI::Range(1, 1000));
  app.add_option("--seconds", t.seconds)->check(CLI::Range(0.0001, 3600.0));
  app.add_option("--churn-seconds", t.churn_seconds)->check(CLI::Range(0.01, 86400.0));
  app.add_flag("--quick", o.quick);
  app.add_option("--peer-header", o.peer_headers)->delimiter(',');
  app.add_option("--peer-include", o.peer_include)->delimiter(',');
  app.add_option("--only", o.only)->delimiter(',');
  app.add_option("--without", o.without)->delimiter(',');
  app.add_option("--baseline", o.baseline);
  app.add_option("--out", o.out);
  app.add_flag("--json", o.json);
  try {
    std::vector<std::string> reversed(given.rbegin(), given.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    o.problem = explained(app, error, given);
    return o;
  }
  if (o.quick) {
    o.how.sizes = {10'000, 100'000, 1'000'000};
    o.how.repetitions = 3;
    o.how.seconds = 0.05;
    o.how.churn_seconds = 5;
    o.how.forms = {matrix::key_form::number};
  }
  if (t.reps != 0) o.how.repetitions = t.reps;
  if (t.seconds > 0) o.how.seconds = t.seconds;
  if (t.churn_seconds > 0) o.how.churn_seconds = t.churn_seconds;
  o.problem = read_lists(t, o.how);
  return o;
}

std::string matrix_help() {
  return "portolan bench matrix: concurrent_map beside its peers, and what it must reach\n"
         "\n"
         "Measures all maps in every cell (size, distribution, mix, threads) one after the other, several times, and\n"
         "compares ours with the best peer of that cell; then filling, latency, memory, growth, churn and compile\n"
         "time. Prints the table with pass or miss in each row; the figures and plots go to a folder.\n"
         "\n"
         "  --quick                u64 alone, up to 1 M entries, 3 repetitions: a few minutes\n"
         "  --sizes 10k,100k,10M   entries;  --threads 1,2;  --keys u64,text,text32\n"
         "  --mixes hit,miss,99,95,50,upsert\n"
         "  --rows A,B             parts of it: cells, bulk, fill, latency, half-grown, hot-key, memory, churn,\n"
         "                         scaling, compile, size\n"
         "  --reps N (5)  --seconds S (0.1) for each map in each cell  --churn-seconds S (60)\n"
         "  --only A,B --without C peers by a part of their names\n"
         "  --peer-header FILE,…   maps from outside: an adapter each, compiled now (docs/bench.md);\n"
         "  --peer-include DIR,…   where their includes lie\n"
         "  --baseline FILE        an earlier run's matrix.json: ours now ÷ then in each cell, and what was lost\n"
         "  --out FOLDER           (portolan-matrix) matrix.md, .csv, .json and plots;  --json on the output, too\n"
         "Ctrl-C ends early and keeps what was measured. Exit status: 0 measured, whether or not a bar is missed;\n"
         "1 a map gave a wrong answer, or a cell is slower than in the baseline; 2 it could not be done.\n";
}

}  // namespace portolan::tool
