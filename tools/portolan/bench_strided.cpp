// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Keys i << k: what aligned addresses, page numbers and identifiers with a type in their low bits look like. A hash
// that keeps their zeros puts them all into few places.
#include <fmt/format.h>

#include <algorithm>

#include "portolan/base/platform.hpp"
#include "tools/portolan/bench.hpp"
#include "tools/portolan/progress.hpp"

namespace portolan::tool {
namespace {

// A collapse is cut short: it only has to be seen.
constexpr double give_up_after = 50;

struct timed {
  double seconds = 0;
  bool cut_short = false;
  std::string failure;
};

// Inserts and finds `count` keys, at most for `limit_seconds`; scaled up to the whole where it was cut short.
timed run(const number_map_kind& kind, std::uint64_t count, unsigned shift, double limit_seconds) {
  timed result;
  const auto map = kind.make();
  const std::uint64_t begin = platform::now_ns();
  const auto elapsed = [&] { return 1e-9 * static_cast<double>(platform::now_ns() - begin); };
  try {
    for (std::uint64_t i = 0; i < count; ++i) {
      map->insert(i << shift, i);
      if (i % 64 != 63 || elapsed() < limit_seconds) continue;
      result.cut_short = true;
      result.seconds = elapsed() * static_cast<double>(count) / static_cast<double>(i + 1);
      return result;
    }
    std::uint64_t missed = 0;
    for (std::uint64_t i = 0; i < count; ++i) missed += !map->contains(i << shift);
    if (missed != 0) result.failure = fmt::format("lost {} keys", missed);
  } catch (const std::exception& error) {
    result.failure = "threw";
  }
  result.seconds = elapsed();
  return result;
}

std::string factor(const timed& t, double sequential_seconds) {
  if (!t.failure.empty()) return t.failure;
  const double times = t.seconds / sequential_seconds;
  return (t.cut_short ? "≥ " : "") + three_digits(times) + " ×";
}

}  // namespace

status bench_strided(const bench_options& how, const terminal& to) {
  const std::uint64_t count = how.entries != 0 ? how.entries : how.quick ? 20'000 : 100'000;
  std::vector<unsigned> shifts{4, 8, 12, 16, 20, 24, 32, 40};
  std::erase_if(shifts, [&](unsigned k) { return ((count - 1) << k) >> k != count - 1; });
  std::vector<table::column> columns{{"", "", 26}, {"keys i", "ms", 8}};
  for (const unsigned k : shifts) columns.push_back({fmt::format("<<{}", k), "", 8});
  table figures(std::move(columns));
  double worst_of_ours = 0;
  {
    progress_bar bar(to);
    const auto kinds = number_maps();
    bar.expect(static_cast<double>(kinds.size()));
    double done = 0;
    for (const number_map_kind& kind : kinds) {
      bar.show(done++, kind.name);
      // The best of three is the sequential time: what the machine adds is not the map's.
      double sequential = 1e9;
      for (int i = 0; i < 3; ++i) sequential = std::min(sequential, run(kind, count, 0, 60).seconds);
      std::vector<std::string> cells{"  " + kind.name, three_digits(1e3 * sequential)};
      for (const unsigned k : shifts) {
        if (interrupted().load()) break;
        timed best = run(kind, count, k, sequential * give_up_after);
        if (!best.cut_short && best.failure.empty()) {
          for (int i = 0; i < 2; ++i) {
            best.seconds = std::min(best.seconds, run(kind, count, k, sequential * give_up_after).seconds);
          }
        }
        if (kind.name == "concurrent_map") worst_of_ours = std::max(worst_of_ours, best.seconds / sequential);
        cells.push_back(factor(best, sequential));
      }
      figures.row(std::move(cells));
    }
  }
  std::string out =
      labelled("bench",
               fmt::format("strided: {} inserts and finds of keys i << k, one thread, as a multiple of keys 0, 1, 2 …",
                           grouped(count))) +
      "\n";
  out += figures.text() + "\n";
  out += labelled("answer", fmt::format("concurrent_map is at most {} times slower than with sequential keys.",
                                        three_digits(worst_of_ours)));
  return print(to, out) ? status::clean : status::failed;
}

}  // namespace portolan::tool
