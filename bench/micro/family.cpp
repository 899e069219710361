// The family's other maps, each beside what people would take instead; concurrent_map has a matrix of its own.
//
//   sharded     sharded_map over flat_hash_map    64 x absl::flat_hash_map + std::mutex; a map attached from outside
//   sync        sync_map                          Go's sync.Map (bench/peers/sync_map.go; its program by --go FILE)
//   snapshot    snapshot_map, find                std::unordered_map that no other thread knows
//   guarded     guarded_map over unordered_map    std::mutex or std::shared_mutex + std::unordered_map
//
// A cell is a map's kind, a kind of key, a number of entries, a distribution, a mix and a number of threads:
// "sharded/u64/100000/zipf/95/2". Mixes: hit and miss are finds; 95 and 50 are so many finds of a hundred over twice
// as many keys as there are entries, the rest inserts and erases in halves; upsert is half finds, half additions; 90_10
// and 50_50 are finds and stores of keys that are there. All of a cell's maps are filled once and then measured in turn,
// for some rounds. `ratio` is ours by the best of the peers of the same round: the least, the median and the most of the
// rounds. Names in brackets are not compared with. The last lines say for each kind whether it is as fast as asked: its
// geometric mean, and no cell whose rounds all lie below: sharded, sync and guarded 1.0, snapshot 1 / 1.3. Threads and
// medians are those of the matrix (bench/matrix).
//
//   usage: family [--ms N] [--rounds N] [--go FILE] [--csv] [part of a cell's name]...
//
// Each part must be in the name. --csv prints cell,map,Mops and cell,ratio,low,median,high. A map from outside is an
// adapter as bench/peers/adapter.hpp says, given by cmake -DPORTOLAN_BENCH_PEER=FILE. Exit status 1: something is slower
// than asked.
#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <portolan/base/platform.hpp>
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/flat_hash_map.hpp>
#include <portolan/map/guarded_map.hpp>
#include <portolan/map/sharded_map.hpp>
#include <portolan/map/snapshot_map.hpp>
#include <portolan/map/sync_map.hpp>

#include "bench/matrix/figures.hpp"
#include "bench/matrix/pinned_threads.hpp"
#include "bench/workload/candidate.hpp"
#include "bench/workload/distribution.hpp"

#if defined(PORTOLAN_FAMILY_ABSL)
#include <absl/container/flat_hash_map.h>
#endif
#if defined(PORTOLAN_BENCH_PEER)
#include PORTOLAN_BENCH_PEER
#endif

