// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A lock of eight bytes for many readers or one writer, built as the others (wait.hpp).
//
//   31       30       29        28            0
//   +--------+--------+---------+---------------+     readers: hold it shared, or came late and are about to turn back
//   | writer | parked | awaited |    readers    |     writer:  one holds it or waits for readers to go
//   +--------+--------+---------+---------------+     + a mutex that orders the writers and knows the owner
//     parked: readers sleep until the writer goes       awaited: the writer sleeps until the readers are gone
//
// 1. It prefers writers: once a writer has asked, new readers wait; writers take turns. Readers can starve under
//    writers that never pause; a reader can never starve a writer.
// 2. A shared lock is not re-entrant: a second one on the same thread waits behind a waiting writer.
// 3. A reader counts itself without looking first, one exchange of the line instead of two; if it meets a writer, it
//    takes its count back before it waits. So nobody but readers ever changes the count: a writer that goes leaves it
//    as it is.
// 4. Who takes the last count away wakes a writer that sleeps for it, never the readers: those wait for the writer.
#pragma once

#include <cstdint>

#include <portolan/base/platform.hpp>
#include <portolan/base/wait.hpp>

namespace portolan {

/// Many readers or one writer, eight bytes; prefers writers (1 above).
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

  /// False, too, while a reader that came late for the writer before turns back.
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
    if ((word_.fetch_and(~(writer | parked | awaited), platform::release) & parked) != 0) [[unlikely]]
      platform::wake_all(word_);
    writers_.unlock();
  }

  void lock_shared() {
    // pair shared_mutex_writer: acquire, so that the reader sees what writers wrote.
    if ((word_.fetch_add(1, platform::acquire) & writer) != 0) [[unlikely]]
      lock_shared_late();
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
    if (readers_of(left) == 0 && (left & awaited) != 0) [[unlikely]]
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
  static constexpr std::uint32_t awaited = 1U << 29;
  static constexpr std::uint32_t readers_of(std::uint32_t word) noexcept { return word & (awaited - 1); }

  /// Parks until the word changes from `seen`, after leaving the mark: `parked` or `awaited`.
  void park_at(std::uint32_t seen, std::uint32_t mark);

  void await_readers();
  /// The writer has seen the readers go, and no longer sleeps for them.
  void stop_awaiting() noexcept;

  /// This reader has counted itself beside a writer.
  void lock_shared_late();

  platform::atomic<std::uint32_t> word_{0};
  mutex writers_;
};

static_assert(sizeof(shared_mutex) == 8);

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

}  // namespace portolan
