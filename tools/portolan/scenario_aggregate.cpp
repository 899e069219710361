// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The metrics of a service, added up by eight threads: a counter under each of a thousand names, then a histogram of
// latencies under each.
//
//    one lock       name -> value                      every addition waits for every other
//    32 shards      FNV-1a of the name -> | lock | name -> value |  ×32, merged into one central map now and then
//    aggregate_map  the same idea with nothing overwritten; sharded_map and concurrent_map: compute(name, add)
//
// What is left is right only if every addition is in it once: additions that overwrite each other, as the article's
// shards do, or that a merge loses or counts twice, are found by replaying what each thread did.
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <portolan/map/aggregate_map.hpp>
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/monoid.hpp>
#include <portolan/map/sharded_map.hpp>
#include <thread>
#include <type_traits>
#include <unordered_map>

#include "bench/workload/distribution.hpp"
#include "tools/portolan/crew.hpp"
#include "tools/portolan/scenario.hpp"

namespace portolan::tool {
namespace {

constexpr unsigned threads = 8;
constexpr std::uint32_t names = 1000;
constexpr std::size_t stream_length = 1 << 15;
constexpr double articles_merge_seconds = 5;

// Three merges a run at least.
double merge_period_seconds(double run_seconds) { return std::min(articles_merge_seconds, run_seconds / 3); }

// How long threads waited for locks since the round began; only who waits writes it.
std::atomic<std::uint64_t> waited_ns{0};

// A lock that knows what waiting for it cost.
class watched_mutex {
 public:
  void lock() {
    if (lock_.try_lock()) return;
    const std::uint64_t from = platform::now_ns();
    lock_.lock();
    waited_ns += platform::now_ns() - from;
  }
  bool try_lock() { return lock_.try_lock(); }
  void unlock() { lock_.unlock(); }

 private:
  std::mutex lock_;
};

// ---- what is added up ---------------------------------------------------------------------------

using sum = aggregate::sum<std::uint64_t>;
using latencies = aggregate::histogram<16>;

// One number that is right only if every addition is in it once: of a histogram both its sum and its samples.
constexpr std::uint64_t sample_weight = std::uint64_t{1} << 40;
std::uint64_t total_of(std::uint64_t value) { return value; }
template <std::size_t Buckets>
std::uint64_t total_of(const aggregate::histogram_counts<Buckets>& value) {
  return value.sum + value.samples() * sample_weight;
}
template <class Monoid>
constexpr std::uint64_t weight_of(std::uint64_t sample) {
  return std::is_same_v<Monoid, sum> ? sample : sample + sample_weight;
}

// ---- who adds it up -----------------------------------------------------------------------------

template <class Monoid>
class one_lock {
 public:
  explicit one_lock(double) {}
  void add(const std::string& name, std::uint64_t sample) {
    std::lock_guard held(lock_);
    Monoid::record(all_[name], sample);
  }
  void finish() {}
  [[nodiscard]] std::uint64_t total(const std::string& name) { return total_of(all_[name]); }

 private:
  watched_mutex lock_;
  std::unordered_map<std::string, typename Monoid::value_type> all_;
};

// The article's design, with additions in place of its overwriting.
template <class Monoid>
class merged_shards {
  static constexpr std::size_t count = 32;
  using table = std::unordered_map<std::string, typename Monoid::value_type>;
  struct alignas(128) shard {
    watched_mutex lock;
    table own;
  };

 public:
  explicit merged_shards(double run_seconds) : merger_([this, run_seconds] { merge_now_and_then(run_seconds); }) {}
  merged_shards(const merged_shards&) = delete;
  merged_shards& operator=(const merged_shards&) = delete;
  ~merged_shards() { finish(); }

  void add(const std::string& name, std::uint64_t sample) {
    shard& in = shards_[fnv1a(name) % count];
    std::lock_guard held(in.lock);
    Monoid::record(in.own[name], sample);
  }
  void finish() {
    {
      std::lock_guard held(central_lock_);
      ended_ = true;
    }
    wake_.notify_all();
    if (merger_.joinable()) merger_.join();
    std::lock_guard held(central_lock_);
    merge_locked();
  }
  [[nodiscard]] std::uint64_t total(const std::string& name) { return total_of(central_[name]); }