namespace {

using portolan::matrix::median_of;
using portolan::matrix::pinned_threads;
using portolan::workload::chance;
using portolan::workload::setup;

// ---- keys and what is done with them: the same formulas as in bench/peers/sync_map.go --------------------------

constexpr std::size_t chunk = 1024;

std::uint64_t mix(std::uint64_t z) {
  z += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

template <class K>
K key_of(std::uint64_t number);
template <>
std::uint64_t key_of(std::uint64_t number) {
  return mix(number) >> 2;
}
/// 16 to 32 characters.
template <>
std::string key_of(std::uint64_t number) {
  char text[64];
  const int tail = static_cast<int>(mix(number) % 16);
  const int size = std::snprintf(text, sizeof text, "key/%012llu/%.*s", static_cast<unsigned long long>(number), tail,
                                 "abcdefghijklmnop");
  return {text, static_cast<std::size_t>(size)};
}

enum class action : std::uint8_t { find, insert, erase, assign, add };

template <class K>
struct stream {
  std::vector<K> keys;
  std::vector<action> actions;
};

struct plan {
  std::string map;
  bool texts = false;
  std::uint64_t entries = 0;
  bool zipf = false;
  std::string mix;
  unsigned threads = 1;

  [[nodiscard]] std::string name() const {
    return map + '/' + (texts ? "text" : "u64") + '/' + std::to_string(entries) + '/' + (zipf ? "zipf" : "uniform") +
           '/' + mix + '/' + std::to_string(threads);
  }
  [[nodiscard]] unsigned writes_percent() const {
    if (mix == "90_10") return 10;
    if (mix == "50_50" || mix == "50" || mix == "upsert") return 50;
    return mix == "95" ? 5 : 0;
  }
  [[nodiscard]] bool comes_and_goes() const { return mix == "95" || mix == "50"; }
};

template <class K>
stream<K> make_stream(const plan& how, unsigned thread) {
  // Of a large map so long that what a stream asked for is out of the caches again when it begins anew.
  const std::size_t most = std::is_same_v<K, std::uint64_t> ? std::size_t{1} << 23 : std::size_t{1} << 19;
  const std::size_t length = std::clamp(std::bit_floor(std::size_t{how.entries}), std::size_t{1} << 17, most);
  const std::uint64_t range = how.comes_and_goes() ? 2 * how.entries : how.entries;
  const portolan::workload::key_source ranks({.distribution = portolan::workload::distribution::zipf},
                                             static_cast<std::uint32_t>(range));
  chance source(thread + 1);
  stream<K> made;
  made.keys.reserve(length);
  made.actions.reserve(length);
  for (std::size_t i = 0; i < length; ++i) {
    const std::uint64_t drawn = mix(std::uint64_t{thread} << 32 | i);
    std::uint64_t number = how.zipf ? ranks.draw(source, 0) : drawn % range;
    if (how.mix == "miss") number += how.entries;
    made.keys.push_back(key_of<K>(number));
    const std::uint64_t choice = mix(drawn);
    action what = action::find;
    if (choice % 100 < how.writes_percent()) {
      what = how.comes_and_goes()  ? (choice / 100 % 2 == 0 ? action::insert : action::erase)
             : how.mix == "upsert" ? action::add
                                   : action::assign;
    }
    made.actions.push_back(what);
  }
  return made;
}

// ---- one map under the clock --------------------------------------------------------------------------------------

/// A map that is filled and then asked by several threads.
template <class K>
class contender {
 public:
  contender() = default;
  contender(const contender&) = delete;
  contender& operator=(const contender&) = delete;
  virtual ~contender() = default;
  virtual void fill(std::uint64_t entries) = 0;
  virtual void enter_thread() {}
  virtual void leave_thread() {}
  /// `chunk` operations from `at` on; gives the sum of what was found, so that nothing is left out.
  virtual std::uint64_t work(const stream<K>& todo, std::size_t at) = 0;
};

/// A `Map` here is find(key) to a std::optional<value> or pointer, insert, erase, assign, add.
template <class K, class Map>
class contender_of final : public contender<K> {
 public:
  template <class... Args>
  explicit contender_of(Args&&... args) : map_(std::forward<Args>(args)...) {}

  void fill(std::uint64_t entries) override { map_.fill(entries); }
  void enter_thread() override {
    if constexpr (requires { map_.enter_thread(); }) map_.enter_thread();
  }
  void leave_thread() override {
    if constexpr (requires { map_.leave_thread(); }) map_.leave_thread();
  }
  std::uint64_t work(const stream<K>& todo, std::size_t at) override {
    std::uint64_t sum = 0;
    for (std::size_t i = at; i < at + chunk; ++i) {
      const K& key = todo.keys[i];
      switch (todo.actions[i]) {
        case action::find: sum += map_.find(key); break;
        case action::insert: map_.insert(key, i); break;
        case action::erase: map_.erase(key); break;
        case action::assign: map_.assign(key, i); break;
        case action::add: map_.add(key); break;
      }
    }
    return sum;
  }

 private:
  Map map_;
};

enum class role : std::uint8_t { ours, peer, beside };

template <class K>
struct named {
  role is;
  std::string name;
  std::function<std::unique_ptr<contender<K>>()> make;
};

/// Millions of operations a second, all threads together.
template <class K>
double measure(contender<K>& map, pinned_threads& threads, const std::vector<stream<K>>& streams,
               unsigned milliseconds) {
  using portolan::platform::now_ns;
  std::vector<double> speeds(streams.size());
  std::atomic<std::uint64_t> sums{0};  // so that no find is left out
  const auto work = [&](unsigned thread, std::uint64_t begin_ns) {
    const stream<K>& todo = streams[thread];
    const std::uint64_t end_ns = begin_ns + std::uint64_t{milliseconds} * 1'000'000;
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    std::uint64_t now = begin_ns;
    for (std::size_t at = 0; now < end_ns; at = (at + chunk) % todo.keys.size(), now = now_ns()) {
      sum += map.work(todo, at);
      count += chunk;
    }
    sums += sum;
    speeds[thread] = 1e3 * static_cast<double>(count) / static_cast<double>(now - begin_ns);
  };
  threads.run(static_cast<unsigned>(streams.size()), {.prepare = [&](unsigned) { map.enter_thread(); },
                                                      .work = work,
                                                      .finish = [&](unsigned) { map.leave_thread(); }});
  return std::accumulate(speeds.begin(), speeds.end(), 0.0);
}

// ---- the maps -------------------------------------------------------------------------------------------------------

using value = std::uint64_t;

/// Any of ours.
template <class Map>
struct ours {
  using K = typename Map::key_type;

  template <class... Args>
  explicit ours(Args&&... args) : map(std::forward<Args>(args)...) {}

  void fill(std::uint64_t entries) {
    if constexpr (requires(std::vector<std::pair<K, value>> all) { map.store_all(std::move(all)); }) {
      std::vector<std::pair<K, value>> all;
      for (std::uint64_t i = 0; i < entries; ++i) all.emplace_back(key_of<K>(i), i);
      map.store_all(std::move(all));
    } else {
      for (std::uint64_t i = 0; i < entries; ++i) map.insert(key_of<K>(i), i);
    }
    if constexpr (requires { map.load_or_store(key_of<K>(0), 0); }) {
      for (std::uint64_t i = 0; i < 2 * entries; ++i) (void)map.contains(key_of<K>(i % entries));
    }
  }
  std::uint64_t find(const K& key) {
    const auto found = map.find(key);
    return found ? *found : 0;
  }
  void insert(const K& key, value fresh) { (void)map.insert(key, fresh); }
  void assign(const K& key, value fresh) { (void)map.insert_or_assign(key, fresh); }
  void erase(const K& key) { (void)map.erase(key); }
  void add(const K& key) {
    (void)map.compute(key, [](const value* now) { return now == nullptr ? 1 : *now + 1; });
  }
  Map map;
};

/// A table behind `Lock`, or so many of them that share the keys, written by hand.
template <class Table, class Lock>
class locked {
  using K = typename Table::key_type;
  struct alignas(128) shard {
    Lock lock;
    Table table;
  };
  using reading = std::conditional_t < requires(Lock lock) { lock.lock_shared(); }
  , std::shared_lock<Lock>, std::unique_lock < Lock >> ;

 public:
  explicit locked(std::size_t count) : mask_(count - 1), shards_(new shard[count]) {}

  void fill(std::uint64_t entries) {
    for (std::uint64_t i = 0; i < entries; ++i) insert(key_of<K>(i), i);
  }
  std::uint64_t find(const K& key) {
    shard& in = of(key);
    const reading held(in.lock);
    const auto at = in.table.find(key);
    return at == in.table.end() ? 0 : at->second;
  }
  void insert(const K& key, value fresh) {
    shard& in = of(key);
    const std::unique_lock held(in.lock);
    in.table.try_emplace(key, fresh);
  }
  void assign(const K& key, value fresh) {
    shard& in = of(key);
    const std::unique_lock held(in.lock);
    in.table.insert_or_assign(key, fresh);
  }
  void erase(const K& key) {
    shard& in = of(key);
    const std::unique_lock held(in.lock);
    in.table.erase(key);
  }
  void add(const K& key) {
    shard& in = of(key);
    const std::unique_lock held(in.lock);
    ++in.table[key];
  }

 private:
  shard& of(const K& key) { return mask_ == 0 ? shards_[0] : shards_[(hash_(key) >> 40) & mask_]; }
  typename Table::hasher hash_;
  std::size_t mask_;
  std::unique_ptr<shard[]> shards_;
};

#if defined(PORTOLAN_BENCH_PEER)
template <class K>
struct outside {
  outside() : map(setup{.work = nothing}) {}

  void fill(std::uint64_t entries) {
    for (std::uint64_t i = 0; i < entries; ++i) (void)map.insert(key_of<K>(i), i);
  }
  void enter_thread() {
    if constexpr (requires { map.enter_thread(); }) map.enter_thread();
  }
  void leave_thread() {
    if constexpr (requires { map.leave_thread(); }) map.leave_thread();
  }
  std::uint64_t find(const K& key) {
    std::uint64_t found = 0;
    (void)map.find(key, [&](value there) { found = there; });
    return found;
  }
  void insert(const K& key, value fresh) { (void)map.insert(key, fresh); }
  void assign(const K& key, value fresh) { map.assign(key, fresh); }
  void erase(const K& key) { (void)map.erase(key); }
  void add(const K& key) { map.add(key, 1); }

  portolan::workload::workload nothing;  // adapters are made with one
  outside_peer::adapter<K, value> map;
};
#endif

template <class K, class Map, class... Args>
named<K> contestant(role is, std::string name, Args... args) {
  return {is, std::move(name), [args...] { return std::make_unique<contender_of<K, Map>>(args...); }};
}
template <class K, class Map>
named<K> shards_over(role is, std::string name, std::size_t count) {
  using map = portolan::sharded_map<Map>;
  return contestant<K, ours<map>>(is, std::move(name), portolan::map_options{}, typename map::shards{count});
}

/// std::unordered_map without a lock: each thread has its own, as this one has one thread's.
template <class K>
struct unshared {
  void fill(std::uint64_t entries) {
    map.reserve(entries);
    for (std::uint64_t i = 0; i < entries; ++i) map.emplace(key_of<K>(i), i);
  }
  std::uint64_t find(const K& key) {
    const auto at = map.find(key);
    return at == map.end() ? 0 : at->second;
  }
  void insert(const K&, value) {}
  void assign(const K&, value) {}
  void erase(const K&) {}
  void add(const K&) {}
  std::unordered_map<K, value> map;
};

/// Ours first, then who it is measured against.
template <class K>
std::vector<named<K>> contestants(const std::string& map) {
  using portolan::hash;
  using table = std::unordered_map<K, value, hash<K>>;
  constexpr std::size_t stripes = 64;
  std::vector<named<K>> all;
  if (map == "sharded") {
    all.push_back(shards_over<K, portolan::flat_hash_map<K, value>>(role::ours, "sharded_map", stripes));
    all.push_back(shards_over<K, table>(role::beside, "over unordered_map", stripes));
#if defined(PORTOLAN_FAMILY_ABSL)
    using flat = absl::flat_hash_map<K, value, hash<K>>;
    all.push_back(shards_over<K, flat>(role::beside, "over absl", stripes));
    all.push_back(contestant<K, locked<flat, std::mutex>>(role::peer, "64 x absl", stripes));
#endif
#if defined(PORTOLAN_BENCH_PEER)
    all.push_back(contestant<K, outside<K>>(role::peer, outside_peer::name));
#endif
  } else if (map == "sync") {
    all.push_back(contestant<K, ours<portolan::sync_map<K, value>>>(role::ours, "sync_map"));
    all.push_back(contestant<K, ours<portolan::concurrent_map<K, value>>>(role::beside, "concurrent_map"));
  } else if (map == "snapshot") {
    all.push_back(contestant<K, ours<portolan::snapshot_map<K, value>>>(role::ours, "snapshot_map"));
    all.push_back(contestant<K, unshared<K>>(role::peer, "unordered_map"));
  } else if (map == "guarded") {
    using portolan::guarded_map;
    all.push_back(contestant<K, ours<guarded_map<table>>>(role::ours, "guarded_map"));
    all.push_back(contestant<K, ours<guarded_map<table, portolan::mutex>>>(role::beside, "with mutex"));
    all.push_back(contestant<K, locked<table, std::mutex>>(role::peer, "mutex", std::size_t{1}));
    all.push_back(contestant<K, locked<table, std::shared_mutex>>(role::peer, "shared_mutex", std::size_t{1}));
  }
  return all;
}

// ---- cells ---------------------------------------------------------------------------------------------------------

struct settings {
  unsigned milliseconds = 150;
  unsigned rounds = 5;
  std::string go;
  bool csv = false;
  std::vector<std::string> parts;

  [[nodiscard]] bool wants(const plan& cell) const {
    const std::string name = cell.name();
    return std::all_of(parts.begin(), parts.end(),
                       [&](const std::string& part) { return name.find(part) != std::string::npos; });
  }
};

double measure_go(const settings& how, const plan& cell) {
  char command[512];
  std::snprintf(command, sizeof command, "%s %s %llu %u %u %u", how.go.c_str(), cell.texts ? "text" : "u64",
                static_cast<unsigned long long>(cell.entries), cell.writes_percent(), cell.threads, how.milliseconds);
  std::FILE* const out = popen(command, "r");
  double mops = 0;
  if (out == nullptr || std::fscanf(out, "%lf", &mops) != 1) std::fprintf(stderr, "family: %s failed\n", command);
  if (out != nullptr) pclose(out);
  return mops;
}

/// One map in one cell, round by round.
struct figures {
  role is;
  std::string name;
  std::vector<double> mops;
};

/// What became of the cells of one kind of map.
struct verdict {
  double logarithms = 0;
  unsigned cells = 0;
  std::vector<std::string> below;

  [[nodiscard]] static double asked_of(const std::string& map) { return map == "snapshot" ? 1 / 1.3 : 1.0; }
  void add(const plan& cell, const std::vector<double>& ratios) {
    logarithms += std::log(median_of(ratios));
    ++cells;
    if (*std::max_element(ratios.begin(), ratios.end()) < asked_of(cell.map)) below.push_back(cell.name());
  }
  [[nodiscard]] double mean() const { return std::exp(logarithms / cells); }
};
using verdicts = std::map<std::string, verdict>;

/// Ours by the best peer, round by round; empty where no peer was measured.
std::vector<double> ratios_of(const std::vector<figures>& all) {
  std::vector<double> ratios;
  for (std::size_t round = 0; round < all.front().mops.size(); ++round) {
    double best = 0;
    for (const figures& each : all)
      if (each.is == role::peer) best = std::max(best, each.mops[round]);
    if (best > 0) ratios.push_back(all.front().mops[round] / best);
  }
  return ratios;
}

void print_cell(const settings& how, const plan& cell, const std::vector<figures>& all,
                const std::vector<double>& ratios) {
  const std::string name = cell.name();
  if (!how.csv) std::printf("%-36s", name.c_str());
  for (const figures& each : all) {
    const char* const form = how.csv ? "%s,%s,%.3f\n" : each.is == role::beside ? "%s  (%s %.2f)" : "%s  %s %.2f";
    std::printf(form, how.csv ? name.c_str() : "", each.name.c_str(), median_of(each.mops));
  }
  if (!ratios.empty()) {
    const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
    std::printf(how.csv ? "%s,ratio,%.3f,%.3f,%.3f\n" : "%s  ratio %.2f..%.2f..%.2f", how.csv ? name.c_str() : "", *low,
                median_of(ratios), *high);
  }
  if (!how.csv) std::printf("\n");
  std::fflush(stdout);
}

/// Measures all cells of one group, whose maps are filled once.
template <class K>
void measure_group(const settings& how, const std::vector<plan>& cells, verdicts& all_verdicts) {
  unsigned most = 1;
  for (const plan& cell : cells) most = std::max(most, cell.threads);
  pinned_threads threads(most);
  auto who = contestants<K>(cells.front().map);
  std::vector<std::unique_ptr<contender<K>>> maps;
  for (const auto& each : who) {
    maps.push_back(each.make());
    std::thread([&] {
      maps.back()->enter_thread();
      maps.back()->fill(cells.front().entries);
      maps.back()->leave_thread();
    }).join();
  }
  for (const plan& cell : cells) {
    std::vector<stream<K>> streams;
    for (unsigned t = 0; t < cell.threads; ++t) streams.push_back(make_stream<K>(cell, t));
    std::vector<figures> all;
    for (const auto& each : who) all.push_back({each.is, each.name, {}});
    const bool beside_go = cell.map == "sync" && !how.go.empty();
    if (beside_go) all.push_back({role::peer, "Go's sync.Map", {}});
    for (unsigned round = 0; round < how.rounds; ++round) {
      for (std::size_t i = 0; i < maps.size(); ++i)
        all[i].mops.push_back(measure(*maps[i], threads, streams, how.milliseconds));
      if (beside_go) all.back().mops.push_back(measure_go(how, cell));
    }
    const std::vector<double> ratios = ratios_of(all);
    print_cell(how, cell, all, ratios);
    if (!ratios.empty()) all_verdicts[cell.map].add(cell, ratios);
  }
}

std::vector<std::vector<plan>> all_groups() {
  std::vector<std::vector<plan>> groups;
  const auto group = [&](const char* map, bool texts, std::uint64_t entries, std::vector<bool> zipfs,
                         std::vector<const char*> mixes, std::vector<unsigned> threads) {
    std::vector<plan>& cells = groups.emplace_back();
    for (const char* mix : mixes)
      for (const bool zipf : zipfs)
        for (const unsigned count : threads) cells.push_back({map, texts, entries, zipf, mix, count});
  };
  for (const std::uint64_t entries : {100'000U, 10'000'000U})
    group("sharded", false, entries, {false, true}, {"hit", "miss", "upsert", "95", "50"}, {1, 2, 4});
  for (const bool texts : {false, true}) group("sync", texts, 100'000, {false}, {"90_10", "50_50"}, {1, 2});
  for (const bool texts : {false, true})
    for (const std::uint64_t entries : {10'000U, 100'000U, 10'000'000U})
      group("snapshot", texts, entries, {false}, {"hit"}, {1, 2});
  for (const bool texts : {false, true})
    group("guarded", texts, 100'000, {false}, {"hit", "upsert", "95", "50"}, {1, 2});
  return groups;
}

settings read_arguments(int argc, char** argv) {
  settings how;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto next = [&] { return i + 1 < argc ? argv[++i] : "0"; };
    if (word == "--ms")
      how.milliseconds = static_cast<unsigned>(std::atoi(next()));
    else if (word == "--rounds")
      how.rounds = static_cast<unsigned>(std::atoi(next()));
    else if (word == "--go")
      how.go = next();
    else if (word == "--csv")
      how.csv = true;
    else
      how.parts.emplace_back(word);
  }
  return how;
}

}  // namespace

int main(int argc, char** argv) {
  const settings how = read_arguments(argc, argv);
  verdicts all;
  for (std::vector<plan>& cells : all_groups()) {
    std::erase_if(cells, [&](const plan& cell) { return !how.wants(cell); });
    if (cells.empty()) continue;
    if (cells.front().texts)
      measure_group<std::string>(how, cells, all);
    else
      measure_group<std::uint64_t>(how, cells, all);
  }
  bool slower = false;
  for (const auto& [map, said] : all) {
    const bool passed = said.below.empty() && said.mean() >= verdict::asked_of(map);
    std::printf(how.csv ? "%s,%s,%.3f,%.3f,%u\n" : "%-10s %s  mean %.2f of %.2f asked, %u cells\n", map.c_str(),
                passed ? "pass" : "miss", said.mean(), verdict::asked_of(map), said.cells);
    for (const std::string& cell : said.below)
      std::printf(how.csv ? "%s,below\n" : "           below: %s\n", cell.c_str());
    slower = slower || !passed;
  }
  return slower ? 1 : 0;
}
