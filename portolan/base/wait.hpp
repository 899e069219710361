// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The one place that spins, yields and parks: back-off, locks and events on 32-bit words.
//
//   mutex         31      30                     0
//               +--------+------------------------+     owner = thread number + 1, 0 = free
//               | parked |         owner          |     parked: unlocking must wake somebody
//               +--------+------------------------+
//
// 1. Who waits parks on the word itself after a short spin; who changes the word so that a waiter may go on
//    wakes, if and only if `parked` says that there is one.
// 2. A thread that asks for a lock which it holds exclusively gets error(errc::reentrant_call), never a hang.
// 3. All waiting ends in a forked child that cannot go on: see fork.hpp, 2.
// The lock that readers share is in shared_mutex.hpp.
#pragma once

#include <cstdint>

#include <portolan/base/error.hpp>
#include <portolan/base/fork.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/thread_slots.hpp>

namespace portolan {

/// Back-off of one waiting loop: pauses that double, then yields. `exhausted` says that parking is due, in place of
/// another step; under the checker at once, so that it tries the wake-ups.
class spin_wait {
 public:
  /// One step of waiting; throws error(errc::forked_inside) where waiting could never end.
  void once();
  [[nodiscard]] bool exhausted() const noexcept {
    return platform::under_checker || round_ >= pause_rounds + yield_rounds;
  }

 private:
  static constexpr std::uint32_t pause_rounds = 6;
  static constexpr std::uint32_t yield_rounds = 4;
  std::uint32_t round_ = 0;
};

/// Back-off of who lost an exchange to another thread. A line that stays with one processor takes many exchanges in the
/// time that it takes to come to another: so the loser stands aside for some of them, a few microseconds.
class lost_exchange {
 public:
  void stand_aside() noexcept;
  /// It is time to take a lock in place of hoping.
  [[nodiscard]] bool often() const noexcept { return times_ >= many; }

 private:
  static constexpr std::uint32_t many = 8;
  std::uint32_t times_ = 0;
};

/// Waits until `enough(value of word)`; who changes the word calls platform::wake_all on it. The value that
/// satisfied is returned, acquired.
template <class Enough>
std::uint32_t await(const platform::atomic<std::uint32_t>& word, Enough enough) {
  spin_wait backoff;
  for (;;) {
    // pair await: acquire, so that who waited sees what was written before the word changed.
    const std::uint32_t value = word.load(platform::acquire);
    if (enough(value)) return value;
    if (backoff.exhausted()) {
      refuse_wait_after_fork_inside();
      platform::park(word, value);
    } else {
      backoff.once();
    }
  }
}

/// An exclusive lock of four bytes that knows its owner. Not for user code's critical sections: take the
/// map's own operations.
class mutex {
 public:
  constexpr mutex() noexcept = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  void lock() {
    std::uint32_t seen = free;
    const std::uint32_t self = this_thread_slot() + 1;
    // pair mutex: acquire, so that the new owner sees what the last one wrote; relaxed on failure: nothing
    // is read on the strength of it.
    if (word_.compare_exchange_strong(seen, self, platform::acquire, platform::relaxed)) [[likely]]
      return;
    lock_slowly(self, seen);
  }

  [[nodiscard]] bool try_lock() {
    std::uint32_t seen = free;
    // pair mutex: acquire, so that the new owner sees what the last one wrote; relaxed on failure.
    return word_.compare_exchange_strong(seen, this_thread_slot() + 1, platform::acquire, platform::relaxed);
  }

  /// False: the deadline passed first.
  [[nodiscard]] bool lock_until(std::uint64_t deadline_ns);

  void unlock() noexcept {
    // pair mutex: release, so that the next owner sees what this one wrote.
    if ((word_.exchange(free, platform::release) & parked) != 0) [[unlikely]] {
      wake_next();
    }
  }

  [[nodiscard]] bool held_by_this_thread() const {
    // First: a number that is claimed only after the look may be the one of an owner who has ended meanwhile.
    const std::uint32_t self = this_thread_slot() + 1;
    // relaxed: only this thread writes its own number there.
    return (word_.load(platform::relaxed) & ~parked) == self;
  }

  /// In a forked child, where the owner may not exist; what the lock guards must be known to be whole.
  void reset_after_fork() noexcept {
    // relaxed: the child has one thread.
    word_.store(free, platform::relaxed);
  }

 private:
  static constexpr std::uint32_t free = 0;
  static constexpr std::uint32_t parked = 1U << 31;

  void wake_next() noexcept;

  void lock_slowly(std::uint32_t self, std::uint32_t seen);

  platform::atomic<std::uint32_t> word_{free};
};

static_assert(sizeof(mutex) == 4);

/// Holds `lock` exclusively while it lives.
template <class Lock>
class [[nodiscard]] exclusive_lock {
 public:
  explicit exclusive_lock(Lock& lock) : lock_(lock) { lock_.lock(); }
  ~exclusive_lock() { lock_.unlock(); }
  exclusive_lock(const exclusive_lock&) = delete;
  exclusive_lock& operator=(const exclusive_lock&) = delete;

 private:
  Lock& lock_;
};

/// Something that happens once (until `reset`) and that threads wait for.
class event {
 public:
  void set() noexcept;
  void wait() const;
  /// False: the deadline passed first.
  [[nodiscard]] bool wait_until(std::uint64_t deadline_ns) const;
  [[nodiscard]] bool is_set() const noexcept {
    // pair await: acquire, so that who saw it sees what was written before the event.
    return word_.load(platform::acquire) != 0;
  }
  /// Only while nobody waits.
  void reset() noexcept {
    // relaxed: who resets has to hand the event on by other means anyway.
    word_.store(0, platform::relaxed);
  }

 private:
  platform::atomic<std::uint32_t> word_{0};
};

}  // namespace portolan
