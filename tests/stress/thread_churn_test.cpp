// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// 10,000 short threads, four at a time, each of which reads, replaces and retires under both schemes. Afterwards
// nothing may be left of them: no number, no object, no memory that grows with how many there were.
// Memory is counted at `operator new`, so a record or block that stays behind shows as a difference between the
// first and the second half.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

#include <portolan/base/counters.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/reclaim/epoch.hpp>
#include <portolan/reclaim/hazard.hpp>

#include "../support/scale.hpp"

namespace {
std::atomic<long> living_blocks{0};
}

// The sanitizers have an operator new of their own; there, AddressSanitizer finds what is left behind.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define PORTOLAN_TEST_SANITIZED 1
#endif
#endif
#if !defined(PORTOLAN_TEST_SANITIZED) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)

void* operator new(std::size_t size) {
  void* block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  ++living_blocks;
  return block;
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  void* block = nullptr;
  if (posix_memalign(&block, static_cast<std::size_t>(alignment), size) != 0) throw std::bad_alloc();
  ++living_blocks;
  return block;
}
void operator delete(void* block) noexcept {
  if (block == nullptr) return;
  --living_blocks;
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }
void operator delete(void* block, std::align_val_t) noexcept { operator delete(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { operator delete(block); }
#endif

namespace {

using namespace portolan;

struct node {
  std::uint64_t value;
  static void dispose(void* object, void*) noexcept { delete static_cast<node*>(object); }
};

template <class Scheme>
struct place {
  typename Scheme::domain domain;
  platform::atomic<node*> source{new node{0}};

  ~place() { delete source.load(); }
  void use() {
    typename Scheme::guard guard(domain);
    static_cast<void>(guard.protect(0, source, [](node* word) { return word; }));
    domain.retire(source.exchange(new node{1}), node::dispose, nullptr, sizeof(node));
  }
  void quiet() {
    domain.collect();
    EXPECT_EQ(domain.statistics().kept_back_objects, 0U);
  }
};

TEST(thread_churn, ten_thousand_short_threads_leave_nothing_behind) {
  constexpr int at_a_time = 4;
  const int waves = support::scaled(10'000) / at_a_time;
  place<epoch> by_epoch;
  place<hazard> by_hazard;
  striped_counter uses;
  long after_half = 0;
  for (int wave = 0; wave < waves; ++wave) {
    {
      std::vector<std::thread> threads;
      for (int i = 0; i < at_a_time; ++i) {
        threads.emplace_back([&] {
          by_epoch.use();
          by_hazard.use();
          uses.add(1);
        });
      }
      for (auto& thread : threads) thread.join();
    }
    if (wave == waves / 2) {
      by_epoch.quiet();
      by_hazard.quiet();
      after_half = living_blocks;
    }
  }
  by_epoch.quiet();
  by_hazard.quiet();
  const long left = living_blocks - after_half;
  std::printf("%d threads: %u numbers held, %u ever used, %ld blocks left of the second half\n", waves * at_a_time,
              thread_slots_held(), thread_slot_bound(), left);
  EXPECT_EQ(uses.sum(), waves * at_a_time);
  // Stripes and bags by thread may come with the first collision of two threads, whenever that is.
  EXPECT_LE(left, 4);
  EXPECT_LE(thread_slot_bound(), 2U + at_a_time);
  EXPECT_EQ(by_epoch.domain.statistics().retired_objects, static_cast<std::uint64_t>(waves * at_a_time));
  EXPECT_EQ(by_hazard.domain.statistics().retired_objects, static_cast<std::uint64_t>(waves * at_a_time));
}

}  // namespace
