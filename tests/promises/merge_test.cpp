// Promise: merge moves every entry whose key the target lacks and no other; whatever fails, no entry is lost and none is
// there twice.
//
// Method: maps of all kinds are merged into others; then every allocation of a merge fails, one after the other, and each
// entry must be in one of the maps or in what the merge handed out. Beside writers: merge_beside_writers_test.cpp.
#include <map>
#include <memory>
#include <set>

#include "allocators.hpp"
#include "merges.hpp"

namespace promises {
namespace {

template <class Pairing>
class merge_of_maps : public testing::Test {};
using pairings =
    testing::Types<pairing<subject<plain>, subject<plain>>, pairing<subject<sync>, subject<plain>>,
                   pairing<subject<concurrent>, subject<sync>>,
                   pairing<subject<concurrent_hazard>, subject<concurrent>>,
                   pairing<subject<guarded>, subject<concurrent_portable>>, pairing<subject<guarded>, subject<guarded>>,
                   pairing<subject<sharded>, subject<guarded>>, pairing<subject<snapshot>, subject<sharded>>,
                   pairing<subject<snapshot>, subject<snapshot>>, pairing<subject<plain>, subject<snapshot>>,
                   pairing<text_map, text_map>>;
TYPED_TEST_SUITE(merge_of_maps, pairings, pairing_names);

TYPED_TEST(merge_of_maps, moves_what_the_target_lacks_and_leaves_the_rest) {
  using target = typename TypeParam::target;
  using source = typename TypeParam::source;
  for (const std::uint64_t entries : {0U, 1U, 300U}) {
    typename target::map into;
    typename source::map from;
    for (std::uint64_t i = 0; i < entries; ++i) from.insert(source::key_of(i), source::value_of(i));
    for (std::uint64_t i = entries / 3; i < entries / 2; ++i)
      into.insert(target::key_of(i), target::value_of(1'000 + i));
    const std::uint64_t common = entries / 2 - entries / 3;
    const auto said = portolan::merge(into, from);
    EXPECT_EQ(said.moved, entries - common);
    EXPECT_EQ(said.stayed, common);
    EXPECT_TRUE(said.left_over.empty());
    EXPECT_EQ(into.size(), entries);
    EXPECT_EQ(from.size(), common);
    for (std::uint64_t i = 0; i < entries; ++i) {
      const bool both = i >= entries / 3 && i < entries / 2;
      EXPECT_EQ(number_at<target>(into, target::key_of(i)), both ? 1'000 + i : i);
      EXPECT_EQ(number_at<source>(from, source::key_of(i)), both ? std::optional(i) : std::nullopt);
    }
  }
}

template <class Subject>
class merge_with_itself : public testing::Test {};
using maps_beside_themselves = where<gives_values, subjects<one_of_each>>;
TYPED_TEST_SUITE(merge_with_itself, maps_beside_themselves, subject_names);

TYPED_TEST(merge_with_itself, does_nothing) {
  typename TypeParam::map map;
  for (std::uint64_t i = 0; i < 20; ++i) map.insert(TypeParam::key_of(i), TypeParam::value_of(i));
  const auto said = portolan::merge(map, map);
  EXPECT_EQ(said.moved, 0U);
  EXPECT_EQ(said.stayed, 20U);
  EXPECT_EQ(map.size(), 20U);
}

TEST(merge_of_guarded_maps, moves_values_that_cannot_be_copied) {
  using map_type = portolan::guarded_map<std::unordered_map<int, std::unique_ptr<int>>>;
  map_type into;
  map_type from;
  for (int i = 0; i < 100; ++i) from.insert(i, std::make_unique<int>(i));
  into.insert(50, std::make_unique<int>(-1));
  const auto said = portolan::merge(into, from);
  EXPECT_EQ(said.moved, 99U);
  EXPECT_EQ(said.stayed, 1U);
  EXPECT_EQ(**into.extract(99), 99);
  EXPECT_EQ(**into.extract(50), -1);
  EXPECT_EQ(**from.extract(50), 50);
}

TEST(merge_of_guarded_maps, is_refused_from_inside_either) {
  portolan::guarded_map<std::unordered_map<int, int>> left;
  portolan::guarded_map<std::unordered_map<int, int>> right;
  for (auto* each : {&left, &right}) {
    EXPECT_THROW(each->compute(1,
                               [&](const int*) {
                                 static_cast<void>(portolan::merge(left, right));
                                 return 1;
                               }),
                 portolan::reentrant_call);
  }
}

// ---- when something fails ------------------------------------------------------------------------------------------

template <class Pairing>
class merge_that_fails : public testing::Test {};
using failing_pairings =
    testing::Types<pairing<subject<plain>, subject<plain>>, pairing<text_map, subject<sync, text, text>>,
                   pairing<subject<guarded>, subject<guarded>>, pairing<subject<snapshot>, subject<concurrent>>,
                   pairing<subject<concurrent>, subject<snapshot>>>;
TYPED_TEST_SUITE(merge_that_fails, failing_pairings, pairing_names);

TYPED_TEST(merge_that_fails, leaves_each_entry_in_one_of_the_maps_or_hands_it_out) {
  using target = typename TypeParam::target;
  using source = typename TypeParam::source;
  using target_map = metered_map<target>;
  using source_map = metered_map<source>;
  ledger books;
  std::unique_ptr<target_map> into;
  std::unique_ptr<source_map> from;
  std::multiset<std::uint64_t> seen;
  at_every_fault(
      [&] {
        seen.clear();
        into = std::make_unique<target_map>(typename target_map::allocator_type(books));
        from = std::make_unique<source_map>(typename source_map::allocator_type(books));
        for (std::uint64_t i = 0; i < 30; ++i) from->insert(source::key_of(i), source::value_of(i));
        for (std::uint64_t i = 25; i < 35; ++i) into->insert(target::key_of(i), target::value_of(100 + i));
      },
      [&] {
        const auto said = portolan::merge(*into, *from);
        EXPECT_EQ(said.left_over.empty(), !said.failure);
        for (const auto& entry : said.left_over) seen.insert(source::number_of(entry.second));
        if (said.failure) std::rethrow_exception(said.failure);
      },
      [&](bool) {
        into->for_each([&](const auto&, const auto& value) { seen.insert(target::number_of(value)); });
        from->for_each([&](const auto&, const auto& value) { seen.insert(source::number_of(value)); });
        EXPECT_EQ(seen.size(), 40U);
        for (std::uint64_t i = 0; i < 30; ++i) EXPECT_EQ(seen.count(i), 1U) << i;
        for (std::uint64_t i = 125; i < 135; ++i) EXPECT_EQ(seen.count(i), 1U) << i;
      });
}

// Two ledgers: nodes cannot change hands, so the entries are copied one by one.
TEST(merge_of_guarded_maps, copies_where_the_memory_is_not_the_same) {
  using map_type = metered_map<subject<guarded>>;
  ledger one;
  ledger two;
  {
    map_type into{map_type::allocator_type(one)};
    map_type from{map_type::allocator_type(two)};
    for (std::uint64_t i = 0; i < 50; ++i) from.insert(i, i);
    EXPECT_EQ(portolan::merge(into, from).moved, 50U);
    EXPECT_EQ(into.size(), 50U);
    EXPECT_TRUE(from.empty());
  }
  EXPECT_EQ(one.blocks() + two.blocks(), 0U);
}

}  // namespace
}  // namespace promises
