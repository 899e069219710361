// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The one place that spins, yields and parks: back-off, locks and events on 32-bit words.
//
//   mutex         31      30                     0
//               +--------+------------------------+     owner = thread number + 1, 0 = free
//               | parked |         owner          |     parked: unlocking must wake somebody
//               +--------+------------------------+
//
//   shared_mutex  31      30       29            0
//               +--------+--------+---------------+     readers = holders of the shared lock
//               | writer | parked |    readers    |     writer: one holds it or waits for readers to go
//               +--------+--------+---------------+     + a mutex that orders the writers and knows the owner
//
// 1. Who waits parks on the word itself after a short spin; who changes the word so that a waiter may go on
//    wakes, if and only if `parked` says that there is one.
// 2. A thread that asks for a lock which it holds exclusively gets error(errc::reentrant_call), never a hang.
//    A shared lock is not re-entrant: a second one on the same thread waits behind a waiting writer.
// 3. shared_mutex prefers writers: once a writer has asked, new readers wait; writers take turns. Readers can
//    starve under writers that never pause; a reader can never starve a writer.
// 4. All waiting ends in a forked child that cannot go on: see fork.hpp, 2.
#pragma once

#include <cstdint>

#include <portolan/base/error.hpp>
#include <portolan/base/fork.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/thread_slots.hpp>

namespace portolan {

/// Back-off of one waiting loop: pauses that double, then yields. `exhausted` says that parking is due.
class spin_wait {
 public:
  /// One step of waiting; throws error(errc::forked_inside) where waiting could never end.
  void once() {
    if (round_ < pause_rounds) {
      for (unsigned i = 0; i < 1U << round_; ++i) platform::pause();
      ++round_;
      return;
    }
    refuse_wait_after_fork_inside();
    platform::yield();
    if (round_ < UINT32_MAX) ++round_;
  }
  [[nodiscard]] bool exhausted() const noexcept { return round_ >= pause_rounds + yield_rounds; }
  void reset() noexcept { round_ = 0; }

 private:
  static constexpr std::uint32_t pause_rounds = 6;
  static constexpr std::uint32_t yield_rounds = 4;
  std::uint32_t round_ = 0;
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
    backoff.once();
    if (backoff.exhausted()) platform::park(word, value);
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
    // relaxed: only this thread writes its own number there.
    return (word_.load(platform::relaxed) & ~parked) == this_thread_slot() + 1;
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

/// Many readers or one writer, eight bytes; prefers writers (3 above).
class shared_mutex {
 public:
  constexpr shared_mutex() noexcept = default;
  shared_mutex(const shared_mutex&) = delete;
  shared_mutex& operator=(const shared_mutex&) = delete;

  void lock() {
    writers_.lock();
    // pair shared_mutex_readers: acquire, so that the writer comes after the reads of those who held it.
    if (readers_of(word_.fetch_or(writer, platform::acquire)) != 0) [[unlikely]]
      await_readers();
  }

  [[nodiscard]] bool try_lock() {
    if (!writers_.try_lock()) return false;
    std::uint32_t seen = 0;
    // pair shared_mutex_readers: acquire, as in lock; relaxed on failure.
    if (word_.compare_exchange_strong(seen, writer, platform::acquire, platform::relaxed)) return true;
    writers_.unlock();
    return false;
  }

  /// False: the deadline passed first, and nothing is held.
  [[nodiscard]] bool lock_until(std::uint64_t deadline_ns);

  void unlock() noexcept {
    // pair shared_mutex_writer: release, so that later readers see what the writer wrote.
    if ((word_.exchange(0, platform::release) & parked) != 0) [[unlikely]]
      platform::wake_all(word_);
    writers_.unlock();
  }

  void lock_shared() {
    // relaxed: the exchange decides.
    std::uint32_t seen = word_.load(platform::relaxed);
    while ((seen & writer) == 0) {
      // pair shared_mutex_writer: acquire, so that the reader sees what writers wrote; relaxed on failure.
      if (word_.compare_exchange_weak(seen, seen + 1, platform::acquire, platform::relaxed)) return;
    }
    lock_shared_slowly();
  }

  [[nodiscard]] bool try_lock_shared() noexcept {
    // relaxed: the exchange decides.
    std::uint32_t seen = word_.load(platform::relaxed);
    while ((seen & writer) == 0) {
      // pair shared_mutex_writer: acquire, as in lock_shared; relaxed on failure.
      if (word_.compare_exchange_weak(seen, seen + 1, platform::acquire, platform::relaxed)) return true;
    }
    return false;
  }

  void unlock_shared() noexcept {
    // pair shared_mutex_readers: release, so that a writer comes after these reads.
    const std::uint32_t left = word_.fetch_sub(1, platform::release) - 1;
    if (readers_of(left) == 0 && (left & parked) != 0) [[unlikely]]
      platform::wake_all(word_);
  }

  [[nodiscard]] bool held_exclusively_by_this_thread() const { return writers_.held_by_this_thread(); }

  /// In a forked child, where the holders may not exist; what the lock guards must be known to be whole.
  void reset_after_fork() noexcept {
    // relaxed: the child has one thread.
    word_.store(0, platform::relaxed);
    writers_.reset_after_fork();
  }

 private:
  static constexpr std::uint32_t writer = 1U << 31;
  static constexpr std::uint32_t parked = 1U << 30;
  static constexpr std::uint32_t readers_of(std::uint32_t word) noexcept { return word & ~(writer | parked); }

  /// Parks until the word changes from `seen`, after leaving the mark.
  void park_at(std::uint32_t seen);

  void await_readers();

  void lock_shared_slowly();

  platform::atomic<std::uint32_t> word_{0};
  mutex writers_;
};

static_assert(sizeof(shared_mutex) == 8);

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

/// Holds `lock` shared while it lives.
template <class Lock>
class [[nodiscard]] shared_lock {
 public:
  explicit shared_lock(Lock& lock) : lock_(lock) { lock_.lock_shared(); }
  ~shared_lock() { lock_.unlock_shared(); }
  shared_lock(const shared_lock&) = delete;
  shared_lock& operator=(const shared_lock&) = delete;

 private:
  Lock& lock_;
};

/// Something that happens once (until `reset`) and that threads wait for.
class event {
 public:
  void set() noexcept {
    // pair await: release, so that who waited sees what was written before the event.
    word_.store(1, platform::release);
    platform::wake_all(word_);
  }
  void wait() const {
    await(word_, [](std::uint32_t value) { return value != 0; });
  }
  /// False: the deadline passed first.
  [[nodiscard]] bool wait_until(std::uint64_t deadline_ns) const {
    while (!is_set()) {
      refuse_wait_after_fork_inside();
      if (!platform::park_until(word_, 0, deadline_ns)) return is_set();
    }
    return true;
  }
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
