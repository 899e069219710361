// What reading a concurrent_map of small entries costs, beside the floor that memory sets.
//
//   array      one load from a random 64-byte line of plain memory, as many bytes as the map has: the floor
//   hit, miss  find of present keys and of absent ones; `half`: one in two is present
//   bulk …     the same, `keys_per_call` keys a call, written into the caller's span
//
// The keys are made beforehand and streamed; the maps have grown from empty. Each cell is the median of the rounds,
// and in a round everything is measured once, so that a slow minute of the machine hits all alike.
//
//   find_speed [entries=10000,100000,10000000] [threads=1,2] [rounds=5] [max_load_factor=0: the map's]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <portolan/base/platform.hpp>
#include <portolan/map/bulk.hpp>
#include <portolan/map/concurrent_map.hpp>

namespace {

constexpr std::size_t keys_a_thread = std::size_t{1} << 21;
constexpr std::size_t keys_per_call = 32;

std::uint64_t mixed(std::uint64_t word) {
  word += 0x9E3779B97F4A7C15;
  word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
  word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
  return word ^ (word >> 31);
}

using map = portolan::concurrent_map<std::uint64_t, std::uint64_t>;
using keys = std::vector<std::uint64_t>;

/// Streams of keys, one a thread: present, absent, or half of each.
enum class which { present, absent, half };
std::vector<keys> streams(std::size_t entries, unsigned threads, which wanted) {
  std::vector<keys> all(threads);
  for (unsigned thread = 0; thread < threads; ++thread) {
    std::uint64_t chance = mixed(thread + 1000);
    all[thread].reserve(keys_a_thread);
    for (std::size_t i = 0; i < keys_a_thread; ++i) {
      chance = mixed(chance);
      const bool absent = wanted == which::absent || (wanted == which::half && (chance & 1) != 0);
      all[thread].push_back(mixed((chance >> 8) % entries + (absent ? entries : 0)));
    }
  }
  return all;
}

std::atomic<std::uint64_t> result_is_used;

/// Millions of operations a second of `threads` threads, each of which runs body(its keys) `passes` times.
template <class Body>
double speed(const std::vector<keys>& all, unsigned passes, Body body) {
  std::atomic<unsigned> ready{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> running;
  for (const keys& mine : all) {
    running.emplace_back([&] {
      ready.fetch_add(1);
      while (!go.load()) {}
      std::uint64_t sum = 0;
      for (unsigned pass = 0; pass < passes; ++pass) sum += body(mine);
      result_is_used.fetch_add(sum);
    });
  }
  while (ready.load() != all.size()) std::this_thread::yield();
  const auto start = std::chrono::steady_clock::now();
  go.store(true);
  for (auto& thread : running) thread.join();
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - start;
  return static_cast<double>(all.size() * passes * keys_a_thread) / spent.count();
}

struct alignas(64) memory_line {
  std::uint64_t first;
  std::uint64_t others[7];
};

[[gnu::noinline]] std::uint64_t read_array(const memory_line* lines, unsigned shift, const keys& mine) {
  std::uint64_t sum = 0;
  for (const std::uint64_t key : mine) sum += lines[key >> shift].first;
  return sum;
}
[[gnu::noinline]] std::uint64_t find_each(const map& in, const keys& mine) {
  std::uint64_t sum = 0;
  for (const std::uint64_t key : mine) {
    auto seen = in.find(key);  // not const: g++ 12 then keeps it in registers
    if (seen.has_value()) sum += *seen;
  }
  return sum;
}
[[gnu::noinline]] std::uint64_t find_many(const map& in, const keys& mine) {
  std::uint64_t sum = 0;
  std::optional<std::uint64_t> results[keys_per_call];
  for (std::size_t at = 0; at + keys_per_call <= mine.size(); at += keys_per_call) {
    portolan::find_each(in, std::span(mine).subspan(at, keys_per_call), results);
    for (const auto& seen : results) sum += seen.value_or(0);
  }
  return sum;
}

struct row {
  const char* name;
  std::function<double()> measure;
  std::vector<double> seen;
  [[nodiscard]] double median() {
    std::sort(seen.begin(), seen.end());
    return seen[seen.size() / 2];
  }
};

void measure(const map& in, unsigned threads, unsigned rounds) {
  const std::size_t entries = in.size();
  const double bytes_an_entry = static_cast<double>(in.stats().bytes) / static_cast<double>(entries);
  unsigned lg = 4;
  while ((std::size_t{64} << lg) < in.stats().bytes * 7 / 8) ++lg;
  auto* const lines = static_cast<memory_line*>(portolan::platform::map_pages(sizeof(memory_line) << lg));
  for (std::size_t i = 0; i >> lg == 0; ++i) lines[i].first = i;
  const auto present = streams(entries, threads, which::present);
  const auto absent = streams(entries, threads, which::absent);
  const auto half = streams(entries, threads, which::half);
  const unsigned passes = entries > 1'000'000 ? 1 : 8;
  const auto finds = [&](const keys& mine) { return find_each(in, mine); };
  const auto bulk = [&](const keys& mine) { return find_many(in, mine); };
  row rows[] = {
      {"array",
       [&] { return speed(present, passes, [&](const keys& mine) { return read_array(lines, 64 - lg, mine); }); },
       {}},
      {"hit", [&] { return speed(present, passes, finds); }, {}},
      {"miss", [&] { return speed(absent, passes, finds); }, {}},
      {"half", [&] { return speed(half, passes, finds); }, {}},
      {"bulk hit", [&] { return speed(present, passes, bulk); }, {}},
      {"bulk miss", [&] { return speed(absent, passes, bulk); }, {}},
      {"bulk half", [&] { return speed(half, passes, bulk); }, {}},
  };
  for (unsigned round = 0; round < rounds; ++round) {
    for (row& each : rows) each.seen.push_back(each.measure());
  }
  std::printf("%9zu entries, %u threads, %.1f bytes an entry\n", entries, threads, bytes_an_entry);
  const double floor = rows[0].median();
  for (row& each : rows)
    std::printf("  %-10s %7.1f Mops  %5.2f of the array\n", each.name, each.median(), each.median() / floor);
  std::fflush(stdout);
  portolan::platform::unmap_pages(lines, sizeof(memory_line) << lg);
}

std::vector<std::size_t> numbers(const char* text) {
  std::vector<std::size_t> all;
  for (char* end = nullptr; *text != 0; text = *end == ',' ? end + 1 : end)
    all.push_back(std::strtoull(text, &end, 10));
  return all;
}

}  // namespace

int main(int count, char** arguments) {
  const auto argument = [&](int at, const char* otherwise) { return count > at ? arguments[at] : otherwise; };
  for (const std::size_t entries : numbers(argument(1, "10000,100000,10000000"))) {
    map in(portolan::map_options{.max_load_factor = std::atof(argument(4, "0"))});
    for (std::uint64_t i = 0; i < entries; ++i) in.insert(mixed(i), i);
    for (const std::size_t threads : numbers(argument(2, "1,2"))) {
      measure(in, static_cast<unsigned>(threads), static_cast<unsigned>(std::atoi(argument(3, "5"))));
    }
  }
}
