// Keys that were published to collide under every seed of some other hash: that none of them collides here.
//
// Method: the keys are those of the reports named beside them, or built as these say. Each set is hashed under 1000
// fresh secrets, as 1000 maps would have them; one equal pair of hashes fails the test. Where the attacked hash is
// short enough to be written down, the keys are first seen to defeat that one.
#include <portolan/base/hash.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using portolan::hash;
using portolan::make_seed;
using portolan::detail::uint128;

std::string bytes_of(std::initializer_list<std::uint64_t> words) {
  std::string text;
  for (const std::uint64_t word : words) {
    for (int i = 0; i < 8; ++i) text.push_back(static_cast<char>(word >> (8 * i)));
  }
  return text;
}

std::string from_hex(std::string_view hex) {
  std::string text;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    text.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return text;
}

struct published_collision {
  std::string hash_and_source;
  std::vector<std::string> texts;
};

// rapidhash (issue 25), wyhash final 3 and 4: the word 16 bytes before the end cancels a public secret.
std::vector<std::string> with_word_before_the_last(std::uint64_t secret) {
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < 8; ++i) texts.push_back(bytes_of({i, i * i, secret, ~i}));
  for (std::uint64_t i = 0; i < 8; ++i) texts.push_back(bytes_of({i, i, i, i, i, i, i, i, i, secret, i}));
  return texts;
}

// rapidhash (issue 10): 192 bytes that end in three public secrets.
std::vector<std::string> of_192_bytes() {
  std::vector<std::string> texts;
  for (const char filler : {'X', 'Y', 'Z', '\0'}) {
    texts.push_back(std::string(168, filler) + bytes_of({0x2d358dccaa6c78a5, 0x8bb84b93962eacc9, 0x4b33a62ed433d4a3}));
  }
  return texts;
}

// absl::Hash (abseil-cpp issue 2171): 9 to 16 bytes that end in the multiplier, of three releases.
std::vector<std::string> ending_in(std::uint64_t multiplier) {
  std::vector<std::string> texts;
  for (std::uint64_t i = 0; i < 8; ++i) texts.push_back(bytes_of({i, multiplier}));
  for (std::size_t size = 9; size < 16; ++size) texts.push_back(bytes_of({7, multiplier}).substr(16 - size));
  return texts;
}

// Java's String.hashCode, and every multiplication by 31: "Aa" and "BB", at any number of places.
std::vector<std::string> of_two_letters() {
  std::vector<std::string> texts;
  for (unsigned choice = 0; choice < 256; ++choice) {
    std::string text;
    for (unsigned place = 0; place < 8; ++place) text += (choice >> place) & 1 ? "Aa" : "BB";
    texts.push_back(text);
  }
  return texts;
}

std::vector<published_collision> published_collisions() {
  return {
      {"rapidhash#25, wyhash final 4", with_word_before_the_last(0x8bb84b93962eacc9)},
      {"wyhash final 3", with_word_before_the_last(0xe7037ed1a0b428db)},
      {"rapidhash#10", of_192_bytes()},
      {"abseil-cpp#2171, of 2025", ending_in(0x79d5f9e0de1e8cf5)},
      {"abseil-cpp#2171, of 2023", ending_in(0xdcb22ca68cb134ed)},
      {"abseil-cpp#2171, of 2019", ending_in(0x9ddfea08eb382d69)},
      {"VMUM, mum-hash#18",
       {bytes_of({0xf3c1369c62c5dfc1, 0}), bytes_of({0xf3c1369c62c5dfc1, 1}), bytes_of({0xf3c1369c62c5dfc1, ~0ull})}},
      {"gxhash#83",
       {from_hex("000000000000000000000000000000000000000000000000"),
        from_hex("0100000000000000a803d3a0b6cb85eb1120e4f3a270c9a6")}},
      {"komihash#23 (91 % of seeds)",
       {from_hex("0000000000000000447370032e8a191311111111111111112222222222222222"
                 "f0f9dda4c1c0a15e9cf534900ea6f5e033333333333333334444444444444444"),
        from_hex("0100000000000000457370032e8a191311111111111111112222222222222222"
                 "f0f9dda4c1c0a15e9cf534900ea6f5e033333333333333334444444444444444")}},
      {"XXH3, xxHash#1127",
       {from_hex("0000000000000000000000000000000051151210404400000000008204000105"),
        from_hex("00000000000000000000000000000000aeeaedefbfbbffffffffff7dfbfffefa")}},
      {"foldhash#50", {std::string(8, '\0'), std::string(8, '\xff')}},
      {"String.hashCode", of_two_letters()},
  };
}

TEST(HashUnderAttack, texts_published_to_collide_under_every_seed_of_other_hashes_do_not_collide_here) {
  const int seeds = 1000;
  for (const published_collision& published : published_collisions()) {
    const std::set<std::string> different_texts(published.texts.begin(), published.texts.end());
    ASSERT_GE(different_texts.size(), 2u);
    for (int i = 0; i < seeds; ++i) {
      const hash<std::string> hasher(make_seed());
      std::set<std::uint64_t> hashes;
      for (const std::string& text : different_texts) hashes.insert(hasher(text));
      ASSERT_EQ(hashes.size(), different_texts.size()) << published.hash_and_source;
    }
  }
}

