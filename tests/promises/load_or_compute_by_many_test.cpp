// Promise: load_or_compute runs one callable a key at a time. Other keys are not held up; a callable that throws
// or declines leaves nothing behind and wakes those who wait; a ring of waits is refused.
//
// Method: flags inside the callables show that two overlap (or must not), a watchdog turns a hang into a failure.
#include <stdexcept>

#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

template <class Subject>
class load_or_compute_by_many : public testing::Test {
 protected:
  using map = typename Subject::map;
  static std::uint64_t number_of(const auto& found) { return Subject::number_of(*found); }

  map shared;
  watchdog guard{"load_or_compute by many"};
};
using shared_loading = where<can_load_or_compute, every_shared_map>;
TYPED_TEST_SUITE(load_or_compute_by_many, shared_loading, subject_names);

TYPED_TEST(load_or_compute_by_many, computes_each_key_once) {
  const auto keys = amount<typename TypeParam::family>(support::scaled<std::uint64_t>(3'000));
  std::vector<std::atomic<int>> computed(keys);
  together(4, [&](int) {
    for (std::uint64_t i = 0; i < keys; ++i) {
      const auto found = this->shared.load_or_compute(TypeParam::key_of(i), [&] {
        ++computed[i];
        return TypeParam::value_of(i + 1);
      });
      ASSERT_EQ(this->number_of(found), i + 1);
    }
  });
  for (const auto& times : computed) ASSERT_EQ(times.load(), 1);
}

// Two callables for two keys wait for each other: they can only end if both run at once.
TYPED_TEST(load_or_compute_by_many, does_not_hold_up_other_keys) {
  std::barrier both_run(2);
  together(2, [&](int thread) {
    static_cast<void>(this->shared.load_or_compute(TypeParam::key_of(static_cast<std::uint64_t>(thread)), [&] {
      both_run.arrive_and_wait();
      return TypeParam::value_of(1);
    }));
  });
  EXPECT_EQ(this->shared.size(), 2U);
}

// While one callable runs, every other operation on every other key, and a find of the same key, comes back.
TYPED_TEST(load_or_compute_by_many, leaves_the_map_usable_meanwhile) {
  static_cast<void>(this->shared.load_or_compute(TypeParam::key_of(0), [&] {
    std::thread other([&] {
      EXPECT_FALSE(this->shared.contains(TypeParam::key_of(0)));
      for (std::uint64_t i = 1; i < 200; ++i) this->shared.insert(TypeParam::key_of(i), TypeParam::value_of(i));
      for (std::uint64_t i = 1; i < 200; ++i) EXPECT_TRUE(this->shared.erase(TypeParam::key_of(i)));
    });
    other.join();
    return TypeParam::value_of(5);
  }));
  EXPECT_EQ(number_at<TypeParam>(this->shared, TypeParam::key_of(0)), 5U);
}

// The first callables throw or decline; each waiter must then get its own turn, until one computes.
TYPED_TEST(load_or_compute_by_many, wakes_the_waiters_when_a_callable_throws_or_declines) {
  const int rounds = support::scaled(300);
  for (int round = 0; round < rounds; ++round) {
    const auto at = TypeParam::key_of(static_cast<std::uint64_t>(round));
    std::atomic<int> calls{0};
    std::atomic<int> running{0};
    std::atomic<int> with_value{0};
    together(4, [&](int) {
      try {
        const auto found = this->shared.load_or_compute(at, [&]() -> std::optional<typename TypeParam::value> {
          EXPECT_EQ(running.fetch_add(1), 0) << "two callables of one key at once";
          const int call = calls++;
          --running;
          if (call == 0) throw std::runtime_error("first");
          if (call == 1) return std::nullopt;
          return TypeParam::value_of(7);
        });
        if (found) ++with_value;
      } catch (const std::runtime_error&) {}
    });
    EXPECT_EQ(calls.load(), 3);
    EXPECT_EQ(with_value.load(), 2);
  }
}

// Two threads, two keys, each callable asks for the other's key: one of them must be refused.
TYPED_TEST(load_or_compute_by_many, refuses_a_ring_of_waits) {
  std::barrier both_run(2);
  std::atomic<int> refused{0};
  together(2, [&](int thread) {
    const auto mine = TypeParam::key_of(static_cast<std::uint64_t>(thread));
    const auto other = TypeParam::key_of(static_cast<std::uint64_t>(1 - thread));
    static_cast<void>(this->shared.load_or_compute(mine, [&] {
      both_run.arrive_and_wait();
      try {
        static_cast<void>(this->shared.load_or_compute(other, [] { return TypeParam::value_of(9); }));
      } catch (const portolan::reentrant_call& error) {
        EXPECT_EQ(error.code(), portolan::errc::waits_for_itself);
        ++refused;
      }
      return TypeParam::value_of(1);
    }));
  });
  EXPECT_GE(refused.load(), 1);
  EXPECT_EQ(this->shared.size(), 2U);
}

}  // namespace
}  // namespace promises
