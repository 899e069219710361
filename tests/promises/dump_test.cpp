// Promise: a dump brings every entry back, into the same kind of map or another one; load adds all of it, or nothing.
//
// Method: maps are dumped and loaded and compared with what went in. An allocator that fails at its n-th allocation stands
// for memory that ends while a dump is put in: the map must then hold what it held. Beside writers, the entries that stay
// must all be there. What is wrong with a dump: dump_refused_test.cpp.
#include <map>
#include <memory>
#include <sstream>

#include "allocators.hpp"
#include "dumps.hpp"
#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

template <class Subject>
class dump_of_map : public testing::Test {};
using maps_of_values = where<gives_values, each_map>;
TYPED_TEST_SUITE(dump_of_map, maps_of_values, subject_names);

TYPED_TEST(dump_of_map, comes_back_whole_into_every_kind_of_map) {
  using key = typename TypeParam::key;
  using value = typename TypeParam::value;
  for (const std::uint64_t entries :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, support::scaled<std::uint64_t>(5'000)}) {
    typename TypeParam::map map;
    portolan::plain_map<key, value> reference;
    for (std::uint64_t i = 0; i < amount<typename TypeParam::family>(entries); ++i) {
      map.insert(TypeParam::key_of(i), TypeParam::value_of(i * 3));
      reference.insert(TypeParam::key_of(i), TypeParam::value_of(i * 3));
    }
    std::istringstream from_map(dump_of(map));
    typename TypeParam::map same;
    EXPECT_EQ(portolan::load(same, from_map).inserted, map.size());
    EXPECT_EQ(content_of(same), content_of(reference));
    std::istringstream again(from_map.str());
    portolan::plain_map<key, value> plain;
    EXPECT_EQ(portolan::load(plain, again).inserted, map.size());
    EXPECT_EQ(content_of(plain), content_of(reference));
    std::istringstream from_plain(dump_of(reference));
    typename TypeParam::map other;
    EXPECT_EQ(portolan::load(other, from_plain).inserted, map.size());
    EXPECT_EQ(content_of(other), content_of(reference));
  }
}

// One map of each machinery; each map's own insert and exchange are tried elsewhere.
using some_maps = subjects<testing::Types<plain, concurrent, guarded, snapshot>>;
template <class Subject>
class dump_beside_entries : public testing::Test {};
TYPED_TEST_SUITE(dump_beside_entries, some_maps, subject_names);

TYPED_TEST(dump_beside_entries, is_added_and_says_what_became_of_each_of_its_own) {
  typename TypeParam::map source;
  for (std::uint64_t i = 0; i < 10; ++i) source.insert(TypeParam::key_of(i), TypeParam::value_of(i));
  const std::string bytes = dump_of(source);
  for (const auto policy : {portolan::when_present::stay, portolan::when_present::replace}) {
    typename TypeParam::map map;
    for (std::uint64_t i = 5; i < 15; ++i) map.insert(TypeParam::key_of(i), TypeParam::value_of(100 + i));
    std::istringstream in(bytes);
    const portolan::loaded said = portolan::load(map, in, policy);
    const bool keeps = policy == portolan::when_present::stay;
    EXPECT_EQ(said.inserted, 5U);
    EXPECT_EQ(said.kept, keeps ? 5U : 0U);
    EXPECT_EQ(said.assigned, keeps ? 0U : 5U);
    EXPECT_EQ(map.size(), 15U);
    for (std::uint64_t i = 0; i < 15; ++i) {
      const std::uint64_t wanted = i < 5 || (i < 10 && !keeps) ? i : 100 + i;
      EXPECT_EQ(number_at<TypeParam>(map, TypeParam::key_of(i)), wanted) << i;
    }
  }
}

TYPED_TEST(dump_beside_entries, leaves_the_map_as_it_was_when_the_memory_ends_while_it_is_put_in) {
  using map_type = metered_map<TypeParam>;
  ledger books;
  std::ostringstream out;
  {
    typename TypeParam::map source;
    for (std::uint64_t i = 0; i < 40; ++i) source.insert(TypeParam::key_of(i), TypeParam::value_of(i));
    portolan::dump(source, out);
  }
  for (const auto policy : {portolan::when_present::stay, portolan::when_present::replace}) {
    std::unique_ptr<map_type> map;
    std::map<typename TypeParam::key, typename TypeParam::value> before;
    at_every_fault(
        [&] {
          map = std::make_unique<map_type>(typename map_type::allocator_type(books));
          for (std::uint64_t i = 30; i < 50; ++i) map->insert(TypeParam::key_of(i), TypeParam::value_of(7 * i));
          before = content_of(*map);
        },
        [&] {
          std::istringstream in(out.str());
          portolan::load(*map, in, policy);
        },
        [&](bool threw) {
          if (threw) {
            EXPECT_EQ(content_of(*map), before);
          } else {
            EXPECT_EQ(map->size(), 50U);
          }
        });
  }
}

template <class Subject>
class dump_of_shared_map : public testing::Test {};
using some_shared_maps = subjects<testing::Types<concurrent, sync, sharded, snapshot>>;
TYPED_TEST_SUITE(dump_of_shared_map, some_shared_maps, subject_names);

TYPED_TEST(dump_of_shared_map, holds_every_entry_that_stays_while_others_come_and_go) {
  const auto stay = amount<typename TypeParam::family>(support::scaled<std::uint64_t>(2'000));
  typename TypeParam::map map;
  for (std::uint64_t i = 0; i < stay; ++i) map.insert(TypeParam::key_of(i), TypeParam::value_of(i));
  std::atomic<bool> done{false};
  together(2, [&](int thread) {
    if (thread == 0) {
      for (std::uint64_t i = 0; !done.load(); ++i) {
        const auto key = TypeParam::key_of(stay + i % stay);
        if (!map.insert(key, TypeParam::value_of(i % 1'000))) map.erase(key);
      }
      return;
    }
    for (int round = 0; round < 5; ++round) {
      std::stringstream stream;
      portolan::dump(map, stream);
      portolan::plain_map<typename TypeParam::key, typename TypeParam::value> read;
      portolan::load(read, stream);
      for (std::uint64_t i = 0; i < stay; ++i) {
        const auto found = read.find(TypeParam::key_of(i));
        ASSERT_TRUE(found.has_value()) << i;
        ASSERT_EQ(TypeParam::number_of(*found), i);
      }
    }
    done = true;
  });
}

}  // namespace
}  // namespace promises
