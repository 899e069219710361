// Promise: visitors, for_each's and erase_if's callables may call any operation of the same map, nested ones too,
// and what they are shown stays as it was until they return. (The meaning of Go's TestMapRangeNestedCall.)
//
// Method: every operation is called from inside every kind of visitor; a watchdog turns a hang into a failure.
#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

template <class Subject>
class visitors : public testing::Test {
 protected:
  using map = typename Subject::map;
  using value = typename Subject::value;

  void fill(std::uint64_t entries) {
    for (std::uint64_t i = 0; i < entries; ++i) shared.insert(Subject::key_of(i), Subject::value_of(i));
  }

  // Every operation there is, over a few keys from `base` on; leaves these keys absent.
  void do_everything(std::uint64_t base) {
    const auto at = Subject::key_of(base);
    shared.insert(at, Subject::value_of(1));
    EXPECT_TRUE(shared.contains(at));
    shared.try_emplace(at, Subject::value_of(2));
    shared.insert_or_assign(at, Subject::value_of(3));
    if constexpr (offers_compute<map>) shared.compute(at, [](const value*) { return Subject::value_of(4); });
    if constexpr (offers_exchange<map>) static_cast<void>(shared.exchange(at, Subject::value_of(5)));
    if constexpr (offers_compare_exchange<map>) {
      EXPECT_EQ(shared.compare_exchange(at, Subject::value_of(5), Subject::value_of(6)), portolan::comparison::matched);
    }
    if constexpr (offers_load_or_compute<map>) {
      static_cast<void>(shared.load_or_compute(Subject::key_of(base + 1), [] { return Subject::value_of(7); }));
    }
    shared.visit(at, [&](const value&) { EXPECT_TRUE(shared.contains(at)); });
    make_room(shared, 10);
    if constexpr (offers_extract<map>) static_cast<void>(shared.extract(Subject::key_of(base + 1)));
    shared.erase(at);
    shared.erase(Subject::key_of(base + 1));
    static_cast<void>(shared.size());
  }

  map shared;
  watchdog guard{"visitors"};
};
using walking = where<can_walk, each_map>;
TYPED_TEST_SUITE(visitors, walking, subject_names);

TYPED_TEST(visitors, may_do_everything_inside_visit) {
  this->fill(20);
  EXPECT_TRUE(this->shared.visit(TypeParam::key_of(3), [&](const auto& shown) {
    this->do_everything(3);
    this->do_everything(100);
    EXPECT_EQ(TypeParam::number_of(shown), 3U) << "what is shown stays";
    this->shared.clear();
    EXPECT_EQ(TypeParam::number_of(shown), 3U);
  }));
  EXPECT_TRUE(this->shared.empty());
}

TYPED_TEST(visitors, may_do_everything_inside_for_each_and_in_a_nested_one) {
  this->fill(60);
  int nested = 0;
  this->shared.for_each([&](const auto& key, const auto& shown) {
    const std::uint64_t number = TypeParam::number_of(shown);
    this->do_everything(1'000 + 2 * number);
    this->shared.for_each([&](const auto& inner, const auto&) {
      ++nested;
      if (inner == key) this->shared.erase(inner);
    });
    EXPECT_EQ(TypeParam::number_of(shown), number);
  });
  EXPECT_GT(nested, 0);
  EXPECT_TRUE(this->shared.empty()) << "each entry erased itself in the nested walk";
}

TYPED_TEST(visitors, may_replace_and_erase_what_they_are_shown) {
  this->fill(100);
  this->shared.for_each([&](const auto& key, const auto& shown) {
    const std::uint64_t number = TypeParam::number_of(shown);
    this->shared.insert_or_assign(key, TypeParam::value_of(number + 1'000));
    EXPECT_EQ(TypeParam::number_of(shown), number);
    this->shared.erase(key);
    EXPECT_EQ(TypeParam::number_of(shown), number);
    EXPECT_EQ(key, TypeParam::key_of(number));
  });
  EXPECT_TRUE(this->shared.empty());
}

TYPED_TEST(visitors, may_clear_the_map_that_they_walk) {
  this->fill(500);
  std::uint64_t shown_before = 0;
  this->shared.for_each([&](const auto&, const auto& shown) {
    ++shown_before;
    this->shared.clear();
    EXPECT_LT(TypeParam::number_of(shown), 500U);
  });
  EXPECT_GE(shown_before, 1U);
  EXPECT_TRUE(this->shared.empty());
}

TYPED_TEST(visitors, stop_a_walk_by_returning_false) {
  this->fill(100);
  int shown = 0;
  this->shared.for_each([&](const auto&, const auto&) { return ++shown < 5; });
  EXPECT_EQ(shown, 5);
}

TYPED_TEST(visitors, may_do_everything_inside_erase_if) {
  if constexpr (offers_erase_if<typename TypeParam::map>) {
    this->fill(60);
    const auto erased = this->shared.erase_if([&](const auto&, const auto& shown) {
      const std::uint64_t number = TypeParam::number_of(shown);
      if (number >= 60) return false;
      this->do_everything(1'000 + 2 * number);
      return number % 2 == 0;
    });
    EXPECT_EQ(erased, 30U);
    EXPECT_EQ(this->shared.size(), 30U);
  }
}

TYPED_TEST(visitors, keep_an_entry_that_erase_ifs_callable_replaced) {
  if constexpr (offers_erase_if<typename TypeParam::map>) {
    this->fill(10);
    this->shared.erase_if([&](const auto& key, const auto& shown) {
      if (TypeParam::number_of(shown) == 4) this->shared.insert_or_assign(key, TypeParam::value_of(44));
      return TypeParam::number_of(shown) < 10;
    });
    EXPECT_EQ(number_at<TypeParam>(this->shared, TypeParam::key_of(4)), 44U) << "not the entry that was seen";
    EXPECT_EQ(this->shared.size(), 1U);
  }
}

TYPED_TEST(visitors, may_throw_and_the_map_is_as_before) {
  this->fill(20);
  EXPECT_THROW(this->shared.visit(TypeParam::key_of(1), [](const auto&) { throw 1; }), int);
  EXPECT_THROW(this->shared.for_each([](const auto&, const auto&) { throw 2; }), int);
  EXPECT_THROW(this->shared.compute(TypeParam::key_of(1), [](const auto*) -> typename TypeParam::value { throw 3; }),
               int);
  EXPECT_EQ(this->shared.size(), 20U);
  this->do_everything(1);
}

}  // namespace
}  // namespace promises
