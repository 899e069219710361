// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A program of std:: alone under the checker, not a line changed: its atomics, locks, conditions and statics are events.
// The litmus programs have the counts that they have as platform::atomic (litmus_test.cpp, GenMC's).
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <portolan/prove/schedule.hpp>
#include <semaphore>
#include <shared_mutex>
#include <thread>
#include <vector>

namespace portolan {
namespace {

using prove::schedule::explore;
using prove::schedule::program;
using prove::schedule::require;
using prove::schedule::tally;

using body = std::function<void()>;

std::atomic<int> x;
std::atomic<int> y;

tally all_of(std::vector<body> threads) { return explore({.threads = std::move(threads)}); }

/// Every execution passes; how many there are.
std::uint64_t count(std::vector<body> threads, body audit = {}) {
  const tally seen = explore({.threads = std::move(threads), .audit = std::move(audit)});
  EXPECT_TRUE(seen.exhausted);
  EXPECT_EQ(seen.failure, "");
  return seen.complete;
}

void expect_failure(const tally& seen, const std::string& says) {
  EXPECT_NE(seen.failure.find(says), std::string::npos) << "it should say: " << says << "\nit says: " << seen.failure;
}

// ---- atomics ----

TEST(standard_atomics, have_the_executions_of_the_memory_model) {
  const auto relaxed = std::memory_order_relaxed;
  const auto buffering = [](std::memory_order order, bool fences) {
    const auto side = [=](std::atomic<int>& mine, std::atomic<int>& other) {
      return [=, &mine, &other] {
        mine.store(1, order);
        if (fences) std::atomic_thread_fence(std::memory_order_seq_cst);
        (void)other.load(order);
      };
    };
    return std::vector<body>{side(x, y), side(y, x)};
  };
  EXPECT_EQ(count(buffering(relaxed, false)), 4U);
  EXPECT_EQ(count(buffering(std::memory_order_seq_cst, false)), 3U);
  EXPECT_EQ(count(buffering(relaxed, true)), 3U);
  const body add = [] { x.fetch_add(1, std::memory_order_relaxed); };
  EXPECT_EQ(count({add, add, add}, [] { require(x.load() == 3, "one is lost"); }), 6U);
  EXPECT_EQ(count({add, add, add, add}), 24U);
  const body claims = [] {
    int nobody = 0;
    (void)x.compare_exchange_strong(nobody, 1);
  };
  EXPECT_EQ(count({claims, claims, claims}), 3U);
}

TEST(standard_atomics, do_all_that_they_can) {
  EXPECT_EQ(count({[] {
              std::atomic<std::uint8_t> small{0xF0};
              require(small.fetch_xor(0xFF) == 0xF0 && small == 0x0F, "xor");
              require(small.fetch_sub(1) == 0x0F && small == 0x0E, "subtract");
              require(small.fetch_sub(0x0F) == 0x0E && small == 0xFF, "below zero");
              require(small.fetch_and(0x3C) == 0xFF && small.fetch_or(1) == 0x3C && small == 0x3D, "and, or");
              std::atomic<long*> pointer{nullptr};
              long* expected = nullptr;
              long value = 0;
              require(pointer.compare_exchange_weak(expected, &value) && pointer.exchange(nullptr) == &value,
                      "pointer");
              std::atomic_flag flag;
              require(!flag.test_and_set() && flag.test(), "flag");
              std::atomic<double> number{1.5};
              require(number.exchange(2.5) == 1.5 && number.load() == 2.5, "number");
            }}),
            1U);
}

TEST(standard_atomics, publish_what_was_written_before_or_race) {
  static int plain;
  const auto side = [](std::memory_order order) {
    return std::vector<body>{[=] {
                               plain = 1;
                               x.store(1, order);
                             },
                             [] {
                               if (x.load(std::memory_order_acquire) == 1) require(plain == 1, "an old value");
                             }};
  };
  EXPECT_EQ(count(side(std::memory_order_release)), 2U);
  const tally seen = all_of(side(std::memory_order_relaxed));
  expect_failure(seen, "a data race");
  expect_failure(seen, "standard_test.cpp:");
}

// ---- locks ----

std::mutex first;
std::mutex second;
int counted;

TEST(standard_locks, let_one_in_at_a_time) {
  const body counts = [] {
    const std::scoped_lock held(first);
    ++counted;
  };
  EXPECT_EQ(count({counts, counts, counts}, [] { require(counted == 3, "one is lost"); }), 6U);
  expect_failure(all_of({counts, [] { ++counted; }}), "a data race");
}

TEST(standard_locks, a_deadlock_is_found) {
  expect_failure(all_of({[] {
                           const std::scoped_lock one(first);
                           const std::scoped_lock two(second);
                         },
                         [] {
                           const std::scoped_lock one(second);
                           const std::scoped_lock two(first);
                         }}),
                 "wait for ever");
  expect_failure(all_of({[] {
                   first.lock();
                   first.lock();
                 }}),
                 "locks a mutex that it holds");
  expect_failure(all_of({[] { first.unlock(); }}), "nobody holds");
}

TEST(standard_locks, of_other_kinds_hold_too) {
  static std::recursive_mutex again;
  static std::shared_mutex shared;
  static std::timed_mutex timed;
  const body twice = [] {
    const std::scoped_lock one(again);
    const std::scoped_lock two(again);
    ++counted;
  };
  EXPECT_EQ(count({twice, twice}, [] { require(counted == 2, "one is lost"); }), 2U);
  const body writes = [] {
    const std::unique_lock held(shared);
    ++counted;
  };
  const body reads = [] {
    const std::shared_lock held(shared);
    (void)*static_cast<volatile int*>(&counted);
  };
  EXPECT_GT(count({writes, reads, reads}), 0U);
  expect_failure(all_of({[] {
                           const std::shared_lock held(shared);
                           ++counted;
                         },
                         reads}),
                 "a data race");
  const body tries = [] {
    if (!timed.try_lock_for(std::chrono::seconds(1))) return;
    ++counted;
    timed.unlock();
  };
  EXPECT_GT(count({tries, tries}, [] { require(counted == 1 || counted == 2, "nobody got it"); }), 1U);
}

// ---- waiting ----

std::condition_variable changed;
bool ready;

const body waits = [] {
  std::unique_lock held(first);
  changed.wait(held, [] { return ready; });
};

TEST(standard_waits, a_condition_wakes_who_waits) {
  const body says = [] {
    {
      const std::scoped_lock held(first);
      ready = true;
    }
    changed.notify_one();
  };
  EXPECT_GT(count({waits, says}), 1U);
}

TEST(standard_waits, a_wake_up_that_is_lost_is_found) {
  const auto forgets = [] {
    const std::scoped_lock held(first);
    ready = true;
  };
  expect_failure(all_of({waits, forgets}), "wait for ever");
  const auto tells_first = [=] {
    changed.notify_one();
    forgets();
  };
  expect_failure(all_of({waits, tells_first}), "wait for ever");
  const auto tells_one_of_two = [=] {
    forgets();
    changed.notify_one();
  };
  expect_failure(all_of({waits, waits, tells_one_of_two}), "wait for ever");
}

TEST(standard_waits, an_atomic_a_semaphore_and_a_latch_wake_who_waits) {
  EXPECT_GT(count({[] { x.wait(0); },
                   [] {
                     x.store(1);
                     x.notify_one();
                   }}),
            0U);
  expect_failure(all_of({[] { x.wait(0); }, [] { x.store(1); }}), "wait for ever");
  static std::binary_semaphore permits(0);
  EXPECT_GT(count({[] { permits.acquire(); }, [] { permits.release(); }}), 0U);
}

TEST(standard_waits, a_loop_that_yields_waits) {
  EXPECT_GT(count({[] {
                     while (x.load(std::memory_order_acquire) == 0) std::this_thread::yield();
                   },
                   [] {
                     std::this_thread::yield();
                     x.store(1, std::memory_order_release);
                   }}),
            0U);
}

// ---- made once ----

TEST(standard_once, makes_once_and_publishes) {
  static int made;
  static std::once_flag flag;
  const body calls = [] {
    std::call_once(flag, [] { ++made; });
    require(made == 1, "not made");
  };
  EXPECT_GT(count({calls, calls}), 1U);
  struct object {
    object() : value(++made) {}
    int value;
  };
  const body has_static = [] {
    static const object only;
    require(only.value == 1, "made twice");
  };
  EXPECT_GT(count({has_static, has_static}), 1U);
}

TEST(standard_once, shared_pointers_race_with_nobody_and_free_once) {
  static std::shared_ptr<int>* owned;
  const body drops = [] {
    auto mine = *owned;
    require(*mine == 7, "freed");
  };
  const tally seen = explore({.setup = [] { owned = new std::shared_ptr<int>(std::make_shared<int>(7)); },
                              .threads = {drops, drops},
                              .audit =
                                  [] {
                                    delete owned;
                                    require(prove::schedule::blocks_in_use() == 0, "a leak");
                                  }});
  EXPECT_EQ(seen.failure, "");
  EXPECT_TRUE(seen.exhausted);
}

TEST(standard_threads, are_named_not_started) {
  expect_failure(all_of({[] { std::thread([] {}).join(); }}), "name them in program.threads");
}

}  // namespace
}  // namespace portolan
