// What recording costs an operation: a map bare and recorded, on the thread that asks.
//
//   keys      number, text of 20 characters     operation   find (hit), insert_or_assign
//   file      a real file, gzip; bursts of as many operations as a ring holds, so that nothing is dropped: each burst is
//             timed, then written out untimed
//
// The best burst is printed: interruptions only ever add. docs/guide/recording.md holds a run of it.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/observe/record.hpp>

namespace {

volatile std::uint64_t result_is_used;

constexpr std::size_t key_count = 1'000;
constexpr std::size_t burst = 20'000;
constexpr int bursts = 60;

template <class K>
std::vector<K> make_keys() {
  std::vector<K> keys;
  for (std::uint64_t i = 0; i < key_count; ++i) {
    if constexpr (std::is_same_v<K, std::string>) {
      keys.push_back("session:" + std::to_string(100'000'000'000 + i * 7'919));
    } else {
      keys.push_back(i * 7'919);
    }
  }
  return keys;
}

template <class Map, class Operation, class After>
double best_ns(Map& map, Operation operation, After after) {
  double best = std::numeric_limits<double>::max();
  for (int round = 0; round < bursts; ++round) {
    const auto start = std::chrono::steady_clock::now();
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < burst; ++i) sum += operation(map, i % key_count);
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    result_is_used = sum;
    best = std::min(best, spent.count() / static_cast<double>(burst));
    after();
  }
  return best;
}

template <class K>
void measure(const char* keys_are, const char* file) {
  using map_type = portolan::concurrent_map<K, std::uint64_t>;
  const std::vector<K> keys = make_keys<K>();
  map_type bare;
  portolan::record_options how;
  how.file = file;
  how.ring_bytes = std::size_t{4} << 20;
  portolan::recorded<map_type> recorded(how);
  for (const K& key : keys) {
    bare.insert(key, 1U);
    recorded.insert(key, 1U);
  }
  const auto report = [&](const char* name, auto operation) {
    const double without = best_ns(bare, operation, [] {});
    const double with = best_ns(recorded, operation, [&] { recorded.flush_recording(); });
    std::printf("%-8s %-18s %8.1f ns bare %8.1f ns recorded %8.1f ns more\n", keys_are, name, without, with,
                with - without);
  };
  report("find", [&](auto& map, std::size_t i) { return map.find(keys[i]).value_or(0); });
  report("insert_or_assign", [&](auto& map, std::size_t i) {
    return map.insert_or_assign(keys[i], i) == portolan::assignment::assigned ? 1U : 0U;
  });
  recorded.flush_recording();
  const portolan::record_figures all = recorded.recording();
  std::printf("%-8s %llu written, %llu missing, %.1f bytes an operation in the file\n", keys_are,
              static_cast<unsigned long long>(all.written), static_cast<unsigned long long>(all.missing),
              static_cast<double>(all.file_bytes) / static_cast<double>(all.written));
}

}  // namespace

int main(int count, char** words) {
  const char* file = count > 1 ? words[1] : "recorded-trace.gz";
  measure<std::uint64_t>("number", file);
  measure<std::string>("text", file);
  std::remove(file);
}
