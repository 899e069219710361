// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The one timer thread of the process, "portolan-timer", and what it is asked to do.
//
//   timer_task ──start_once / start_every──► due list ──► timer thread runs the callback, no lock held
//        └────── cancel: off the list; waits while the callback runs (except from inside it) ──────┘
//
// 1. The thread starts with the first task that is started and is joined when the process exits; from then
//    on tasks are accepted and never run.
// 2. A callback never runs twice at a time, and never after `cancel` or the destructor has returned.
// 3. In a forked child there is no thread until a task is started there; then all started tasks run again.
// Callbacks delay each other: they must be short and must not wait for another task.
#pragma once

#include <cstdint>

namespace portolan {

class timer_task {
 public:
  using callback = void (*)(void* context) noexcept;

  constexpr timer_task(callback call, void* context) noexcept : call_(call), context_(context) {}
  ~timer_task() { cancel(); }
  timer_task(const timer_task&) = delete;
  timer_task& operator=(const timer_task&) = delete;

  /// Runs the callback once, `delay_ns` from now. A task that is started already is only moved to that time.
  void start_once(std::uint64_t delay_ns) noexcept;

  /// As start_once, but never waits for a thread that is inside the timer: false if one is, and nothing is started.
  [[nodiscard]] bool try_start_once(std::uint64_t delay_ns) noexcept;

  /// Runs the callback every `period_ns`, counted from the end of the last run.
  void start_every(std::uint64_t period_ns) noexcept;

  /// Takes the task off; waits for a callback that runs, unless called from it.
  void cancel() noexcept;

 private:
  friend class timer;

  callback call_;
  void* context_;
  std::uint64_t due_ns_ = 0;     // 0: not started
  std::uint64_t period_ns_ = 0;  // 0: once
  timer_task* next_ = nullptr;
};

/// The number that the kernel gave to the timer thread; 0 while there is none.
[[nodiscard]] std::uint32_t timer_thread_id() noexcept;

}  // namespace portolan
