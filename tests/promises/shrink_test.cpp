// Promise: shrink_to_fit gives back room that was reserved and room that erased entries left, says how much, and changes
// no entry, whatever others do meanwhile and whatever fails.
//
// Method: maps with far too much room are shrunk and their figures compared; from inside a walk, every entry must still be
// shown once; beside writers that keep an exact account of their own keys, a thread shrinks all the time; every allocation
// of a shrinking fails once.
#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "allocators.hpp"
#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

template <class Map>
concept offers_shrink_to_fit = requires(Map& map) {
  { map.shrink_to_fit() } -> std::same_as<std::size_t>;
};
template <class Subject>
struct shrinks_to_fit : std::bool_constant<offers_shrink_to_fit<typename Subject::map>> {};

template <class Subject>
class shrinking : public testing::Test {};
using shrinkable_maps = where<shrinks_to_fit, each_map>;
// lock_free_map keeps its buckets: they could go only while nobody looks at them, and there nobody waits.
static_assert(!shrinks_to_fit<subject<lock_free>>::value && shrinks_to_fit<subject<versioned>>::value);
TYPED_TEST_SUITE(shrinking, shrinkable_maps, subject_names);

TYPED_TEST(shrinking, gives_back_what_was_reserved_and_what_was_erased) {
  // So many that what a map is without entries, 64 shards for one, does not count.
  const auto many = std::max<std::uint64_t>(support::scaled<std::uint64_t>(20'000), 8'000);
  for (const std::uint64_t stay : {0U, 1U, 100U}) {
    typename TypeParam::map map;
    map.reserve(2 * many);
    for (std::uint64_t i = 0; i < stay; ++i) map.insert(TypeParam::key_of(i), TypeParam::value_of(i));
    const std::size_t reserved = map.stats().bytes;
    const std::size_t said = map.shrink_to_fit();
    EXPECT_EQ(map.stats().bytes, reserved - said);
    EXPECT_LT(map.stats().bytes, reserved / 4) << stay << " entries";

    for (std::uint64_t i = stay; i < many; ++i) map.insert(TypeParam::key_of(i), TypeParam::value_of(i));
    for (std::uint64_t i = stay; i < many; ++i) map.erase(TypeParam::key_of(i));
    map.shrink_to_fit();
    EXPECT_LT(map.stats().bytes, reserved / 4) << stay << " entries";
    EXPECT_EQ(map.shrink_to_fit(), 0U) << "twice";
    EXPECT_EQ(map.size(), stay);
    for (std::uint64_t i = 0; i < stay; ++i) ASSERT_EQ(number_at<TypeParam>(map, TypeParam::key_of(i)), i);
    EXPECT_TRUE(map.insert(TypeParam::key_of(70'000), TypeParam::value_of(1)));
  }
}

TYPED_TEST(shrinking, from_inside_a_walk_hides_no_entry_and_shows_none_twice) {
  typename TypeParam::map map;
  map.reserve(20'000);
  for (std::uint64_t i = 0; i < 500; ++i) map.insert(TypeParam::key_of(i), TypeParam::value_of(i));
  std::multiset<std::uint64_t> shown;
  map.for_each([&](const auto&, const auto& value) {
    shown.insert(TypeParam::number_of(value));
    if (shown.size() % 100 == 7) map.shrink_to_fit();
  });
  EXPECT_EQ(shown.size(), 500U);
  for (std::uint64_t i = 0; i < 500; ++i) EXPECT_EQ(shown.count(i), 1U);
}

TYPED_TEST(shrinking, is_refused_inside_compute) {
  typename TypeParam::map map;
  if constexpr (requires { TypeParam::family::optimistic; }) return;  // compute's callable holds nothing there
  EXPECT_THROW(map.compute(TypeParam::key_of(1),
                           [&](const auto*) {
                             map.shrink_to_fit();
                             return TypeParam::value_of(1);
                           }),
               portolan::reentrant_call);
}

template <class Subject>
class shrinking_that_fails : public testing::Test {};
using failing = subjects<testing::Types<plain, concurrent, sync, guarded>>;
TYPED_TEST_SUITE(shrinking_that_fails, failing, subject_names);

TYPED_TEST(shrinking_that_fails, changes_no_entry) {
  using map_type = metered_map<TypeParam>;
  ledger books;
  std::unique_ptr<map_type> map;
  at_every_fault(
      [&] {
        map = std::make_unique<map_type>(typename map_type::allocator_type(books));
        map->reserve(3'000);
        for (std::uint64_t i = 0; i < 90; ++i) map->insert(TypeParam::key_of(i), TypeParam::value_of(i));
      },
      [&] { map->shrink_to_fit(); },
      [&](bool) {
        EXPECT_EQ(map->size(), 90U);
        for (std::uint64_t i = 0; i < 90; ++i) EXPECT_EQ(TypeParam::number_of(*map->find(TypeParam::key_of(i))), i);
        EXPECT_TRUE(map->insert(TypeParam::key_of(777), TypeParam::value_of(1)));
        map->shrink_to_fit();
      });
  map.reset();
  EXPECT_EQ(books.blocks(), 0U);
}

template <class Subject>
class shrinking_beside_others : public testing::Test {};
using shared_shrinkable =
    join<subjects<testing::Types<concurrent, concurrent_portable, concurrent_hazard, sync, sharded>>,
         subjects<testing::Types<concurrent>, text, text>>;
TYPED_TEST_SUITE(shrinking_beside_others, shared_shrinkable, subject_names);

TYPED_TEST(shrinking_beside_others, loses_no_write) {
  const watchdog guard("shrinking beside writers");
  constexpr std::uint64_t keys_each = 400;
  typename TypeParam::map map;
  std::atomic<int> writing{2};
  together(3, [&](int thread) {
    if (thread == 2) {
      while (writing.load() != 0) {
        map.reserve(1'500);
        map.shrink_to_fit();
      }
      return;
    }
    const std::uint64_t first = static_cast<std::uint64_t>(thread) * keys_each;
    std::map<std::uint64_t, std::uint64_t> account;
    chance random(static_cast<std::uint64_t>(thread) + 1);
    for (int i = 0; i < support::scaled(10'000); ++i) {
      const std::uint64_t at = first + random.below(keys_each);
      const auto key = TypeParam::key_of(at);
      switch (random.below(3)) {
        case 0: ASSERT_EQ(map.insert(key, TypeParam::value_of(at)), account.emplace(at, at).second); break;
        case 1: ASSERT_EQ(map.erase(key), account.erase(at) == 1); break;
        default: {
          const auto known = account.find(at);
          ASSERT_EQ(number_at<TypeParam>(map, key),
                    known == account.end() ? std::nullopt : std::optional(known->second));
        }
      }
    }
    for (std::uint64_t at = first; at < first + keys_each; ++at) {
      ASSERT_EQ(map.contains(TypeParam::key_of(at)), account.count(at) == 1) << at;
    }
    --writing;
  });
}

}  // namespace
}  // namespace promises
