// Promise: every operation works on a map that was never used, and reserve takes any small number.
//
// Method: one fresh map an operation; reserve(0) … reserve(1000) on fresh maps and on one that is used between.
#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

template <class Subject>
class never_used : public testing::Test {
 protected:
  using map_type = typename Subject::map;
  using value = typename Subject::value;
  static auto at() { return Subject::key_of(1); }
  watchdog guard{"a map that was never used"};
};
TYPED_TEST_SUITE(never_used, each_map, subject_names);

TYPED_TEST(never_used, is_empty_for_everyone_who_looks) {
  typename TypeParam::map map;
  EXPECT_FALSE(map.contains(this->at()));
  EXPECT_FALSE(static_cast<bool>(map.find(this->at())));
  EXPECT_FALSE(map.visit(this->at(), [](const auto&) { FAIL(); }));
  map.for_each([](const auto&, const auto&) { FAIL(); });
  EXPECT_EQ(map.size(), 0U);
  EXPECT_TRUE(map.empty());
  EXPECT_TRUE(map.snapshot().empty());
  const std::vector<typename TypeParam::key> keys = {this->at(), this->at()};
  for (const auto& found : map.find(std::span<const typename TypeParam::key>(keys)))
    EXPECT_FALSE(static_cast<bool>(found));
  EXPECT_EQ(map.visit(std::span<const typename TypeParam::key>(keys), [](std::size_t, const auto&) { FAIL(); }), 0U);
  EXPECT_EQ(map.find(std::span<const typename TypeParam::key>()).size(), 0U);
}

TYPED_TEST(never_used, has_nothing_to_take_away) {
  typename TypeParam::map map;
  EXPECT_FALSE(map.erase(this->at()));
  EXPECT_EQ(map.erase_if([](const auto&, const auto&) { return true; }), 0U);
  EXPECT_FALSE(static_cast<bool>(map.extract(this->at())));
  EXPECT_EQ(map.compare_exchange(this->at(), TypeParam::value_of(1), TypeParam::value_of(2)),
            portolan::comparison::absent);
  EXPECT_EQ(map.compare_erase(this->at(), TypeParam::value_of(1)), portolan::comparison::absent);
  using value_type = typename TypeParam::value;
  EXPECT_EQ(map.compute(this->at(), [](const value_type*) -> portolan::decision<value_type> { return portolan::keep; }),
            portolan::computed::absent);
  EXPECT_EQ(
      map.compute(this->at(), [](const value_type*) -> portolan::decision<value_type> { return portolan::erase; }),
      portolan::computed::absent);
  map.clear();
  EXPECT_TRUE(map.empty());
}

TYPED_TEST(never_used, takes_a_first_entry_by_every_operation) {
  const auto holds_one = [&](const auto& put) {
    typename TypeParam::map map;
    put(map);
    EXPECT_EQ(map.size(), 1U);
    EXPECT_EQ(number_at<TypeParam>(map, this->at()), 5U);
  };
  const auto five = [] { return TypeParam::value_of(5); };
  holds_one([&](auto& map) { EXPECT_TRUE(map.insert(this->at(), five())); });
  holds_one([&](auto& map) { EXPECT_TRUE(map.try_emplace(this->at(), five())); });
  holds_one([&](auto& map) { EXPECT_EQ(map.insert_or_assign(this->at(), five()), portolan::assignment::inserted); });
  holds_one([&](auto& map) {
    if constexpr (offers_load_or_compute<std::remove_reference_t<decltype(map)>>) {
      EXPECT_TRUE(static_cast<bool>(map.load_or_compute(this->at(), five)));
    } else {
      map.insert(this->at(), five());
    }
  });
  holds_one([&](auto& map) {
    EXPECT_EQ(map.compute(this->at(), [&](const auto*) { return five(); }), portolan::computed::inserted);
  });
  holds_one([&](auto& map) { EXPECT_FALSE(static_cast<bool>(map.exchange(this->at(), five()))); });
}

TYPED_TEST(never_used, reserves_any_small_number) {
  for (std::size_t entries = 0; entries <= 1'000; ++entries) {
    typename TypeParam::map map;
    make_room(map, entries);
    ASSERT_FALSE(map.contains(this->at()));
    ASSERT_TRUE(map.insert(this->at(), TypeParam::value_of(1)));
    ASSERT_EQ(map.size(), 1U);
  }
  typename TypeParam::map used;
  for (std::size_t entries = 0; entries <= 1'000; entries += 7) {
    make_room(used, entries);
    used.insert(TypeParam::key_of(entries), TypeParam::value_of(entries));
    make_room(used, 1'000 - entries);
  }
  for (std::size_t entries = 0; entries <= 1'000; entries += 7) {
    ASSERT_EQ(number_at<TypeParam>(used, TypeParam::key_of(entries)), entries);
  }
}

TYPED_TEST(never_used, is_made_with_a_capacity_and_a_seed) {
  for (const std::size_t capacity : {std::size_t{0}, std::size_t{1}, std::size_t{64}, std::size_t{1'000}}) {
    typename TypeParam::map map(portolan::map_options{.capacity = capacity, .seed = 42, .name = "made with options"});
    EXPECT_TRUE(map.empty());
    for (std::uint64_t i = 0; i < 200; ++i) ASSERT_TRUE(map.insert(TypeParam::key_of(i), TypeParam::value_of(i)));
    EXPECT_EQ(map.size(), 200U);
  }
}

}  // namespace
}  // namespace promises
