// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The scenarios that are surveys: a synthetic workload, some of the candidates, and the article's figures for each.
#include <fmt/format.h>

#include <algorithm>

#include "bench/peers/peers.hpp"
#include "bench/workload/driver.hpp"
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

// The candidates of a scenario in the order of its rows; a row that nobody asked for, or whose map this program was
// built without, is no row.
struct field {
  std::vector<workload::candidate> candidates;
  scenario_result result;
};

field field_of(const std::vector<contestant>& rows, const scenario_effort& how) {
  field made;
  std::vector<workload::candidate> all = workload::all_candidates();
  for (const contestant& row : rows) {
    const auto known = std::find_if(all.begin(), all.end(), [&](const auto& c) { return c.name == row.map; });
    if (known == all.end() || !how.wants(row.map)) continue;
    made.candidates.push_back(*known);
    made.result.rows.push_back({row.map, {}, row.theirs});
  }
  return made;
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
                                 const scenario_effort& how, double seconds, std::uint64_t look_every_ns = 0) {
  workload::survey_settings s;
  s.rounds = how.rounds;
  s.seed = how.seed;
  s.run.duration_ns = static_cast<std::uint64_t>(1e9 * seconds);
  s.run.interrupted = &interrupted();
  s.run.look_every_ns = look_every_ns;
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

// The map under another number of shards than its own choice.
workload::candidate with_shards(workload::candidate which, unsigned count) {
  which.make = [make = std::move(which.make), count](const workload::setup& how) {
    workload::setup changed = how;
    changed.shards = count;
    return make(changed);
  };
  return which;
}

synthetic_settings at_10k(const scenario_effort& how, double finds) {
  synthetic_settings s = base(4, 10'000, finds, how.seed);
  s.pace = workload::pace::open;
  s.rate_per_s = 10'000;
  return s;
}

double ns_per_operation(const run_result& r) { return 1e9 / std::max(r.per_second(), 1e-9); }

// Adds the row of no map at all, measured like the others, and reads all off.
void with_floor(scenario_result& into, workload::survey_result all, synthetic_settings like, const scenario_effort& how,
                double seconds, const std::vector<reading>& readings) {
  like.mix = {.find = 1, .insert = 0, .assign = 0, .erase = 0, .add = 0};
  like.filled = 0;
  const workload::candidate nothing{.name = "no map at all", .make = workload::make_driver<no_map>};
  auto floor = measured({nothing}, workload::make_synthetic(like), how, seconds);
  for (standing& one : floor.standings) all.standings.push_back(std::move(one));
  into.rows.push_back({nothing.name, {}, {}, true});
  read_off(into, all, readings);
}

// A hundred threads with a thousand operations each; the time until the last is done.
scenario_result hundred_threads(const scenario_effort& how, double finds, const std::vector<contestant>& rows) {
  synthetic_settings s = base(100, 10'000, finds, how.seed);
  s.operations_per_thread = 1000;
  workload::workload work = workload::make_synthetic(s);
  work.once = true;
  auto [candidates, made] = field_of(rows, how);
  made.measures = {{"time", "ms", better::less}, {"processor", "ms", better::less}, {"allocs", "/op", better::less}};
  read_off(made, measured(candidates, work, how, 10),
           {[](const run_result& r) { return 1e3 * r.seconds; },
            [](const run_result& r) { return 1e3 * r.processors_used * r.seconds; },
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
                                     {"lock_free_map", {}},
                                     {"versioned_map", {}},
                                     {"concurrent_map", {}}};
  auto [candidates, made] = field_of(rows, how);
  made.what = "1,000 keys, 4 threads: only reads, only writes, and 1,000 reads for 10 writes; time an operation.";
  made.measures = {{"reads", "ns/op", better::less},
                   {"writes", "ns/op", better::less},
                   {"1000:10", "ns/op", better::less},
                   {"allocs", "/op", better::less}};
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
                                          {"lock_free_map", {}},
                                          {"versioned_map", {}},
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
                                          {"lock_free_map", {}},
                                          {"versioned_map", {}},
                                          {"concurrent_map", {}}});
  made.what = "half reads, half writes, 100 threads, 10,000 keys; time until all are done.";
  return made;
}

scenario_result open_loop_10k(const scenario_effort& how) {
  auto [candidates, made] = field_of({{"sync_map", {12.8, 4210, 78}},
                                      {"sharded_map", {3.1, 9860, 62}},
                                      {rwlock_name, {8.7, 5340, 85}},
                                      {"snapshot_map", {}},
                                      {"lock_free_map", {}},
                                      {"versioned_map", {}},
                                      {"concurrent_map", {}}},
                                     how);
  made.what =
      "10,000 operations a second offered, whether the map keeps up or not: 90 % reads, 10,000 keys, 4 threads.";
  made.measures = {{"p99", "ms", better::less}, {"reached", "/s", better::more}, {"processor", "%", better::less}};
  const double seconds = std::max(3 * how.run_seconds, 0.1);
  const synthetic_settings s = at_10k(how, 0.9);
  with_floor(made, measured(candidates, workload::make_synthetic(s), how, seconds), s, how, seconds,
             {[](const run_result& r) { return 1e-6 * static_cast<double>(r.latency_ns().at(0.99)); },
              [](const run_result& r) { return r.per_second(); },
              [](const run_result& r) { return 100 * r.processors_used; }});
  made.notes.emplace_back(
      "latency counts from when an operation was due; the last row is what waking up and waiting take without any "
      "map.");
  made.notes.emplace_back(
      "theirs for sharded_map: 8 shards of sync.Map; for the read-write lock: one behind an atomic value. Processor: "
      "of one processor.");
  return made;
}

scenario_result reclaim_cycles(const scenario_effort& how) {
  auto [candidates, made] = field_of({{rwlock_name, {8.2, 3.7, 142}},
                                      {"sync_map", {5.1, 2.1, 96}},
                                      {"sharded_map", {2.3, 0.9, 61}},
                                      {"snapshot_map", {}},
                                      {"lock_free_map", {}},
                                      {"versioned_map", {}},
                                      {"concurrent_map", {}}},
                                     how);
  made.what =
      "10,000 operations a second offered, half of them replace a 1 KiB value: 10,000 keys, 4 threads. How often "
      "something is freed, the longest operation, the most memory held.";
  made.measures = {{"longest op", "ms", better::less}, {"most held", "MB", better::less}, {"cycles", "/10 s"}};
  // In the order of our measures: the articles' pause, heap and collections.
  for (scenario_row& row : made.rows) {
    if (row.theirs.size() == 3) row.theirs = {row.theirs[1], row.theirs[2], row.theirs[0]};
  }
  for (workload::candidate& c : candidates) {
    if (c.name == "sharded_map") c = with_shards(std::move(c), 256);
  }
  const double seconds = std::max(3 * how.run_seconds, 0.1);
  synthetic_settings s = at_10k(how, 0.5);
  s.value_bytes = 1024;
  with_floor(made, measured(candidates, workload::make_synthetic(s), how, seconds, 1'000'000), s, how, seconds,
             {[](const run_result& r) { return 1e-6 * static_cast<double>(r.latency_ns().max()); },
              [](const run_result& r) { return 1e-6 * r.held_peak_bytes; },
              [](const run_result& r) { return r.kept_back_drops * 10 / std::max(r.seconds, 1e-9); }});
  for (scenario_row& row : made.rows) {
    const bool retires = row.map != rwlock_name && row.map != "sharded_map" && !row.control;
    if (!retires && row.ours.size() == 3) row.ours[2] = std::nullopt;
    if (row.control && row.ours.size() == 3) row.ours[1] = std::nullopt;
  }
  made.notes.emplace_back(
      "theirs: the longest pause, the heap and the collections of Go's collector in 10 s. Nothing stops all threads "
      "here: the longest operation is the nearest thing to a pause, and the last row is what the scheduler does by "
      "itself. A cycle is a look, one every ms, at which less was kept back than at the look before; a locked map "
      "frees at once and keeps nothing back.");
  made.notes.emplace_back("sharded_map has 256 shards here, as theirs.");
  return made;
}

scenario_result reads_16(const scenario_effort& how) {
  auto [candidates, made] = field_of({{"sync_map", {1240, 12.8}},
                                      {rwlock_name, {980, 15.3}},
                                      {mutex_name, {}},
                                      {"guarded_map", {}},
                                      {"sharded_map", {}},
                                      {"snapshot_map", {}},
                                      {"lock_free_map", {}},
                                      {"versioned_map", {}},
                                      {"concurrent_map", {}}},
                                     how);
  made.what = "16 threads that only read, 10,000 keys.";
  made.measures = {{"reads", "k/s", better::more}, {"p99", "µs", better::less}, {"processor", "%"}};
  const auto work = workload::make_synthetic(base(16, 10'000, 1, how.seed));
  read_off(made, measured(candidates, work, how, how.run_seconds),
           {[](const run_result& r) { return 1e-3 * r.per_second(); },
            [](const run_result& r) { return 1e-3 * static_cast<double>(r.latency_ns().at(0.99)); },
            [](const run_result& r) { return 100 * r.processors_used; }});
  made.notes.emplace_back(
      "the articles name the better and the worse of two maps only by their figures, and a latency without saying "
      "which.");
  return made;
}

scenario_result memory_pressure(const scenario_effort& how) {
  auto [candidates, made] = field_of({{rwlock_name, {184, none, 17}},
                                      {"sync_map", {212, none, 23}},
                                      {"guarded_map", {}},
                                      {"sharded_map", {}},
                                      {"snapshot_map", {}},
                                      {"lock_free_map", {}},
                                      {"versioned_map", {}},
                                      {"concurrent_map", {}}},
                                     how);
  made.what = "1 M operations, 95 % reads, 5 % writes of 1 KiB values, 10,000 keys: what is held, and what was freed.";
  made.measures = {{"held at end", "MB", better::less},
                   {"most held", "MB", better::less},
                   {"cycles", "", better::neither},
                   {"kept back", "KiB", better::less},
                   {"allocs", "k", better::less}};
  synthetic_settings s = base(4, 10'000, 0.95, how.seed);
  s.operations_per_thread = 250'000;
  s.value_bytes = 1024;
  workload::workload work = workload::make_synthetic(s);
  work.once = true;
  read_off(
      made, measured(candidates, work, how, 5, 1'000'000),
      {[](const run_result& r) { return 1e-6 * r.bytes_held; },
       [](const run_result& r) { return 1e-6 * std::max(r.held_peak_bytes, r.bytes_held); },
       [](const run_result& r) { return static_cast<double>(r.kept_back_drops); },
       [](const run_result& r) { return static_cast<double>(r.kept_back_peak_bytes.value_or(0)) / 1024; },
       [](const run_result& r) { return 1e-3 * r.allocations_per_operation * static_cast<double>(r.operations); }});
  made.notes.emplace_back(
      "theirs in the third column: collections in 5 s (an entry lived 3.2 and 5.7 ms until one). Nothing collects "
      "here: a cycle is a look, one every ms, at which less was kept back for readers than at the look before.");
  made.notes.emplace_back(
      "guarded_map and sharded_map copy the value for each reader, because no reader is called under their lock; the "
      "read-write lock's reader looks at it there.");
  for (scenario_row& row : made.rows) {
    const bool retires = row.map != rwlock_name && row.map != "guarded_map" && row.map != "sharded_map";
    if (!retires && row.ours.size() == 5) row.ours[2] = std::nullopt;
  }
  return made;
}

}  // namespace portolan::tool
