// What writes cost a concurrent_map of 8-byte keys and values: filling, mixes, one hot key, the pauses of growth, and
// how long finds stay slow after the last insert.
//
//   write_speed [WHAT…] [--entries N] [--threads T] [--millis M] [--rounds R] [--alone]
//     fill        N distinct keys one by one into an empty map; `bulk`: by insert_each
//     mix50 mix95 so many in a hundred finds, the rest inserts and erases by halves, of 2 N keys of which half are there
//     upsert      half finds, half compute of keys that are there; `assign`: insert_or_assign in place of compute
//     hot         every thread counts under one key
//     pauses      fill, every insert timed; the first row does nothing, its tail is the machine's
//     settle      grows N/2 entries just past the next growth, stops, and measures finds over time
//   A word with ':zipf' behind it draws keys by Zipf 0.99 in place of uniformly.
//
// Beside the map stand the floors: `exchange`, one 16-byte exchange on a random line of an array of the same size, and,
// where it is installed, absl::flat_hash_map in 64 shards. Rounds of all go round in turn; the median is printed.
// `--alone` leaves them out.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <portolan/base/platform.hpp>
#include <portolan/map/bulk.hpp>
#include <portolan/map/concurrent_map.hpp>

#include "bench/workload/distribution.hpp"

#if defined(PORTOLAN_BENCH_ABSL)
#include <absl/container/flat_hash_map.h>
#endif

namespace {

using portolan::workload::chance;
using word = std::uint64_t;

struct plan {
  std::size_t entries = 100'000;
  unsigned threads = 2;
  unsigned millis = 200;
  unsigned rounds = 5;
  bool alone = false;
};

word key_of(word i) { return chance(i).next() >> 2 | 1; }

class ours {
 public:
  static constexpr const char* name = "concurrent_map";
  bool find(word key) const { return map_.find(key).has_value(); }
  bool insert(word key) { return map_.insert(key, key); }
  bool erase(word key) { return map_.erase(key); }
  void count(word key) {
    map_.compute(key, [](const word* now) { return now == nullptr ? word{1} : *now + 1; });
  }
  void assign(word key) { map_.insert_or_assign(key, key); }
  void insert_all(std::span<const std::pair<word, word>> entries) { portolan::insert_each(map_, entries); }
  [[nodiscard]] std::size_t size() const { return map_.size(); }
  portolan::concurrent_map<word, word>& map() { return map_; }

 private:
  portolan::concurrent_map<word, word> map_;
};

#if defined(PORTOLAN_BENCH_ABSL)
class shards {
 public:
  static constexpr const char* name = "64 x absl";
  bool find(word key) {
    shard& in = at(key);
    const std::scoped_lock held(in.lock);
    return in.table.contains(key);
  }
  bool insert(word key) {
    shard& in = at(key);
    const std::scoped_lock held(in.lock);
    return in.table.try_emplace(key, key).second;
  }
  bool erase(word key) {
    shard& in = at(key);
    const std::scoped_lock held(in.lock);
    return in.table.erase(key) != 0;
  }
  void count(word key) {
    shard& in = at(key);
    const std::scoped_lock held(in.lock);
    ++in.table[key];
  }
  void assign(word key) {
    shard& in = at(key);
    const std::scoped_lock held(in.lock);
    in.table.insert_or_assign(key, key);
  }
  void insert_all(std::span<const std::pair<word, word>> entries) {
    for (const auto& entry : entries) insert(entry.first);
  }

 private:
  struct alignas(128) shard {
    std::mutex lock;
    absl::flat_hash_map<word, word> table;
  };
  shard& at(word key) { return shards_[(key * 0x9E3779B97F4A7C15u) >> 58]; }
  shard shards_[64];
};
#endif

/// The least that a write of a random line can cost: nothing is looked for, every operation is one exchange.
class exchange_floor {
 public:
  static constexpr const char* name = "exchange (floor)";
  explicit exchange_floor(std::size_t entries) {
    while (lines_ * 3 < entries) lines_ *= 2;
    raw_ = static_cast<line*>(portolan::platform::map_pages(lines_ * sizeof(line)));
  }
  exchange_floor() : exchange_floor(10'000'000) {}
  ~exchange_floor() { portolan::platform::unmap_pages(raw_, lines_ * sizeof(line)); }
  bool find(word key) { return raw_[at(key)].slots[0].load().low != 0; }
  bool insert(word key) { return change(key); }
  bool erase(word key) { return change(key); }
  void count(word key) { change(key); }
  void assign(word key) { change(key); }
  void insert_all(std::span<const std::pair<word, word>> entries) {
    for (const auto& entry : entries) insert(entry.first);
  }

