// Promise: keys in strides i << k work for every k, and a hash that says the same for all keys is slow, not wrong.
//
// Method: as many keys as a growing map meets, all found, all erased; a watchdog bounds the time generously (the
// figures beside other libraries' are in bench, no time is asserted here).
#include <algorithm>

#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

template <class Subject>
class hard_keys : public testing::Test {
 protected:
  watchdog guard{"hard keys", std::chrono::seconds(100)};
};
TYPED_TEST_SUITE(hard_keys, subjects<every_family>, subject_names);

TYPED_TEST(hard_keys, in_strides_are_all_found) {
  for (int shift = 0; shift < 64; ++shift) {
    typename TypeParam::map map;
    const std::uint64_t most = amount<typename TypeParam::family>(support::sanitized ? 500 : 2'000);
    const std::uint64_t keys = shift > 53 ? std::min(std::uint64_t{1} << (64 - shift), most) : most;
    for (std::uint64_t i = 0; i < keys; ++i) ASSERT_TRUE(map.insert(i << shift, i));
    for (std::uint64_t i = 0; i < keys; ++i) ASSERT_EQ(number_at<TypeParam>(map, i << shift), i);
    ASSERT_EQ(map.size(), keys);
    for (std::uint64_t i = 0; i < keys; ++i) ASSERT_TRUE(map.erase(i << shift));
  }
}

TYPED_TEST(hard_keys, with_extreme_values_are_ordinary_keys) {
  typename TypeParam::map map;
  const std::uint64_t extremes[] = {0,           1,  ~std::uint64_t{0}, ~std::uint64_t{0} - 1, std::uint64_t{1} << 63,
                                    0x8000'0000, ~0U};
  for (const std::uint64_t key : extremes) ASSERT_TRUE(map.insert(key, ~key));
  for (const std::uint64_t key : extremes) ASSERT_EQ(number_at<TypeParam>(map, key), ~key);
  for (std::uint64_t i = 100; i < 3'000; ++i) map.insert(i, i);
  for (const std::uint64_t key : extremes) ASSERT_EQ(number_at<TypeParam>(map, key), ~key);
  for (const std::uint64_t key : extremes) ASSERT_TRUE(map.erase(key));
  for (const std::uint64_t key : extremes) ASSERT_FALSE(map.contains(key));
}

template <class Subject>
class keys_that_collide : public testing::Test {
 protected:
  watchdog guard{"keys that collide", std::chrono::seconds(100)};
};
using colliding = join<subjects<families_with_tables, number, number, constant_hash>,
                       subjects<testing::Types<sync>, number, number, constant_hash>,
                       subjects<families_by_kind, text, text, constant_hash>>;
TYPED_TEST_SUITE(keys_that_collide, colliding, subject_names);

// All keys in one chain cost the square of their number: 20,000 are for the maps of long lives, where code is optimised.
template <class Family>
constexpr std::uint64_t in_one_chain() {
#if defined(__OPTIMIZE__)
  if (std::is_same_v<Family, concurrent> || std::is_same_v<Family, sync>) return 20'000;
#endif
  return 3'000;
}

TYPED_TEST(keys_that_collide, are_all_found) {
  const std::uint64_t keys = support::scaled(in_one_chain<typename TypeParam::family>());
  typename TypeParam::map map;
  for (std::uint64_t i = 0; i < keys; ++i) ASSERT_TRUE(map.insert(TypeParam::key_of(i), TypeParam::value_of(i)));
  ASSERT_EQ(map.size(), keys);
  for (std::uint64_t i = 0; i < keys; i += 97) ASSERT_EQ(number_at<TypeParam>(map, TypeParam::key_of(i)), i);
  EXPECT_FALSE(map.contains(TypeParam::key_of(keys + 1)));
  for (std::uint64_t i = 0; i < keys; i += 2) ASSERT_TRUE(map.erase(TypeParam::key_of(i)));
  for (std::uint64_t i = 0; i < keys; i += 97) ASSERT_EQ(map.contains(TypeParam::key_of(i)), i % 2 == 1);
  map.clear();
  EXPECT_TRUE(map.insert(TypeParam::key_of(1), TypeParam::value_of(1)));
}

}  // namespace
}  // namespace promises
