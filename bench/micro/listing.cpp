// What list() costs who calls it and who writes meanwhile, beside snapshot(), which mixes moments.
//
//   list, snapshot   one thread, nobody writes; the best of five
//   longest wait     the longest single insert_or_assign of a thread that writes without pause: while the other thread
//                    does nothing, while it takes a snapshot(), while it lists. The median of eleven listings, since the
//                    longest of all is the scheduler's
//
// docs/guide/listing.md holds a run of it. Arguments: the numbers of entries; 1000 100000 1000000 if there are none.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/guarded_map.hpp>
#include <portolan/map/list.hpp>
#include <portolan/map/sharded_map.hpp>
#include <portolan/map/snapshot_map.hpp>
#include <portolan/map/sync_map.hpp>

namespace {

using clock_type = std::chrono::steady_clock;
volatile std::size_t result_is_used;

double microseconds_since(clock_type::time_point start) {
  return std::chrono::duration<double, std::micro>(clock_type::now() - start).count();
}

template <class F>
double best_us(F f) {
  double best = 1e18;
  for (int round = 0; round < 5; ++round) {
    const auto start = clock_type::now();
    result_is_used = f();
    best = std::min(best, microseconds_since(start));
  }
  return best;
}

template <class V>
V value_of(std::uint64_t number) {
  if constexpr (std::is_same_v<V, std::string>) {
    return "a value that no small buffer holds, number " + std::to_string(number);
  } else {
    return number;
  }
}

/// The longest write of another thread while `f` runs, as the median of eleven runs.
template <class Map, class F>
double longest_wait_us(Map& map, std::uint64_t entries, F f) {
  std::vector<double> longest;
  for (int round = 0; round < 11; ++round) {
    std::atomic<int> phase{0};
    double wait_us = 0;
    std::thread writer([&] {
      std::uint64_t key = 1;
      phase = 1;
      while (phase < 3) {
        key = key * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
        const auto value = value_of<typename Map::mapped_type>(key);
        const auto start = clock_type::now();
        map.insert_or_assign((key >> 33) % entries, value);
        const double spent = microseconds_since(start);
        if (phase == 2) wait_us = std::max(wait_us, spent);
      }
    });
    while (phase == 0) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    phase = 2;
    f();
    phase = 3;
    writer.join();
    longest.push_back(wait_us);
  }
  std::nth_element(longest.begin(), longest.begin() + 5, longest.end());
  return longest[5];
}

template <class Map>
void measure(const char* name, std::uint64_t entries) {
  using V = typename Map::mapped_type;
  Map map;
  if constexpr (requires { map.store_all(std::vector<std::pair<std::uint64_t, V>>()); }) {
    std::vector<std::pair<std::uint64_t, V>> all;
    for (std::uint64_t key = 0; key < entries; ++key) all.emplace_back(key, value_of<V>(key));
    map.store_all(std::move(all));
  } else {
    for (std::uint64_t key = 0; key < entries; ++key) map.insert(key, value_of<V>(key));
  }
  const double weak = best_us([&] { return map.snapshot().size(); });
  const double strong = best_us([&] { return portolan::list(map).size(); });
  std::printf("%-34s %9llu %13.0f %13.0f", name, static_cast<unsigned long long>(entries), weak, strong);
  if (std::is_same_v<Map, portolan::snapshot_map<std::uint64_t, V>> && entries > 1'000) {
    std::printf("   (a write copies the table)\n");
    return;
  }
  const double idle = longest_wait_us(map, entries, [] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); });
  const double beside_weak = longest_wait_us(map, entries, [&] { result_is_used = map.snapshot().size(); });
  const double beside_strong = longest_wait_us(map, entries, [&] { result_is_used = portolan::list(map).size(); });
  std::printf(" %11.1f %11.1f %11.1f\n", idle, beside_weak, beside_strong);
}

void measure_all(std::uint64_t entries) {
  using number = std::uint64_t;
  measure<portolan::concurrent_map<number, number>>("concurrent_map, 8 B values", entries);
  measure<portolan::concurrent_map<number, std::string>>("concurrent_map, strings of 50 B", entries);
  measure<portolan::sync_map<number, std::string>>("sync_map, strings of 50 B", entries);
  measure<portolan::sharded_map<std::unordered_map<number, std::string>>>("sharded_map, strings of 50 B", entries);
  measure<portolan::guarded_map<std::unordered_map<number, std::string>>>("guarded_map, strings of 50 B", entries);
  measure<portolan::snapshot_map<number, std::string>>("snapshot_map, strings of 50 B", entries);
}

}  // namespace

int main(int argc, char** argv) {
  std::printf("%-34s %9s %13s %13s %35s\n", "", "", "snapshot()", "list()", "longest wait of a writer, µs");
  std::printf("%-34s %9s %13s %13s %11s %11s %11s\n", "", "entries", "µs", "µs", "beside none", "snapshot", "list");
  if (argc == 1) {
    for (const std::uint64_t entries : {1'000U, 100'000U, 1'000'000U}) measure_all(entries);
  }
  for (int i = 1; i < argc; ++i) measure_all(std::strtoull(argv[i], nullptr, 10));
}
