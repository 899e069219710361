// Promise: an increment is never lost.
//
// Method: threads add one to a few counters, each by its own way of read-modify-write (compute, a loop of
// compare_exchange, exchange of tokens), while another thread makes the table grow and shrink under them.
// At the end the sum must be the number of increments done.
#include <functional>

#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

constexpr int adders = 3;
constexpr std::uint64_t counters = 4;

template <class Subject>
class no_increment_is_lost : public testing::Test {
 protected:
  using map = typename Subject::map;
  using value = typename Subject::value;

  void add_under_churn(const std::function<void(const typename Subject::key&)>& add) {
    const std::uint64_t additions = amount<typename Subject::family>(support::scaled<std::uint64_t>(10'000));
    std::atomic<int> adding{adders};
    together(adders + 1, [&](int thread) {
      chance random(static_cast<std::uint64_t>(thread));
      if (thread < adders) {
        for (std::uint64_t i = 0; i < additions; ++i) add(Subject::key_of(random.below(counters)));
        --adding;
        return;
      }
      while (adding.load() != 0) {
        for (std::uint64_t i = 0; i < 300; ++i) shared.insert(Subject::key_of(1'000 + i), Subject::value_of(0));
        for (std::uint64_t i = 0; i < 300; ++i) shared.erase(Subject::key_of(1'000 + i));
      }
    });
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < counters; ++i) sum += number_at<Subject>(shared, Subject::key_of(i)).value_or(0);
    EXPECT_EQ(sum, adders * additions);
    EXPECT_EQ(shared.size(), counters);
  }

  map shared;
};

template <class Subject>
using can_add =
    std::bool_constant<offers_compute<typename Subject::map> && offers_compare_exchange<typename Subject::map>>;
using addable = where<can_add, join<every_shared_map, subjects<shared_families, number, number, constant_hash>>>;
TYPED_TEST_SUITE(no_increment_is_lost, addable, subject_names);

TYPED_TEST(no_increment_is_lost, by_compute) {
  this->add_under_churn([&](const auto& at) {
    this->shared.compute(at, [](const typename TypeParam::value* now) {
      return TypeParam::value_of(now == nullptr ? 1 : TypeParam::number_of(*now) + 1);
    });
  });
}

TYPED_TEST(no_increment_is_lost, by_compare_exchange) {
  for (std::uint64_t i = 0; i < counters; ++i) this->shared.insert(TypeParam::key_of(i), TypeParam::value_of(0));
  this->add_under_churn([&](const auto& at) {
    for (;;) {
      const std::uint64_t now = number_at<TypeParam>(this->shared, at).value();
      const auto ended = this->shared.compare_exchange(at, TypeParam::value_of(now), TypeParam::value_of(now + 1));
      ASSERT_NE(ended, portolan::comparison::absent);
      if (ended == portolan::comparison::matched) return;
    }
  });
}

}  // namespace
}  // namespace promises
