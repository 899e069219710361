// Which keys are let in, and by what a map may be searched. What is refused is in tests/compile_fail/key_*.cpp.
#include <portolan/base/key.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using portolan::equal;
using portolan::hash;
using portolan::key_requirements;
using portolan::lookup_key;

template <class K>
constexpr bool good_by_default = key_requirements<K, hash<K>, equal<K>>::hold;

enum class colour { red };

// A key as users write them: compared by itself, hashed by a std::hash.
struct account {
  std::uint64_t number = 0;
  friend bool operator==(const account&, const account&) = default;
};

// Compared without regard to case, although its bytes are a text's: its own hash must be the one that is used.
struct caseless {
  std::string text;
  [[nodiscard]] const char* data() const { return text.data(); }
  [[nodiscard]] std::size_t size() const { return text.size(); }
  friend bool operator==(const caseless& left, const caseless& right) { return left.folded() == right.folded(); }
  [[nodiscard]] std::string folded() const {
    std::string result;
    for (const char c : text) result.push_back(static_cast<char>(c | 0x20));
    return result;
  }
};

}  // namespace

template <>
struct std::hash<account> {
  std::size_t operator()(const account& a) const noexcept { return a.number; }
};
template <>
struct std::hash<caseless> {
  std::size_t operator()(const caseless& c) const { return std::hash<std::string>{}(c.folded()); }
};

namespace {

TEST(Key, keys_that_can_be_found_again_are_let_in) {
  EXPECT_TRUE((good_by_default<int> && good_by_default<bool> && good_by_default<char8_t> && good_by_default<colour>));
  EXPECT_TRUE((good_by_default<std::string> && good_by_default<std::string_view> && good_by_default<std::u32string>));
  EXPECT_TRUE((good_by_default<std::pair<int, std::string>> && good_by_default<std::tuple<>>));
  EXPECT_TRUE((good_by_default<std::tuple<int, std::optional<std::string>, std::pair<char, colour>>>));
  EXPECT_TRUE((good_by_default<std::array<std::string, 3>> && good_by_default<std::vector<std::byte>>));
  EXPECT_TRUE((good_by_default<account> && good_by_default<std::pair<account, int>> && good_by_default<caseless>));
  EXPECT_TRUE(equal<account>{}(account{1}, account{1}));
  EXPECT_EQ(hash<account>{}(account{1}), hash<account>{}(account{1}));
  EXPECT_TRUE((good_by_default<std::error_code> && good_by_default<std::shared_ptr<int>>));
  EXPECT_TRUE((good_by_default<portolan::detail::uint128>));
  EXPECT_TRUE((key_requirements<int, std::hash<int>, std::equal_to<>>::hold));
}

TEST(Key, floats_and_addresses_are_let_in_by_name) {
  EXPECT_TRUE((key_requirements<double, portolan::hash_float_bits<double>, equal<double>>::hold));
  EXPECT_TRUE((key_requirements<float, portolan::hash_float_bits<float>, std::equal_to<float>>::hold));
  EXPECT_TRUE((key_requirements<int*, portolan::hash_address<int*>, equal<int*>>::hold));
}

TEST(Key, the_parts_of_a_key_are_the_business_of_a_hash_of_ones_own) {
  using key = std::pair<double, const void*>;
  struct own_hash {
    std::size_t operator()(const key& k) const noexcept {
      return static_cast<std::size_t>(portolan::hash_float_bits<double>{}(k.first) ^
                                      portolan::hash_address<const void*>{}(k.second));
    }
  };
  EXPECT_TRUE((key_requirements<key, own_hash, equal<key>>::hold));
  EXPECT_EQ(own_hash{}({0.0, nullptr}), own_hash{}({-0.0, nullptr}));
}

TEST(Key, a_hash_that_belongs_to_a_coarser_equality_is_kept) {
  const hash<caseless> hasher;
  EXPECT_EQ(caseless{"Chart"}, caseless{"cHART"});
  EXPECT_EQ(hasher(caseless{"Chart"}), hasher(caseless{"cHART"}));
  EXPECT_NE(hasher(caseless{"Chart"}), hasher(caseless{"charm"}));
}

TEST(Key, texts_are_searched_by_whatever_holds_text) {
  using text = std::string;
  EXPECT_TRUE((lookup_key<text, text, hash<text>, equal<text>>));
  EXPECT_TRUE((lookup_key<std::string_view, text, hash<text>, equal<text>>));
  EXPECT_TRUE((lookup_key<const char*, text, hash<text>, equal<text>>));
  EXPECT_TRUE((lookup_key<const char(&)[6], text, hash<text>, equal<text>>));
  EXPECT_TRUE((!lookup_key<std::u16string, text, hash<text>, equal<text>>));
  EXPECT_TRUE((!lookup_key<std::nullptr_t, text, hash<text>, equal<text>>));
  EXPECT_TRUE((!lookup_key<int, text, hash<text>, equal<text>>));
  // Both the hash and the equality must say that they take more than the key.
  EXPECT_TRUE((!lookup_key<std::string_view, text, std::hash<text>, std::equal_to<>>));
  EXPECT_TRUE((!lookup_key<std::string_view, text, hash<text>, std::equal_to<text>>));
  EXPECT_TRUE((lookup_key<std::string_view, text, hash<text>, std::equal_to<>>));
}

TEST(Key, other_keys_are_searched_by_themselves_alone) {
  EXPECT_TRUE((lookup_key<const long&, long, hash<long>, equal<long>>));
  EXPECT_TRUE((!lookup_key<int, long, hash<long>, equal<long>>));
  EXPECT_TRUE((!std::is_invocable_v<const hash<double>&, double>));
}

}  // namespace
