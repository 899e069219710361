// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Growth from empty, every insert timed: a table that stops the world shows here, whatever its mean.
//
// The first row does nothing between two looks at the clock: interrupts and the scheduler make that row's tail, and
// no map's can be shorter.
#include <fmt/format.h>

#include <thread>

#include "bench/workload/histogram.hpp"
#include "bench/workload/machine.hpp"
#include "bench/workload/operation.hpp"
#include "portolan/base/platform.hpp"
#include "tools/portolan/bench.hpp"
#include "tools/portolan/progress.hpp"

namespace portolan::tool {
namespace {

struct grown {
  workload::histogram latency_ns;
  double seconds = 0;
  std::uint64_t entries = 0;
  std::uint64_t refused = 0;  // inserts of fresh keys that said "already there"
};

// `map` null: nothing is done between the looks at the clock.
grown grow(number_map* map, std::uint64_t entries, unsigned threads) {
  std::vector<grown> parts(threads);
  const std::uint64_t begin = platform::now_ns();
  {
    std::vector<std::jthread> running;
    for (unsigned t = 0; t < threads; ++t) {
      running.emplace_back([&, t] {
        grown& mine = parts[t];
        for (std::uint64_t i = t; i < entries && !interrupted().load(); i += threads) {
          const std::uint64_t key = workload::number_key(i);
          const std::uint64_t from = platform::now_ns();
          if (map != nullptr && !map->insert(key, i)) ++mine.refused;
          mine.latency_ns.record(platform::now_ns() - from);
        }
      });
    }
  }
  grown all;
  all.seconds = 1e-9 * static_cast<double>(platform::now_ns() - begin);
  for (const grown& part : parts) {
    all.latency_ns.add(part.latency_ns);
    all.refused += part.refused;
  }
  all.entries = map != nullptr ? map->size() : 0;
  return all;
}

std::vector<std::string> cells(const std::string& name, const grown& g) {
  const auto us = [&](double share) { return micros(1e-3 * static_cast<double>(g.latency_ns.at(share))); };
  return {name,        three_digits(1e-6 * static_cast<double>(g.latency_ns.total()) / g.seconds),
          us(0.5),     us(0.99),
          us(0.999),   us(0.9999),
          us(0.99999), micros(1e-3 * static_cast<double>(g.latency_ns.max()))};
}

}  // namespace

status bench_insert_latency(const bench_options& how, const terminal& to) {
  const std::uint64_t entries = how.entries != 0 ? how.entries : how.quick ? 1'000'000 : 10'000'000;
  const auto kinds = number_maps();
  table figures({{"", "", 26},
                 {"inserts", "M/s", 9},
                 {"p50", "µs", 9},
                 {"p99", "µs", 9},
                 {"p99.9", "µs", 9},
                 {"p99.99", "µs", 10},
                 {"p99.999", "µs", 10},
                 {"max", "µs", 10}});
  std::string wrong;
  {
    progress_bar bar(to);
    bar.expect(static_cast<double>(kinds.size() + 1) * static_cast<double>(entries) * 1e-6);
    bar.show(0, "nothing");
    figures.row(cells("  nothing (the clock)", grow(nullptr, entries, how.threads)));
    double done = static_cast<double>(entries) * 1e-6;
    for (const number_map_kind& kind : kinds) {
      if (interrupted().load()) break;
      bar.show(done, kind.name);
      done += static_cast<double>(entries) * 1e-6;
      const auto map = kind.make();
      const grown g = grow(map.get(), entries, how.threads);
      if (interrupted().load()) break;
      if (g.refused != 0 || g.entries != entries) {
        wrong += labelled("refused", fmt::format("{} holds {} of {} entries; {} inserts of fresh keys said no.",
                                                 kind.name, grouped(g.entries), grouped(entries), grouped(g.refused)));
        continue;
      }
      figures.row(cells("  " + kind.name, g));
    }
  }
  const auto machine = workload::this_machine();
  std::string out = labelled(
      "bench", fmt::format("insert-latency: {} distinct keys into an empty map, {} threads, every insert timed",
                           grouped(entries), how.threads));
  out += labelled("machine", fmt::format("{} processors, {} {}", machine.processors, machine.compiler, machine.build)) +
         "\n";
  out += figures.text() + "\n" + wrong;
  out += labelled("reading",
                  "no map's tail can be shorter than the first row's: that is what interrupts and the scheduler do.");
  if (interrupted().load()) out += labelled("stopped", "by you: maps without a row were not measured.");
  if (!print(to, out)) return status::failed;
  return wrong.empty() ? status::clean : status::found;
}

}  // namespace portolan::tool
