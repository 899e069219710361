// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/matrix/pinned_threads.hpp"

#include <pthread.h>
#include <sched.h>

#include "portolan/base/platform.hpp"

namespace portolan::matrix {

std::vector<int> usable_processors() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::vector<int> found;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) found.push_back(cpu);
    }
  }
  if (found.empty()) found.push_back(0);
  return found;
}

pinned_threads::pinned_threads(unsigned count) {
  const std::vector<int> processors = usable_processors();
  threads_.reserve(count);
  for (unsigned t = 0; t < count; ++t) {
    threads_.emplace_back([this, t] { live(t); });
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processors[t % processors.size()], &one);
    (void)::pthread_setaffinity_np(threads_.back().native_handle(), sizeof one, &one);
  }
}

pinned_threads::~pinned_threads() {
  {
    const std::lock_guard held(lock_);
    over_ = true;
  }
  changed_.notify_all();
}

void pinned_threads::run(unsigned threads, const together& what) {
  std::unique_lock held(lock_);
  job_ = &what;
  wanted_ = threads;
  ended_ = 0;
  ready_.store(0);
  begin_ns_.store(0);
  ++job_number_;
  changed_.notify_all();
  changed_.wait(held, [&] { return ended_ == wanted_; });
  job_ = nullptr;
}

// The last one to come says when it begins; the others wait without sleeping.
void pinned_threads::line_up(unsigned threads) {
  if (ready_.fetch_add(1) + 1 == threads) begin_ns_.store(platform::now_ns());
  for (unsigned spins = 0; begin_ns_.load() == 0; ++spins) {
    if (spins < 2000) {
      platform::pause();
    } else {
      std::this_thread::yield();
    }
  }
}

void pinned_threads::live(unsigned self) {
  std::uint64_t seen = 0;
  for (;;) {
    const together* job = nullptr;
    unsigned threads = 0;
    {
      std::unique_lock held(lock_);
      changed_.wait(held, [&] { return over_ || (job_number_ != seen && self < wanted_ && job_ != nullptr); });
      if (over_) return;
      seen = job_number_;
      job = job_;
      threads = wanted_;
    }
    if (job->prepare) job->prepare(self);
    line_up(threads);
    job->work(self, begin_ns_.load());
    if (job->finish) job->finish(self);
    {
      const std::lock_guard held(lock_);
      ++ended_;
    }
    changed_.notify_all();
  }
}

}  // namespace portolan::matrix