 private:
  struct alignas(64) line {
    portolan::platform::word16 slots[4];
  };
  [[nodiscard]] std::size_t at(word key) const { return (key * 0x9E3779B97F4A7C15u) >> 20 & (lines_ - 1); }
  bool change(word key) {
    auto& slot = raw_[at(key)].slots[key & 3];
    auto seen = slot.load();
    return slot.compare_exchange(seen, {key, seen.high + 1});
  }
  std::size_t lines_ = 1;
  line* raw_;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Runs body(t) in `threads` threads that begin together; how long it took.
double together(unsigned threads, const std::function<void(unsigned)>& body) {
  std::atomic<unsigned> ready{0};
  std::atomic<bool> go{false};
  std::chrono::steady_clock::time_point start;
  {
    std::vector<std::jthread> running;
    for (unsigned t = 0; t < threads; ++t) {
      running.emplace_back([&, t] {
        ready.fetch_add(1);
        while (!go.load()) std::this_thread::yield();
        body(t);
      });
    }
    while (ready.load() != threads) std::this_thread::yield();
    start = std::chrono::steady_clock::now();
    go.store(true);
  }
  return seconds_since(start);
}

// ---- filling ----

template <class Map>
double fill(const plan& how, bool bulk) {
  const auto map = std::make_unique<Map>();
  const std::size_t share = how.entries / how.threads;
  std::vector<std::vector<std::pair<word, word>>> parts(how.threads);
  for (unsigned t = 0; t < how.threads; ++t) {
    parts[t].resize(share);
    for (std::size_t i = 0; i < share; ++i) parts[t][i] = {key_of(t * share + i), i};
  }
  const double seconds = together(how.threads, [&](unsigned t) {
    if (bulk) return map->insert_all(parts[t]);
    for (const auto& entry : parts[t]) map->insert(entry.first);
  });
  return static_cast<double>(share * how.threads) / seconds * 1e-6;
}

// ---- mixes ----

enum class act : unsigned char { find, insert, erase, count, assign };

struct operations {
  std::vector<word> keys;
  std::vector<act> acts;
};

operations drawn(const plan& how, const std::string& what, bool zipf, unsigned thread) {
  constexpr std::size_t count = 1 << 21;
  const bool churn = what.starts_with("mix");
  const unsigned finds = churn ? static_cast<unsigned>(std::stoul(what.substr(3))) : 50;
  const std::size_t range = churn ? 2 * how.entries : how.entries;
  chance source(thread + 77);
  const portolan::workload::zipf_ranks ranks(range, 0.99);
  operations made;
  made.keys.resize(count);
  made.acts.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const word at = zipf ? chance(ranks.draw(source)).below(range) : source.below(range);
    made.keys[i] = key_of(at);
    if (source.below(100) < finds) {
      made.acts[i] = act::find;
    } else if (churn) {
      made.acts[i] = source.below(2) == 0 ? act::insert : act::erase;
    } else {
      made.acts[i] = what == "assign" ? act::assign : act::count;
    }
  }
  return made;
}

template <class Map>
double run_mix(Map& map, const plan& how, const std::vector<operations>& work) {
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> done{0};
  std::atomic<std::size_t> found{0};
  std::jthread clock([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(how.millis));
    stop.store(true);
  });
  const double seconds = together(how.threads, [&](unsigned t) {
    const operations& mine = work[t];
    std::size_t at = 0;
    std::size_t hits = 0;
    std::size_t count = 0;
    while (!stop.load(std::memory_order_relaxed)) {
      for (unsigned i = 0; i < 256; ++i, ++at) {
        const word key = mine.keys[at];
        switch (mine.acts[at]) {
          case act::find: hits += map.find(key); break;
          case act::insert: hits += map.insert(key); break;
          case act::erase: hits += map.erase(key); break;
          case act::count: map.count(key); break;
          case act::assign: map.assign(key); break;
        }
      }
      if (at == mine.keys.size()) at = 0;
      count += 256;
    }
    done.fetch_add(count);
    found.fetch_add(hits);
  });
  return static_cast<double>(done.load()) / seconds * 1e-6;
}

