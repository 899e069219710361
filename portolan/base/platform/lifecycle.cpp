// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A pthread key hears of the end of threads: the C library calls its destructor after every C++ thread_local
// destructor, which no thread_local object of ours could be sure of.
#include <portolan/base/platform/lifecycle.hpp>

#include <pthread.h>

#include <portolan/base/platform/atomic.hpp>

namespace portolan::platform {

namespace {

atomic<void (*)(void*)> listener{nullptr};
atomic<bool> forks_are_heard{false};

void thread_ends(void* argument) {
  if (auto* heard = listener.load(acquire)) heard(argument);
}

/// The key goes when this code is unloaded, so that no later end of a thread calls into it.
class exit_key {
 public:
  exit_key() noexcept : valid_(pthread_key_create(&key_, thread_ends) == 0) {}
  ~exit_key() {
    if (valid_) pthread_key_delete(key_);
    valid_ = false;
  }
  exit_key(const exit_key&) = delete;
  exit_key& operator=(const exit_key&) = delete;

  void arm(const void* argument) const noexcept {
    if (valid_) pthread_setspecific(key_, argument);
  }

 private:
  pthread_key_t key_{};
  bool valid_;
};

/// Made before other static objects, which may start threads.
[[gnu::init_priority(101)]] exit_key at_thread_end;

}  // namespace

void hear_of_thread_end(void (*heard)(void*), const void* argument) noexcept {
  listener.store(heard, release);
  at_thread_end.arm(argument);
}

void hear_of_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) noexcept {
  if (!forks_are_heard.exchange(true)) pthread_atfork(before, in_parent, in_child);
}

}  // namespace portolan::platform
