// The default hash as its callers see it: equal keys, seeds, parts of keys, and what becomes of other hashes.
//
// How well it spreads keys is in hash_quality_test.cpp, keys made to collide are in hash_attack_test.cpp.
#include <portolan/base/hash.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using portolan::hash;
using portolan::hash_policy;
using portolan::make_seed;
using portolan::detail::uint128;

// ---- texts of every size --------------------------------------------------------------------------

TEST(Hash, texts_that_differ_in_one_byte_or_in_their_size_have_different_hashes) {
  const hash<std::string> hasher(make_seed(10));
  std::set<std::uint64_t> hashes;
  std::size_t texts = 0;
  for (std::size_t size = 0; size <= 300; ++size) {
    std::string text(size, 'a');
    hashes.insert(hasher(text));
    ++texts;
    for (char& c : text) {
      c = 'b';
      hashes.insert(hasher(text));
      ++texts;
      c = 'a';
    }
  }
  EXPECT_EQ(hashes.size(), texts);
}

TEST(Hash, no_byte_beyond_a_text_is_read_and_where_it_lies_does_not_matter) {
  const hash<std::string_view> hasher(make_seed(11));
  for (std::size_t size = 0; size <= 200; ++size) {
    const auto exact = std::make_unique<char[]>(size);  // the address sanitizer guards both ends
    std::fill_n(exact.get(), size, 'q');
    const std::uint64_t expected = hasher(std::string_view(exact.get(), size));
    for (std::size_t offset = 1; offset <= 8; ++offset) {
      std::string shifted(offset, '!');
      shifted.append(size, 'q').append("beyond");
      EXPECT_EQ(hasher(std::string_view(shifted).substr(offset, size)), expected) << size << " at " << offset;
    }
  }
}

TEST(Hash, an_empty_view_without_an_address_is_an_empty_text) {
  const hash<std::string> hasher(make_seed(12));
  EXPECT_EQ(hasher(std::string_view()), hasher(""));
  EXPECT_TRUE(portolan::equal<std::string>{}(std::string_view(), std::string()));
}

// ---- seeds --------------------------------------------------------------------------------------

TEST(Hash, a_fixed_seed_gives_the_same_hashes_in_each_run) {
  // These numbers may change with a release, which the changelog must then say; never between two runs.
  EXPECT_EQ(hash<int>(make_seed(42))(1), 0x69ED9E8AEE90FBC1);
  EXPECT_EQ(hash<std::string>(make_seed(42))("portolan"), 0xC17C0B4F68A0B4C0);
  EXPECT_EQ(hash<std::string>(make_seed(42))("a chart that sailors share, of 40 bytes."), 0xF6A53CC4B6D349DE);
  EXPECT_EQ(hash<std::string>(make_seed(42))(std::string(100, 'x')), 0x9E29C400EE3CB8E7);
  EXPECT_EQ((hash<std::pair<int, std::string>>(make_seed(42))({1, "x"})), 0xAF655869369864FF);
}

TEST(Hash, maps_without_a_fixed_seed_hash_the_same_key_differently) {
  std::set<std::uint64_t> ints;
  std::set<std::uint64_t> texts;
  std::set<std::uint64_t> standard;
  std::set<std::uint64_t> zeros;
  for (int map = 0; map < 1000; ++map) {
    ints.insert(hash_policy<int, hash<int>>({}, 0)(1));
    texts.insert(hash_policy<std::string, hash<std::string>>({}, 0)("key"));
    standard.insert(hash_policy<int, std::hash<int>>({}, 0)(1));
    zeros.insert(hash_policy<int, hash<int>>({}, 0)(0));
  }
  EXPECT_EQ(ints.size(), 1000u);
  EXPECT_EQ(texts.size(), 1000u);
  EXPECT_EQ(standard.size(), 1000u);
  EXPECT_EQ(zeros.size(), 1000u);
}

TEST(Hash, policies_of_one_fixed_seed_agree_and_of_two_do_not) {
  using policy = hash_policy<std::string, hash<std::string>>;
  EXPECT_EQ(policy({}, 3)("key"), policy({}, 3)("key"));
  EXPECT_NE(policy({}, 3)("key"), policy({}, 4)("key"));
}

// What the next test reads from other processes of this program.
constexpr const char* hash_of_this_process = "PORTOLAN_TEST_PRINT_HASH";

