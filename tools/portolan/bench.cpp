// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// `portolan bench NAME`: one measurement of its own, for claims that a survey does not show.
#include "tools/portolan/bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "tools/portolan/matrix_options.hpp"
#include "tools/portolan/progress.hpp"

namespace portolan::tool {
namespace {

constexpr struct {
  const char* name;
  status (*run)(const bench_options&, const terminal&);
} benches[] = {{"insert-latency", bench_insert_latency},
               {"strided", bench_strided},
               {"floods", bench_floods},
               {"fork", bench_fork}};

struct parsed_bench {
  bench_options options;
  std::string problem;
};

parsed_bench parse(const arguments& given) {
  parsed_bench parsed;
  const std::vector<std::string> known{"--entries", "--threads", "--forks", "--quick"};
  for (std::size_t i = 1; i < given.size(); ++i) {
    const std::string& name = given[i];
    if (name == "--quick") {
      parsed.options.quick = true;
      continue;
    }
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::string near = nearest(name, known);
      parsed.problem = "there is no option " + name + (near.empty() ? "" : "; did you mean " + near + "?");
      return parsed;
    }
    char* rest = nullptr;
    const std::string value = i + 1 < given.size() ? given[++i] : "";
    const unsigned long long number = std::strtoull(value.c_str(), &rest, 10);
    if (value.empty() || *rest != '\0' || number == 0) {
      parsed.problem = name + " wants a number above 0";
      return parsed;
    }
    if (name == "--entries") parsed.options.entries = number;
    if (name == "--threads") parsed.options.threads = static_cast<unsigned>(std::min(number, 256ull));
    if (name == "--forks") parsed.options.forks = static_cast<unsigned>(std::min(number, 1'000'000ull));
  }
  return parsed;
}

}  // namespace

std::string bench_help() {
  return "portolan bench NAME: one measurement of its own\n"
         "\n"
         "  matrix           concurrent_map beside its peers in every size, mix and number of threads, and\n"
         "                   whether it reaches its bars: portolan bench matrix --help\n"
         "  insert-latency   grows each map from empty to --entries N (10000000; --quick: 1000000) with\n"
         "                   --threads N (2), every insert timed: percentiles up to p99.999 and the longest,\n"
         "                   beside what the clock and the scheduler show without any map\n"
         "  strided          keys i << k against keys 0, 1, 2 …, for every 8th k: how many times slower\n"
         "  floods           keys chosen against other hashes, numbers and texts: how many times slower\n"
         "  fork             --forks N (100) forks under three writers; children that hang in the map\n";
}

status run_bench(const arguments& given, const terminal& to) {
  if (given.empty() || given[0] == "--help" || given[0] == "-h") {
    return print(to, bench_help()) && !given.empty() ? status::clean : status::failed;
  }
  if (given[0] == "matrix") {
    const arguments rest(given.begin() + 1, given.end());
    const bool asks =
        std::any_of(rest.begin(), rest.end(), [](const std::string& w) { return w == "--help" || w == "-h"; });
    if (asks) return print(to, matrix_help()) ? status::clean : status::failed;
    return bench_matrix(rest, to);
  }
  const auto wanted =
      std::find_if(std::begin(benches), std::end(benches), [&](const auto& b) { return given[0] == b.name; });
  if (wanted == std::end(benches)) {
    const std::string near = nearest(given[0], {"matrix", "insert-latency", "strided", "floods", "fork"});
    complain(to, "there is no bench " + given[0] + (near.empty() ? "" : "; did you mean " + near + "?") +
                     " There are: matrix, insert-latency, strided, floods, fork");
    return status::failed;
  }
  const parsed_bench parsed = parse(given);
  if (!parsed.problem.empty()) {
    complain(to, "bench: " + parsed.problem);
    return status::failed;
  }
  watch_for_interrupt();
  return wanted->run(parsed.options, to);
}

}  // namespace portolan::tool
