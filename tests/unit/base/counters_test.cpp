// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include <portolan/base/counters.hpp>

#include "../../support/scale.hpp"

namespace {

using portolan::striped_counter;

// More threads than cells at a time: the first have one each, the others share one; and each begins where a thread of
// the same number ended.
TEST(striped_counter, the_sum_is_exact_when_all_threads_are_done) {
  striped_counter counter;
  const int adds = support::scaled(100'000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 24; ++t) {
    if (t == 12) {
      for (auto& thread : threads) thread.join();
      threads.clear();
    }
    threads.emplace_back([&counter, adds, t] {
      for (int i = 0; i < adds; ++i) counter.add(t == 0 ? -1 : 2);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.sum(), std::int64_t{adds} * 45);
  counter.reset();
  EXPECT_EQ(counter.sum(), 0);
  counter.add(3);
  EXPECT_EQ(counter.sum(), 3);
}

TEST(striped_counter, one_thread_alone_needs_no_memory_beyond_the_counter) {
  striped_counter counter;
  for (int i = 0; i < 1000; ++i) counter.add(1);
  EXPECT_EQ(counter.memory_bytes(), 0U);
  EXPECT_LE(sizeof counter, 16U);
}

TEST(striped_counter, a_sum_taken_meanwhile_lies_between_begin_and_end) {
  striped_counter counter;
  const int adds = support::scaled(300'000);
  std::thread one([&] {
    for (int i = 0; i < adds; ++i) counter.add(1);
  });
  std::thread other([&] {
    for (int i = 0; i < adds; ++i) counter.add(1);
  });
  std::int64_t before = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t now = counter.sum();
    EXPECT_GE(now, before);
    EXPECT_LE(now, std::int64_t{adds} * 2);
    before = now;
  }
  one.join();
  other.join();
  EXPECT_EQ(counter.sum(), std::int64_t{adds} * 2);
}

}  // namespace