std::string hash_in_another_process() {
  std::array<char, 4096> path{};
  if (readlink("/proc/self/exe", path.data(), path.size() - 1) < 0) return "cannot find this program";
  const std::string filter = " --gtest_filter=Hash.each_process_has_a_secret_of_its_own 2>/dev/null";
  const std::string command = std::string(hash_of_this_process) + "=1 " + path.data() + filter;
  FILE* const output = popen(command.c_str(), "r");
  if (output == nullptr) return "cannot start this program";
  std::string found;
  std::array<char, 256> line{};
  while (std::fgets(line.data(), line.size(), output) != nullptr) {
    if (std::string_view(line.data()).starts_with("hash ")) found = line.data();
  }
  return pclose(output) == 0 ? found : "the other process failed";
}

TEST(Hash, each_process_has_a_secret_of_its_own) {
  const std::uint64_t own = hash<std::string>{}("key");
  if (std::getenv(hash_of_this_process) != nullptr) {
    std::printf("hash %016llx of %016llx\n", static_cast<unsigned long long>(own),
                static_cast<unsigned long long>(hash_policy<int, hash<int>>({}, 0)(1)));
    return;
  }
  const std::string first = hash_in_another_process();
  const std::string second = hash_in_another_process();
  ASSERT_TRUE(first.starts_with("hash ")) << first;
  ASSERT_TRUE(second.starts_with("hash ")) << second;
  EXPECT_NE(first.substr(0, 21), second.substr(0, 21)) << "hash<std::string>{} is the same in two processes";
  EXPECT_NE(first.substr(21), second.substr(21)) << "the first map without a seed is the same in two processes";
}

TEST(Hash, hashes_made_without_a_seed_agree_within_the_process) {
  EXPECT_EQ(hash<std::string>{}("key"), hash<std::string>{}(std::string("key")));
  EXPECT_EQ(hash<int>{}(7), hash<int>{}(7));
}

// ---- other people's hashes ------------------------------------------------------------------------

struct constant_hash {
  std::size_t operator()(int) const noexcept { return 17; }
};

struct avalanching_user_hash {
  using is_avalanching = void;
  std::uint64_t operator()(std::uint64_t key) const noexcept { return key * 3; }
};

struct hash_failed {};

struct throwing_hash {
  std::size_t operator()(int key) const { return key < 0 ? throw hash_failed{} : static_cast<std::size_t>(key); }
};

TEST(HashPolicy, a_constant_hash_stays_constant) {
  const hash_policy<int, constant_hash> policy({}, 0);
  for (int key = 0; key < 100; ++key) EXPECT_EQ(policy(key), policy(0));
}

TEST(HashPolicy, a_hash_that_says_that_it_avalanches_is_not_mixed_again) {
  const hash_policy<std::uint64_t, avalanching_user_hash> policy({}, 0);
  const std::uint64_t mask = policy(0);
  for (std::uint64_t key = 1; key < 100; ++key) EXPECT_EQ(policy(key) ^ mask, avalanching_user_hash{}(key));
}

TEST(HashPolicy, what_a_user_hash_throws_comes_through) {
  const hash_policy<int, throwing_hash> policy({}, 2);
  EXPECT_FALSE(noexcept(policy(1)));
  EXPECT_THROW((void)policy(-1), hash_failed);
  const hash_policy<int, hash<int>> quiet({}, 2);
  EXPECT_TRUE(noexcept(quiet(1)));
  EXPECT_EQ(policy(5), policy(5));
}

TEST(HashPolicy, a_pointer_to_a_function_is_a_hash) {
  using function = std::size_t (*)(int);
  const function constant = [](int) -> std::size_t { return 5; };
  const hash_policy<int, function> policy(constant, 2);
  EXPECT_EQ(policy(1), policy(2));
}

TEST(HashPolicy, a_seeded_hash_of_the_user_gets_the_secret_of_the_map) {
  struct user_seeded {
    using is_avalanching = void;
    using is_seeded = void;
    user_seeded() = default;
    explicit user_seeded(const portolan::hash_seed& given) : seed(given) {}
    std::uint64_t operator()(int) const { return seed.word0; }
    portolan::hash_seed seed{};
  };
  const hash_policy<int, user_seeded> policy({}, 21);
  EXPECT_EQ(policy(1), make_seed(21).word0);
  EXPECT_EQ(policy.hash_function().seed, make_seed(21));
}

// ---- equal keys ------------------------------------------------------------------------------------

