// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A little map of two words and a lock stands for the real ones: torn if the words differ.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <portolan/base/living.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/base/wait.hpp>

#include "../../support/scale.hpp"

namespace {

using namespace portolan;

struct little_map {
  mutex lock;
  int one = 0;
  int other = 0;
  static constexpr const char* living_type = "little_map";
  living living_{*this, "mine"};

  void write() {
    exclusive_lock hold(lock);
    ++one;
    for (int i = 0; i < 20; ++i) platform::pause();
    ++other;
  }
  bool whole() {
    exclusive_lock hold(lock);
    return one == other;
  }
  bool lock_for_fork(std::uint64_t deadline_ns) noexcept { return lock.lock_until(deadline_ns); }
  void unlock_in_parent() noexcept { lock.unlock(); }
  void unlock_in_child() noexcept { lock.reset_after_fork(); }
};

// Runs `child` in a forked process; a hang there ends by its alarm.
template <class Child>
int in_child(Child child) {
  const pid_t pid = fork();
  if (pid == 0) {
    alarm(20);
    _exit(child());
  }
  int status = -1;
  waitpid(pid, &status, 0);
  return status;
}

struct writers {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;

  template <class Body>
  writers(int count, Body body) {
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([this, body, i] {
        while (!stop) body(i);
      });
    }
  }
  ~writers() {
    stop = true;
    for (auto& thread : threads) thread.join();
  }
};

TEST(living, a_map_is_on_the_list_exactly_while_it_lives) {
  const std::size_t before = living::count();
  std::vector<std::unique_ptr<little_map>> maps;
  for (int i = 0; i < 40; ++i) maps.push_back(std::make_unique<little_map>());
  EXPECT_EQ(living::count(), before + 40);
  maps.erase(maps.begin() + 10, maps.begin() + 20);
  EXPECT_EQ(living::count(), before + 30);
  int found = 0;
  living::for_each(
      [](void* sum, const living& one) {
        if (std::string(one.type()) == "little_map" && std::string(one.name()) == "mine") ++*static_cast<int*>(sum);
      },
      &found);
  EXPECT_EQ(found, static_cast<int>(before) + 30);
  maps.clear();
  EXPECT_EQ(living::count(), before);
}

TEST(living, threads_make_and_destroy_maps_while_others_fork) {
  if (!support::fork_under_threads_works)
    GTEST_SKIP() << "the sanitizer's allocator does not survive a fork under threads";
  const std::size_t before = living::count();
  {
    writers busy(2, [](int) { little_map().write(); });
    for (int i = 0; i < support::scaled(100); ++i) {
      ASSERT_EQ(in_child([] {
                  little_map fresh;
                  fresh.write();
                  return fresh.whole() ? 0 : 1;
                }),
                0);
    }
  }
  EXPECT_EQ(living::count(), before);
}

TEST(living, the_child_of_a_fork_under_three_writers_finds_each_map_whole_and_unlocked) {
  if (!support::fork_under_threads_works)
    GTEST_SKIP() << "the sanitizer's allocator does not survive a fork under threads";
  little_map maps[3];
  writers busy(3, [&](int i) { maps[i].write(); });
  for (int i = 0; i < support::scaled(300); ++i) {
    ASSERT_EQ(in_child([&] {
                for (little_map& map : maps) {
                  if (!map.whole()) return 1;
                  map.write();
                }
                return 0;
              }),
              0);
  }
}

// Each writer holds one map while it asks for the other, in opposite orders of the list but never both at once:
// locking in any fixed order and waiting would deadlock with one of them.
TEST(living, fork_does_not_deadlock_with_threads_that_nest_maps) {
  if (!support::fork_under_threads_works)
    GTEST_SKIP() << "the sanitizer's allocator does not survive a fork under threads";
  little_map first;
  little_map second;
  mutex turn;
  writers busy(2, [&](int i) {
    exclusive_lock hold(turn);
    little_map& outer = i == 0 ? first : second;
    little_map& inner = i == 0 ? second : first;
    exclusive_lock outer_hold(outer.lock);
    for (int y = 0; y < 20; ++y) std::this_thread::yield();
    inner.write();
  });
  for (int i = 0; i < support::scaled(100); ++i) {
    ASSERT_EQ(in_child([&] { return first.whole() && second.whole() ? 0 : 1; }), 0);
  }
}

TEST(living, a_child_forked_inside_compute_gets_an_error_where_it_would_wait_for_ever) {
  little_map own;
  little_map others;
  std::atomic<bool> stop{false};
  std::atomic<bool> held{false};
  std::thread holder([&] {
    exclusive_lock hold(others.lock);
    held = true;
    while (!stop) std::this_thread::yield();
  });
  while (!held) std::this_thread::yield();
  {
    exclusive_lock hold(own.lock);
    critical_scope scope(&own, platform::here());
    EXPECT_EQ(in_child([&] {
                try {
                  others.write();
                } catch (const error& thrown) {
                  return thrown.code() == errc::forked_inside ? 0 : 2;
                }
                return 1;
              }),
              0);
  }
  stop = true;
  holder.join();
  EXPECT_TRUE(own.whole() && others.whole());  // the parent goes on
}

}  // namespace