// The end of rapidhash, and of wyhash, for texts over 16 bytes, as their issues describe it: to see that the texts
// above are the ones that annihilate it.
std::uint64_t end_of_wyhash(const std::string& text, std::uint64_t seed, std::uint64_t secret0, std::uint64_t secret1) {
  std::uint64_t a;
  std::uint64_t b;
  std::memcpy(&a, text.data() + text.size() - 16, 8);
  std::memcpy(&b, text.data() + text.size() - 8, 8);
  const uint128 product = uint128{a ^ secret1} * (b ^ seed);
  const std::uint64_t low = static_cast<std::uint64_t>(product) ^ secret0 ^ text.size();
  const std::uint64_t high = static_cast<std::uint64_t>(product >> 64) ^ secret1;
  const uint128 folded = uint128{low} * high;
  return static_cast<std::uint64_t>(folded) ^ static_cast<std::uint64_t>(folded >> 64);
}

TEST(HashUnderAttack, the_published_texts_do_annihilate_what_they_were_published_against) {
  for (const std::string& text : {bytes_of({1, 2, 0x8bb84b93962eacc9, 3}), bytes_of({4, 5, 0x8bb84b93962eacc9, 6})}) {
    const std::uint64_t first = end_of_wyhash(text, 0, 0x2d358dccaa6c78a5, 0x8bb84b93962eacc9);
    for (std::uint64_t seed = 1; seed < 1000; ++seed) {
      ASSERT_EQ(end_of_wyhash(text, seed * 0x9E3779B97F4A7C15, 0x2d358dccaa6c78a5, 0x8bb84b93962eacc9), first);
    }
    const hash<std::string> one(make_seed(1));
    const hash<std::string> other(make_seed(2));
    EXPECT_NE(one(text), other(text));
  }
}

TEST(HashUnderAttack, pairs_published_to_collide_in_combiners_do_not_collide_here) {
  // wyhash#37: wyhash64(0xa0761d6478bd642f, x) was 0 for every x; boost's and most others' combiners are linear.
  using key = std::pair<std::uint64_t, std::uint64_t>;
  std::vector<key> keys;
  for (std::uint64_t i = 0; i < 64; ++i) keys.emplace_back(0xa0761d6478bd642f, i);
  for (std::uint64_t i = 0; i < 64; ++i) keys.emplace_back(i, 0xe7037ed1a0b428db);
  for (std::uint64_t i = 0; i < 64; ++i) keys.emplace_back(i, 64 - i);
  for (int seed = 0; seed < 1000; ++seed) {
    const hash<key> hasher(make_seed());
    std::set<std::uint64_t> hashes;
    for (const key& k : keys) hashes.insert(hasher(k));
    ASSERT_EQ(hashes.size(), keys.size());
  }
}

// MurmurHash64A's step for 8 bytes can be undone, so that a difference of the top bit alone can be sent through two
// blocks under any seed (Aumasson and Bernstein, 2012, for the whole family).
namespace murmur {
constexpr std::uint64_t m = 0xc6a4a7935bd1e995;

std::uint64_t mix(std::uint64_t k) {
  k *= m;
  k ^= k >> 47;
  return k * m;
}

std::uint64_t unmix(std::uint64_t k) {
  std::uint64_t inverse = m;
  for (int i = 0; i < 6; ++i) inverse *= 2 - m * inverse;
  k *= inverse;
  k ^= k >> 47;
  return k * inverse;
}

std::uint64_t hash_words(const std::vector<std::uint64_t>& words, std::uint64_t seed) {
  std::uint64_t h = seed ^ (8 * words.size() * m);
  for (const std::uint64_t word : words) h = (h ^ mix(word)) * m;
  h ^= h >> 47;
  h *= m;
  return h ^ (h >> 47);
}
}  // namespace murmur

TEST(HashUnderAttack, collisions_built_against_murmur_do_not_collide_here) {
  constexpr std::uint64_t top_bit = std::uint64_t{1} << 63;
  std::mt19937_64 random(13);
  for (int i = 0; i < 100; ++i) {
    const std::vector<std::uint64_t> one{random(), random()};
    const std::vector<std::uint64_t> other{murmur::unmix(murmur::mix(one[0]) ^ top_bit),
                                           murmur::unmix(murmur::mix(one[1]) ^ top_bit)};
    ASSERT_NE(one, other);
    for (int seed = 0; seed < 10; ++seed) {
      const std::uint64_t murmur_seed = random();
      ASSERT_EQ(murmur::hash_words(one, murmur_seed), murmur::hash_words(other, murmur_seed));
      const hash<std::string> hasher(make_seed());
      ASSERT_NE(hasher(bytes_of({one[0], one[1]})), hasher(bytes_of({other[0], other[1]})));
    }
  }
}

}  // namespace
