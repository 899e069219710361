// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Keys that somebody chose to make a map slow, who knows the program but not the map's secret; and keys that are merely
// regular. Neither crowds a map more than random keys do.
//
//   crafted floods   at most 3 times the work of as many random keys, in each map with each secret
//   strided keys     at most 2 times, addresses and floating-point numbers that were opted in as well
//   a constant hash  right answers, and no more memory than a good one takes, up to a small factor
//
// Method: work is counted, not timed, and secrets are fixed, so that each run says the same. Counted are calls of KeyEqual
// for keys that are there and as many that are not; and, as tags save concurrent_map the comparisons and not the visits,
// what all finds visit if every key looks at all keys of its line: the sum of squares of the lines' loads, under the hash
// that the map has, by its upper bits (the line) and its lower ones (the tags). Times: `portolan bench strided`.
//
// That the pairs published against twelve other hashes do not collide under 1,000 secrets is in unit/base/hash_attack.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/lock_free_map.hpp>
#include <portolan/map/plain_map.hpp>
#include <portolan/map/sync_map.hpp>

#include "../promises/threads.hpp"

namespace {

using numbers = std::vector<std::uint64_t>;
using texts = std::vector<std::string>;

constexpr std::size_t flood_keys = 4'096;
constexpr std::uint64_t secrets[] = {1001, 1002, 1003, 1004};  // of the maps; those who craft keys know others

// ---- work -----------------------------------------------------------------------------------------------------------

std::uint64_t comparisons = 0;
template <class K>
struct counting_equal {
  bool operator()(const K& left, const K& right) const {
    ++comparisons;
    return left == right;
  }
};

template <class Map, class K>
double comparisons_of(const std::vector<K>& keys, const std::vector<K>& others, std::uint64_t secret) {
  Map map(portolan::map_options{.seed = secret});
  for (const K& key : keys) map.insert(key, 1);
  comparisons = 0;
  for (const K& key : keys) EXPECT_TRUE(map.contains(key));
  for (const K& key : others) EXPECT_FALSE(map.contains(key));
  return static_cast<double>(comparisons);
}

/// Visits if each of `keys` looks at all keys with the same twelve bits of hash, from `shift` up.
template <class Hash, class K>
double visits_of(const std::vector<K>& keys, std::uint64_t secret, int shift) {
  const portolan::concurrent_map<K, int, Hash> map(portolan::map_options{.seed = secret});
  const Hash hash = map.hash_function();
  std::vector<std::uint64_t> load(4'096);
  for (const K& key : keys) ++load[hash(key) >> shift & 4'095];
  double sum = 0;
  for (const std::uint64_t each : load) sum += static_cast<double>(each * each);
  return sum;
}

/// That `keys` are at most `factor` times the work that as many `random` keys are. The second half of each is not put in.
template <class Hash, class K>
void expect_work_within(double factor, const std::vector<K>& keys, const std::vector<K>& random,
                        const std::string& what) {
  ASSERT_EQ(keys.size(), random.size());
  const auto half = [](const std::vector<K>& all, bool first) {
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    return first ? std::vector<K>(all.begin(), middle) : std::vector<K>(middle, all.end());
  };
  const std::vector<K> in = half(keys, true), out = half(keys, false);
  const std::vector<K> random_in = half(random, true), random_out = half(random, false);
  using equal = counting_equal<K>;
  for (const std::uint64_t secret : secrets) {
    if (support::sanitized && secret != secrets[0]) continue;  // the numbers are those of the other builds
    SCOPED_TRACE(what + ", secret " + std::to_string(secret));
    const auto compare = [&]<class Map>(const char* name) {
      EXPECT_LE(comparisons_of<Map>(in, out, secret), factor * comparisons_of<Map>(random_in, random_out, secret))
          << name;
    };
    compare.template operator()<portolan::concurrent_map<K, int, Hash, equal>>("concurrent_map");
    compare.template operator()<portolan::lock_free_map<K, int, Hash, equal>>("lock_free_map");
    compare.template operator()<portolan::sync_map<K, int, Hash, equal>>("sync_map");
    compare.template operator()<portolan::plain_map<K, int, Hash, equal>>("plain_map");
    for (const int shift : {52, 40, 0}) {
      EXPECT_LE(visits_of<Hash>(keys, secret, shift), factor * visits_of<Hash>(random, secret, shift))
          << "bits from " << shift << " up";
    }
  }
}

template <class Make>
auto made_by(Make make, std::size_t count = flood_keys) {
  std::vector<decltype(make(std::uint64_t{}))> keys;
  for (std::uint64_t i = 0; i < count; ++i) keys.push_back(make(i));
  return keys;
}
/// The first keys that `fits` takes, of those that `make` makes.
template <class Make, class Fits>
auto chosen_of(Make make, Fits fits) {
  std::vector<decltype(make(std::uint64_t{}))> keys;
  for (std::uint64_t i = 0; keys.size() < flood_keys; ++i) {
    auto key = make(i);
    if (fits(key)) keys.push_back(std::move(key));
  }
  return keys;
}

numbers random_numbers() {
  promises::chance random(7);
  return made_by([&](std::uint64_t) { return random.next(); });
}
texts random_texts(std::size_t bytes) {
  promises::chance random(8);
  return made_by([&](std::uint64_t) {
    std::string text(bytes, '\0');
    for (char& each : text) each = static_cast<char>(random.next());
    return text;
  });
}

// ---- floods of numbers ----------------------------------------------------------------------------------------------

constexpr std::uint64_t inverse_of(std::uint64_t odd) {
  std::uint64_t inverse = odd;
  for (int i = 0; i < 6; ++i) inverse *= 2 - odd * inverse;
  return inverse;
}
constexpr std::uint64_t golden_ratio = 0x9E3779B97F4A7C15;
static_assert(golden_ratio * inverse_of(golden_ratio) == 1);

std::uint64_t unshift(std::uint64_t mixed, unsigned by) {
  std::uint64_t word = mixed;
  for (unsigned done = by; done < 64; done += by) word = mixed ^ word >> by;
  return word;
}
/// The number that MurmurHash3's last step makes `wanted` of (fmix64: shift 33, two public factors).
std::uint64_t undo_fmix64(std::uint64_t wanted) {
  std::uint64_t word = unshift(wanted, 33) * inverse_of(0xc4ceb9fe1a85ec53);
  word = unshift(word, 33) * inverse_of(0xff51afd7ed558ccd);
  return unshift(word, 33);
}

using portolan::hash;
void expect_no_flood(const numbers& keys, const std::string& what) {
  expect_work_within<hash<std::uint64_t>>(3, keys, random_numbers(), what);
}

TEST(a_flood, of_numbers_chosen_against_other_hashes_finds_nothing_to_crowd) {
  // Neal Wu, "Blowing up unordered_map" (2018): multiples of libstdc++'s bucket counts.
  for (const std::uint64_t prime : {85'229U, 107'897U, 126'271U}) {
    expect_no_flood(made_by([&](std::uint64_t i) { return (i + 1) * prime; }), "multiples of a bucket count");
  }
  expect_no_flood(made_by([](std::uint64_t i) { return i * inverse_of(golden_ratio); }), "against Fibonacci hashing");
  expect_no_flood(made_by([](std::uint64_t i) { return undo_fmix64(i); }), "against MurmurHash3, low bits");
  expect_no_flood(made_by([](std::uint64_t i) { return undo_fmix64(i << 48); }), "against MurmurHash3, high bits");
  expect_no_flood(made_by([](std::uint64_t i) { return i << 52 | i; }), "both ends");
  expect_no_flood(made_by([](std::uint64_t i) { return i * 0x0001000100010001; }), "four times the same");
}

TEST(a_flood, of_numbers_that_crowd_under_another_secret_does_not_under_this_one) {
  for (const std::uint64_t known : {1U, 2U}) {
    const hash<std::uint64_t> told(portolan::make_seed(known));
    expect_no_flood(
        chosen_of([](std::uint64_t i) { return i; }, [&](std::uint64_t key) { return told(key) >> 56 == 0; }),
        "one line of another map");
    expect_no_flood(
        chosen_of([](std::uint64_t i) { return i << 20; }, [&](std::uint64_t key) { return told(key) % 256 == 7; }),
        "one tag of another map");
  }
}

// ---- floods of texts ------------------------------------------------------------------------------------------------

std::uint64_t fnv1a(const std::string& text) {
  std::uint64_t hashed = 0xcbf29ce484222325;
  for (const char each : text) hashed = (hashed ^ static_cast<unsigned char>(each)) * 0x100000001b3;
  return hashed;
}

/// Aumasson and Bernstein (2012): MurmurHash64A lets a difference of the top bit through one word unchanged, so that the
/// next word can take it back. libstdc++'s std::hash of texts is that hash: 2^12 texts of 24 words with one hash.
texts against_murmur() {
  constexpr std::uint64_t m = 0xc6a4a7935bd1e995;
  const auto mix = [](std::uint64_t k) {
    k *= m;
    return (k ^ k >> 47) * m;
  };
  const auto unmix = [](std::uint64_t k) {
    k *= inverse_of(m);
    return (k ^ k >> 47) * inverse_of(m);
  };
  constexpr std::uint64_t top_bit = std::uint64_t{1} << 63;
  return made_by([&](std::uint64_t choice) {
    std::string text;
    for (std::uint64_t pair = 0; pair < 12; ++pair) {
      for (std::uint64_t half = 0; half < 2; ++half) {
        std::uint64_t word = 1'000 * pair + half;
        if (choice >> pair & 1) word = unmix(mix(word) ^ top_bit);
        text.append(reinterpret_cast<const char*>(&word), sizeof word);
      }
    }
    return text;
  });
}

void expect_no_flood(const texts& keys, const std::string& what) {
  expect_work_within<hash<std::string>>(3, keys, random_texts(16), what);
}

TEST(a_flood, of_texts_chosen_against_other_hashes_finds_nothing_to_crowd) {
  const texts murmur = against_murmur();
  for (const std::string& each : murmur) {
    ASSERT_EQ(std::hash<std::string>{}(each), std::hash<std::string>{}(murmur[0])) << "no flood of std::hash";
  }
  expect_no_flood(murmur, "against std::hash");
  expect_no_flood(made_by([](std::uint64_t i) {
                    std::string text;
                    for (unsigned bit = 0; bit < 12; ++bit) text += i >> bit & 1 ? "Aa" : "BB";
                    return text;
                  }),
                  "against multiplication by 31");
  expect_no_flood(chosen_of([](std::uint64_t i) { return "k" + std::to_string(i); },
                            [](const std::string& text) { return fnv1a(text) % 256 == 0; }),
                  "against FNV-1a");
  expect_no_flood(made_by([](std::uint64_t i) { return std::string(i, 'a'); }), "one letter again and again");
  const hash<std::string> told(portolan::make_seed(1));
  expect_no_flood(chosen_of([](std::uint64_t i) { return "user:" + std::to_string(i); },
                            [&](const std::string& text) { return told(text) >> 56 == 0; }),
                  "one line of another map");
}

/// The flood against std::hash, in a map that believes that hash: what the bounds above would say of it.
struct believed_std_hash : std::hash<std::string> {
  using is_avalanching = void;
};
TEST(a_flood, is_seen_by_the_measure_where_a_hash_is_public) {
  EXPECT_GT(visits_of<believed_std_hash>(against_murmur(), 1001, 52),
            100 * visits_of<believed_std_hash>(random_texts(16), 1001, 52));
  using map = portolan::plain_map<std::string, int, believed_std_hash, counting_equal<std::string>>;
  const texts crowd = against_murmur();
  const texts some(crowd.begin(), crowd.begin() + 500);
  const texts random = random_texts(16);
  EXPECT_GT(comparisons_of<map>(some, texts(), 1001),
            100 * comparisons_of<map>({random.begin(), random.begin() + 500}, texts(), 1001));
}

// ---- regular keys ---------------------------------------------------------------------------------------------------

TEST(keys_in_strides, are_at_most_twice_the_work_of_random_ones) {
  for (unsigned shift = 0; shift <= 52; shift += 4) {
    expect_work_within<hash<std::uint64_t>>(2, made_by([&](std::uint64_t i) { return i << shift; }), random_numbers(),
                                            "i << " + std::to_string(shift));
  }
}

TEST(keys_in_strides, of_addresses_and_floats_are_at_most_twice_the_work_of_random_ones) {
  using address = const void*;
  using of_addresses = portolan::hash_address<address>;
  const auto at = [](std::uint64_t number) { return reinterpret_cast<address>(number); };
  promises::chance random(9);
  const auto anywhere = made_by([&](std::uint64_t) { return at(random.next() >> 20 << 4); });
  for (const unsigned shift : {4U, 6U, 12U, 21U, 30U}) {
    expect_work_within<of_addresses>(2, made_by([&](std::uint64_t i) { return at(0x7f00'0000'0000U + (i << shift)); }),
                                     anywhere, "addresses");
  }
  using of_floats = portolan::hash_float_bits<double>;
  const auto floats = made_by([&](std::uint64_t) { return static_cast<double>(random.next()) / 3; });
  const auto whole = made_by([](std::uint64_t i) { return static_cast<double>(i); });
  const auto parts = made_by([](std::uint64_t i) { return 1 + static_cast<double>(i) / 65536; });
  expect_work_within<of_floats>(2, whole, floats, "whole numbers");
  expect_work_within<of_floats>(2, parts, floats, "parts of 65536");
}

// ---- one hash for all -----------------------------------------------------------------------------------------------

struct constant {
  std::size_t operator()(std::uint64_t) const noexcept { return 42; }
};

template <class Constant, class Good>
void expect_bounded_memory(const char* what) {
  SCOPED_TRACE(what);
  constexpr std::uint64_t keys = 1'500;
  Constant map;
  Good good;
  std::size_t most_bytes = 0;
  for (int round = 0; round < 4; ++round) {
    for (std::uint64_t i = 0; i < keys; ++i) ASSERT_TRUE(map.insert(i, i));
    for (std::uint64_t i = 0; i < keys; ++i) ASSERT_TRUE(map.contains(i));
    ASSERT_FALSE(map.contains(keys));
    if (round == 0) most_bytes = map.stats().reserved_bytes;
    EXPECT_LE(map.stats().reserved_bytes, most_bytes + most_bytes / 4) << "round " << round;
    for (std::uint64_t i = 0; i < keys; ++i) ASSERT_TRUE(map.erase(i));
  }
  for (std::uint64_t i = 0; i < keys; ++i) good.insert(i, i);
  EXPECT_LE(most_bytes, 4 * good.stats().reserved_bytes + 65'536);
}

TEST(a_constant_hash, takes_no_more_memory_than_a_good_one_however_often_keys_come_and_go) {
  using word = std::uint64_t;
  expect_bounded_memory<portolan::concurrent_map<word, word, constant>, portolan::concurrent_map<word, word>>(
      "concurrent_map");
  expect_bounded_memory<portolan::lock_free_map<word, word, constant>, portolan::lock_free_map<word, word>>(
      "lock_free_map");
  expect_bounded_memory<portolan::sync_map<word, word, constant>, portolan::sync_map<word, word>>("sync_map");
  expect_bounded_memory<portolan::plain_map<word, word, constant>, portolan::plain_map<word, word>>("plain_map");
}

}  // namespace