 private:
  static std::uint32_t fnv1a(const std::string& name) {
    std::uint32_t hash = 2166136261u;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return hash;
  }
  void merge_locked() {
    for (shard& each : shards_) {
      table taken;
      {
        std::lock_guard held(each.lock);
        taken.swap(each.own);
      }
      for (const auto& [name, value] : taken) Monoid::combine(central_[name], value);
    }
  }
  void merge_now_and_then(double run_seconds) {
    const std::chrono::duration<double> period(merge_period_seconds(run_seconds));
    std::unique_lock held(central_lock_);
    while (!ended_) {
      if (!wake_.wait_for(held, period, [this] { return ended_; })) merge_locked();
    }
  }

  std::array<shard, count> shards_;
  std::mutex central_lock_;
  std::condition_variable wake_;
  bool ended_ = false;
  table central_;
  std::thread merger_;
};

template <class Monoid, class Map>
class computing {
 public:
  explicit computing(double) {}
  void add(const std::string& name, std::uint64_t sample) {
    using value = typename Monoid::value_type;
    (void)map_.compute(name, [sample](const value* now) {
      value next = now == nullptr ? Monoid::identity() : *now;
      Monoid::record(next, sample);
      return next;
    });
  }
  void finish() {}
  [[nodiscard]] std::uint64_t total(const std::string& name) {
    return total_of(map_.find(name).value_or(Monoid::identity()));
  }

 private:
  Map map_;
};

template <class Monoid>
class aggregating {
 public:
  explicit aggregating(double run_seconds) {
    map_.merge_every(std::chrono::duration<double>(merge_period_seconds(run_seconds)));
  }
  void add(const std::string& name, std::uint64_t sample) { map_.record(name, sample); }
  void finish() { map_.merge_every(std::chrono::seconds(0)); }
  [[nodiscard]] std::uint64_t total(const std::string& name) {
    return total_of(map_.find(name).value_or(Monoid::identity()));
  }

 private:
  aggregate_map<std::string, Monoid> map_;
};

// ---- the contest --------------------------------------------------------------------------------

class streams {
 public:
  explicit streams(std::uint64_t seed) {
    for (std::uint32_t i = 0; i < names; ++i) names_.push_back(fmt::format("service.{}.requests_seconds", i));
    workload::chance source(seed);
    const workload::key_source keys({}, names);
    for (auto& one : drawn_) {
      for (std::size_t i = 0; i < stream_length; ++i) one.push_back(keys.draw(source, 0));
    }
  }
  [[nodiscard]] const std::string& name(unsigned thread, std::uint64_t number) const {
    return names_[drawn_[thread][number % stream_length]];
  }
  [[nodiscard]] static constexpr std::uint64_t sample(std::uint64_t number) { return 1 + (number * 37) % 4096; }

  // The first name whose total is not what the threads added, in words; empty: all are right.
  template <class Monoid, class Sums>
  [[nodiscard]] std::string difference(Sums& sums, const crew_result& did) const {
    std::vector<std::uint64_t> wanted(names);
    for (unsigned t = 0; t < threads; ++t) {
      for (std::uint64_t n = 0; n < did.members[t].done; ++n) {
        wanted[drawn_[t][n % stream_length]] += weight_of<Monoid>(sample(n));
      }
    }
    for (std::uint32_t i = 0; i < names; ++i) {
      const std::uint64_t has = sums.total(names_[i]);
      if (has != wanted[i]) return fmt::format("holds {} under {}, {} were added", has, names_[i], wanted[i]);
    }
    return "";
  }

