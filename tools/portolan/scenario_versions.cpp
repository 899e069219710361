// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Optimistic updates: read a value with its version, compute the next one, store it only if the version still stands.
//
//    thread 1   read (5, v7) ........ store (6) if v7: yes -> v8
//    thread 2      read (5, v7) ............ store (6) if v7: no, it is v8 -> read again
//
// Every accepted update adds one: in the end each key's value is the number of updates accepted for it, or an update
// was lost.
#include <fmt/format.h>

#include <array>
#include <mutex>
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/versioned_map.hpp>
#include <shared_mutex>
#include <unordered_map>

#include "bench/workload/distribution.hpp"
#include "tools/portolan/crew.hpp"
#include "tools/portolan/scenario.hpp"

namespace portolan::tool {
namespace {

constexpr unsigned threads = 4;
constexpr std::uint64_t keys = 64;
constexpr double update_share = 0.2;

struct versioned_number {
  std::uint64_t version = 0;
  std::uint64_t number = 0;
  friend bool operator==(const versioned_number&, const versioned_number&) = default;
};

// What most programs write: the version is a field of the value, compared under the lock.
template <class Lock, class Reading>
class under_a_lock {
 public:
  under_a_lock() {
    for (std::uint64_t key = 0; key < keys; ++key) all_.emplace(key, versioned_number{});
  }
  [[nodiscard]] versioned_number read(std::uint64_t key) const {
    Reading held(lock_);
    return all_.find(key)->second;
  }
  bool update(std::uint64_t key, const versioned_number& seen, std::uint64_t number) {
    std::unique_lock held(lock_);
    versioned_number& now = all_.find(key)->second;
    if (now.version != seen.version) return false;
    now = {seen.version + 1, number};
    return true;
  }

 private:
  mutable Lock lock_;
  std::unordered_map<std::uint64_t, versioned_number> all_;
};
using under_mutex = under_a_lock<std::mutex, std::unique_lock<std::mutex>>;
using under_rwlock = under_a_lock<std::shared_mutex, std::shared_lock<std::shared_mutex>>;

// The version is part of the value that compare_exchange compares.
class by_compare_exchange {
 public:
  by_compare_exchange() {
    for (std::uint64_t key = 0; key < keys; ++key) map_.insert(key, versioned_number{});
  }
  [[nodiscard]] versioned_number read(std::uint64_t key) const { return map_.find(key).value_or(versioned_number{}); }
  bool update(std::uint64_t key, const versioned_number& seen, std::uint64_t number) {
    return map_.compare_exchange(key, seen, versioned_number{seen.version + 1, number}) == comparison::matched;
  }

 private:
  concurrent_map<std::uint64_t, versioned_number> map_;
};

// The map whose every entry has a version.
class by_version {
 public:
  struct seen {
    entry_version version;
    std::uint64_t number = 0;
  };
  by_version() {
    for (std::uint64_t key = 0; key < keys; ++key) (void)map_.insert(key, 0);
  }
  [[nodiscard]] seen read(std::uint64_t key) const {
    seen what;
    (void)map_.visit(key, [&](const versioned<std::uint64_t>& entry) { what = {entry.version, entry.value}; });
    return what;
  }
  bool update(std::uint64_t key, const seen& before, std::uint64_t number) {
    return map_.update(key, before.version, number).accepted();
  }

 private:
  versioned_map<std::uint64_t, std::uint64_t> map_;
};

struct alignas(128) tally {
  std::array<std::uint64_t, keys> accepted{};
  std::uint64_t refused = 0;
  workload::chance source{0};
};

using figures = std::vector<std::optional<double>>;

template <class Map>
figures run_one(double seconds, std::uint64_t seed, std::string& wrong) {
  Map map;
  std::array<tally, threads> tallies;
  for (unsigned t = 0; t < threads; ++t) tallies[t].source = workload::chance(seed * 1000 + t);
  const crew_result did = run_crew(threads, seconds, [&](unsigned t, std::uint64_t) {
    tally& own = tallies[t];
    const std::uint64_t key = own.source.below(keys);
    const bool writes = own.source.unit() < update_share;
    for (;;) {
      const auto seen = map.read(key);
      if (!writes) return;
      if (map.update(key, seen, seen.number + 1)) break;
      ++own.refused;
    }
    ++own.accepted[key];
  });
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  for (const tally& one : tallies) refused += one.refused;
  for (std::uint64_t key = 0; key < keys; ++key) {
    std::uint64_t of_key = 0;
    for (const tally& one : tallies) of_key += one.accepted[key];
    accepted += of_key;
    if (const std::uint64_t has = map.read(key).number; has != of_key) {
      wrong = fmt::format("holds {} under key {} after {} accepted updates: some were lost", has, key, of_key);
    }
  }
  const auto asked = static_cast<double>(std::max<std::uint64_t>(accepted + refused, 1));
  return {1e-3 * static_cast<double>(accepted) / did.seconds,
          1e-3 * static_cast<double>(did.done() - accepted) / did.seconds,
          1e-3 * static_cast<double>(did.latency_ns().at(0.99)), 100 * static_cast<double>(refused) / asked};
}

struct entry {
  const char* map;
  figures (*run)(double seconds, std::uint64_t seed, std::string& wrong);
};

const std::vector<entry>& entries() {
  static const std::vector<entry> all{{"mutex + unordered_map", run_one<under_mutex>},
                                      {"rwlock + unordered_map", run_one<under_rwlock>},
                                      {"concurrent_map, compare", run_one<by_compare_exchange>},
                                      {"versioned_map", run_one<by_version>}};
  return all;
}

}  // namespace

scenario_result versioned_update(const scenario_effort& how) {
  scenario_result made;
  made.what = fmt::format(
      "{} threads on {} keys: {:.0f} % read a value with its version and store the next one if the version still "
      "stands, else read again; the others only read.",
      threads, keys, 100 * update_share);
  made.measures = {{"updates", "k/s", better::more},
                   {"reads", "k/s", better::more},
                   {"p99", "µs", better::less},
                   {"refused", "%", better::neither}};
  const auto& all = entries();
  std::vector<row_of_rounds> rounds(all.size());
  how.bar.expect(how.run_seconds * static_cast<double>(how.rounds * all.size()));
  for (unsigned round = 0; round < how.rounds; ++round) {
    for (std::size_t i = 0; i < all.size() && !interrupted().load(); ++i) {
      if (!how.wants(all[i].map)) continue;
      how.bar.show(how.run_seconds * static_cast<double>(round * all.size() + i), all[i].map);
      std::string wrong;
      const figures one = all[i].run(how.run_seconds, how.seed + round, wrong);
      if (wrong.empty()) {
        rounds[i].add(one);
      } else {
        made.refused.push_back(std::string(all[i].map) + " " + wrong);
      }
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (how.wants(all[i].map)) made.rows.push_back({all[i].map, rounds[i].figures(), {}});
  }
  made.notes.emplace_back(
      "the articles compare optimistic updates with a mutex and a read-write lock in words only. Latency is that of a "
      "whole attempt, its repetitions included; no accepted update was lost (checked).");
  return made;
}

}  // namespace portolan::tool
