// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include <portolan/base/clock.hpp>
#include <portolan/base/shared_mutex.hpp>
#include <portolan/base/wait.hpp>

#include "../../support/scale.hpp"

namespace {

using namespace portolan;

template <class Body>
void in_threads(int count, Body body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(body, i);
  for (auto& thread : threads) thread.join();
}

template <class F>
errc code_of(F f) {
  try {
    f();
  } catch (const error& thrown) {
    return thrown.code();
  }
  return static_cast<errc>(255);
}

TEST(mutex, one_thread_at_a_time_sees_what_the_one_before_wrote) {
  mutex lock;
  int plain = 0;  // ThreadSanitizer watches it
  const int rounds = support::scaled(100'000);
  in_threads(4, [&](int) {
    for (int i = 0; i < rounds; ++i) {
      exclusive_lock hold(lock);
      ++plain;
    }
  });
  EXPECT_EQ(plain, 4 * rounds);
}

TEST(mutex, a_new_thread_is_never_taken_for_the_owner_whose_number_it_gets) {
  const int rounds = support::scaled(2'000);
  for (int round = 0; round < rounds; ++round) {
    mutex lock;
    std::atomic<bool> held{false};
    in_threads(2, [&](int id) {
      if (id == 0) {
        exclusive_lock hold(lock);
        held = true;
      } else {
        while (!held) platform::pause();
        EXPECT_FALSE(lock.held_by_this_thread());  // its first use of a number
      }
    });
  }
}

TEST(mutex, no_waiter_is_forgotten_when_holders_are_slow) {
  mutex lock;
  int passed = 0;
  in_threads(16, [&](int) {
    for (int i = 0; i < 20; ++i) {
      exclusive_lock hold(lock);
      for (int y = 0; y < 5; ++y) std::this_thread::yield();
      ++passed;
    }
  });
  EXPECT_EQ(passed, 16 * 20);
}

TEST(mutex, asking_for_a_lock_that_one_holds_is_an_error_and_no_hang) {
  mutex lock;
  {
    exclusive_lock hold(lock);
    EXPECT_TRUE(lock.held_by_this_thread());
    EXPECT_EQ(code_of([&] { lock.lock(); }), errc::reentrant_call);
    EXPECT_FALSE(lock.try_lock());
    std::thread([&] {
      EXPECT_FALSE(lock.held_by_this_thread());
      EXPECT_FALSE(lock.try_lock());
    }).join();
  }
  EXPECT_FALSE(lock.held_by_this_thread());
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

TEST(shared_mutex, a_reader_never_sees_a_half_done_write) {
  shared_mutex lock;
  int one = 0;
  int other = 0;
  const int rounds = support::scaled(40'000);
  in_threads(4, [&](int t) {
    for (int i = 0; i < rounds; ++i) {
      if (t == 0 || i % 64 == 0) {
        exclusive_lock hold(lock);
        ++one;
        ++other;
      } else {
        shared_lock hold(lock);
        ASSERT_EQ(one, other);
      }
    }
  });
  EXPECT_EQ(one, rounds + 3 * ((rounds + 63) / 64));
}

TEST(shared_mutex, readers_hold_it_together) {
  shared_mutex lock;
  std::atomic<int> inside{0};
  in_threads(4, [&](int) {
    shared_lock hold(lock);
    for (++inside; inside < 4;) std::this_thread::yield();  // hangs if they took turns
  });
  EXPECT_EQ(inside, 4);
}

// Two readers hand the shared lock to each other for ever, so that it is never free of readers unless new
// readers step back for the writer.
TEST(shared_mutex, a_writer_is_not_starved_by_readers) {
  shared_mutex lock;
  std::atomic<bool> written{false};
  std::atomic<int> inside{0};
  std::vector<std::thread> readers;
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&] {
      while (!written) {
        shared_lock hold(lock);
        ++inside;
        for (int i = 0; i < 200 && inside < 2 && !written; ++i) std::this_thread::yield();
        --inside;
      }
    });
  }
  std::thread writer([&] {
    exclusive_lock hold(lock);
    written = true;
  });
  writer.join();
  for (auto& reader : readers) reader.join();
  SUCCEED();
}

TEST(shared_mutex, a_parked_reader_is_woken_when_the_writer_leaves) {
  shared_mutex lock;
  for (int i = 0; i < support::scaled(200); ++i) {
    int value = 0;
    lock.lock();
    std::thread reader([&] {
      shared_lock hold(lock);
      EXPECT_EQ(value, 1);
    });
    std::this_thread::sleep_for(std::chrono::microseconds(i % 4 * 100));
    value = 1;
    lock.unlock();
    reader.join();
  }
}

// The writer's bits went away with the readers' count: the next reader to leave made the word a writer's for ever.
TEST(shared_mutex, a_writer_that_gives_up_leaves_the_readers_counted) {
  shared_mutex lock;
  lock.lock_shared();
  std::thread([&] { EXPECT_FALSE(lock.lock_until(deadline_after_ns(millisecond_ns))); }).join();
  EXPECT_FALSE(lock.try_lock()) << "a reader holds it";
  EXPECT_TRUE(lock.try_lock_shared());
  lock.unlock_shared();
  lock.unlock_shared();
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

// Readers that come while a writer holds it count themselves and turn back, while others sleep and writers give up.
TEST(shared_mutex, readers_that_turn_back_are_neither_lost_nor_counted_twice) {
  shared_mutex lock;
  int plain = 0;
  std::atomic<int> written{0};
  const int rounds = support::scaled(20'000);
  in_threads(4, [&](int t) {
    for (int i = 0; i < rounds; ++i) {
      if (t == 0 && i % 4 != 0) {
        exclusive_lock hold(lock);
        ++plain;
        ++written;
        if (i % 512 == 1) std::this_thread::sleep_for(std::chrono::microseconds(50));  // long enough to sleep for
      } else if (t == 1 && i % 64 == 0) {
        if (!lock.lock_until(deadline_after_ns(20'000))) continue;
        ++plain;
        ++written;
        lock.unlock();
      } else {
        shared_lock hold(lock);
        ASSERT_EQ(plain, written.load());
        if (i % 1024 == 2) std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
    }
  });
  EXPECT_EQ(plain, written.load());
  EXPECT_TRUE(lock.try_lock()) << "nobody holds it";
  lock.unlock();
}

TEST(shared_mutex, a_parked_writer_is_woken_when_the_last_reader_leaves) {
  shared_mutex lock;
  for (int i = 0; i < support::scaled(100); ++i) {
    int value = 0;
    lock.lock_shared();
    lock.lock_shared();
    std::thread writer([&] {
      exclusive_lock hold(lock);
      ++value;
    });
    std::this_thread::sleep_for(std::chrono::microseconds(i % 8 * 500));
    EXPECT_EQ(value, 0);
    lock.unlock_shared();
    EXPECT_EQ(value, 0);
    lock.unlock_shared();
    writer.join();
    EXPECT_EQ(value, 1);
  }
}

TEST(shared_mutex, the_writer_that_asks_again_gets_an_error_and_no_hang) {
  shared_mutex lock;
  {
    exclusive_lock hold(lock);
    EXPECT_EQ(code_of([&] { lock.lock(); }), errc::reentrant_call);
    EXPECT_EQ(code_of([&] { lock.lock_shared(); }), errc::reentrant_call);
    EXPECT_FALSE(lock.try_lock());
    EXPECT_FALSE(lock.try_lock_shared());
  }
  EXPECT_TRUE(lock.try_lock_shared());
  EXPECT_FALSE(lock.try_lock());
  lock.unlock_shared();
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

TEST(event, who_waits_sees_what_was_written_before_it_was_set) {
  for (int i = 0; i < support::scaled(500); ++i) {
    event happened;
    int value = 0;
    std::thread waiter([&] {
      happened.wait();
      EXPECT_EQ(value, 1);
    });
    value = 1;
    happened.set();
    waiter.join();
  }
}

TEST(event, waiting_ends_at_the_deadline) {
  event never;
  EXPECT_FALSE(never.wait_until(deadline_after_ns(2 * millisecond_ns)));
  never.set();
  EXPECT_TRUE(never.wait_until(0));
  never.reset();
  EXPECT_FALSE(never.is_set());
}

TEST(await, sleeps_through_changes_that_are_not_enough) {
  platform::atomic<std::uint32_t> word{0};
  std::thread raiser([&] {
    for (int i = 0; i < 50; ++i) {
      word.fetch_add(1);
      platform::wake_all(word);
      std::this_thread::yield();
    }
  });
  EXPECT_EQ(await(word, [](std::uint32_t value) { return value == 50; }), 50U);
  raiser.join();
}

}  // namespace
