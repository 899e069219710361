// Promise: load_or_compute calls nothing where the key is present, keeps what was computed, and caches nothing when
// the callable throws or declines. A wait for oneself is refused, with both places, and never begun.
//
// Method: one thread; a watchdog turns a hang into a failure. Several threads: load_or_compute_by_many_test.cpp.
#include <stdexcept>

#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

template <class Subject>
class load_or_compute : public testing::Test {
 protected:
  using map = typename Subject::map;
  using value = typename Subject::value;
  static std::uint64_t number_of(const auto& found) { return Subject::number_of(*found); }

  map shared;
  watchdog guard{"load_or_compute"};
};

using loading = where<can_load_or_compute, join<subjects<every_family>, subjects<families_by_kind, number, move_only>>>;
TYPED_TEST_SUITE(load_or_compute, loading, subject_names);

TYPED_TEST(load_or_compute, calls_nothing_where_the_key_is_present) {
  this->shared.insert(TypeParam::key_of(1), TypeParam::value_of(10));
  const auto found = this->shared.load_or_compute(
      TypeParam::key_of(1), []() -> typename TypeParam::value { throw std::runtime_error("called"); });
  EXPECT_EQ(this->number_of(found), 10U);
}

TYPED_TEST(load_or_compute, keeps_what_was_computed) {
  const auto found = this->shared.load_or_compute(TypeParam::key_of(1), [] { return TypeParam::value_of(11); });
  EXPECT_EQ(this->number_of(found), 11U);
  EXPECT_EQ(number_at<TypeParam>(this->shared, TypeParam::key_of(1)), 11U);
}

TYPED_TEST(load_or_compute, caches_nothing_when_the_callable_throws) {
  EXPECT_THROW(static_cast<void>(this->shared.load_or_compute(
                   TypeParam::key_of(1), []() -> typename TypeParam::value { throw std::runtime_error("not today"); })),
               std::runtime_error);
  EXPECT_TRUE(this->shared.empty());
  const auto found = this->shared.load_or_compute(TypeParam::key_of(1), [] { return TypeParam::value_of(12); });
  EXPECT_EQ(this->number_of(found), 12U);
}

TYPED_TEST(load_or_compute, caches_nothing_when_the_callable_declines) {
  const auto found = this->shared.load_or_compute(
      TypeParam::key_of(1), []() -> std::optional<typename TypeParam::value> { return std::nullopt; });
  EXPECT_FALSE(static_cast<bool>(found));
  EXPECT_FALSE(this->shared.contains(TypeParam::key_of(1)));
}

TYPED_TEST(load_or_compute, lets_the_callable_use_other_keys) {
  const auto found = this->shared.load_or_compute(TypeParam::key_of(1), [&] {
    this->shared.insert(TypeParam::key_of(2), TypeParam::value_of(20));
    const auto inner = this->shared.load_or_compute(TypeParam::key_of(3), [] { return TypeParam::value_of(30); });
    return TypeParam::value_of(this->number_of(inner) + 1);
  });
  EXPECT_EQ(this->number_of(found), 31U);
  EXPECT_EQ(this->shared.size(), 3U);
}

TYPED_TEST(load_or_compute, refuses_to_wait_for_itself_and_names_both_places) {
  try {
    static_cast<void>(this->shared.load_or_compute(TypeParam::key_of(1), [&] {
      const auto never = this->shared.load_or_compute(TypeParam::key_of(1), [] { return TypeParam::value_of(1); });
      return TypeParam::value_of(this->number_of(never));
    }));
    FAIL() << "it was not refused";
  } catch (const portolan::reentrant_call& refused) {
    EXPECT_EQ(refused.code(), portolan::errc::waits_for_itself);
    EXPECT_NE(refused.outer(), nullptr);
    EXPECT_NE(refused.inner(), nullptr);
    EXPECT_NE(refused.outer(), refused.inner());
  }
  EXPECT_TRUE(this->shared.empty());
  EXPECT_TRUE(this->shared.insert(TypeParam::key_of(1), TypeParam::value_of(1)));
}

}  // namespace
}  // namespace promises
