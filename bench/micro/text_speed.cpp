// Text keys: what one operation costs here and in the packaged peers, for the document of the node engine.
//
//   text_speed [entries] [threads] [ms a cell] [rounds] [maps] [cells] [keys]      0 or "all" takes the default
//     maps   ours, cuckoo, tbb, absl, separated by commas
//     cells  hit, miss, 99, 95, 50 (finds, the rest insert and erase), upsert, count (compute), session (short lives)
//     keys   long (16 to 32 characters), short (4 to 12), wide (long keys, values of 32 bytes)
//   text_speed trace ours hit 100000 long 300000      that many operations and nothing else, for a count of instructions
//
// Each thread walks through its own record of operations, made before; all maps take a string_view. The maps are
// measured in turn, as often as there are rounds; the median is printed, in millions of operations a second.
#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include <portolan/map/concurrent_map.hpp>

#if __has_include(<libcuckoo/cuckoohash_map.hh>)
#include <libcuckoo/cuckoohash_map.hh>
#define TEXT_SPEED_CUCKOO 1
#endif
#if __has_include(<tbb/concurrent_hash_map.h>)
#include <tbb/concurrent_hash_map.h>
#define TEXT_SPEED_TBB 1
#endif
#if __has_include(<absl/container/flat_hash_map.h>)
#include <absl/container/flat_hash_map.h>
#define TEXT_SPEED_ABSL 1
#endif

namespace {

std::atomic<std::uint64_t> result_is_used;

struct wide_value {
  std::uint64_t word = 0;
  std::uint64_t more[3] = {};
};
template <class V>
V value_of(std::uint64_t number) {
  if constexpr (std::is_same_v<V, wide_value>) {
    return {number, {number, number, number}};
  } else {
    return number;
  }
}
template <class V>
std::uint64_t word_of(const V& value) {
  if constexpr (std::is_same_v<V, wide_value>) {
    return value.word + value.more[2];
  } else {
    return value;
  }
}

// ---- the maps: find, insert, erase, assign, add ------------------------------------------------------------------

template <class V>
class ours {
 public:
  bool find(std::string_view key, std::uint64_t& sum) {
    const auto found = map_.find(key);
    if (!found) return false;
    sum += word_of<V>(*found);
    return true;
  }
  void insert(std::string_view key, std::uint64_t number) { map_.insert(key, value_of<V>(number)); }
  void erase(std::string_view key) { map_.erase(key); }
  void assign(std::string_view key, std::uint64_t number) { map_.insert_or_assign(key, value_of<V>(number)); }
  void add(std::string_view key) {
    map_.compute(key, [](const V* was) { return value_of<V>(was == nullptr ? 1 : word_of<V>(*was) + 1); });
  }

 private:
  portolan::concurrent_map<std::string, V> map_;
};

struct text_equal {
  using is_transparent = void;
  bool operator()(std::string_view left, std::string_view right) const { return left == right; }
};

#if defined(TEXT_SPEED_CUCKOO)
template <class V>
class cuckoo {
 public:
  bool find(std::string_view key, std::uint64_t& sum) {
    return map_.find_fn(key, [&](const V& value) { sum += word_of<V>(value); });
  }
  void insert(std::string_view key, std::uint64_t number) { map_.insert(key, value_of<V>(number)); }
  void erase(std::string_view key) { map_.erase(key); }
  void assign(std::string_view key, std::uint64_t number) {
    map_.upsert(
        key, [&](V& value) { value = value_of<V>(number); }, value_of<V>(number));
  }
  void add(std::string_view key) {
    map_.upsert(
        key, [](V& value) { value = value_of<V>(word_of<V>(value) + 1); }, value_of<V>(1));
  }

 private:
  libcuckoo::cuckoohash_map<std::string, V, portolan::hash<std::string>, text_equal> map_;
};
#endif

#if defined(TEXT_SPEED_TBB)
struct tbb_text {
  using is_transparent = void;
  portolan::hash<std::string> hasher;
  std::size_t hash(std::string_view key) const { return hasher(key); }
  bool equal(std::string_view left, std::string_view right) const { return left == right; }
};
template <class V>
class tbb_map {
  using table = tbb::concurrent_hash_map<std::string, V, tbb_text>;

