// Promise: for_each shows each entry that stayed for its whole duration exactly once, and nobody twice, also while
// the table grows, shrinks and is rearranged.
//
// Method: stayers are put first and only ever assigned multiples of themselves; other keys come and go beneath the
// walk, by the walker's own visitor or by other threads, in numbers that grow and shrink the table many times over.
#include <functional>
#include <unordered_map>

#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

constexpr std::uint64_t stayers = support::sanitized ? 512 : 1'024;

// Where all keys meet in one chain each step costs a walk along it: fewer of them come and go.
template <class Subject>
constexpr bool bad_hash = !std::is_same_v<typename Subject::hash, portolan::hash<typename Subject::key>>;

template <class Subject>
class walk : public testing::Test {
 protected:
  using map = typename Subject::map;
  template <class T>
  using by_key = std::unordered_map<typename Subject::key, T, portolan::hash<typename Subject::key>>;

  void SetUp() override {
    for (std::uint64_t i = 1; i <= stayers; ++i) {
      shared.insert(Subject::key_of(i), Subject::value_of(i));
      stayer_of.emplace(Subject::key_of(i), i);
    }
  }

  // One walk, with `meanwhile(n)` called at its n-th step.
  void is_complete(const std::function<void(std::uint64_t)>& meanwhile) {
    by_key<int> shown;
    std::uint64_t steps = 0;
    shared.for_each([&](const auto& key, const auto& value) {
      ++shown[key];
      if (const auto stayer = stayer_of.find(key); stayer != stayer_of.end()) {
        EXPECT_EQ(Subject::number_of(value) % stayer->second, 0U) << "a value that was never stored";
      }
      meanwhile(steps++);
    });
    for (std::uint64_t i = 1; i <= stayers; ++i) ASSERT_EQ(shown[Subject::key_of(i)], 1) << "stayer " << i;
    for (const auto& [key, times] : shown) ASSERT_LE(times, 1);
  }

  void come(std::uint64_t from, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i)
      shared.insert(Subject::key_of(1'000'000 + from + i), Subject::value_of(1'000'000));
  }
  void go(std::uint64_t from, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) shared.erase(Subject::key_of(1'000'000 + from + i));
  }

  map shared;
  by_key<std::uint64_t> stayer_of;
};
using walking = where<can_walk, join<every_map, subjects<families_with_tables, number, number, high_bits_hash>>>;
TYPED_TEST_SUITE(walk, walking, subject_names);

TYPED_TEST(walk, shows_stayers_once_while_its_own_visitor_grows_the_map) {
  const std::uint64_t batch = bad_hash<TypeParam> ? 2 : amount<typename TypeParam::family>(40);
  for (const std::uint64_t every : {1U, 7U, 64U}) {
    this->is_complete([&](std::uint64_t step) {
      if (step % every == 0 && step < 1'000) this->come(step * batch, batch);
    });
    this->go(0, 1'001 * batch);
    ASSERT_EQ(this->shared.size(), stayers);
  }
}

TYPED_TEST(walk, shows_stayers_once_while_its_own_visitor_shrinks_the_map) {
  const std::uint64_t batch = bad_hash<TypeParam> ? 2 : amount<typename TypeParam::family>(20);
  this->come(0, 500 * batch);
  this->is_complete([&](std::uint64_t step) {
    if (step < 500) this->go(step * batch, batch);
  });
  ASSERT_EQ(this->shared.size(), stayers);
}

template <class Subject>
class walk_among_threads : public walk<Subject> {};
using shared_walking =
    where<can_walk,
          join<every_shared_map, subjects<where<is_shared, families_with_tables>, number, number, constant_hash>>>;
TYPED_TEST_SUITE(walk_among_threads, shared_walking, subject_names);

// The meaning of Go's TestConcurrentRange, with growth and shrinking beneath it.
TYPED_TEST(walk_among_threads, shows_stayers_once_with_whole_multiples) {
  const int walks = support::scaled(bad_hash<TypeParam> ? 20 : 40);
  const std::uint64_t crowd = bad_hash<TypeParam> ? 300 : amount<typename TypeParam::family>(3'000);
  std::atomic<bool> goes_on{true};
  together(3, [&](int thread) {
    if (thread == 0) {
      for (int i = 0; i < walks && !testing::Test::HasFailure(); ++i) this->is_complete([](std::uint64_t) {});
      goes_on = false;
      return;
    }
    chance random(static_cast<std::uint64_t>(thread));
    const std::uint64_t mine = static_cast<std::uint64_t>(thread) * 100'000;
    while (goes_on.load()) {
      this->come(mine, crowd);
      for (int i = 0; i < 100; ++i) {
        const std::uint64_t stayer = 1 + random.below(stayers);
        this->shared.insert_or_assign(TypeParam::key_of(stayer), TypeParam::value_of(stayer * (1 + random.below(900))));
      }
      this->go(mine, crowd);
    }
  });
  EXPECT_EQ(this->shared.size(), stayers);
}

}  // namespace
}  // namespace promises
