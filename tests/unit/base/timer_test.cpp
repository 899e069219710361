// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include <portolan/base/clock.hpp>
#include <portolan/base/timer.hpp>
#include <portolan/base/wait.hpp>

namespace {

using namespace portolan;

struct counted {
  std::atomic<int> runs{0};
  event ran;
  static void run(void* self) noexcept {
    ++static_cast<counted*>(self)->runs;
    static_cast<counted*>(self)->ran.set();
  }
};

std::string name_of(std::uint32_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

TEST(timer, there_is_no_thread_before_the_first_task_and_one_named_thread_after_it) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        if (timer_thread_id() != 0) std::_Exit(1);
        counted one;
        counted other;
        timer_task first(counted::run, &one);
        timer_task second(counted::run, &other);
        first.start_once(millisecond_ns);
        second.start_once(millisecond_ns);
        one.ran.wait();
        other.ran.wait();
        std::_Exit(name_of(timer_thread_id()) == "portolan-timer" ? 0 : 2);
      },
      testing::ExitedWithCode(0), "");
}

TEST(timer, a_task_started_once_runs_once) {
  counted what;
  timer_task task(counted::run, &what);
  task.start_once(0);
  what.ran.wait();
  counted later;
  timer_task after(counted::run, &later);
  after.start_once(2 * millisecond_ns);
  later.ran.wait();
  EXPECT_EQ(what.runs, 1);
  what.ran.reset();
  task.start_once(0);
  what.ran.wait();
  EXPECT_EQ(what.runs, 2);
}

TEST(timer, a_periodic_task_runs_again_and_again_until_it_is_cancelled) {
  counted what;
  timer_task task(counted::run, &what);
  task.start_every(100 * microsecond_ns);
  for (int i = 0; i < 5; ++i) {
    what.ran.reset();
    what.ran.wait();
  }
  task.cancel();
  const int runs = what.runs;
  counted later;
  timer_task after(counted::run, &later);
  after.start_once(2 * millisecond_ns);
  later.ran.wait();
  EXPECT_EQ(what.runs, runs);
}

struct slow {
  event entered;
  event leave;
  std::atomic<bool> left{false};
  static void run(void* raw) noexcept {
    auto& self = *static_cast<slow*>(raw);
    self.entered.set();
    self.leave.wait();
    self.left = true;
  }
};

TEST(timer, cancel_waits_for_a_callback_that_runs) {
  slow what;
  timer_task task(slow::run, &what);
  task.start_once(0);
  what.entered.wait();
  std::thread opener([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    what.leave.set();
  });
  task.cancel();
  EXPECT_TRUE(what.left);
  opener.join();
}

struct cancels_itself {
  timer_task task{run, this};
  std::atomic<int> runs{0};
  event ran;
  static void run(void* raw) noexcept {
    auto& self = *static_cast<cancels_itself*>(raw);
    ++self.runs;
    self.task.cancel();
    self.ran.set();
  }
};

TEST(timer, a_callback_may_cancel_its_own_task) {
  cancels_itself what;
  what.task.start_every(100 * microsecond_ns);
  what.ran.wait();
  counted later;
  timer_task after(counted::run, &later);
  after.start_once(2 * millisecond_ns);
  later.ran.wait();
  EXPECT_EQ(what.runs, 1);
}

TEST(timer, the_earliest_task_runs_first_however_they_were_started) {
  static std::atomic<int> order{0};
  struct noted {
    int place = 0;
    event ran;
    static void run(void* raw) noexcept {
      auto& self = *static_cast<noted*>(raw);
      self.place = ++order;
      self.ran.set();
    }
  };
  noted late;
  noted early;
  timer_task second(noted::run, &late);
  timer_task first(noted::run, &early);
  second.start_once(60 * millisecond_ns);
  first.start_once(5 * millisecond_ns);
  late.ran.wait();
  early.ran.wait();
  EXPECT_LT(early.place, late.place);
}

TEST(timer, a_forked_child_runs_its_tasks_once_one_is_started_there) {
  if (platform::under_thread_sanitizer) GTEST_SKIP() << "ThreadSanitizer forbids threads in a forked child";
  counted inherited;
  timer_task periodic(counted::run, &inherited);
  periodic.start_every(millisecond_ns);
  inherited.ran.wait();
  const pid_t child = fork();
  if (child == 0) {
    if (timer_thread_id() != 0) _exit(1);
    const int before = inherited.runs;
    counted own;
    timer_task task(counted::run, &own);
    task.start_once(0);
    own.ran.wait();
    while (inherited.runs == before) platform::yield();
    std::exit(0);  // joins the child's own timer thread
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

struct starts_at_exit {
  counted what;
  timer_task task{counted::run, &what};
  ~starts_at_exit() { task.start_once(0); }
};
starts_at_exit made_before_main;

TEST(timer, the_thread_is_joined_at_exit_and_later_tasks_are_accepted) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        static counted what;
        static timer_task task(counted::run, &what);
        task.start_every(10 * microsecond_ns);
        what.ran.wait();
        std::exit(0);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
