// Promise: of several threads that insert, erase, extract or compare the same entry, exactly one is told that it
// was the one.
//
// Method: in each round all threads do the same operation on the same fresh keys; each counts its wins. Every key
// must have been won once, and the value found must be the winner's.
#include "numbered.hpp"
#include "threads.hpp"

namespace promises {
namespace {

constexpr int contenders = 4;

class exactly_one_wins : public testing::TestWithParam<numbered_kind> {
 protected:
  // `wins(key, thread)` says whether this thread won; every key must be won by one thread.
  std::vector<std::uint64_t> contest(const std::function<bool(std::uint64_t, std::uint64_t)>& wins) const {
    std::vector<std::atomic<std::uint64_t>> winner(keys);
    std::atomic<std::uint64_t> total{0};
    together(contenders, [&](int thread) {
      const auto self = static_cast<std::uint64_t>(thread + 1);
      for (std::uint64_t i = 0; i < keys; ++i) {
        if (!wins(i, self)) continue;
        winner[i].store(self);
        ++total;
      }
    });
    EXPECT_EQ(total.load(), keys);
    return {winner.begin(), winner.end()};
  }
  void fill() {
    for (std::uint64_t i = 0; i < keys; ++i) map->insert(i, 0);
  }
  void holds(const std::vector<std::uint64_t>& winners) const {
    for (std::uint64_t i = 0; i < winners.size(); ++i) ASSERT_EQ(map->find(i), winners[i]);
  }

  const std::uint64_t keys = GetParam().amount(support::scaled<std::uint64_t>(5'000));
  std::unique_ptr<numbered_map> map = GetParam().make();
};
INSTANTIATE_TEST_SUITE_P(promise, exactly_one_wins, over<every_shared_map>(), numbered_names());

TEST_P(exactly_one_wins, an_insert) {
  holds(contest([&](std::uint64_t at, std::uint64_t self) { return map->insert(at, self); }));
  EXPECT_EQ(map->size(), keys);
}

TEST_P(exactly_one_wins, an_insert_or_assign_says_inserted_once) {
  contest([&](std::uint64_t at, std::uint64_t self) {
    return map->insert_or_assign(at, self) == portolan::assignment::inserted;
  });
}

TEST_P(exactly_one_wins, an_erase) {
  fill();
  contest([&](std::uint64_t at, std::uint64_t) { return map->erase(at); });
  EXPECT_TRUE(map->empty());
}

TEST_P(exactly_one_wins, a_compare_exchange) {
  fill();
  holds(contest([&](std::uint64_t at, std::uint64_t self) {
    return map->compare_exchange(at, 0, self) == portolan::comparison::matched;
  }));
}

TEST_P(exactly_one_wins, a_compare_exchange_against_a_compare_erase) {
  fill();
  contest([&](std::uint64_t at, std::uint64_t self) {
    return (self % 2 == 0 ? map->compare_exchange(at, 0, self) : map->compare_erase(at, 0)) ==
           portolan::comparison::matched;
  });
}

template <class Subject>
using can_exchange =
    std::bool_constant<offers_exchange<typename Subject::map> && offers_extract<typename Subject::map>>;
class exactly_one_takes : public exactly_one_wins {};
using exchanging = where<can_exchange, every_shared_map>;
INSTANTIATE_TEST_SUITE_P(promise, exactly_one_takes, over<exchanging>(), numbered_names());

TEST_P(exactly_one_takes, by_an_extract) {
  fill();
  contest([&](std::uint64_t at, std::uint64_t) { return map->extract(at).has_value(); });
  EXPECT_TRUE(map->empty());
}

TEST_P(exactly_one_takes, each_value_by_an_exchange) {
  constexpr std::uint64_t one_key = 1;
  const auto rounds = support::scaled<std::uint64_t>(5'000);
  std::vector<std::atomic<int>> returned(contenders * rounds);
  together(contenders, [&](int thread) {
    for (std::uint64_t i = 0; i < rounds; ++i) {
      const std::uint64_t token = static_cast<std::uint64_t>(thread) * rounds + i;
      if (const answer previous = map->exchange(one_key, token)) ++returned[*previous];
    }
  });
  ++returned[map->find(one_key).value()];
  for (const auto& times : returned) ASSERT_EQ(times.load(), 1);
}

}  // namespace
}  // namespace promises
