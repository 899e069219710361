// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The slow sides of the locks of base/wait.hpp: where a thread spins, then parks.
#include <portolan/base/shared_mutex.hpp>
#include <portolan/base/wait.hpp>

namespace portolan {

void spin_wait::once() {
  platform::wait_for_change();
  if (round_ < pause_rounds) {
    for (unsigned i = 0; i < 1U << round_; ++i) platform::pause();
    ++round_;
    return;
  }
  refuse_wait_after_fork_inside();
  platform::yield();
  if (round_ < UINT32_MAX) ++round_;
}

void lost_exchange::stand_aside() noexcept {
  const unsigned pauses = times_ == 0 ? 64 : 128;
  for (unsigned i = 0; i < pauses; ++i) platform::pause();
  ++times_;
}

void event::set() noexcept {
  // pair await: release, so that who waited sees what was written before the event.
  word_.store(1, platform::release);
  platform::wake_all(word_);
}

void event::wait() const {
  await(word_, [](std::uint32_t value) { return value != 0; });
}

bool event::wait_until(std::uint64_t deadline_ns) const {
  while (!is_set()) {
    refuse_wait_after_fork_inside();
    if (!platform::park_until(word_, 0, deadline_ns)) return is_set();
  }
  return true;
}

bool mutex::lock_until(std::uint64_t deadline_ns) {
  const std::uint32_t self = this_thread_slot() + 1;
  for (;;) {
    std::uint32_t seen = free;
    // The mark stays, because others may be parked. pair mutex: acquire, as in lock; relaxed on failure.
    if (word_.compare_exchange_strong(seen, self | parked, platform::acquire, platform::relaxed)) return true;
    // relaxed: the mark itself carries nothing but the wish to be woken.
    if ((seen & parked) == 0 && !word_.compare_exchange_weak(seen, seen | parked, platform::relaxed)) continue;
    if (!platform::park_until(word_, seen | parked, deadline_ns)) return false;
  }
}

void mutex::wake_next() noexcept {
  platform::wake_one(word_);
  detail::stand_aside_for_fork();
}

void mutex::lock_slowly(std::uint32_t self, std::uint32_t seen) {
  if ((seen & ~parked) == self) {
    throw error(errc::reentrant_call,
                "portolan: this thread asks for a lock that it holds; call the map after the callable has returned");
  }
  for (spin_wait backoff; !backoff.exhausted(); backoff.once()) {
    seen = free;
    // pair mutex: acquire, as in lock; relaxed on failure.
    if (word_.compare_exchange_weak(seen, self, platform::acquire, platform::relaxed)) return;
  }
  for (;;) {
    // relaxed: the exchanges below decide.
    seen = word_.load(platform::relaxed);
    if (seen == free) {
      // Others may be parked, so the mark stays with the lock. pair mutex: acquire, as in lock; relaxed on failure.
      if (word_.compare_exchange_weak(seen, self | parked, platform::acquire, platform::relaxed)) return;
      continue;
    }
    // relaxed: the mark itself carries nothing but the wish to be woken.
    if ((seen & parked) == 0 && !word_.compare_exchange_weak(seen, seen | parked, platform::relaxed)) continue;
    refuse_wait_after_fork_inside();
    platform::park(word_, seen | parked);
  }
}

bool shared_mutex::lock_until(std::uint64_t deadline_ns) {
  if (!writers_.lock_until(deadline_ns)) return false;
  // pair shared_mutex_readers: acquire, as in lock.
  std::uint32_t seen = word_.fetch_or(writer | awaited, platform::acquire) | writer | awaited;
  while (readers_of(seen) != 0) {
    if (!platform::park_until(word_, seen, deadline_ns)) {
      unlock();
      return false;
    }
    // pair shared_mutex_readers: acquire, as in lock.
    seen = word_.load(platform::acquire);
  }
  stop_awaiting();
  return true;
}

void shared_mutex::park_at(std::uint32_t seen, std::uint32_t mark) {
  refuse_wait_after_fork_inside();
  // relaxed: the mark carries nothing but the wish to be woken.
  if ((seen & mark) == 0 && !word_.compare_exchange_strong(seen, seen | mark, platform::relaxed)) return;
  platform::park(word_, seen | mark);
}

void shared_mutex::stop_awaiting() noexcept {
  // relaxed: the mark alone; else each reader that comes late and turns back would wake those that sleep.
  word_.fetch_and(~awaited, platform::relaxed);
}

void shared_mutex::await_readers() {
  for (spin_wait backoff;;) {
    // pair shared_mutex_readers: acquire, as in lock.
    const std::uint32_t seen = word_.load(platform::acquire);
    if (readers_of(seen) == 0) {
      if ((seen & awaited) != 0) stop_awaiting();
      return;
    }
    if (backoff.exhausted()) {
      park_at(seen, awaited);
    } else {
      backoff.once();
    }
  }
}

void shared_mutex::lock_shared_late() {
  unlock_shared();
  if (writers_.held_by_this_thread()) {
    throw error(errc::reentrant_call,
                "portolan: this thread asks for a shared lock on what it holds exclusively; call the map after the "
                "callable has returned");
  }
  for (spin_wait backoff; !try_lock_shared();) {
    if (!backoff.exhausted()) {
      backoff.once();
      continue;
    }
    // relaxed: parking confirms it.
    const std::uint32_t seen = word_.load(platform::relaxed);
    if ((seen & writer) != 0) park_at(seen, parked);
  }
}

}  // namespace portolan
