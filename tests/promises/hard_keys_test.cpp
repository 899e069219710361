// Promise: keys in strides i << k work for every k, and a hash that says the same for all keys is slow, not wrong.
//
// Method: as many keys as a growing map meets, all found, all erased; a watchdog bounds the time generously (the
// figures beside other libraries' are in bench, no time is asserted here).
#include <algorithm>

#include "numbered.hpp"
#include "threads.hpp"

namespace promises {
namespace {

class hard_keys : public testing::TestWithParam<numbered_kind> {
 protected:
  watchdog guard{"hard keys"};
};
INSTANTIATE_TEST_SUITE_P(promise, hard_keys, over<subjects<every_family>>(), numbered_names());

TEST_P(hard_keys, in_strides_are_all_found) {
  for (int shift = 0; shift < 64; ++shift) {
    const std::unique_ptr<numbered_map> map = GetParam().make();
    const std::uint64_t most = GetParam().amount(support::sanitized ? 500 : 2'000);
    const std::uint64_t keys = shift > 53 ? std::min(std::uint64_t{1} << (64 - shift), most) : most;
    for (std::uint64_t i = 0; i < keys; ++i) ASSERT_TRUE(map->insert(i << shift, i));
    for (std::uint64_t i = 0; i < keys; ++i) ASSERT_EQ(map->find(i << shift), i);
    ASSERT_EQ(map->size(), keys);
    for (std::uint64_t i = 0; i < keys; ++i) ASSERT_TRUE(map->erase(i << shift));
  }
}

TEST_P(hard_keys, with_extreme_values_are_ordinary_keys) {
  const std::unique_ptr<numbered_map> map = GetParam().make();
  const std::uint64_t extremes[] = {0,           1,  ~std::uint64_t{0}, ~std::uint64_t{0} - 1, std::uint64_t{1} << 63,
                                    0x8000'0000, ~0U};
  for (const std::uint64_t key : extremes) ASSERT_TRUE(map->insert(key, ~key));
  for (const std::uint64_t key : extremes) ASSERT_EQ(map->find(key), ~key);
  for (std::uint64_t i = 100; i < 3'000; ++i) map->insert(i, i);
  for (const std::uint64_t key : extremes) ASSERT_EQ(map->find(key), ~key);
  for (const std::uint64_t key : extremes) ASSERT_TRUE(map->erase(key));
  for (const std::uint64_t key : extremes) ASSERT_FALSE(map->contains(key));
}

class keys_that_collide : public testing::TestWithParam<numbered_kind> {
 protected:
  watchdog guard{"keys that collide"};
};
using colliding = join<subjects<families_with_tables, number, number, constant_hash>,
                       subjects<testing::Types<sync>, number, number, constant_hash>,
                       subjects<families_by_kind, text, text, constant_hash>>;
INSTANTIATE_TEST_SUITE_P(promise, keys_that_collide, over<colliding>(), numbered_names());

// All keys in one chain cost the square of their number: 20,000 are for the maps of long lives, where code is optimised.
std::uint64_t in_one_chain(const std::string& family) {
#if defined(__OPTIMIZE__)
  if (family == concurrent::name || family == sync::name) return 20'000;
#endif
  return family.empty() ? 0 : 3'000;
}

TEST_P(keys_that_collide, are_all_found) {
  const std::uint64_t keys = support::scaled(in_one_chain(GetParam().family));
  const std::unique_ptr<numbered_map> map = GetParam().make();
  for (std::uint64_t i = 0; i < keys; ++i) ASSERT_TRUE(map->insert(i, i));
  ASSERT_EQ(map->size(), keys);
  for (std::uint64_t i = 0; i < keys; i += 97) ASSERT_EQ(map->find(i), i);
  EXPECT_FALSE(map->contains(keys + 1));
  for (std::uint64_t i = 0; i < keys; i += 2) ASSERT_TRUE(map->erase(i));
  for (std::uint64_t i = 0; i < keys; i += 97) ASSERT_EQ(map->contains(i), i % 2 == 1);
  map->clear();
  EXPECT_TRUE(map->insert(1, 1));
}

}  // namespace
}  // namespace promises
