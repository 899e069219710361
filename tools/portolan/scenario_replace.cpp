// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A configuration of ten thousand entries is replaced as a whole, again and again, under three readers.
//
//    replacer    generation 7 |======| generation 8 |======| …
//    reader        reads two keys after each other: the second may be newer than the first, never older
//
// A reader that finds the second older, or one of them missing, has seen a replacement half-done: a torn view. Where
// the whole is replaced at one instant there are none.
#include <fmt/format.h>

#include <array>
#include <mutex>
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/sharded_map.hpp>
#include <portolan/map/snapshot_map.hpp>
#include <portolan/map/sync_map.hpp>
#include <shared_mutex>
#include <unordered_map>

#include "bench/workload/distribution.hpp"
#include "bench/workload/operation.hpp"
#include "tools/portolan/crew.hpp"
#include "tools/portolan/scenario.hpp"

namespace portolan::tool {
namespace {

constexpr unsigned threads = 4;  // thread 0 replaces
constexpr std::uint64_t entries_in_all = 10'000;

using table = std::unordered_map<std::uint64_t, std::uint64_t>;
using pairs = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

pairs generation_of(std::uint64_t number) {
  pairs all;
  all.reserve(entries_in_all);
  for (std::uint64_t i = 0; i < entries_in_all; ++i) all.emplace_back(workload::number_key(i), number);
  return all;
}

// Filled anew under the lock: what a first version does.
class refilled {
 public:
  void replace(const pairs& with) {
    std::lock_guard held(lock_);
    all_.clear();
    for (const auto& [key, value] : with) all_.emplace(key, value);
  }
  [[nodiscard]] std::optional<std::uint64_t> find(std::uint64_t key) {
    std::lock_guard held(lock_);
    const auto at = all_.find(key);
    return at == all_.end() ? std::nullopt : std::optional(at->second);
  }

 private:
  std::mutex lock_;
  table all_;
};

// Made beside, exchanged under the lock, the old one destroyed after it.
class exchanged {
 public:
  void replace(const pairs& with) {
    table next(with.begin(), with.end());
    {
      std::unique_lock held(lock_);
      all_.swap(next);
    }
  }
  [[nodiscard]] std::optional<std::uint64_t> find(std::uint64_t key) {
    std::shared_lock held(lock_);
    const auto at = all_.find(key);
    return at == all_.end() ? std::nullopt : std::optional(at->second);
  }

 private:
  std::shared_mutex lock_;
  table all_;
};

class of_snapshots {
 public:
  void replace(const pairs& with) { map_.store_all(with); }
  [[nodiscard]] std::optional<std::uint64_t> find(std::uint64_t key) { return map_.find(key); }

 private:
  snapshot_map<std::uint64_t, std::uint64_t> map_;
};

// Entry by entry; what is there no more is erased after that.
template <class Map>
class entry_by_entry {
 public:
  void replace(const pairs& with) {
    for (const auto& [key, value] : with) (void)map_.insert_or_assign(key, value);
    const std::uint64_t number = with.front().second;
    (void)map_.erase_if([number](const auto&, const std::uint64_t& value) { return value != number; });
  }
  [[nodiscard]] std::optional<std::uint64_t> find(std::uint64_t key) { return map_.find(key); }

 private:
  Map map_;
};

struct alignas(128) reader_tally {
  workload::chance source{0};
  std::uint64_t torn = 0;
};

using figures = std::vector<std::optional<double>>;

template <class Map>
figures run_one(double seconds, std::uint64_t seed, bool& torn) {
  Map map;
  map.replace(generation_of(0));
  std::array<reader_tally, threads> readers;
  for (unsigned t = 0; t < threads; ++t) readers[t].source = workload::chance(seed * 1000 + t);
  const crew_result did = run_crew(threads, seconds, [&](unsigned t, std::uint64_t number) {
    if (t == 0) {
      map.replace(generation_of(number + 1));
      return;
    }
    reader_tally& own = readers[t];
    const auto first = map.find(workload::number_key(own.source.below(entries_in_all)));
    const auto second = map.find(workload::number_key(own.source.below(entries_in_all)));
    own.torn += !first || !second || *second < *first;
  });
  std::uint64_t pairs_read = 0;
  std::uint64_t torn_views = 0;
  workload::histogram reads;
  for (unsigned t = 1; t < threads; ++t) {
    pairs_read += did.members[t].done;
    torn_views += readers[t].torn;
    reads.add(did.members[t].latency_ns);
  }
  torn = torn_views != 0;
  const auto replaced = static_cast<double>(std::max<std::uint64_t>(did.members[0].done, 1));
  return {1e3 * did.seconds / replaced, 2e-3 * static_cast<double>(pairs_read) / did.seconds,
          1e-3 * static_cast<double>(reads.at(0.999)), 1e-3 * static_cast<double>(reads.max()),
          1e6 * static_cast<double>(torn_views) / static_cast<double>(std::max<std::uint64_t>(pairs_read, 1))};
}

struct entry {
  const char* map;
  bool at_one_instant;  ///< a torn view is a fault
  figures (*run)(double seconds, std::uint64_t seed, bool& torn);
};

const std::vector<entry>& entries() {
  using number = std::uint64_t;
  static const std::vector<entry> all{
      {"mutex, refilled under it", true, run_one<refilled>},
      {"rwlock, exchanged under it", true, run_one<exchanged>},
      {"snapshot_map, store_all", true, run_one<of_snapshots>},
      {"concurrent_map, each entry", false, run_one<entry_by_entry<concurrent_map<number, number>>>},
      {"sharded_map, each entry", false, run_one<entry_by_entry<sharded_map<table>>>},
      {"sync_map, each entry", false, run_one<entry_by_entry<sync_map<number, number>>>}};
  return all;
}

}  // namespace

scenario_result bulk_replace(const scenario_effort& how) {
  scenario_result made;
  made.what = fmt::format("{} entries are replaced as a whole, without a pause, while 3 threads read pairs of keys.",
                          grouped(entries_in_all));
  made.measures = {{"a replacement", "ms", better::neither},
                   {"reads", "k/s", better::more},
                   {"p99.9", "µs", better::less},
                   {"longest", "µs", better::less},
                   {"torn views", "/1M", better::less}};
  const auto& all = entries();
  std::vector<row_of_rounds> rounds(all.size());
  how.bar.expect(how.run_seconds * static_cast<double>(how.rounds * all.size()));
  std::string tore;
  for (unsigned round = 0; round < how.rounds; ++round) {
    for (std::size_t i = 0; i < all.size() && !interrupted().load(); ++i) {
      if (!how.wants(all[i].map)) continue;
      how.bar.show(how.run_seconds * static_cast<double>(round * all.size() + i), all[i].map);
      bool torn = false;
      const figures one = all[i].run(how.run_seconds, how.seed + round, torn);
      if (torn && all[i].at_one_instant) {
        made.refused.push_back(std::string(all[i].map) + " showed a replacement half-done");
        continue;
      }
      if (torn && tore.find(all[i].map) == std::string::npos)
        tore += (tore.empty() ? "" : "; ") + std::string(all[i].map);
      rounds[i].add(one);
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (how.wants(all[i].map)) made.rows.push_back({all[i].map, rounds[i].figures(), {}});
  }
  if (!tore.empty()) made.answer = "Readers saw a replacement half-done with: " + tore + ".";
  made.notes.emplace_back(
      "the articles print no figure for this. A torn view is two reads after each other of which the second gave the "
      "older value, or nothing.");
  return made;
}

}  // namespace portolan::tool
