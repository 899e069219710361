// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Shards, with two things measured apart: their number at equal padding, and padding on and off at equal number.
#include <fmt/format.h>

#include <algorithm>

#include "bench/peers/peers.hpp"
#include "bench/workload/crossing.hpp"
#include "bench/workload/synthetic.hpp"
#include "tools/portolan/perf_counter.hpp"
#include "tools/portolan/scenario.hpp"

namespace portolan::tool {
namespace {

using workload::figure;
using workload::run_result;

struct layout {
  const workload::candidate& which;
  const char* name;
  unsigned shards;
  std::optional<double> theirs{};
};

std::string name_of(const layout& l) {
  return fmt::format("{} {}, {}", l.shards, l.shards == 1 ? "shard" : "shards", l.name);
}

// One round of one layout: thousands of operations a second, and cache misses a thousand operations where counted.
std::vector<std::optional<double>> one_round(const layout& l, const workload::workload& work,
                                             const cache_misses& counter, const scenario_effort& how,
                                             scenario_result& into) {
  workload::run_settings run;
  run.duration_ns = static_cast<std::uint64_t>(1e9 * how.run_seconds);
  run.shards = l.shards;
  run.interrupted = &interrupted();
  const std::uint64_t before = counter.read();
  const run_result r = workload::run_once(l.which, work, run);
  const auto missed = static_cast<double>(counter.read() - before);
  if (!r.refused.empty()) into.refused.push_back(l.which.name + " " + r.refused);
  const double operations = std::max<double>(1, static_cast<double>(r.operations));
  return {1e-3 * r.per_second(), 1e-3 * static_cast<double>(r.latency_ns().at(0.99)),
          counter.allowed() ? std::optional(1e3 * missed / operations) : std::nullopt};
}

// What padding gains, in words; empty where either was not measured.
std::string gain(const std::vector<row_of_rounds>& rounds, std::size_t packed, std::size_t padded, unsigned shards) {
  if (rounds[packed].empty() || rounds[padded].empty()) return "";
  const figure a = *rounds[packed].figures()[0];
  const figure b = *rounds[padded].figures()[0];
  if (!(a.high < b.low || b.high < a.low)) {
    return fmt::format("With {} shards padding makes no difference beyond the noise.", shards);
  }
  return fmt::format("With {} shards padding makes {} times the speed.", shards, three_digits(b.median / a.median));
}

}  // namespace

scenario_result false_sharing(const scenario_effort& how) {
  scenario_result made;
  made.what =
      "sharded_map by number of shards, and with neighbouring shards on the same cache lines (packed) and apart "
      "(padded); half writes, 10,000 keys, 4 threads.";
  made.measures = {{"operations", "k/s", better::more}, {"p99", "µs", better::less}, {"cache misses", "/1k ops"}};
  made.ranked = false;
  workload::synthetic_settings s;
  s.threads = 4;
  s.keys = 10'000;
  s.mix = {.find = 0.5, .insert = 0, .assign = 0.5, .erase = 0, .add = 0};
  s.choice.distribution = workload::distribution::uniform;
  s.filled = 1;
  s.seed = how.seed;
  s.operations_per_thread = 100'000;
  const auto work = workload::make_synthetic(s);
  const auto padded = workload::ours_sharded_map();
  const auto packed = workload::ours_packed_shards();
  std::vector<layout> all;
  for (const unsigned count : {1u, 2u, 4u, 8u, 16u, 32u, 64u, 128u, 256u}) all.push_back({padded, "padded", count});
  all[6].theirs = 940;
  all.push_back({packed, "packed", 4, 120});
  all.push_back({packed, "packed", 64});
  const cache_misses counter;
  std::vector<row_of_rounds> rounds(all.size());
  how.bar.expect(how.run_seconds * static_cast<double>(how.rounds * all.size()));
  // Rounds outside: drift of the machine meets all layouts alike.
  for (unsigned round = 0; round < how.rounds; ++round) {
    for (std::size_t i = 0; i < all.size() && !interrupted().load(); ++i) {
      how.bar.show(how.run_seconds * static_cast<double>(round * all.size() + i), name_of(all[i]));
      rounds[i].add(one_round(all[i], work, counter, how, made));
    }
  }
  std::vector<unsigned> counts;
  std::vector<figure> speeds;
  for (std::size_t i = 0; i < all.size(); ++i) {
    made.rows.push_back({name_of(all[i]), rounds[i].figures(), {all[i].theirs}});
    if (rounds[i].empty() || std::string(all[i].name) != "padded") continue;
    counts.push_back(all[i].shards);
    speeds.push_back(*rounds[i].figures()[0]);
  }
  if (const unsigned knee = workload::knee_of(counts, speeds); knee != 0) {
    made.answer =
        fmt::format("The knee is at {} {}: more bring less than 5 %. ", knee, knee == 1 ? "shard" : "shards") +
        gain(rounds, 9, 2, 4) + " " + gain(rounds, 10, 6, 64);
  }
  made.notes.emplace_back("theirs: 120 k/s with 4 shards that share lines, 8,300 false-sharing events a second.");
  if (!counter.allowed()) {
    made.not_done.emplace_back(
        "cache misses: this machine allows no hardware counters, so false sharing shows by time only");
  }
  return made;
}

}  // namespace portolan::tool
