// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Threads that stay, thread t on the processor t (modulo those that there are), and begin a run together.
//
//    prepare(t)  ─┐                  ┌─ work(t, begin_ns) ─┐
//    prepare(t)  ─┴─ all are ready ──┴─ work(t, begin_ns) ─┴─ finish(t)     begin_ns is the same for all
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace portolan::matrix {

struct together {
  std::function<void(unsigned)> prepare;
  std::function<void(unsigned, std::uint64_t)> work;
  std::function<void(unsigned)> finish;
};

class pinned_threads {
 public:
  explicit pinned_threads(unsigned count);
  pinned_threads(const pinned_threads&) = delete;
  pinned_threads& operator=(const pinned_threads&) = delete;
  ~pinned_threads();

  [[nodiscard]] unsigned count() const noexcept { return static_cast<unsigned>(threads_.size()); }
  /// Runs `what` in the first `threads` of them and waits for its end.
  void run(unsigned threads, const together& what);

 private:
  void live(unsigned self);
  void line_up(unsigned threads);

  std::mutex lock_;
  std::condition_variable changed_;
  const together* job_ = nullptr;
  unsigned wanted_ = 0;  // threads of this job
  unsigned ended_ = 0;   // of them
  std::uint64_t job_number_ = 0;
  bool over_ = false;
  // Sequentially consistent: nothing measured lies between them.
  std::atomic<unsigned> ready_{0};
  std::atomic<std::uint64_t> begin_ns_{0};
  std::vector<std::jthread> threads_;
};

/// The processors that this process may use.
[[nodiscard]] std::vector<int> usable_processors();

}  // namespace portolan::matrix
