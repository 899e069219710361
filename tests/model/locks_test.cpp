// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The locks of base/ under the schedule checker: nobody is let in beside a writer, and nobody sleeps for ever.
#include <gtest/gtest.h>

#include <functional>
#include <portolan/base/platform.hpp>
#include <portolan/base/shared_mutex.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/prove/schedule.hpp>
#include <vector>

namespace portolan {
namespace {

using platform::acquire;
using platform::relaxed;
using platform::release;
using prove::schedule::explore;
using prove::schedule::require;
using prove::schedule::tally;

using body = std::function<void()>;

platform::atomic<std::uint32_t> word;

tally executions(std::vector<body> threads, std::uint64_t at_most = ~std::uint64_t{0}) {
  return explore({.prepare = [] { (void)this_thread_slot(); }, .threads = std::move(threads)}, {.executions = at_most});
}

std::string failure_of(std::vector<body> threads) { return executions(std::move(threads)).failure; }

void expect_held(const char* name, std::vector<body> threads, std::uint64_t at_most = ~std::uint64_t{0}) {
  const tally seen = executions(std::move(threads), at_most);
  std::printf("%-44s%10llu complete %8llu blocked  %s\n", name, static_cast<unsigned long long>(seen.complete),
              static_cast<unsigned long long>(seen.blocked), seen.exhausted ? "all" : "not all");
  EXPECT_EQ(seen.failure, "") << name;
  EXPECT_GT(seen.complete, 0U) << name;
}

// ---- waking ----

const body sleeps = [] {
  while (word.load(acquire) == 0) platform::park(word, 0);
};
const body sets_and_wakes_all = [] {
  word.store(1, release);
  platform::wake_all(word);
};

TEST(parking, who_is_woken_goes_on) {
  expect_held("park | set, wake all", {sleeps, sets_and_wakes_all});
  expect_held("park | park | set, wake all", {sleeps, sleeps, sets_and_wakes_all});
}

TEST(parking, a_wake_up_that_is_forgotten_comes_too_early_or_goes_to_one_of_two_is_found) {
  EXPECT_NE(failure_of({sleeps, [] { word.store(1, release); }}), "");
  EXPECT_NE(failure_of({sleeps,
                        [] {
                          platform::wake_all(word);
                          word.store(1, release);
                        }}),
            "");
  EXPECT_NE(failure_of({sleeps, sleeps,
                        [] {
                          word.store(1, release);
                          platform::wake_one(word);
                        }}),
            "");
}

TEST(parking, one_who_did_not_fall_asleep_takes_nobodys_wake_up) {
  // Two wait for a token each; each token wakes one.
  const body takes = [] {
    for (;;) {
      std::uint32_t tokens = word.load(relaxed);
      if (tokens == 0) {
        platform::park(word, 0);
      } else if (word.compare_exchange_strong(tokens, tokens - 1, acquire, relaxed)) {
        return;
      }
    }
  };
  expect_held("take | take | give, give", {takes, takes, [] {
                                             for (int i = 0; i < 2; ++i) {
                                               word.fetch_add(1, release);
                                               platform::wake_one(word);
                                             }
                                           }});
}

TEST(parking, one_who_finds_another_value_does_not_sleep_and_is_not_woken) {
  expect_held("park for 7 | park | set, wake one", {[] { platform::park(word, 7); }, sleeps,
                                                    [] {
                                                      word.store(1, release);
                                                      platform::wake_one(word);
                                                    }});
}

TEST(parking, an_event_is_waited_for) {
  static event happened;
  static int message = 0;
  const body waits = [] {
    happened.wait();
    require(message == 1, "what was written before the event");
  };
  expect_held("wait | set", {waits, [] {
                               message = 1;
                               happened.set();
                             }});
  expect_held("wait | wait | set", {waits, waits, [] {
                                      message = 1;
                                      happened.set();
                                    }});
}

// ---- locks ----

int counted = 0;  // plain: a second one inside is a race

TEST(locks, one_at_a_time_holds_a_mutex) {
  static mutex lock;
  const body adds = [] {
    const exclusive_lock held(lock);
    ++counted;
  };
  const body tries = [] {
    if (!lock.try_lock()) return;
    ++counted;
    lock.unlock();
  };
  expect_held("mutex: lock | lock", {adds, adds});
  expect_held("mutex: lock | try", {adds, tries});
  expect_held("mutex: lock, lock | lock", {[=] { adds(), adds(); }, adds});
  expect_held("mutex: lock | lock | lock", {adds, adds, adds}, 100'000);
}

TEST(locks, readers_share_a_shared_mutex_and_a_writer_is_alone) {
  static shared_mutex lock;
  const body writes = [] {
    lock.lock();
    ++counted;
    lock.unlock();
  };
  const body reads = [] {
    lock.lock_shared();
    require(counted >= 0, "never negative");
    lock.unlock_shared();
  };
  const body tries = [] {
    if (!lock.try_lock()) return;
    ++counted;
    lock.unlock();
  };
  expect_held("shared_mutex: read | read", {reads, reads});
  expect_held("shared_mutex: read | write", {reads, writes});
  expect_held("shared_mutex: write | write", {writes, writes});
  expect_held("shared_mutex: read | try to write", {reads, tries});
  expect_held("shared_mutex: read, read | write", {[=] { reads(), reads(); }, writes});
  expect_held("shared_mutex: read | read | write", {reads, reads, writes}, 100'000);
  expect_held("shared_mutex: read | write | write", {reads, writes, writes}, 100'000);
}

}  // namespace
}  // namespace portolan
