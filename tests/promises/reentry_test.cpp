// Promise: a write to the map from inside compute's callable is refused with both places. It never hangs, the map
// is then as before, and usable.
//
// Method: each writing operation is tried from inside compute, on the same and on another key (which may or may
// not share a line or shard); a watchdog turns a hang into a failure.
#include <functional>

#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

template <class Subject>
class reentry_inside_compute : public testing::Test {
 protected:
  using map = typename Subject::map;
  using value = typename Subject::value;

  void SetUp() override {
    for (std::uint64_t i = 1; i <= 3; ++i) shared.insert(Subject::key_of(i), Subject::value_of(i));
  }

  // `write` must be refused when it comes from inside a compute of key 1.
  void is_refused(const char* what, const std::function<void()>& write) {
    SCOPED_TRACE(what);
    try {
      shared.compute(Subject::key_of(1), [&](const value*) -> portolan::decision<value> {
        write();
        return portolan::erase;
      });
      ADD_FAILURE() << "was not refused";
    } catch (const portolan::reentrant_call& refused) {
      EXPECT_EQ(refused.code(), portolan::errc::reentrant_call);
      EXPECT_NE(refused.outer(), nullptr);
      EXPECT_NE(refused.inner(), nullptr);
      EXPECT_NE(refused.outer(), refused.inner());
    }
    for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_EQ(number_at<Subject>(shared, Subject::key_of(i)), i);
    EXPECT_EQ(shared.size(), 3U);
    EXPECT_EQ(shared.insert_or_assign(Subject::key_of(1), Subject::value_of(1)), portolan::assignment::assigned);
  }

  map shared;
  watchdog guard{"re-entry inside compute"};
};
using computing_alone = where<can_compute_alone, each_map>;
TYPED_TEST_SUITE(reentry_inside_compute, computing_alone, subject_names);

TYPED_TEST(reentry_inside_compute, is_refused_for_every_write_of_the_same_key) {
  const auto same = TypeParam::key_of(1);
  this->is_refused("insert", [&] { this->shared.insert(same, TypeParam::value_of(9)); });
  this->is_refused("try_emplace", [&] { this->shared.try_emplace(same, TypeParam::value_of(9)); });
  this->is_refused("insert_or_assign", [&] { this->shared.insert_or_assign(same, TypeParam::value_of(9)); });
  this->is_refused("erase", [&] { this->shared.erase(same); });
  this->is_refused("compute", [&] { this->shared.compute(same, [](const auto*) { return TypeParam::value_of(9); }); });
  if constexpr (offers_compare_exchange<typename TypeParam::map>) {
    this->is_refused("compare_exchange",
                     [&] { this->shared.compare_exchange(same, TypeParam::value_of(1), TypeParam::value_of(9)); });
  }
  if constexpr (offers_compare_erase<typename TypeParam::map>) {
    this->is_refused("compare_erase", [&] { this->shared.compare_erase(same, TypeParam::value_of(1)); });
  }
  if constexpr (offers_exchange<typename TypeParam::map>) {
    this->is_refused("exchange", [&] { static_cast<void>(this->shared.exchange(same, TypeParam::value_of(9))); });
  }
  if constexpr (offers_extract<typename TypeParam::map>) {
    this->is_refused("extract", [&] { static_cast<void>(this->shared.extract(same)); });
  }
}

TYPED_TEST(reentry_inside_compute, is_refused_for_writes_of_other_keys_and_of_the_whole_map) {
  this->is_refused("insert", [&] { this->shared.insert(TypeParam::key_of(50), TypeParam::value_of(9)); });
  this->is_refused("insert_or_assign",
                   [&] { this->shared.insert_or_assign(TypeParam::key_of(2), TypeParam::value_of(9)); });
  this->is_refused("erase", [&] { this->shared.erase(TypeParam::key_of(2)); });
  this->is_refused("compute", [&] {
    this->shared.compute(TypeParam::key_of(3), [](const auto*) { return TypeParam::value_of(9); });
  });
  this->is_refused("clear", [&] { this->shared.clear(); });
  if constexpr (offers_erase_if<typename TypeParam::map>) {
    this->is_refused("erase_if", [&] { this->shared.erase_if([](const auto&, const auto&) { return true; }); });
  }
}

TYPED_TEST(reentry_inside_compute, does_not_touch_other_maps) {
  typename TypeParam::map other;
  this->shared.compute(TypeParam::key_of(1), [&](const auto*) {
    other.insert(TypeParam::key_of(1), TypeParam::value_of(4));
    other.compute(TypeParam::key_of(1),
                  [](const auto* now) { return TypeParam::value_of(TypeParam::number_of(*now) + 1); });
    return TypeParam::value_of(6);
  });
  EXPECT_EQ(number_at<TypeParam>(other, TypeParam::key_of(1)), 5U);
  EXPECT_EQ(number_at<TypeParam>(this->shared, TypeParam::key_of(1)), 6U);
}

// A ring over two maps on one thread: the innermost call returns to the first map.
TYPED_TEST(reentry_inside_compute, is_refused_through_another_map) {
  typename TypeParam::map other;
  this->is_refused("through another map", [&] {
    other.compute(TypeParam::key_of(1), [&](const auto*) {
      this->shared.erase(TypeParam::key_of(1));
      return TypeParam::value_of(1);
    });
  });
  EXPECT_TRUE(other.empty());
}

}  // namespace
}  // namespace promises
