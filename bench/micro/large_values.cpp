// What reading a large value costs: find's copy, an owning handle (pin), a visit, and many visits in one call.
//
// Every read looks at the first and the last byte. Keys are drawn at random from 1,024; nobody writes. The best of five
// rounds is printed, in nanoseconds a read; with two threads, of the slower one.
// docs/guide/large_values.md holds a run of it.
#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/sharded_map.hpp>
#include <portolan/map/snapshot_map.hpp>
#include <portolan/map/sync_map.hpp>

namespace {

constexpr std::uint64_t keys = 1'024;
std::atomic<std::uint64_t> result_is_used;

template <class V>
std::uint64_t look_at(const V& value) {
  asm volatile("" : : "r"(&value) : "memory");  // or a compiler copies only the two bytes that are looked at
  return static_cast<unsigned char>(value.front()) + static_cast<unsigned char>(value.back());
}

/// Nanoseconds a read of `read(key)` by `threads` threads.
template <class Read>
double ns_a_read(int threads, std::size_t value_bytes, Read read) {
  const std::uint64_t reads = std::clamp<std::uint64_t>(400'000'000 / (value_bytes + 2'000), 4'000, 200'000);
  double best = 1e18;
  for (int round = 0; round < 5; ++round) {
    std::barrier start(threads);
    std::vector<double> spent(static_cast<std::size_t>(threads));
    std::vector<std::thread> running;
    for (std::size_t id = 0; id < spent.size(); ++id) {
      running.emplace_back([&, id] {
        std::uint64_t random = id + 1;
        std::uint64_t sum = 0;
        start.arrive_and_wait();
        const auto begin = std::chrono::steady_clock::now();
        for (std::uint64_t i = 0; i < reads; ++i) {
          random = random * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
          sum += read((random >> 33) % keys);
        }
        spent[id] = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
        result_is_used += sum;
      });
    }
    for (std::thread& each : running) each.join();
    best = std::min(best, *std::max_element(spent.begin(), spent.end()) / static_cast<double>(reads));
  }
  return best;
}

template <class Read>
void print_row(const char* what, std::size_t value_bytes, Read read) {
  std::printf("  %-44s %9zu %11.0f %11.0f\n", what, value_bytes, ns_a_read(1, value_bytes, read),
              ns_a_read(2, value_bytes, read));
}

template <class V>
void measure(const char* kind, std::size_t bytes, const V& value) {
  std::printf("%s of %zu bytes\n", kind, bytes);
  {
    portolan::concurrent_map<std::uint64_t, V> map;
    for (std::uint64_t key = 0; key < keys; ++key) map.insert(key, value);
    print_row("concurrent_map  find, a copy", bytes, [&](std::uint64_t key) { return look_at(*map.find(key)); });
    print_row("concurrent_map  pin, a handle", bytes, [&](std::uint64_t key) { return look_at(*map.pin(key)); });
    print_row("concurrent_map  visit", bytes, [&](std::uint64_t key) {
      std::uint64_t seen = 0;
      map.visit(key, [&](const V& shown) { seen = look_at(shown); });
      return seen;
    });
  }
  {
    portolan::sync_map<std::uint64_t, V> map;
    for (std::uint64_t key = 0; key < keys; ++key) map.insert(key, value);
    map.for_each([](std::uint64_t, const V&) {});  // all keys settle in the read table
    print_row("sync_map        pin, a handle", bytes, [&](std::uint64_t key) { return look_at(*map.pin(key)); });
  }
  {
    portolan::sharded_map<std::unordered_map<std::uint64_t, V>> map;
    for (std::uint64_t key = 0; key < keys; ++key) map.insert(key, value);
    print_row("sharded_map     find, a copy under the lock", bytes,
              [&](std::uint64_t key) { return look_at(*map.find(key)); });
  }
  {
    portolan::sharded_map<std::unordered_map<std::uint64_t, std::shared_ptr<const V>>> map;
    for (std::uint64_t key = 0; key < keys; ++key) map.insert(key, std::make_shared<const V>(value));
    print_row("sharded_map     find, of shared_ptr<const V>", bytes,
              [&](std::uint64_t key) { return look_at(**map.find(key)); });
  }
}

template <std::size_t Bytes>
void measure_array() {
  auto value = std::make_unique<std::array<char, Bytes>>();
  value->fill('x');
  measure("std::array", Bytes, *value);
}

}  // namespace

int main() {
  std::printf("  %-44s %9s %11s %11s\n", "ns a read", "bytes", "1 thread", "2 threads");
  for (const std::size_t bytes : {32U, 256U, 1'024U, 4'096U, 16'384U, 65'536U}) {
    measure("std::string", bytes, std::string(bytes, 'x'));
  }
  measure_array<32>();
  measure_array<1'024>();
  measure_array<16'384>();
}
