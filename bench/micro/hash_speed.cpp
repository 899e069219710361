// What one hash costs: ours beside std::hash and SipHash, for integers and for texts of several sizes.
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
  for (const std::size_t size : {4u, 8u, 16u, 24u, 32u, 64u, 128u, 1024u}) {
    std::printf("%4zu bytes\n", size);
    print("portolan", measure_texts(portolan::hash<std::string>{}, size));
    print("std", measure_texts(std::hash<std::string>{}, size));
    print("SipHash-1-3", measure_texts(siphash_of<1, 3>{}, size));
  }
}
