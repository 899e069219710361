// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Lazy initialisation: values made when they are first wanted, against all of them beforehand.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <portolan/map/concurrent_map.hpp>
#include <thread>

#include "bench/workload/distribution.hpp"
#include "portolan/base/platform.hpp"
#include "tools/portolan/scenario.hpp"

namespace portolan::tool {
namespace {

using workload::figure;
using map_of_numbers = concurrent_map<std::uint64_t, std::uint64_t>;

// A value that is dear to make: some thousand steps, as for parsing a setting.
std::uint64_t dear_value(std::uint64_t key) {
  workload::chance steps(key);
  std::uint64_t value = 0;
  for (int i = 0; i < 4000; ++i) value += steps.next() >> 60;
  return value;
}

struct filled {
  double ms = 0;
  double bytes = 0;
  std::uint64_t computed = 0;
  std::string refused;
};

constexpr std::uint64_t lazy_keys = 20'000;
constexpr std::uint64_t used_every = 10;

// Four threads want every tenth key, all of them the same ones.
filled fill_lazily() {
  const std::uint64_t begin = platform::now_ns();
  map_of_numbers map;
  std::atomic<std::uint64_t> computed{0};
  {
    std::vector<std::jthread> users;
    for (int t = 0; t < 4; ++t) {
      users.emplace_back([&] {
        for (std::uint64_t key = 0; key < lazy_keys; key += used_every) {
          (void)map.load_or_compute(key, [&] {
            ++computed;
            return dear_value(key);
          });
        }
      });
    }
  }
  filled made{1e-6 * static_cast<double>(platform::now_ns() - begin), static_cast<double>(map.stats().bytes),
              computed.load(), ""};
  for (std::uint64_t key = 0; key < lazy_keys; key += used_every) {
    if (map.find(key) != std::optional(dear_value(key)))
      made.refused = "concurrent_map holds a wrong value after load_or_compute";
  }
  if (made.computed != lazy_keys / used_every) {
    made.refused =
        fmt::format("load_or_compute ran its function {} times for {} keys", made.computed, lazy_keys / used_every);
  }
  return made;
}

filled fill_eagerly() {
  const std::uint64_t begin = platform::now_ns();
  map_of_numbers map;
  for (std::uint64_t key = 0; key < lazy_keys; ++key) map.insert(key, dear_value(key));
  filled made{1e-6 * static_cast<double>(platform::now_ns() - begin), static_cast<double>(map.stats().bytes), lazy_keys,
              ""};
  if (map.size() != lazy_keys) made.refused = "concurrent_map lost an entry";
  return made;
}

}  // namespace

scenario_result lazy_init(const scenario_effort& how) {
  scenario_result made;
  made.what = fmt::format(
      "{} settings of which a tenth is used: all made beforehand, or each by load_or_compute when first "
      "wanted by one of 4 threads.",
      grouped(lazy_keys));
  made.measures = {{"time", "ms", better::less}, {"memory", "KB", better::less}, {"made", "values", better::less}};
  made.ranked = false;
  std::vector<double> ms[2], bytes[2], computed[2];
  how.bar.expect(how.rounds);
  for (unsigned round = 0; round < how.rounds && !interrupted().load(); ++round) {
    how.bar.show(round, "when wanted, and beforehand");
    const filled both[] = {fill_lazily(), fill_eagerly()};
    for (int i = 0; i < 2; ++i) {
      if (!both[i].refused.empty()) made.refused.push_back(both[i].refused);
      ms[i].push_back(both[i].ms);
      bytes[i].push_back(both[i].bytes / 1000);
      computed[i].push_back(static_cast<double>(both[i].computed));
    }
  }
  const char* const names[] = {"concurrent_map, when wanted", "concurrent_map, beforehand"};
  const std::optional<double> theirs[2][2] = {{82, 12}, {217, 416}};
  for (int i = 0; i < 2 && !ms[0].empty(); ++i) {
    made.rows.push_back({names[i],
                         {workload::figure_of(ms[i]), workload::figure_of(bytes[i]), workload::figure_of(computed[i])},
                         {theirs[i][0], theirs[i][1]}});
  }
  if (made.rows.size() == 2) {
    const auto times = [&](std::size_t at) {
      return three_digits(made.rows[1].ours[at]->median / std::max(made.rows[0].ours[at]->median, 1e-9));
    };
    made.answer = fmt::format(
        "Making all beforehand takes {} times the time and {} times the memory (the articles: 2.65 and 34.7 times).",
        times(0), times(1));
  }
  made.notes.emplace_back("each value was made exactly once, although four threads wanted it (checked).");
  return made;
}

}  // namespace portolan::tool
