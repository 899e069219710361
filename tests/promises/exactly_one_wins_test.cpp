// Promise: of several threads that insert, erase, extract or compare the same entry, exactly one is told that it
// was the one.
//
// Method: in each round all threads do the same operation on the same fresh keys; each counts its wins. Every key
// must have been won once, and the value found must be the winner's.
#include <functional>

#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

constexpr int contenders = 4;

template <class Subject>
class exactly_one_wins : public testing::Test {
 protected:
  using map = typename Subject::map;

  // `wins(key, thread)` says whether this thread won; every key must be won by one thread.
  std::vector<std::uint64_t> contest(std::uint64_t keys,
                                     const std::function<bool(const typename Subject::key&, std::uint64_t)>& wins) {
    std::vector<std::atomic<std::uint64_t>> winner(keys);
    std::atomic<std::uint64_t> total{0};
    together(contenders, [&](int thread) {
      const auto self = static_cast<std::uint64_t>(thread + 1);
      for (std::uint64_t i = 0; i < keys; ++i) {
        if (!wins(Subject::key_of(i), self)) continue;
        winner[i].store(self);
        ++total;
      }
    });
    EXPECT_EQ(total.load(), keys);
    return {winner.begin(), winner.end()};
  }

  void fill(std::uint64_t keys) {
    for (std::uint64_t i = 0; i < keys; ++i) shared.insert(Subject::key_of(i), Subject::value_of(0));
  }
  static std::uint64_t keys() { return amount<typename Subject::family>(support::scaled<std::uint64_t>(5'000)); }

  map shared;
};

TYPED_TEST_SUITE(exactly_one_wins, every_shared_map, subject_names);

TYPED_TEST(exactly_one_wins, an_insert) {
  const auto winners = this->contest(this->keys(), [&](const auto& at, std::uint64_t self) {
    return this->shared.insert(at, TypeParam::value_of(self));
  });
  for (std::uint64_t i = 0; i < winners.size(); ++i) {
    ASSERT_EQ(number_at<TypeParam>(this->shared, TypeParam::key_of(i)), winners[i]);
  }
  EXPECT_EQ(this->shared.size(), this->keys());
}

TYPED_TEST(exactly_one_wins, an_insert_or_assign_says_inserted_once) {
  this->contest(this->keys(), [&](const auto& at, std::uint64_t self) {
    return this->shared.insert_or_assign(at, TypeParam::value_of(self)) == portolan::assignment::inserted;
  });
}

TYPED_TEST(exactly_one_wins, an_erase) {
  this->fill(this->keys());
  this->contest(this->keys(), [&](const auto& at, std::uint64_t) { return this->shared.erase(at); });
  EXPECT_TRUE(this->shared.empty());
}

TYPED_TEST(exactly_one_wins, an_extract) {
  if constexpr (offers_extract<typename TypeParam::map>) {
    this->fill(this->keys());
    this->contest(this->keys(),
                  [&](const auto& at, std::uint64_t) { return static_cast<bool>(this->shared.extract(at)); });
    EXPECT_TRUE(this->shared.empty());
  }
}

TYPED_TEST(exactly_one_wins, a_compare_exchange) {
  this->fill(this->keys());
  const auto winners = this->contest(this->keys(), [&](const auto& at, std::uint64_t self) {
    return this->shared.compare_exchange(at, TypeParam::value_of(0), TypeParam::value_of(self)) ==
           portolan::comparison::matched;
  });
  for (std::uint64_t i = 0; i < winners.size(); ++i) {
    ASSERT_EQ(number_at<TypeParam>(this->shared, TypeParam::key_of(i)), winners[i]);
  }
}

TYPED_TEST(exactly_one_wins, a_compare_exchange_against_a_compare_erase) {
  this->fill(this->keys());
  this->contest(this->keys(), [&](const auto& at, std::uint64_t self) {
    return (self % 2 == 0 ? this->shared.compare_exchange(at, TypeParam::value_of(0), TypeParam::value_of(self))
                          : this->shared.compare_erase(at, TypeParam::value_of(0))) == portolan::comparison::matched;
  });
}

TYPED_TEST(exactly_one_wins, an_exchange_returns_every_value_once) {
  if constexpr (offers_exchange<typename TypeParam::map>) {
    const auto rounds = support::scaled<std::uint64_t>(5'000);
    const auto one_key = TypeParam::key_of(1);
    std::vector<std::atomic<int>> returned(contenders * rounds);
    together(contenders, [&](int thread) {
      for (std::uint64_t i = 0; i < rounds; ++i) {
        const std::uint64_t token = static_cast<std::uint64_t>(thread) * rounds + i;
        if (const auto previous = this->shared.exchange(one_key, TypeParam::value_of(token))) {
          ++returned[TypeParam::number_of(*previous)];
        }
      }
    });
    ++returned[number_at<TypeParam>(this->shared, one_key).value()];
    for (const auto& times : returned) ASSERT_EQ(times.load(), 1);
  }
}

}  // namespace
}  // namespace promises
