// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The scenarios that are surveys: a synthetic workload, some of the candidates, and the article's figures for each.
#include <fmt/format.h>

#include <algorithm>

#include "bench/peers/peers.hpp"
#include "bench/workload/driver.hpp"
#include "tools/portolan/perf_counter.hpp"
#include "tools/portolan/scenario.hpp"

namespace portolan::tool {
namespace {

using workload::figure;
using workload::run_result;
using workload::standing;
using workload::synthetic_settings;

constexpr std::optional<double> none;
const char* const mutex_name = "mutex + unordered_map";
const char* const rwlock_name = "rwlock + unordered_map";

// A map that is none: what the threads, the clock and the waiting take by themselves.
template <class K, class V>
struct no_map {
  explicit no_map(const workload::setup&) {}
  template <class F>
  bool find(const K&, F&&) {
    return false;
  }
  bool insert(const K&, V) { return false; }
  void assign(const K&, V) {}
  bool erase(const K&) { return false; }
  void add(const K&, std::uint64_t) {}
  template <class F>
  void for_each(F&&) {}
  std::size_t size() { return 0; }
};

std::vector<workload::candidate> candidates_of(const std::vector<contestant>& rows) {
  std::vector<workload::candidate> chosen;
  for (const contestant& row : rows) {
    for (workload::candidate& c : workload::all_candidates()) {
      if (c.name == row.map) chosen.push_back(std::move(c));
    }
  }
  return chosen;
}

synthetic_settings base(unsigned threads, std::uint32_t keys, double finds, std::uint64_t seed) {
  synthetic_settings s;
  s.threads = threads;
  s.keys = keys;
  s.mix = {.find = finds, .insert = 0, .assign = 1 - finds, .erase = 0, .add = 0};
  s.choice.distribution = workload::distribution::uniform;
  s.filled = 1;
  s.seed = seed;
  s.operations_per_thread = std::max<std::size_t>(400'000 / threads, 1000);
  return s;
}

workload::survey_result measured(const std::vector<workload::candidate>& all, const workload::workload& work,
                                 const scenario_effort& how, double seconds) {
  workload::survey_settings s;
  s.rounds = how.rounds;
  s.seed = how.seed;
  s.run.duration_ns = static_cast<std::uint64_t>(1e9 * seconds);
  s.run.interrupted = &interrupted();
  how.bar.expect(seconds * static_cast<double>(all.size() * how.rounds));
  s.progress = [&](std::size_t done, std::size_t, const std::string& name) {
    how.bar.show(seconds * static_cast<double>(done), name);
  };
  return workload::survey(all, work, s);
}

using reading = std::function<double(const run_result&)>;

const standing* find(const workload::survey_result& all, const std::string& name) {
  for (const standing& s : all.standings) {
    if (s.which.name == name) return &s;
  }
  return nullptr;
}

// Adds to each row what this survey says of its map.
void read_off(scenario_result& into, const workload::survey_result& all, const std::vector<reading>& readings) {
  for (scenario_row& row : into.rows) {
    const standing* s = find(all, row.map);
    if (s != nullptr && !s->refused.empty()) into.refused.push_back(s->which.name + " " + s->refused);
    for (const reading& what : readings) {
      row.ours.push_back(s != nullptr && s->measured() ? std::optional(s->of(what)) : std::nullopt);
    }
  }
}

scenario_result with_rows(const std::vector<contestant>& rows) {
  scenario_result made;
  for (const contestant& row : rows) made.rows.push_back({row.map, {}, row.theirs});
  return made;
}

double ns_per_operation(const run_result& r) { return 1e9 / std::max(r.per_second(), 1e-9); }

// A hundred threads with a thousand operations each; the time until the last is done.
scenario_result hundred_threads(const scenario_effort& how, double finds, const std::vector<contestant>& rows) {
  synthetic_settings s = base(100, 10'000, finds, how.seed);
  s.operations_per_thread = 1000;
  workload::workload work = workload::make_synthetic(s);
  work.once = true;
  scenario_result made = with_rows(rows);
  made.measures = {{"time", "ms"}, {"allocs", "/op"}};
  const auto all = measured(candidates_of(rows), work, how, 10);
  read_off(made, all,
           {[](const run_result& r) { return 1e3 * r.seconds; },
            [](const run_result& r) { return r.allocations_per_operation; }});
  made.notes.emplace_back(
      "theirs does not say how many operations; ours: 100 threads, 1,000 operations each, begun together.");
  return made;
}

}  // namespace

scenario_result rw_vs_mutex(const scenario_effort& how) {
  const std::vector<contestant> rows{{mutex_name, {820, 950, 824, none}},
                                     {rwlock_name, {210, 930, 312, 0}},
                                     {"guarded_map", {}},
                                     {"sharded_map", {}},
                                     {"concurrent_map", {}}};
  scenario_result made = with_rows(rows);
  made.what = "1,000 keys, 4 threads: only reads, only writes, and 1,000 reads for 10 writes; time an operation.";
  made.measures = {{"reads", "ns/op"}, {"writes", "ns/op"}, {"1000:10", "ns/op"}, {"allocs", "/op"}};
  const auto candidates = candidates_of(rows);
  for (const double finds : {1.0, 0.0, 1000.0 / 1010}) {
    const auto work = workload::make_synthetic(base(4, 1000, finds, how.seed));
    std::vector<reading> readings{ns_per_operation};
    if (finds > 0 && finds < 1) readings.emplace_back([](const run_result& r) { return r.allocations_per_operation; });
    read_off(made, measured(candidates, work, how, how.run_seconds), readings);
  }
  return made;
}

scenario_result read_mostly(const scenario_effort& how) {
  scenario_result made = hundred_threads(how, 0.9,
                                         {{"sync_map", {12.3}},
                                          {rwlock_name, {48.7}},
                                          {mutex_name, {156.2}},
                                          {"sharded_map", {}},
                                          {"concurrent_map", {}}});
  made.what = "90 % reads, 10 % writes, 100 threads, 10,000 keys; time until all are done.";
  return made;
}

scenario_result mixed(const scenario_effort& how) {
  scenario_result made = hundred_threads(how, 0.5,
                                         {{"sync_map", {89.6}},
                                          {rwlock_name, {62.1}},
                                          {mutex_name, {183.4}},
                                          {"sharded_map", {}},
                                          {"concurrent_map", {}}});
  made.what = "half reads, half writes, 100 threads, 10,000 keys; time until all are done.";
  return made;
}

scenario_result open_loop_10k(const scenario_effort& how) {
  const std::vector<contestant> rows{{"sync_map", {12.8, 4210, 78}},
                                     {"sharded_map", {3.1, 9860, 62}},
                                     {rwlock_name, {8.7, 5340, 85}},
                                     {"concurrent_map", {}},
                                     {"no map at all", {}}};
  scenario_result made = with_rows(rows);
  made.what =
      "10,000 operations a second offered, whether the map keeps up or not: 90 % reads, 10,000 keys, 4 threads.";
  made.measures = {{"p99", "ms"}, {"reached", "/s"}, {"processor", "%"}};
  synthetic_settings s = base(4, 10'000, 0.9, how.seed);
  s.pace = workload::pace::open;
  s.rate_per_s = 10'000;
  const double seconds = std::max(3 * how.run_seconds, 0.3);
  const std::vector<reading> readings{
      [](const run_result& r) { return 1e-6 * static_cast<double>(r.latency_ns().at(0.99)); },
      [](const run_result& r) { return r.per_second(); }, [](const run_result& r) { return 100 * r.processors_used; }};
  auto all = measured(candidates_of(rows), workload::make_synthetic(s), how, seconds);
  s.mix = {.find = 1, .insert = 0, .assign = 0, .erase = 0, .add = 0};
  s.filled = 0;
  workload::candidate nothing{.name = "no map at all", .make = workload::make_driver<no_map>};
  auto floor = measured({nothing}, workload::make_synthetic(s), how, seconds);
  for (standing& one : floor.standings) all.standings.push_back(std::move(one));
  read_off(made, all, readings);
  made.notes.emplace_back(
      "latency counts from when an operation was due; the last row is what waking up and waiting take without any "
      "map.");
  made.notes.emplace_back(
      "theirs for sharded_map: 8 shards of sync.Map; for the read-write lock: one behind an atomic value. Processor: "
      "of one processor.");
  return made;
}

scenario_result reads_16(const scenario_effort& how) {
  const std::vector<contestant> rows{{"sync_map", {1240, 12.8}}, {rwlock_name, {980, 15.3}}, {mutex_name, {}},
                                     {"sharded_map", {}},        {"snapshot_map", {}},       {"concurrent_map", {}}};
  scenario_result made = with_rows(rows);
  made.what = "16 threads that only read, 10,000 keys.";
  made.measures = {{"reads", "k/s"}, {"p99", "µs"}, {"processor", "%"}};
  const auto work = workload::make_synthetic(base(16, 10'000, 1, how.seed));
  read_off(made, measured(candidates_of(rows), work, how, how.run_seconds),
           {[](const run_result& r) { return 1e-3 * r.per_second(); },
            [](const run_result& r) { return 1e-3 * static_cast<double>(r.latency_ns().at(0.99)); },
            [](const run_result& r) { return 100 * r.processors_used; }});
  made.notes.emplace_back(
      "the articles name the better and the worse of two maps only by their figures, and a latency without saying "
      "which.");
  return made;
}

scenario_result memory_pressure(const scenario_effort& how) {
  const std::vector<contestant> rows{
      {rwlock_name, {184, 17, none}}, {"sync_map", {212, 23, none}}, {"snapshot_map", {}}, {"concurrent_map", {}}};
  scenario_result made = with_rows(rows);
  made.what = "1 M operations, 95 % reads, 5 % writes of 1 KiB values, 10,000 keys; what is held in the end.";
  made.measures = {{"held", "MB"}, {"allocs", "k"}, {"kept back", "KiB"}};
  synthetic_settings s = base(4, 10'000, 0.95, how.seed);
  s.operations_per_thread = 250'000;
  s.value_bytes = 1024;
  workload::workload work = workload::make_synthetic(s);
  work.once = true;
  read_off(made, measured(candidates_of(rows), work, how, 5),
           {[](const run_result& r) { return 1e-6 * r.bytes_held; },
            [](const run_result& r) { return 1e-3 * r.allocations_per_operation * static_cast<double>(r.operations); },
            [](const run_result& r) { return static_cast<double>(r.kept_back_peak_bytes.value_or(0)) / 1024; }});
  made.notes.emplace_back(
      "theirs in the second column: collections in 5 s (an entry lived 3.2 and 5.7 ms until one). Nothing collects "
      "here: what readers may still see is kept back, at most as much as the last column says.");
  for (scenario_row& row : made.rows) {
    const bool locked = row.map == rwlock_name;
    if (locked && row.ours.size() == 3) row.ours[2] = figure{};
  }
  return made;
}

scenario_result false_sharing(const scenario_effort& how) {
  scenario_result made;
  made.what =
      "sharded_map with neighbouring shards on the same cache lines (packed) and apart (padded), then by count; half "
      "writes.";
  made.measures = {{"operations", "k/s"}, {"cache misses", "/1k ops"}};
  const auto work = workload::make_synthetic(base(4, 10'000, 0.5, how.seed));
  cache_misses counter;
  const auto one = [&](const workload::candidate& which, unsigned shards, const char* layout,
                       std::optional<double> theirs) {
    std::vector<double> speeds;
    std::vector<double> misses;
    how.bar.expect(how.run_seconds * how.rounds);
    for (unsigned round = 0; round < how.rounds && !interrupted().load(); ++round) {
      how.bar.show(0, fmt::format("{} shards, {}", shards, layout));
      workload::run_settings run;
      run.duration_ns = static_cast<std::uint64_t>(1e9 * how.run_seconds);
      run.shards = shards;
      run.interrupted = &interrupted();
      const std::uint64_t before = counter.read();
      const run_result r = workload::run_once(which, work, run);
      if (!r.refused.empty()) made.refused.push_back(which.name + " " + r.refused);
      speeds.push_back(1e-3 * r.per_second());
      misses.push_back(1e3 * static_cast<double>(counter.read() - before) /
                       std::max<double>(1, static_cast<double>(r.operations)));
    }
    if (speeds.empty()) return;
    std::optional<figure> missed;
    if (counter.allowed()) missed = workload::figure_of(misses);
    made.rows.push_back({fmt::format("{} {}, {}", shards, shards == 1 ? "shard" : "shards", layout),
                         {workload::figure_of(speeds), missed},
                         {theirs}});
  };
  const auto padded = workload::ours_sharded_map();
  const auto packed = workload::ours_packed_shards();
  one(packed, 4, "packed", 120);
  one(padded, 4, "padded", none);
  one(packed, 64, "packed", none);
  one(padded, 64, "padded", 940);
  for (const unsigned count : {1u, 2u, 8u, 16u, 32u, 128u, 256u}) one(padded, count, "padded", none);
  made.notes.emplace_back(counter.allowed() ? "theirs: 8,300 false-sharing events a second with 4 shards."
                                            : "this machine allows no hardware counters, so false sharing shows by "
                                              "time only; theirs: 8,300 events a second with 4 shards.");
  return made;
}

}  // namespace portolan::tool
