// The default hash spreads keys of every shape as if it were random.
//
// Method: everything runs under fixed seeds, so that a test gives the same answer in each run; the bounds are wide
// (ten standard deviations for loads, seven for flips), so that only a broken hash misses them.
#include <portolan/base/hash.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/scale.hpp"

namespace {

using portolan::hash;
using portolan::hash_policy;
using portolan::make_seed;

// ---- statistics --------------------------------------------------------------------------------

// How unevenly `hashes` fill 2^12 buckets, by the bits from `shift` up: about 1 for random ones, more for worse.
double unevenness(const std::vector<std::uint64_t>& hashes, int shift) {
  constexpr std::size_t buckets = 4096;
  std::vector<int> load(buckets);
  for (const std::uint64_t hashed : hashes) ++load[(hashed >> shift) % buckets];
  const double expected = static_cast<double>(hashes.size()) / buckets;
  double sum = 0;
  for (const int count : load) sum += (count - expected) * (count - expected) / expected;
  return sum / (buckets - 1);
}

// One standard deviation of `unevenness` is sqrt(2/4095) = 0.022.
constexpr double bearable_unevenness = 1.25;
constexpr double suspicious_evenness = 0.75;

void expect_random_looking(const std::vector<std::uint64_t>& hashes, const std::string& what) {
  for (const int shift : {52, 40, 32, 20, 0}) {
    EXPECT_LT(unevenness(hashes, shift), bearable_unevenness) << what << ", bits from " << shift << " up";
    EXPECT_GT(unevenness(hashes, shift), suspicious_evenness) << what << ", bits from " << shift << " up";
  }
  const std::set<std::uint64_t> different(hashes.begin(), hashes.end());
  EXPECT_EQ(different.size(), hashes.size()) << what;
}

template <class Hash, class MakeKey>
void expect_random_looking_keys(const Hash& hasher, MakeKey make_key, const std::string& what) {
  std::vector<std::uint64_t> hashes;
  const int keys = 16384;
  for (int i = 0; i < keys; ++i) hashes.push_back(hasher(make_key(i)));
  expect_random_looking(hashes, what);
}

constexpr std::array<std::uint64_t, 3> seeds = {1, 2, 0xDEADBEEF};
// A sanitizer sees the same whatever the seed.
constexpr std::span<const std::uint64_t> some_seeds(seeds.data(), support::sanitized ? 1 : seeds.size());

// The share of samples in which flipping one bit of the input flips each bit of the hash, at its worst.
template <class Hash, class Draw, class Flip>
double worst_avalanche_bias(const Hash& hasher, int input_bits, Draw draw, Flip flip) {
  const int samples = support::scaled(4000);
  double worst = 0;
  for (int in = 0; in < input_bits; ++in) {
    std::array<int, 64> flips{};
    for (int s = 0; s < samples; ++s) {
      auto key = draw();
      const std::uint64_t before = hasher(key);
      flip(key, in);
      const std::uint64_t difference = before ^ hasher(key);
      for (std::size_t out = 0; out < 64; ++out) flips[out] += static_cast<int>((difference >> out) & 1);
    }
    for (const int count : flips) worst = std::max(worst, std::abs(static_cast<double>(count) / samples - 0.5));
  }
  // One standard deviation is 0.5 / sqrt(samples); report the bias in these.
  return worst / (0.5 / std::sqrt(static_cast<double>(samples)));
}

constexpr double bearable_deviations = 7;

// ---- every bit counts ---------------------------------------------------------------------------

TEST(Hash, each_bit_of_an_integer_flips_each_bit_of_its_hash_half_the_time) {
  std::mt19937_64 random(1);
  for (const std::uint64_t seed : some_seeds) {
    const hash<std::uint64_t> hasher(make_seed(seed));
    const double worst = worst_avalanche_bias(
        hasher, 64, [&] { return std::uint64_t{random()}; },
        [](std::uint64_t& key, int bit) { key ^= std::uint64_t{1} << bit; });
    EXPECT_LT(worst, bearable_deviations) << "seed " << seed;
  }
}

TEST(Hash, each_bit_of_a_text_flips_each_bit_of_its_hash_half_the_time) {
  std::mt19937_64 random(2);
  const hash<std::string> hasher(make_seed(7));
  for (const std::size_t size : {3u, 4u, 7u, 8u, 13u, 16u, 17u, 33u, 64u, 65u, 130u}) {
    const auto draw = [&] {
      std::string text(size, '\0');
      for (char& c : text) c = static_cast<char>(random());
      return text;
    };
    const auto flip = [](std::string& text, int bit) {
      char& c = text[static_cast<std::size_t>(bit) / 8];
      c = static_cast<char>(c ^ (1 << (bit % 8)));
    };
    // The first, some middle and the last bits: all of them would take long for the long ones.
    const int bits = static_cast<int>(size) * 8;
    const int stride = std::max(1, bits / 24);
    const double worst =
        worst_avalanche_bias(hasher, (bits + stride - 1) / stride, draw,
                             [&](std::string& text, int i) { flip(text, std::min(i * stride + i % 8, bits - 1)); });
    EXPECT_LT(worst, bearable_deviations) << "size " << size;
  }
}

TEST(Hash, each_bit_of_a_pair_flips_each_bit_of_its_hash_half_the_time) {
  std::mt19937_64 random(3);
  using key = std::pair<std::uint32_t, std::uint64_t>;
  const hash<key> hasher(make_seed(7));
  const double worst = worst_avalanche_bias(
      hasher, 96, [&] { return key(static_cast<std::uint32_t>(random()), random()); },
      [](key& k, int bit) {
        if (bit < 32)
          k.first ^= std::uint32_t{1} << bit;
        else
          k.second ^= std::uint64_t{1} << (bit - 32);
      });
  EXPECT_LT(worst, bearable_deviations);
}

// ---- regular keys -------------------------------------------------------------------------------

TEST(Hash, keys_of_every_stride_fill_high_and_low_buckets_as_random_ones_do) {
  for (const std::uint64_t seed : some_seeds) {
    const hash<std::uint64_t> hasher(make_seed(seed));
    for (int k = 0; k <= 50; ++k) {
      expect_random_looking_keys(
          hasher, [k](int i) { return static_cast<std::uint64_t>(i) << k; },
          "i << " + std::to_string(k) + ", seed " + std::to_string(seed));
    }
    for (const std::uint64_t stride : {3ull, 10ull, 1000ull, 4095ull, 1'000'000'007ull, 0x9E3779B97F4A7C15ull}) {
      expect_random_looking_keys(
          hasher, [stride](int i) { return static_cast<std::uint64_t>(i) * stride; },
          "i * " + std::to_string(stride) + ", seed " + std::to_string(seed));
    }
  }
}

TEST(Hash, keys_in_bits_of_a_grid_fill_buckets_as_random_ones_do) {
  const hash<std::uint64_t> words(make_seed(5));
  expect_random_looking_keys(
      words, [](int i) { return (std::uint64_t(i / 128) << 32) | std::uint64_t(i % 128); }, "x:y");
  const hash<std::pair<int, int>> pairs(make_seed(5));
  expect_random_looking_keys(
      pairs, [](int i) { return std::pair(i / 128, i % 128); }, "pair(x, y)");
  expect_random_looking_keys(
      pairs, [](int i) { return std::pair(i, i); }, "pair(i, i)");
  expect_random_looking_keys(
      pairs, [](int i) { return std::pair(i, -i); }, "pair(i, -i)");
}

TEST(Hash, negative_and_signed_keys_are_as_good_as_others) {
  expect_random_looking_keys(
      hash<int>(make_seed(6)), [](int i) { return -i; }, "int");
  expect_random_looking_keys(
      hash<short>(make_seed(6)), [](int i) { return static_cast<short>(i - 8192); }, "short");
}

TEST(Hash, addresses_and_floats_that_were_opted_in_fill_buckets_as_random_ones_do) {
  const std::vector<std::max_align_t> places(16384);
  expect_random_looking_keys(
      portolan::hash_address<const std::max_align_t*>(make_seed(8)),
      [&](int i) { return &places[static_cast<std::size_t>(i)]; }, "addresses in a row");
  expect_random_looking_keys(
      portolan::hash_address<const void*>(make_seed(8)),
      [](int i) { return reinterpret_cast<const void*>(static_cast<std::uintptr_t>(i) << 21); }, "huge pages in a row");
  expect_random_looking_keys(
      portolan::hash_float_bits<double>(make_seed(8)), [](int i) { return i * 1.0; }, "doubles");
  expect_random_looking_keys(
      portolan::hash_float_bits<float>(make_seed(8)), [](int i) { return float(i) / 64; }, "floats");
}

TEST(Hash, numbered_texts_fill_buckets_as_random_ones_do) {
  const hash<std::string> hasher(make_seed(9));
  for (const char* prefix : {"", "key", "user:session:", "a prefix that fills three blocks of sixteen bytes: "}) {
    expect_random_looking_keys(
        hasher, [&](int i) { return prefix + std::to_string(i); }, prefix);
  }
  expect_random_looking_keys(
      hasher, [](int i) { return std::string(static_cast<std::size_t>(i), '\0'); }, "zeros");
  const std::string kilobyte(1024, 'x');
  expect_random_looking_keys(
      hasher, [&](int i) { return kilobyte + std::to_string(i) + kilobyte; }, "long texts");
}

TEST(Hash, a_user_hash_that_is_the_identity_is_mixed) {
  struct identity {
    std::size_t operator()(std::uint64_t key) const noexcept { return key; }
  };
  const hash_policy<std::uint64_t, identity> policy(identity{}, 4);
  const hash_policy<int, std::hash<int>> standard({}, 4);
  for (int k = 0; k <= 50; k += 5) {
    expect_random_looking_keys(
        policy, [k](int i) { return static_cast<std::uint64_t>(i) << k; }, std::to_string(k));
  }
  expect_random_looking_keys(
      standard, [](int i) { return i; }, "std::hash<int>");
  EXPECT_NE(standard(1), std::hash<int>{}(1));
}

struct narrow_avalanching_hash {
  using is_avalanching = void;
  std::uint32_t operator()(std::uint32_t key) const noexcept { return key; }
};

TEST(HashPolicy, a_hash_of_32_bits_is_mixed_whatever_it_says) {
  const hash_policy<std::uint32_t, narrow_avalanching_hash> policy({}, 2);
  expect_random_looking_keys(
      policy, [](int i) { return static_cast<std::uint32_t>(i); }, "32 bits");
}

TEST(Hash, a_std_hash_that_is_kept_is_mixed) {
  expect_random_looking_keys(
      hash<std::vector<bool>>(make_seed(1)),
      [](int i) {
        std::vector<bool> bits;
        for (int b = 0; b < 14; ++b) bits.push_back((i >> b) & 1);
        return bits;
      },
      "std::vector<bool>");
}

}  // namespace