// ---- one hot key ----

template <class Map>
double hot(const plan& how) {
  Map map;
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> done{0};
  std::jthread clock([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(how.millis));
    stop.store(true);
  });
  const double seconds = together(how.threads, [&](unsigned) {
    std::size_t count = 0;
    for (; !stop.load(std::memory_order_relaxed); ++count) map.count(42);
    done.fetch_add(count);
  });
  return static_cast<double>(done.load()) / seconds * 1e-6;
}

// ---- pauses ----

/// A virtual machine that has given memory back is charged milliseconds for the first touch of each huge page, which
/// would be all that is seen: so as much as the map will need is touched and freed just before.
void touch_memory(const plan& how) {
  const std::size_t bytes = how.entries * 64 + (std::size_t{64} << 20);
  auto* pages = static_cast<unsigned char*>(portolan::platform::map_pages(bytes));
  for (std::size_t at = 0; at < bytes; at += 4096) pages[at] = 1;
  portolan::platform::unmap_pages(pages, bytes);
}

word ticks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return portolan::platform::now_ns();
#endif
}

struct nothing {
  static constexpr const char* name = "nothing";
  void insert(word) const {}
};

template <class Map>
void pauses(const plan& how) {
  const auto map = std::make_unique<Map>();
  const std::size_t share = how.entries / how.threads;
  std::vector<std::vector<std::uint32_t>> spans(how.threads, std::vector<std::uint32_t>(share));
  const word from = ticks();
  const double seconds = together(how.threads, [&](unsigned t) {
    for (std::size_t i = 0; i < share; ++i) {
      const word key = key_of(t * share + i);
      const word before = ticks();
      map->insert(key);
      spans[t][i] = static_cast<std::uint32_t>(std::min<word>(ticks() - before, UINT32_MAX));
    }
  });
  const double tick_us = seconds * 1e6 / static_cast<double>(ticks() - from);
  std::vector<std::uint32_t> all;
  for (const auto& part : spans) all.insert(all.end(), part.begin(), part.end());
  std::sort(all.begin(), all.end());
  std::printf("%-18s %6.2f M/s ", Map::name, static_cast<double>(all.size()) / seconds * 1e-6);
  for (const double share_of : {0.5, 0.99, 0.999, 0.9999, 0.99999}) {
    const auto at = static_cast<std::size_t>(share_of * static_cast<double>(all.size()));
    std::printf("  p%-8.6g %8.2f us", share_of * 100, static_cast<double>(all[at]) * tick_us);
  }
  std::printf("  max %8.2f us\n", static_cast<double>(all.back()) * tick_us);
}

// ---- after the last insert ----