 public:
  bool find(std::string_view key, std::uint64_t& sum) {
    typename table::const_accessor held;
    if (!map_.find(held, key)) return false;
    sum += word_of<V>(held->second);
    return true;
  }
  void insert(std::string_view key, std::uint64_t number) { map_.emplace(key, value_of<V>(number)); }
  void erase(std::string_view key) { map_.erase(key); }
  void assign(std::string_view key, std::uint64_t number) {
    typename table::accessor held;
    map_.insert(held, key);
    held->second = value_of<V>(number);
  }
  void add(std::string_view key) {
    typename table::accessor held;
    map_.insert(held, key);
    held->second = value_of<V>(word_of<V>(held->second) + 1);
  }

 private:
  table map_;
};
#endif

#if defined(TEXT_SPEED_ABSL)
template <class V>
class absl_shards {
  struct alignas(128) shard {
    std::mutex lock;
    absl::flat_hash_map<std::string, V, portolan::hash<std::string>, text_equal> map;
  };

 public:
  bool find(std::string_view key, std::uint64_t& sum) {
    shard& in = of(key);
    const std::lock_guard hold(in.lock);
    const auto found = in.map.find(key);
    if (found == in.map.end()) return false;
    sum += word_of<V>(found->second);
    return true;
  }
  void insert(std::string_view key, std::uint64_t number) {
    shard& in = of(key);
    const std::lock_guard hold(in.lock);
    in.map.try_emplace(key, value_of<V>(number));
  }
  void erase(std::string_view key) {
    shard& in = of(key);
    const std::lock_guard hold(in.lock);
    const auto found = in.map.find(key);
    if (found != in.map.end()) in.map.erase(found);
  }
  void assign(std::string_view key, std::uint64_t number) {
    shard& in = of(key);
    const std::lock_guard hold(in.lock);
    in.map[key] = value_of<V>(number);
  }
  void add(std::string_view key) {
    shard& in = of(key);
    const std::lock_guard hold(in.lock);
    V& value = in.map[key];
    value = value_of<V>(word_of<V>(value) + 1);
  }

 private:
  shard& of(std::string_view key) { return shards_[hash_(key) >> 58]; }
  portolan::hash<std::string> hash_;
  std::array<shard, 64> shards_;
};
#endif

// ---- what is done ------------------------------------------------------------------------------------------------

enum class step : std::uint8_t { find, insert, erase, assign, add };

struct record {
  step what;
  std::uint8_t size;
  char text[38];
  [[nodiscard]] std::string_view key() const { return {text, size}; }
};

class random_numbers {
 public:
  explicit random_numbers(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 1) {}
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ * 0x2545F4914F6CDD1DU;
  }
  std::uint64_t below(std::uint64_t bound) {
    __extension__ using wide = unsigned __int128;
    return static_cast<std::uint64_t>((wide{next()} * bound) >> 64);
  }

 private:
  std::uint64_t state_;
};

/// The text with this number; different numbers have different texts.
void write_key(record& into, std::uint64_t number, bool is_short) {
  constexpr char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
  const std::uint64_t mixed = (number + 1) * 0x9E3779B97F4A7C15U;
  if (is_short) {
    into.size = static_cast<std::uint8_t>(4 + (mixed >> 60) % 9);
    std::uint64_t left = number;
    for (unsigned i = 0; i < into.size; ++i, left >>= 6) into.text[i] = alphabet[left & 63];
    for (unsigned i = 4; i < into.size; ++i) into.text[i] = left == 0 && i > 5 ? 'x' : into.text[i];
    return;
  }
  into.size = static_cast<std::uint8_t>(16 + (mixed >> 40) % 17);
  for (unsigned i = 0; i < into.size; ++i) {
    into.text[i] = alphabet[(i < 10 ? number >> (6 * i) : mixed >> (i % 10 * 6)) & 63];
  }
}

struct plan {
  std::size_t entries = 100'000;
  std::size_t operations = 262'144;
  bool is_short = false;
};

