// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Keys i << k: what aligned addresses, page numbers and identifiers with a type in their low bits look like. A hash
// that keeps their zeros puts them all into few places.
#include "tools/portolan/bench_keys.hpp"
#include "tools/portolan/progress.hpp"

namespace portolan::tool {

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
      const double sequential = best_fill(
                                    kind, count, [](std::uint64_t i) { return i; }, 60, 3)
                                    .seconds;
      std::vector<std::string> cells{"  " + kind.name, three_digits(1e3 * sequential)};
      for (const unsigned k : shifts) {
        if (interrupted().load()) break;
        const auto shifted = [k](std::uint64_t i) { return i << k; };
        const fill_time best = best_fill(kind, count, shifted, sequential * give_up_after, 3);
        if (kind.name == "concurrent_map") worst_of_ours = std::max(worst_of_ours, best.seconds / sequential);
        cells.push_back(times_of(best, sequential));
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
