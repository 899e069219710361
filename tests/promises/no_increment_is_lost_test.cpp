// Promise: an increment is never lost.
//
// Method: threads add one to a few counters, each by its own way of read-modify-write (compute, a loop of
// compare_exchange), while another thread makes the table grow and shrink under them.
// At the end the sum must be the number of increments done.
#include "numbered.hpp"
#include "threads.hpp"

namespace promises {
namespace {

constexpr int adders = 3;
constexpr std::uint64_t counted_keys = 4;

class no_increment_is_lost : public testing::TestWithParam<numbered_kind> {
 protected:
  void add_under_churn(const std::function<void(std::uint64_t key)>& add) {
    const std::uint64_t additions = GetParam().amount(support::scaled<std::uint64_t>(10'000));
    std::atomic<int> adding{adders};
    together(adders + 1, [&](int thread) {
      chance random(static_cast<std::uint64_t>(thread));
      if (thread < adders) {
        for (std::uint64_t i = 0; i < additions; ++i) add(random.below(counted_keys));
        --adding;
        return;
      }
      while (adding.load() != 0) {
        for (std::uint64_t i = 0; i < 300; ++i) map->insert(1'000 + i, 0);
        for (std::uint64_t i = 0; i < 300; ++i) map->erase(1'000 + i);
      }
    });
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < counted_keys; ++i) sum += map->find(i).value_or(0);
    EXPECT_EQ(sum, adders * additions);
    EXPECT_EQ(map->size(), counted_keys);
  }

  std::unique_ptr<numbered_map> map = GetParam().make();
};
template <class Subject>
using can_add =
    std::bool_constant<offers_compute<typename Subject::map> && offers_compare_exchange<typename Subject::map>>;
using addable = where<can_add, join<every_shared_map, subjects<shared_families, number, number, constant_hash>>>;
INSTANTIATE_TEST_SUITE_P(promise, no_increment_is_lost, over<addable>(), numbered_names());

TEST_P(no_increment_is_lost, by_compute) {
  add_under_churn([&](std::uint64_t at) { map->compute(at, {wish::kind::add, 1}); });
}

TEST_P(no_increment_is_lost, by_compare_exchange) {
  for (std::uint64_t i = 0; i < counted_keys; ++i) map->insert(i, 0);
  add_under_churn([&](std::uint64_t at) {
    for (;;) {
      const std::uint64_t now = map->find(at).value();
      const auto ended = map->compare_exchange(at, now, now + 1);
      ASSERT_NE(ended, portolan::comparison::absent);
      if (ended == portolan::comparison::matched) return;
    }
  });
}

}  // namespace
}  // namespace promises