TEST(Hash, whatever_holds_a_text_it_has_one_hash_and_is_equal) {
  const hash_policy<std::string, hash<std::string>> policy({}, 0);
  const portolan::equal<std::string> same;
  for (const char* text : {"", "a", "portolan", "a text that is longer than sixteen bytes"}) {
    const std::string string = text;
    const std::string_view view = string;
    const std::vector<char> characters(string.begin(), string.end());
    EXPECT_EQ(policy(string), policy(view));
    EXPECT_EQ(policy(string), policy(text));
    EXPECT_EQ(policy(string), policy(characters));
    EXPECT_TRUE(same(string, view) && same(view, text) && same(text, string) && same(characters, text));
  }
  EXPECT_EQ(policy("literal"), policy(std::string("literal")));
  EXPECT_FALSE(same(std::string("a"), "b"));
  EXPECT_FALSE(same(std::string("a"), "aa"));
  EXPECT_FALSE(same(std::string("a\0", 2), "a"));
}

TEST(Hash, wide_texts_are_texts) {
  const hash<std::u16string> hasher(make_seed(1));
  EXPECT_EQ(hasher(u"chart"), hasher(std::u16string_view(u"chart")));
  EXPECT_NE(hasher(u"chart"), hasher(u"chars"));
  EXPECT_TRUE(portolan::equal<std::u16string>{}(u"chart", std::u16string(u"chart")));
}

TEST(Hash, zero_equals_minus_zero_and_a_nan_equals_a_nan) {
  const portolan::hash_float_bits<double> hasher(make_seed(1));
  const portolan::equal<double> same;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(hasher(0.0), hasher(-0.0));
  EXPECT_TRUE(same(0.0, -0.0));
  EXPECT_EQ(hasher(nan), hasher(-std::nan("7")));
  EXPECT_TRUE(same(nan, -std::nan("7")));
  EXPECT_FALSE(same(nan, 1.0));
  EXPECT_NE(hasher(1.0), hasher(-1.0));
  const portolan::hash_float_bits<float> floats(make_seed(1));
  EXPECT_EQ(floats(0.0f), floats(-0.0f));
}

// ---- keys of several parts ----------------------------------------------------------------------------

template <class K>
void expect_all_different(const std::vector<K>& keys) {
  const hash<K> hasher(make_seed(14));
  std::set<std::uint64_t> hashes;
  for (const K& key : keys) {
    EXPECT_EQ(hasher(key), hasher(K(key)));
    hashes.insert(hasher(key));
  }
  EXPECT_EQ(hashes.size(), keys.size());
}

enum class colour : unsigned char { red, green, blue };

TEST(Hash, each_part_and_its_place_count) {
  expect_all_different<std::pair<int, int>>({{0, 0}, {0, 1}, {1, 0}, {1, 1}, {1, 2}, {2, 1}});
  expect_all_different<std::pair<std::string, std::string>>({{"", "ab"}, {"a", "b"}, {"ab", ""}, {"b", "a"}, {"", ""}});
  expect_all_different<std::tuple<int, std::string, colour>>(
      {{1, "a", colour::red}, {1, "a", colour::blue}, {1, "b", colour::red}, {2, "a", colour::red}});
  expect_all_different<std::optional<int>>({std::nullopt, 0, 1, -1});
  expect_all_different<std::optional<std::optional<int>>>({std::nullopt, std::optional<int>(), 0, 1});
  expect_all_different<std::array<int, 3>>({{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
  expect_all_different<std::array<std::string, 2>>({{"", "a"}, {"a", ""}, {"", ""}});
  expect_all_different<std::pair<std::pair<int, int>, std::optional<std::string>>>(
      {{{0, 1}, std::nullopt}, {{0, 1}, ""}, {{1, 0}, ""}, {{1, 0}, "1"}});
  expect_all_different<std::vector<std::byte>>({{}, {std::byte{0}}, {std::byte{0}, std::byte{0}}, {std::byte{1}}});
  expect_all_different<std::tuple<>>({{}});
}

TEST(Hash, wide_integers_count_in_both_halves) {
  const uint128 high = uint128{1} << 64;
  expect_all_different<uint128>({0, 1, high, high + 1, 2 * high, ~uint128{0}});
  expect_all_different<portolan::detail::int128>({0, 1, -1});
}

TEST(Hash, long_products_count_in_each_element) {
  using key = std::array<std::optional<int>, 40>;
  std::vector<key> keys(81);
  for (std::size_t i = 0; i < 40; ++i) {
    keys[2 * i][i] = 0;
    keys[2 * i + 1][i] = 1;
  }
  expect_all_different(keys);
}

TEST(Hash, a_class_with_a_std_hash_keeps_it_and_is_mixed) {
  const hash<std::error_code> hasher(make_seed(1));
  EXPECT_EQ(hasher(std::make_error_code(std::errc::io_error)), hasher(std::make_error_code(std::errc::io_error)));
  EXPECT_NE(hasher(std::make_error_code(std::errc::io_error)),
            std::hash<std::error_code>{}(std::make_error_code(std::errc::io_error)));
}

}  // namespace
