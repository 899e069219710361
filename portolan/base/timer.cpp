// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The timer thread. All state is guarded by `lock`; `changed` counts what could make it wake earlier.
// State is constant-initialised and never destroyed: static objects of any order may use it.
#include <portolan/base/timer.hpp>

#include <portolan/base/clock.hpp>
#include <portolan/base/fork.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/wait.hpp>

namespace portolan {

class timer {
 public:
  void start(timer_task& task, std::uint64_t due_ns, std::uint64_t period_ns) noexcept {
    at_fork(fork_rank::timer, around_fork);
    lock_.lock();
    start_locked(task, due_ns, period_ns);
    lock_.unlock();
    nudge();
  }
  [[nodiscard]] bool try_start(timer_task& task, std::uint64_t due_ns) noexcept {
    at_fork(fork_rank::timer, around_fork);
    if (!lock_.try_lock()) return false;
    start_locked(task, due_ns, 0);
    lock_.unlock();
    nudge();
    return true;
  }

  void cancel(timer_task& task) noexcept {
    for (;;) {
      std::uint32_t seen = 0;
      {
        exclusive_lock hold(lock_);
        take_off_locked(task);
        if (running_ != &task || runs_on_this_thread()) return;
        // relaxed: changed only under the lock.
        seen = finished_.load(platform::relaxed);
      }
      await(finished_, [seen](std::uint32_t now) { return now != seen; });
    }
  }

  /// At exit: no callback runs any more, the thread is joined.
  void stop() noexcept {
    {
      exclusive_lock hold(lock_);
      stopped_ = true;
      if (!thread_runs_ || runs_on_this_thread()) return;
      thread_runs_ = false;
    }
    nudge();
    platform::join_thread(thread_);
  }

  [[nodiscard]] std::uint32_t thread_id() noexcept {
    exclusive_lock hold(lock_);
    return thread_runs_ ? thread_id_ : 0;
  }

 private:
  static void run(void* self) { static_cast<timer*>(self)->loop(); }

  void loop() noexcept {
    for (;;) {
      // pair await: acquire, so that the task that raised it is seen below.
      const std::uint32_t seen = changed_.load(platform::acquire);
      std::uint64_t next_due_ns = UINT64_MAX;
      {
        exclusive_lock hold(lock_);
        thread_id_ = platform::kernel_thread_id();
        if (stopped_) return;
        timer_task* task = earliest_locked();
        if (task != nullptr && task->due_ns_ <= platform::now_ns()) {
          begin_locked(*task);
        } else if (task != nullptr) {
          next_due_ns = task->due_ns_;
        }
      }
      if (running_call_ != nullptr) {
        running_call_(running_context_);
        finish();
      } else if (next_due_ns == UINT64_MAX) {
        platform::park(changed_, seen);
      } else {
        static_cast<void>(platform::park_until(changed_, seen, next_due_ns));
      }
    }
  }

  void start_locked(timer_task& task, std::uint64_t due_ns, std::uint64_t period_ns) noexcept {
    if (task.due_ns_ == 0) {
      task.next_ = tasks_;
      tasks_ = &task;
    }
    task.due_ns_ = due_ns == 0 ? 1 : due_ns;
    task.period_ns_ = period_ns;
    if (!stopped_ && !thread_runs_ && may_start_) {
      thread_runs_ = platform::start_thread(thread_, "portolan-timer", run, this);
    }
  }

  [[nodiscard]] timer_task* earliest_locked() const noexcept {
    timer_task* earliest = tasks_;
    for (timer_task* task = tasks_; task != nullptr; task = task->next_) {
      if (task->due_ns_ < earliest->due_ns_) earliest = task;
    }
    return earliest;
  }

  void begin_locked(timer_task& task) noexcept {
    running_ = &task;
    running_call_ = task.call_;
    running_context_ = task.context_;
    if (task.period_ns_ == 0) {
      take_off_locked(task);
    } else {
      task.due_ns_ = UINT64_MAX;
    }
  }

  void finish() noexcept {
    {
      exclusive_lock hold(lock_);
      // A task whose cancel waits is alive, one that was cancelled from its own callback is off the list.
      for (timer_task* task = tasks_; task != nullptr; task = task->next_) {
        if (task == running_ && task->due_ns_ == UINT64_MAX) task->due_ns_ = deadline_after_ns(task->period_ns_);
      }
      running_ = nullptr;
      running_call_ = nullptr;
      // pair await: release, so that who waited in cancel sees what the callback did.
      finished_.fetch_add(1, platform::release);
    }
    platform::wake_all(finished_);
  }

  void take_off_locked(timer_task& task) noexcept {
    if (task.due_ns_ == 0) return;
    task.due_ns_ = 0;
    timer_task** link = &tasks_;
    while (*link != &task) link = &(*link)->next_;
    *link = task.next_;
  }

  void nudge() noexcept {
    // pair await: release, so that the thread that wakes sees the new task.
    changed_.fetch_add(1, platform::release);
    platform::wake_all(changed_);
  }

  [[nodiscard]] bool runs_on_this_thread() const noexcept {
    return thread_runs_ && thread_id_ == platform::kernel_thread_id();
  }

  static void before_fork() noexcept;
  static void after_fork_in_parent() noexcept;
  static void after_fork_in_child() noexcept;
  static constexpr fork_step around_fork{before_fork, after_fork_in_parent, after_fork_in_child};

  mutex lock_;
  platform::atomic<std::uint32_t> changed_{0};
  platform::atomic<std::uint32_t> finished_{0};
  timer_task* tasks_ = nullptr;
  timer_task* running_ = nullptr;
  timer_task::callback running_call_ = nullptr;  // read by the timer thread alone, outside the lock
  void* running_context_ = nullptr;
  platform::thread_handle thread_;
  std::uint32_t thread_id_ = 0;
  bool thread_runs_ = false;
  bool stopped_ = false;
  bool may_start_ = true;
};

namespace {

constinit timer the_timer;

struct join_at_exit {
  ~join_at_exit() { the_timer.stop(); }
} at_exit;

}  // namespace

void timer::before_fork() noexcept { the_timer.lock_.lock(); }
void timer::after_fork_in_parent() noexcept { the_timer.lock_.unlock(); }
void timer::after_fork_in_child() noexcept {
  the_timer.lock_.reset_after_fork();
  // What ran in the parent's timer thread does not run here; a periodic task is due again.
  for (timer_task* task = the_timer.tasks_; task != nullptr; task = task->next_) {
    if (task->due_ns_ == UINT64_MAX) task->due_ns_ = deadline_after_ns(task->period_ns_);
  }
  the_timer.running_ = nullptr;
  the_timer.running_call_ = nullptr;
  the_timer.thread_runs_ = false;
  the_timer.thread_id_ = 0;
  // ThreadSanitizer ends a forked child that starts a thread; there, tasks only wait.
  the_timer.may_start_ = !platform::under_thread_sanitizer;
}

void timer_task::start_once(std::uint64_t delay_ns) noexcept { the_timer.start(*this, deadline_after_ns(delay_ns), 0); }

bool timer_task::try_start_once(std::uint64_t delay_ns) noexcept {
  return the_timer.try_start(*this, deadline_after_ns(delay_ns));
}

void timer_task::start_every(std::uint64_t period_ns) noexcept {
  the_timer.start(*this, deadline_after_ns(period_ns), period_ns == 0 ? 1 : period_ns);
}

void timer_task::cancel() noexcept { the_timer.cancel(*this); }

std::uint32_t timer_thread_id() noexcept { return the_timer.thread_id(); }

}  // namespace portolan
