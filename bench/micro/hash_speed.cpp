// What one hash costs: ours beside std::hash and SipHash, for integers, structs and texts of several sizes.
//
//   fed      the keys are at hand, the hashes are added up: what a loop over many keys pays
//   chained  each hash chooses the next key: what one lookup waits for
//
// The best of nine rounds is printed: interruptions only ever add. docs/algorithms/hashing.md holds a run of it.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <portolan/base/hash.hpp>
#include <portolan/base/hash/siphash.hpp>

namespace {

volatile std::uint64_t result_is_used;

struct cost {
  double fed_ns;
  double chained_ns;
};

template <class Body>
double best_ns(std::uint64_t operations, Body body) {
  double best = std::numeric_limits<double>::max();
  for (int round = 0; round < 9; ++round) {
    const auto start = std::chrono::steady_clock::now();
    result_is_used = body();
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    best = std::min(best, spent.count() / static_cast<double>(operations));
  }
  return best;
}

template <class Hash>
cost measure_integers(const Hash& hash) {
  constexpr std::uint64_t operations = 2'000'000;
  const double fed = best_ns(operations, [&] {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < operations; ++i) sum += hash(i);
    return sum;
  });
  const double chained = best_ns(operations, [&] {
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < operations; ++i) last = hash(last + i);
    return last;
  });
  return {fed, chained};
}

template <class Hash>
cost measure_texts(const Hash& hash, std::size_t size) {
  constexpr std::size_t texts = 1024;
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < texts; ++i) {
    std::string key(size, ' ');
    for (std::size_t j = 0; j < size; ++j) key[j] = static_cast<char>('a' + (i * 31 + j * 7) % 26);
    keys.push_back(std::move(key));
  }
  const std::uint64_t rounds = 20 + 200'000 / (64 + size);
  const double fed = best_ns(rounds * texts, [&] {
    std::uint64_t sum = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
      for (const std::string& key : keys) sum += hash(key);
    }
    return sum;
  });
  const double chained = best_ns(rounds * texts, [&] {
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < rounds * texts; ++i) last = hash(keys[last % texts]);
    return last;
  });
  return {fed, chained};
}

// A struct of three fields: taken apart, and combined as such hashes are usually written by hand.
struct place {
  std::uint32_t country;
  std::uint32_t city;
  std::uint64_t street;
  bool operator==(const place&) const = default;
};
struct address {
  std::string street;
  std::uint32_t number;
  bool operator==(const address&) const = default;
};

struct by_hand {
  static std::size_t combine(std::size_t seed, std::size_t next) noexcept {
    return seed ^ (next + 0x9E3779B97F4A7C15 + (seed << 6) + (seed >> 2));
  }
  std::size_t operator()(const place& key) const noexcept {
    return combine(combine(std::hash<std::uint32_t>{}(key.country), std::hash<std::uint32_t>{}(key.city)),
                   std::hash<std::uint64_t>{}(key.street));
  }
  std::size_t operator()(const address& key) const noexcept {
    return combine(std::hash<std::string>{}(key.street), std::hash<std::uint32_t>{}(key.number));
  }
};

template <class K>
cost measure_structs(const std::vector<K>& keys, const auto& hash) {
  const std::uint64_t rounds = 2'000;
  const double fed = best_ns(rounds * keys.size(), [&] {
    std::uint64_t sum = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
      for (const K& key : keys) sum += hash(key);
    }
    return sum;
  });
  const double chained = best_ns(rounds * keys.size(), [&] {
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < rounds * keys.size(); ++i) last = hash(keys[last % keys.size()]);
    return last;
  });
  return {fed, chained};
}

template <int CompressionRounds, int FinalizationRounds>
struct siphash_of {
  portolan::hash_seed seed = portolan::make_seed();

  std::uint64_t operator()(std::uint64_t word) const noexcept { return digest(&word, sizeof word); }
  std::uint64_t operator()(const std::string& text) const noexcept { return digest(text.data(), text.size()); }

 private:
  std::uint64_t digest(const void* data, std::size_t size_bytes) const noexcept {
    return portolan::detail::siphash<CompressionRounds, FinalizationRounds>(seed.word0, seed.word1, data, size_bytes);
  }
};

void print(const char* name, cost measured) {
  std::printf("  %-14s %6.1f %8.1f\n", name, measured.fed_ns, measured.chained_ns);
}

}  // namespace

int main() {
  std::printf("integer             fed  chained   ns a hash\n");
  print("portolan", measure_integers(portolan::hash<std::uint64_t>{}));
  print("std, mixed", measure_integers(portolan::hash_policy<std::uint64_t, std::hash<std::uint64_t>>({}, 0)));
  print("SipHash-1-3", measure_integers(siphash_of<1, 3>{}));
  std::vector<place> places;
  std::vector<address> addresses;
  for (std::uint32_t i = 0; i < 1024; ++i) {
    places.push_back({i % 7, i % 100, i});
    addresses.push_back({"via Garibaldi " + std::to_string(i), i});
  }
  std::printf("struct of three integers\n");
  print("portolan", measure_structs(places, portolan::hash<place>{}));
  print("by hand, mixed", measure_structs(places, portolan::hash_policy<place, by_hand>({}, 0)));
  print("by hand", measure_structs(places, by_hand{}));
  std::printf("struct of a text of 17 bytes and an integer\n");
  print("portolan", measure_structs(addresses, portolan::hash<address>{}));
  print("by hand, mixed", measure_structs(addresses, portolan::hash_policy<address, by_hand>({}, 0)));
  print("by hand", measure_structs(addresses, by_hand{}));
  for (const std::size_t size : {4u, 8u, 16u, 24u, 32u, 64u, 128u, 1024u}) {
    std::printf("%4zu bytes\n", size);
    print("portolan", measure_texts(portolan::hash<std::string>{}, size));
    print("std", measure_texts(std::hash<std::string>{}, size));
    print("SipHash-1-3", measure_texts(siphash_of<1, 3>{}, size));
  }
}