 private:
  std::vector<std::string> names_;
  std::array<std::vector<std::uint32_t>, threads> drawn_;
};

struct entry {
  const char* map;
  std::vector<std::optional<double>> theirs;
  bool lock_is_watched;
  std::vector<std::optional<double>> (*run)(const streams&, double seconds, bool watched, std::string& refused);
};

template <class Monoid, class Sums>
std::vector<std::optional<double>> run_one(const streams& work, double seconds, bool watched, std::string& refused) {
  Sums sums(seconds);
  waited_ns = 0;
  const crew_result did =
      run_crew(threads, seconds, [&](unsigned t, std::uint64_t n) { sums.add(work.name(t, n), streams::sample(n)); });
  const auto waited = static_cast<double>(waited_ns.load());
  sums.finish();
  refused = work.difference<Monoid>(sums, did);
  const auto done = static_cast<double>(std::max<std::uint64_t>(did.done(), 1));
  return {1e-3 * done / did.seconds, 1e-3 * static_cast<double>(did.latency_ns().at(0.99)),
          watched ? std::optional(1e-9 * 100 * waited / (threads * did.seconds)) : std::nullopt,
          1e3 * did.allocations / done};
}

template <class Monoid>
std::vector<entry> entries(bool with_theirs) {
  using value = typename Monoid::value_type;
  using text = std::string;
  std::vector<entry> all{
      {"mutex + unordered_map", {24.1, 18'200, 37}, true, run_one<Monoid, one_lock<Monoid>>},
      {"32 shards, FNV-1a", {156.8, 3'100}, true, run_one<Monoid, merged_shards<Monoid>>},
      {"sharded_map, compute",
       {},
       true,
       run_one<Monoid, computing<Monoid, sharded_map<std::unordered_map<text, value>, watched_mutex>>>},
      {"aggregate_map", {}, false, run_one<Monoid, aggregating<Monoid>>},
      {"concurrent_map, compute", {}, false, run_one<Monoid, computing<Monoid, concurrent_map<text, value>>>},
  };
  for (entry& e : all) {
    if (!with_theirs) e.theirs.clear();
  }
  return all;
}

scenario_result contest(const scenario_effort& how, const std::vector<entry>& all) {
  scenario_result made;
  made.measures = {{"additions", "k/s", better::more},
                   {"p99", "µs", better::less},
                   {"lock wait", "%", better::less},
                   {"allocs", "/1k", better::less}};
  const streams work(how.seed);
  std::vector<row_of_rounds> rounds(all.size());
  how.bar.expect(how.run_seconds * static_cast<double>(how.rounds * all.size()));
  for (unsigned round = 0; round < how.rounds; ++round) {
    for (std::size_t i = 0; i < all.size() && !interrupted().load(); ++i) {
      if (!how.wants(all[i].map)) continue;
      how.bar.show(how.run_seconds * static_cast<double>(round * all.size() + i), all[i].map);
      std::string refused;
      const auto figures = all[i].run(work, how.run_seconds, all[i].lock_is_watched, refused);
      if (refused.empty()) {
        rounds[i].add(figures);
      } else {
        made.refused.push_back(std::string(all[i].map) + " " + refused);
      }
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (how.wants(all[i].map)) made.rows.push_back({all[i].map, rounds[i].figures(), all[i].theirs});
  }
  made.notes.push_back(fmt::format(
      "lock wait is the share of the threads' time, seen where the lock is the user's own; the shards are merged every "
      "{} s. Every addition was found once in what was left (checked).",
      three_digits(merge_period_seconds(how.run_seconds))));
  return made;
}

}  // namespace

scenario_result aggregator(const scenario_effort& how) {
  scenario_result made = contest(how, entries<sum>(true));
  made.what = fmt::format("{} threads add to {} counters under text names; the hottest is met most (Zipf 0.99).",
                          threads, grouped(names));
  made.notes.emplace_back(
      "theirs: requests of a whole service a second, a latency without saying which, merged every 5 s; and shards "
      "that overwrite where they should add.");
  return made;
}

scenario_result aggregator_histogram(const scenario_effort& how) {
  scenario_result made = contest(how, entries<latencies>(false));
  made.what = fmt::format("{} threads add to {} histograms of 16 buckets under text names (Zipf 0.99).", threads,
                          grouped(names));
  made.notes.emplace_back(
      "the articles aggregate counters only. compute replaces a value of 136 bytes on each addition.");
  return made;
}

}  // namespace portolan::tool