std::vector<record> record_of(std::string_view cell, const plan& how, unsigned thread, unsigned threads) {
  random_numbers random(thread + 7);
  std::vector<record> steps(how.operations);
  const std::size_t mine = how.entries / threads;
  std::size_t born = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    record& at = steps[i];
    at.what = step::find;
    std::uint64_t number = random.below(how.entries);
    const std::uint64_t dice = random.below(1000);
    if (cell == "miss") number += how.entries * 2;
    if (cell == "upsert" && dice < 500) at.what = step::assign;
    if (cell == "count") at.what = step::add;
    const unsigned percent = cell == "99" ? 99 : cell == "95" ? 95 : cell == "50" ? 50 : 100;
    if (percent != 100) {
      number = random.below(how.entries * 2);
      if (dice >= percent * 10) at.what = (dice & 1) == 0 ? step::insert : step::erase;
    }
    if (cell == "session") {
      // A session is opened, looked at twice within its life, and closed a thousand sessions later.
      const std::uint64_t base = how.entries * (4 + std::uint64_t{thread});
      switch (i & 3) {
        case 0:
          at.what = step::insert;
          number = base + born++ % mine;
          break;
        case 3:
          at.what = step::erase;
          number = base + (born + mine - 1000) % mine;
          break;
        default: number = base + (born + mine - 1 - random.below(born < 900 ? born : 900)) % mine; break;
      }
    }
    write_key(at, number, how.is_short);
  }
  return steps;
}

template <class Map>
std::uint64_t perform(Map& map, const record& at) {
  std::uint64_t sum = 0;
  switch (at.what) {
    case step::find: sum += static_cast<std::uint64_t>(map.find(at.key(), sum)); break;
    case step::insert: map.insert(at.key(), at.size); break;
    case step::erase: map.erase(at.key()); break;
    case step::assign: map.assign(at.key(), at.size); break;
    case step::add: map.add(at.key()); break;
  }
  return sum;
}

template <class Map>
void fill(Map& map, const plan& how) {
  record at{};
  for (std::size_t number = 0; number < how.entries; ++number) {
    write_key(at, number, how.is_short);
    map.insert(at.key(), number);
  }
}

template <class Map>
double millions_a_second(Map& map, const std::vector<std::vector<record>>& steps, unsigned ms) {
  const auto threads = static_cast<unsigned>(steps.size());
  std::barrier start(static_cast<std::ptrdiff_t>(threads));
  std::vector<double> rates(threads);
  std::vector<std::thread> running;
  for (unsigned id = 0; id < threads; ++id) {
    running.emplace_back([&, id] {
      const auto& mine = steps[id];
      std::uint64_t sum = 0;
      std::size_t at = 0;
      std::size_t done = 0;
      start.arrive_and_wait();
      const auto begin = std::chrono::steady_clock::now();
      double spent = 0;
      while (spent < ms * 1e-3) {
        for (unsigned i = 0; i < 2'048; ++i) {
          sum += perform(map, mine[at]);
          if (++at == mine.size()) at = 0;
        }
        done += 2'048;
        spent = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      }
      rates[id] = static_cast<double>(done) / spent * 1e-6;
      result_is_used += sum;
    });
  }
  double all = 0;
  for (unsigned id = 0; id < threads; ++id) {
    running[id].join();
    all += rates[id];
  }
  return all;
}

// ---- the run -----------------------------------------------------------------------------------------------------

bool names(std::string_view list, std::string_view name) {
  if (list.empty() || list == "all" || list == "0") return true;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (list.substr(0, comma) == name) return true;
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return false;
}

template <class V, class F>
void for_each_map(std::string_view list, F f) {
  if (names(list, "ours")) f("ours", std::type_identity<ours<V>>());
#if defined(TEXT_SPEED_CUCKOO)
  if (names(list, "cuckoo")) f("cuckoo", std::type_identity<cuckoo<V>>());
#endif
#if defined(TEXT_SPEED_TBB)
  if (names(list, "tbb")) f("tbb", std::type_identity<tbb_map<V>>());
#endif
#if defined(TEXT_SPEED_ABSL)
  if (names(list, "absl")) f("absl", std::type_identity<absl_shards<V>>());
#endif
}

