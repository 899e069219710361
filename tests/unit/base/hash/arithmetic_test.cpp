// The arithmetic under the hashes, against published vectors and against the same sums done slowly.
#include <portolan/base/hash/arithmetic.hpp>
#include <portolan/base/hash/siphash.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace {

using portolan::detail::uint128;

TEST(SipHash, gives_the_vectors_of_its_paper_and_of_rust) {
  std::array<unsigned char, 64> input;
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<unsigned char>(i);
  constexpr std::uint64_t key0 = 0x0706050403020100;
  constexpr std::uint64_t key1 = 0x0f0e0d0c0b0a0908;
  using portolan::detail::siphash;
  EXPECT_EQ((siphash<2, 4>(key0, key1, input.data(), 0)), 0x726fdb47dd0e0e31);
  EXPECT_EQ((siphash<2, 4>(key0, key1, input.data(), 15)), 0xa129ca6149be45e5);
  EXPECT_EQ((siphash<1, 3>(key0, key1, input.data(), 0)), 0xabac0158050fc4dc);
  EXPECT_EQ(portolan::detail::siphash_word(key0, key1, 0x0706050403020100),
            (siphash<2, 4>(key0, key1, input.data(), 8)));
}

// a · b mod 2^127 - 1, by doubling.
uint128 slow_product(uint128 a, uint128 b) {
  using portolan::detail::field_prime;
  uint128 result = 0;
  for (a %= field_prime; b != 0; b >>= 1) {
    if (b & 1) result = (result + a) % field_prime;
    a = (a + a) % field_prime;
  }
  return result;
}

TEST(Field, multiplies_as_schoolbooks_do) {
  using namespace portolan::detail;
  std::mt19937_64 random(15);
  const auto draw = [&] { return join(random(), random()); };
  std::vector<uint128> values{
      0, 1, 2, field_prime - 1, field_prime, uint128{1} << 127, uint128{1} << 64, ~uint128{0} >> 64};
  for (int i = 0; i < 50; ++i) values.push_back(draw() & field_prime);
  std::vector<uint128> small{0, 1, field_multiplier_mask, uint128{1} << 125, uint128{1} << 64, (uint128{1} << 64) - 1};
  for (int i = 0; i < 50; ++i) small.push_back(draw() & field_multiplier_mask);
  for (const uint128 x : values) {
    for (const uint128 multiplier : small) {
      const uint128 term = small[random() % small.size()];
      const uint128 result = field_multiply_add(x, multiplier, term);
      EXPECT_LE(result, uint128{1} << 127);
      EXPECT_TRUE(canonical(result) == (slow_product(x, multiplier) + term) % field_prime);
    }
  }
}

}  // namespace
