// What an optimistic update costs: versioned_map beside the same entries behind one mutex and one read-write lock, where
// the lock is held for the whole of read, change and write; at 1, 16 and 10,000 keys.
//
//   changes   each operation reads an entry, adds one, writes it back; refused: again
//   9 of 10   nine operations of ten only read
//
// At the end the sums are compared with what was added. The best of five rounds is printed, in millions of operations a
// second, all threads together, and how many tries of a hundred were refused. docs/algorithms/versioned_map.md holds a run
// of it.  usage: versioned_update [threads]
#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/versioned_map.hpp>

namespace {

using key_type = std::uint64_t;
using plain_map = std::unordered_map<key_type, std::uint64_t, portolan::hash<key_type>>;

/// The entries behind one lock; `Reading` is how a read holds it.
template <class Lock, template <class> class Reading>
struct behind_a_lock {
  void fill(key_type key) { map.emplace(key, 0); }
  std::uint64_t read(key_type key) {
    const Reading<Lock> held(lock);
    return map.find(key)->second;
  }
  std::uint64_t add(key_type key) {
    const std::lock_guard<Lock> held(lock);
    ++map.find(key)->second;
    return 0;
  }
  std::uint64_t total() {
    std::uint64_t sum = 0;
    for (const auto& [key, value] : map) sum += value;
    return sum;
  }
  Lock lock;
  plain_map map;
};

struct by_version {
  void fill(key_type key) { map.insert(key, std::uint64_t{0}); }
  std::uint64_t read(key_type key) { return map.find(key)->value; }
  std::uint64_t add(key_type key) {
    return map.update(key, [](const portolan::versioned<std::uint64_t>* now) { return now->value + 1; }).retries;
  }
  std::uint64_t total() {
    std::uint64_t sum = 0;
    map.for_each([&](key_type, const std::uint64_t& value) { sum += value; });
    return sum;
  }
  portolan::versioned_map<key_type, std::uint64_t> map;
};

struct by_compute {
  void fill(key_type key) { map.insert(key, std::uint64_t{0}); }
  std::uint64_t read(key_type key) { return *map.find(key); }
  std::uint64_t add(key_type key) {
    map.compute(key, [](const std::uint64_t* now) { return *now + 1; });
    return 0;
  }
  std::uint64_t total() {
    std::uint64_t sum = 0;
    map.for_each([&](key_type, std::uint64_t value) { sum += value; });
    return sum;
  }
  portolan::concurrent_map<key_type, std::uint64_t> map;
};

struct figure {
  double millions = 0;
  double refused_percent = 0;
};

volatile std::uint64_t result_is_used;

template <class Map>
figure one_round(unsigned threads, std::uint64_t keys, unsigned reads_of_10) {
  constexpr std::uint64_t operations = 300'000;
  Map map;
  for (key_type key = 0; key < keys; ++key) map.fill(key);
  std::vector<std::uint64_t> added(threads);
  std::vector<std::uint64_t> refused(threads);
  using clock = std::chrono::steady_clock;
  std::vector<clock::time_point> began(threads);
  std::vector<clock::time_point> ended(threads);
  std::barrier gate(static_cast<std::ptrdiff_t>(threads));
  std::vector<std::thread> crew;
  for (unsigned id = 0; id < threads; ++id) {
    crew.emplace_back([&, id] {
      std::uint64_t random = 0x9E3779B97F4A7C15 * (id + 1);
      std::uint64_t mine = 0;
      std::uint64_t again = 0;
      std::uint64_t seen = 0;
      gate.arrive_and_wait();
      began[id] = clock::now();
      for (std::uint64_t i = 0; i < operations; ++i) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        const key_type key = (random >> 33) % keys;
        if ((random >> 20) % 10 < reads_of_10) {
          seen += map.read(key);
        } else {
          again += map.add(key);
          ++mine;
        }
      }
      ended[id] = clock::now();
      added[id] = mine;
      refused[id] = again;
      result_is_used = seen;
    });
  }
  for (auto& each : crew) each.join();
  const std::chrono::duration<double> spent =
      *std::max_element(ended.begin(), ended.end()) - *std::min_element(began.begin(), began.end());
  std::uint64_t sum = 0;
  std::uint64_t lost_tries = 0;
  for (unsigned id = 0; id < threads; ++id) {
    sum += added[id];
    lost_tries += refused[id];
  }
  if (map.total() != sum) {
    std::fprintf(stderr, "an update was lost\n");
    std::exit(1);
  }
  return {static_cast<double>(operations * threads) / spent.count() / 1e6,
          100.0 * static_cast<double>(lost_tries) / static_cast<double>(sum + lost_tries)};
}

template <class Map>
void row(const char* name, unsigned threads, unsigned reads_of_10) {
  std::printf("%-26s", name);
  for (const std::uint64_t keys : {1U, 16U, 10'000U}) {
    figure best;
    for (int round = 0; round < 5; ++round) {
      const figure now = one_round<Map>(threads, keys, reads_of_10);
      if (now.millions > best.millions) best = now;
    }
    std::printf("%10.2f %6.2f %%", best.millions, best.refused_percent);
  }
  std::printf("\n");
}

void table(const char* title, unsigned threads, unsigned reads_of_10) {
  std::printf("%s, %u threads; M operations/s and refused tries\n%-26s%19s%19s%19s\n", title, threads, "", "1 key",
              "16 keys", "10,000 keys");
  row<behind_a_lock<std::mutex, std::lock_guard>>("std::mutex", threads, reads_of_10);
  row<behind_a_lock<std::shared_mutex, std::shared_lock>>("std::shared_mutex", threads, reads_of_10);
  row<by_version>("versioned_map", threads, reads_of_10);
  row<by_compute>("concurrent_map, compute", threads, reads_of_10);
}

}  // namespace

int main(int count, char** words) {
  const int asked = count > 1 ? std::atoi(words[1]) : static_cast<int>(std::thread::hardware_concurrency());
  const auto threads = static_cast<unsigned>(std::max(2, asked));
  table("changes", threads, 0);
  std::printf("\n");
  table("9 of 10 read", threads, 9);
}
