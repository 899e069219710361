// What one addition costs: aggregate_map by thread and by key, beside a map behind a mutex, a sharded_map and
// concurrent_map's compute, at 1, 100 and 10,000 keys.
//
//   each thread adds 1 to keys chosen by a generator of its own; at the end the sums are compared with what was added
//
// The best of five rounds is printed, in millions of additions a second, all threads together.
// docs/algorithms/aggregate_map.md holds a run of it.
#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include <portolan/map/aggregate_map.hpp>
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/sharded_map.hpp>

namespace {

using key_type = std::uint64_t;
using plain_map = std::unordered_map<key_type, std::uint64_t, portolan::hash<key_type>>;
using counters = portolan::aggregate_map<key_type, portolan::aggregate::sum<std::uint64_t>>;

struct behind_a_mutex {
  void add(key_type key) {
    const std::lock_guard held(lock);
    ++map[key];
  }
  std::uint64_t total() {
    std::uint64_t sum = 0;
    for (const auto& [key, value] : map) sum += value;
    return sum;
  }
  std::mutex lock;
  plain_map map;
};

template <class Map>
struct by_compute {
  void add(key_type key) {
    map.compute(key, [](const std::uint64_t* now) { return now == nullptr ? std::uint64_t{1} : *now + 1; });
  }
  std::uint64_t total() {
    std::uint64_t sum = 0;
    map.for_each([&](const key_type&, const std::uint64_t& value) { sum += value; });
    return sum;
  }
  Map map;
};

template <std::size_t Shards, portolan::shard_by By>
struct aggregated {
  void add(key_type key) { map.add(key, 1); }
  std::uint64_t total() {
    std::uint64_t sum = 0;
    for (const auto& [key, value] : map.drain()) sum += value;
    return sum;
  }
  counters map{counters::shards{Shards, By}};
};

template <class Subject>
double millions_a_second(int threads, std::uint64_t keys) {
  const std::uint64_t each = 2'000'000 / static_cast<std::uint64_t>(threads);
  double best = 0;
  for (int round = 0; round < 5; ++round) {
    Subject subject;
    std::chrono::steady_clock::time_point begun;
    std::barrier start(threads, [&]() noexcept { begun = std::chrono::steady_clock::now(); });
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t) {
      running.emplace_back([&, t] {
        std::uint64_t state = static_cast<std::uint64_t>(t) * 0x9E3779B97F4A7C15 + 1;
        start.arrive_and_wait();
        for (std::uint64_t i = 0; i < each; ++i) {
          state = state * 6364136223846793005 + 1442695040888963407;
          subject.add((state >> 33) % keys);
        }
      });
    }
    for (std::thread& thread : running) thread.join();
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begun;
    const std::uint64_t added = each * static_cast<std::uint64_t>(threads);
    if (subject.total() != added) {
      std::fprintf(stderr, "additions were lost\n");
      std::exit(2);
    }
    best = std::max(best, static_cast<double>(added) / spent.count() / 1e6);
  }
  return best;
}

template <class Subject>
void print(const char* name) {
  std::printf("  %-28s", name);
  for (const int threads : {1, 2, 8, 64}) {
    for (const std::uint64_t keys : {1u, 100u, 10'000u})
      std::printf(" %6.1f", millions_a_second<Subject>(threads, keys));
    std::printf(" |");
  }
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace

int main() {
  std::printf(
      "threads                        1                    | 2                    | 8                    | 64\n");
  std::printf("keys                                1    100  10000 |\n");
  using portolan::shard_by;
  print<behind_a_mutex>("unordered_map and mutex");
  print<by_compute<portolan::sharded_map<plain_map>>>("sharded_map, compute");
  print<by_compute<portolan::concurrent_map<key_type, std::uint64_t>>>("concurrent_map, compute");
  print<aggregated<32, shard_by::key>>("aggregate, 32 by key");
  print<aggregated<8, shard_by::thread>>("aggregate, 8 by thread");
  print<aggregated<32, shard_by::thread>>("aggregate, 32 by thread");
  print<aggregated<128, shard_by::thread>>("aggregate, 128 by thread");
}