void settle(const plan& how) {
  touch_memory(how);
  ours map;
  const auto entries = static_cast<std::size_t>(static_cast<double>(how.entries) * 0.5);
  std::size_t count = 0;
  for (; count < entries; ++count) map.insert(key_of(count));
  const auto growths = map.map().stats().growths;
  while (map.map().stats().growths == growths) {
    for (unsigned i = 0; i < 64; ++i) map.insert(key_of(count++));
  }
  const auto start = std::chrono::steady_clock::now();
  std::printf("settle: %zu entries, tables %zu\n", count, map.map().stats().tables);
  chance source(5);
  double settled = -1;
  for (double shown = 0; shown < 0.7;) {
    std::size_t hits = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (unsigned i = 0; i < 200'000; ++i) hits += map.find(key_of(source.below(count)));
    const double rate = 0.2 / seconds_since(begin);
    shown = seconds_since(start);
    const std::size_t tables = map.map().stats().tables;
    if (tables == 1 && settled < 0) settled = shown;
    std::printf(" %3.0f ms: %5.1f M/s (%zu)\n", shown * 1e3, rate, tables);
    if (hits != 200'000) std::printf("lost entries\n");
  }
  std::printf("one table after %.0f ms\n", settled * 1e3);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

template <class Measure>
void in_turn(const plan& how, const std::string& what, Measure measure) {
  std::vector<std::pair<const char*, std::vector<double>>> rows;
  const auto note = [&](const char* name, double value) {
    for (auto& row : rows) {
      if (std::string(row.first) == name) return row.second.push_back(value);
    }
    rows.emplace_back(name, std::vector<double>{value});
  };
  for (unsigned round = 0; round < how.rounds; ++round) measure(note);
  for (auto& row : rows) {
    const double middle = median(row.second);
    const auto [low, high] = std::minmax_element(row.second.begin(), row.second.end());
    std::printf("%-12s %9zu entries %u threads  %-18s %7.2f Mops/s  (%.2f to %.2f)\n", what.c_str(), how.entries,
                how.threads, row.first, middle, *low, *high);
  }
  std::fflush(stdout);
}

template <class Map>
void prefill(Map& map, const plan& how) {
  for (std::size_t i = 0; i < how.entries; ++i) map.insert(key_of(2 * i));
}
template <class Map>
void prefill_all(Map& map, const plan& how) {
  for (std::size_t i = 0; i < how.entries; ++i) map.insert(key_of(i));
}

void measure(const plan& how, const std::string& asked) {
  const bool zipf = asked.ends_with(":zipf");
  const std::string what = asked.substr(0, asked.find(':'));
  if (what == "settle") return settle(how);
  if (what == "pauses") {
    touch_memory(how);
    pauses<nothing>(how);
    for (unsigned round = 0; round < how.rounds; ++round) pauses<ours>(how);
    return;
  }
  if (what == "fill" || what == "bulk") {
    return in_turn(how, what, [&](auto note) {
      note(ours::name, fill<ours>(how, what == "bulk"));
#if defined(PORTOLAN_BENCH_ABSL)
      if (!how.alone) note(shards::name, fill<shards>(how, what == "bulk"));
#endif
    });
  }
  if (what == "hot") {
    return in_turn(how, what, [&](auto note) {
      note(ours::name, hot<ours>(how));
#if defined(PORTOLAN_BENCH_ABSL)
      if (!how.alone) note(shards::name, hot<shards>(how));
#endif
      if (!how.alone) note(exchange_floor::name, hot<exchange_floor>(how));
    });
  }
  std::vector<operations> work;
  for (unsigned t = 0; t < how.threads; ++t) work.push_back(drawn(how, what, zipf, t));
  ours map;
  exchange_floor floor(how.entries);
  const auto fill_first = [&](auto& one) { what.starts_with("mix") ? prefill(one, how) : prefill_all(one, how); };
  fill_first(map);
#if defined(PORTOLAN_BENCH_ABSL)
  shards sharded;
  if (!how.alone) fill_first(sharded);
#endif
  in_turn(how, asked, [&](auto note) {
    note(ours::name, run_mix(map, how, work));
#if defined(PORTOLAN_BENCH_ABSL)
    if (!how.alone) note(shards::name, run_mix(sharded, how, work));
#endif
    if (!how.alone) note(exchange_floor::name, run_mix(floor, how, work));
  });
}

}  // namespace

int main(int argc, char** argv) {
  plan how;
  std::vector<std::string> wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string word_given = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0; };
    if (word_given == "--entries") {
      how.entries = number();
    } else if (word_given == "--threads") {
      how.threads = static_cast<unsigned>(number());
    } else if (word_given == "--millis") {
      how.millis = static_cast<unsigned>(number());
    } else if (word_given == "--rounds") {
      how.rounds = static_cast<unsigned>(number());
    } else if (word_given == "--alone") {
      how.alone = true;
    } else {
      wanted.push_back(word_given);
    }
  }
  if (wanted.empty()) wanted = {"fill", "bulk", "mix50", "mix95", "upsert", "assign", "hot", "pauses", "settle"};
  for (const std::string& what : wanted) measure(how, what);
}
