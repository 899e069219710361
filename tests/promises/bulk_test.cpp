// Promise: the bulk forms do for each key what the single operation does, and tell the outcome with its index.
//
// Method: each form runs on lists of every length around the distance of prefetching, with keys that are there, are not,
// and come twice; outcomes are compared with the single operations on the plain map.
#include <array>
#include <iterator>
#include <list>

#include <portolan/map/bulk.hpp>

#include "family.hpp"
#include "faults.hpp"

namespace promises {
namespace {

template <class Subject>
class bulk_forms : public testing::Test {};
using maps_of_values = where<gives_values, each_map>;
TYPED_TEST_SUITE(bulk_forms, maps_of_values, subject_names);

TYPED_TEST(bulk_forms, do_what_the_single_operations_do) {
  using key = typename TypeParam::key;
  using value = typename TypeParam::value;
  for (const std::uint64_t length : {0U, 1U, 2U, 12U, 13U, 16U, 17U, 63U, 64U, 65U, 130U}) {
    typename TypeParam::map map;
    portolan::plain_map<key, value> reference;
    std::vector<std::pair<key, value>> entries;
    std::vector<key> keys;
    for (std::uint64_t i = 0; i < length; ++i) {
      entries.emplace_back(TypeParam::key_of(i * i % 37), TypeParam::value_of(i));
      keys.push_back(TypeParam::key_of(i % 41));
    }
    std::size_t calls = 0;
    const auto in_turn = [&](std::size_t index) { EXPECT_EQ(index, calls++); };

    const std::size_t inserted = portolan::insert_each(map, entries, [&](std::size_t index, bool came) {
      in_turn(index);
      EXPECT_EQ(came, reference.insert(entries[index].first, entries[index].second));
    });
    EXPECT_EQ(inserted, reference.size());
    EXPECT_EQ(calls, length);

    std::vector<portolan::found<value>> results(length + 1);
    results.back().emplace(TypeParam::value_of(5));
    std::size_t there = 0;
    const std::size_t found = portolan::find_each(map, keys, results);
    for (std::size_t i = 0; i < length; ++i) {
      const auto expected = reference.find(keys[i]);
      there += expected.has_value() ? 1 : 0;
      ASSERT_EQ(results[i].has_value(), expected.has_value());
      EXPECT_TRUE(!expected.has_value() || *results[i] == *expected);
    }
    EXPECT_EQ(found, there);
    EXPECT_TRUE(results.back().has_value()) << "more was written than there are keys";
    EXPECT_EQ(portolan::find_each(map, keys, results), there) << "over old results";
    std::size_t shown = 0;
    EXPECT_EQ(portolan::visit_each(map, keys,
                                   [&](std::size_t index, const value& seen) {
                                     EXPECT_EQ(seen, *reference.find(keys[index]));
                                     ++shown;
                                   }),
              there);
    EXPECT_EQ(shown, there);

    calls = 0;
    const std::list<std::pair<key, value>> others(entries.rbegin(), entries.rend());
    const std::size_t before = map.size();
    const std::size_t came =
        portolan::insert_or_assign_each(map, others, [&](std::size_t index, portolan::assignment how) {
          in_turn(index);
          const auto& entry = *std::next(others.begin(), static_cast<std::ptrdiff_t>(index));
          EXPECT_EQ(how, reference.insert_or_assign(entry.first, entry.second));
        });
    EXPECT_EQ(came, map.size() - before);
    calls = 0;
    const std::size_t erased = portolan::erase_each(map, keys, [&](std::size_t index, bool went) {
      in_turn(index);
      EXPECT_EQ(went, reference.erase(keys[index]));
    });
    EXPECT_EQ(map.size(), before - erased);
    EXPECT_EQ(map.size(), reference.size());
  }
}

TEST(bulk_form, moves_what_move_iterators_give_if_it_is_inserted) {
  portolan::concurrent_map<int, std::unique_ptr<int>> map;
  std::vector<std::pair<int, std::unique_ptr<int>>> entries;
  for (const int each : {1, 2, 1}) entries.emplace_back(each, std::make_unique<int>(each));
  struct moving {
    std::vector<std::pair<int, std::unique_ptr<int>>>& from;
    auto begin() const { return std::make_move_iterator(from.begin()); }
    auto end() const { return std::make_move_iterator(from.end()); }
  };
  EXPECT_EQ(portolan::insert_each(map, moving{entries}), 2U);
  EXPECT_EQ(**map.find(2), 2);
  EXPECT_EQ(entries[0].second, nullptr);
  ASSERT_NE(entries[2].second, nullptr) << "it was not inserted, so it is still the caller's";
}

TEST(bulk_form, refuses_too_few_places_for_results) {
  portolan::concurrent_map<int, int> map;
  map.insert(1, 1);
  const std::array<int, 2> keys{1, 1};
  std::array<std::optional<int>, 1> results;
  EXPECT_THROW(portolan::find_each(map, keys, results), portolan::error);
  EXPECT_FALSE(results[0].has_value());
}

TEST(bulk_form, leaves_what_was_done_before_an_exception) {
  portolan::concurrent_map<int, int> map;
  const std::vector<std::pair<int, int>> entries{{1, 1}, {2, 2}, {3, 3}};
  EXPECT_THROW(portolan::insert_each(map, entries,
                                     [&](std::size_t index, bool) {
                                       EXPECT_TRUE(map.contains(entries[index].first)) << "told before it was done";
                                       if (index == 1) throw injected();
                                     }),
               injected);
  EXPECT_EQ(map.size(), 2U);
}

}  // namespace
}  // namespace promises