struct contender {
  const char* name;
  std::shared_ptr<void> map;
  double (*measure)(void* map, const std::vector<std::vector<record>>& steps, unsigned ms);
  std::vector<double> rates{};
};

template <class V>
void compare(const plan& how, unsigned threads, unsigned ms, unsigned rounds, std::string_view maps,
             std::string_view cells) {
  std::vector<contender> all;
  for_each_map<V>(maps, [&](const char* name, auto type) {
    using map = typename decltype(type)::type;
    auto made = std::make_shared<map>();
    fill(*made, how);
    all.push_back({name, made, [](void* at, const std::vector<std::vector<record>>& steps, unsigned span_ms) {
                     return millions_a_second(*static_cast<map*>(at), steps, span_ms);
                   }});
  });
  std::printf("%-8s", "cell");
  for (const contender& each : all) std::printf("%9s", each.name);
  std::printf("   ours / best\n");
  for (const char* cell : {"hit", "miss", "99", "95", "50", "upsert", "count", "session"}) {
    if (!names(cells, cell)) continue;
    std::vector<std::vector<record>> steps;
    for (unsigned id = 0; id < threads; ++id) steps.push_back(record_of(cell, how, id, threads));
    for (contender& each : all) each.rates.clear();
    for (unsigned round = 0; round < rounds; ++round) {
      for (contender& each : all) each.rates.push_back(each.measure(each.map.get(), steps, ms));
    }
    std::printf("%-8s", cell);
    double first = 0;
    double best = 0;
    for (contender& each : all) {
      std::nth_element(each.rates.begin(), each.rates.begin() + rounds / 2, each.rates.end());
      const double median = each.rates[rounds / 2];
      std::printf("%9.1f", median);
      if (&each == &all.front()) {
        first = median;
      } else {
        best = std::max(best, median);
      }
    }
    std::printf("%10.2f\n", best == 0 ? 0 : first / best);
    std::fflush(stdout);
  }
}

/// A function of its own, so that a tool can count what it alone does (callgrind: --toggle-collect='*perform_all*').
template <class Map>
[[gnu::noinline]] std::uint64_t perform_all(Map& map, const std::vector<record>& steps) {
  std::uint64_t sum = 0;
  for (const record& at : steps) sum += perform(map, at);
  return sum;
}

template <class V>
void trace(std::string_view maps, std::string_view cell, const plan& how) {
  for_each_map<V>(maps, [&](const char*, auto type) {
    using map = typename decltype(type)::type;
    map made;
    fill(made, how);
    result_is_used += perform_all(made, record_of(cell, how, 0, 1));
  });
}

}  // namespace

int main(int count, char** words) {
  const auto word = [&](int at, const char* otherwise) { return at < count ? words[at] : otherwise; };
  const auto number = [&](int at, unsigned long otherwise) {
    const unsigned long given = std::strtoul(word(at, "0"), nullptr, 10);
    return given == 0 ? otherwise : given;
  };
  plan how;
  if (std::strcmp(word(1, ""), "trace") == 0) {
    const std::string_view keys = word(5, "long");
    how.entries = number(4, 100'000);
    how.operations = number(6, 300'000);
    how.is_short = keys == "short";
    if (keys == "wide") {
      trace<wide_value>(word(2, "ours"), word(3, "hit"), how);
    } else {
      trace<std::uint64_t>(word(2, "ours"), word(3, "hit"), how);
    }
    return 0;
  }
  how.entries = number(1, how.entries);
  const std::string_view keys = word(7, "long");
  how.is_short = keys == "short";
  if (how.entries > 1'000'000) how.operations *= 4;
  const auto threads = static_cast<unsigned>(number(2, 1));
  const auto ms = static_cast<unsigned>(number(3, 150));
  const auto rounds = static_cast<unsigned>(number(4, 5));
  if (keys == "wide") {
    compare<wide_value>(how, threads, ms, rounds, word(5, "all"), word(6, "all"));
  } else {
    compare<std::uint64_t>(how, threads, ms, rounds, word(5, "all"), word(6, "all"));
  }
  return 0;
}
