// Promise: load_or_compute runs one callable a key at a time. Other keys are not held up; a callable that throws
// or declines leaves nothing behind and wakes those who wait; a ring of waits is refused.
//
// Method: flags inside the callables show that two overlap (or must not), a watchdog turns a hang into a failure.
#include <stdexcept>

#include "numbered.hpp"
#include "threads.hpp"

namespace promises {
namespace {

class load_or_compute_by_many : public testing::TestWithParam<numbered_kind> {
 protected:
  std::unique_ptr<numbered_map> map = GetParam().make();
  watchdog guard{"load_or_compute by many"};
};
using shared_loading = where<can_load_or_compute, every_shared_map>;
INSTANTIATE_TEST_SUITE_P(promise, load_or_compute_by_many, over<shared_loading>(), numbered_names());

TEST_P(load_or_compute_by_many, computes_each_key_once) {
  const std::uint64_t keys = GetParam().amount(support::scaled<std::uint64_t>(3'000));
  std::vector<std::atomic<int>> computed(keys);
  together(4, [&](int) {
    for (std::uint64_t i = 0; i < keys; ++i) {
      const answer found = map->load_or_compute(i, [&] {
        ++computed[i];
        return answer(i + 1);
      });
      ASSERT_EQ(found, i + 1);
    }
  });
  for (const auto& times : computed) ASSERT_EQ(times.load(), 1);
}

// Two callables for two keys wait for each other: they can only end if both run at once.
TEST_P(load_or_compute_by_many, does_not_hold_up_other_keys) {
  std::barrier both_run(2);
  together(2, [&](int thread) {
    static_cast<void>(map->load_or_compute(static_cast<std::uint64_t>(thread), [&] {
      both_run.arrive_and_wait();
      return answer(1);
    }));
  });
  EXPECT_EQ(map->size(), 2U);
}

// While one callable runs, every other operation on every other key, and a find of the same key, comes back.
TEST_P(load_or_compute_by_many, leaves_the_map_usable_meanwhile) {
  static_cast<void>(map->load_or_compute(0, [&] {
    std::thread other([&] {
      EXPECT_FALSE(map->contains(0));
      for (std::uint64_t i = 1; i < 200; ++i) map->insert(i, i);
      for (std::uint64_t i = 1; i < 200; ++i) EXPECT_TRUE(map->erase(i));
    });
    other.join();
    return answer(5);
  }));
  EXPECT_EQ(map->find(0), 5U);
}

// The first callables throw or decline; each waiter must then get its own turn, until one computes.
TEST_P(load_or_compute_by_many, wakes_the_waiters_when_a_callable_throws_or_declines) {
  const int rounds = support::scaled(300);
  for (int round = 0; round < rounds; ++round) {
    std::atomic<int> calls{0};
    std::atomic<int> running{0};
    std::atomic<int> with_value{0};
    together(4, [&](int) {
      try {
        const answer found = map->load_or_compute(static_cast<std::uint64_t>(round), [&]() -> answer {
          EXPECT_EQ(running.fetch_add(1), 0) << "two callables of one key at once";
          const int call = calls++;
          --running;
          if (call == 0) throw std::runtime_error("first");
          if (call == 1) return std::nullopt;
          return 7;
        });
        if (found) ++with_value;
      } catch (const std::runtime_error&) {}
    });
    EXPECT_EQ(calls.load(), 3);
    EXPECT_EQ(with_value.load(), 2);
  }
}

// Two threads, two keys, each callable asks for the other's key: one of them must be refused.
TEST_P(load_or_compute_by_many, refuses_a_ring_of_waits) {
  std::barrier both_run(2);
  std::atomic<int> refused{0};
  together(2, [&](int thread) {
    const auto mine = static_cast<std::uint64_t>(thread);
    static_cast<void>(map->load_or_compute(mine, [&] {
      both_run.arrive_and_wait();
      try {
        static_cast<void>(map->load_or_compute(1 - mine, [] { return answer(9); }));
      } catch (const portolan::reentrant_call& error) {
        EXPECT_EQ(error.code(), portolan::errc::waits_for_itself);
        ++refused;
      }
      return answer(1);
    }));
  });
  EXPECT_GE(refused.load(), 1);
  EXPECT_EQ(map->size(), 2U);
}

}  // namespace
}  // namespace promises
