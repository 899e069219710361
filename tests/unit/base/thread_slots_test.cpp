// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <portolan/base/thread_slots.hpp>

#include "../../support/scale.hpp"

namespace {

using namespace portolan;

struct record {
  int uses = 0;
  std::atomic<int> left{0};
  void thread_left() noexcept {
    uses = 0;
    ++left;
  }
};

TEST(thread_slots, living_threads_have_different_numbers_below_the_bound) {
  constexpr int count = 100;  // more than the static chunk holds
  std::mutex lock;
  std::set<std::uint32_t> numbers;
  std::atomic<int> arrived{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      const std::uint32_t mine = this_thread_slot();
      EXPECT_EQ(mine, this_thread_slot());
      EXPECT_EQ(thread_of_slot(mine), static_cast<std::uint32_t>(gettid()));
      {
        std::scoped_lock hold(lock);
        numbers.insert(mine);
      }
      for (++arrived; arrived < count;) std::this_thread::yield();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(numbers.size(), static_cast<std::size_t>(count));
  EXPECT_LT(*numbers.rbegin(), thread_slot_bound());
}

TEST(thread_slots, ten_thousand_short_threads_use_the_same_few_numbers) {
  const std::uint32_t held = (static_cast<void>(this_thread_slot()), thread_slots_held());
  const std::uint32_t bound = thread_slot_bound();
  for (int i = 0; i < support::scaled(10'000); i += 2) {
    std::thread one([] { per_thread<record>::mine().uses = 1; });
    std::thread other([] { per_thread<record>::mine().uses = 1; });
    one.join();
    other.join();
  }
  EXPECT_EQ(thread_slots_held(), held);
  EXPECT_LE(thread_slot_bound(), bound < held + 2 ? held + 2 : bound);
}

TEST(thread_slots, a_record_is_cleaned_when_its_thread_ends_and_then_handed_on) {
  record* first = nullptr;
  int left = 0;
  std::thread([&] {
    first = &per_thread<record>::mine();
    left = first->left;
    first->uses = 7;
  }).join();
  EXPECT_EQ(first->uses, 0);
  EXPECT_EQ(first->left, left + 1);
  std::thread([&] { EXPECT_EQ(&per_thread<record>::mine(), first); }).join();
}

struct uses_in_destructor {
  std::uint32_t* seen;
  ~uses_in_destructor() {
    *seen = this_thread_slot();
    per_thread<record>::mine().uses += 1;
  }
};

TEST(thread_slots, a_thread_local_destructor_still_has_the_number) {
  static std::uint32_t late;
  std::uint32_t early = ~0U;
  const std::uint32_t held = thread_slots_held();
  std::thread([&] {
    thread_local uses_in_destructor made_before_the_number{&late};
    static_cast<void>(made_before_the_number.seen);
    early = this_thread_slot();
  }).join();
  EXPECT_EQ(early, late);
  EXPECT_EQ(thread_slots_held(), held);
}

pthread_key_t later_key;
std::atomic<int> later_calls{0};
void use_later(void* rounds) {
  per_thread<record>::mine().uses += 1;
  ++later_calls;
  const auto left = reinterpret_cast<std::intptr_t>(rounds) - 1;
  if (left > 0) pthread_setspecific(later_key, reinterpret_cast<void*>(left));
}

TEST(thread_slots, a_use_after_the_number_was_given_back_leaves_nothing_behind) {
  ASSERT_EQ(pthread_key_create(&later_key, use_later), 0);
  const std::uint32_t held = thread_slots_held();
  std::thread([] {
    per_thread<record>::mine().uses += 1;
    pthread_setspecific(later_key, reinterpret_cast<void*>(std::intptr_t{2}));
  }).join();
  pthread_key_delete(later_key);
  EXPECT_EQ(later_calls, 2);
  EXPECT_EQ(thread_slots_held(), held);
}

TEST(thread_slots, a_forked_child_keeps_its_number_and_frees_those_of_the_others) {
  std::atomic<bool> stop{false};
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      per_thread<record>::mine().uses = 5;
      for (++ready; !stop;) std::this_thread::yield();
    });
  }
  while (ready < 3) std::this_thread::yield();
  const std::uint32_t mine = this_thread_slot();
  const pid_t child = fork();
  if (child == 0) {
    int uses = 0;
    per_thread<record>::for_each([&](std::uint32_t slot, record& one) { uses += slot == mine ? 0 : one.uses; });
    const bool right = this_thread_slot() == mine && thread_slots_held() == 1 && uses == 0 &&
                       thread_of_slot(mine) == static_cast<std::uint32_t>(getpid());
    _exit(right ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(status, 0);
}

struct uses_at_exit {
  ~uses_at_exit() {
    per_thread<record>::mine().uses += 1;
    std::thread([] { per_thread<record>::mine().uses += 1; }).join();
    if (this_thread_slot() >= thread_slot_bound()) _exit(3);
  }
};
uses_at_exit made_before_main;

TEST(thread_slots, numbers_work_in_static_destructors) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        static uses_at_exit made_late;
        std::exit(0);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
