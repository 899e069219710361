// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What happens around fork, in one order that nobody has to think about again.
//
//   before      maps ──► reclaim ──► timer ──► events ──► memory       every lock of ours is taken, outermost first
//   in parent   memory ──► events ──► timer ──► reclaim ──► maps       and given back in the opposite order
//   in child    thread numbers ──► memory ──► events ──► timer ──► reclaim ──► maps
//
// 1. Between `before` and `in child` no other thread of ours is inside anything that a lock guards, so the
//    child inherits whole structures.
// 2. A thread that forks while it runs user code inside a critical section (compute) cannot have the locks:
//    the owner of another map's lock may be waiting for this thread. The parent goes on untouched. The child
//    may exec or _exit; whatever would wait there for a lock that nobody can give back throws
//    error(errc::forked_inside) at once, instead of waiting for ever.
// 3. While a fork collects the locks its gate is closed: a thread that unlocks for somebody who waits then
//    stands aside until the gate opens, so that threads which lock again and again cannot keep the fork out.
#pragma once

#include <cstdint>

#include <portolan/base/error.hpp>
#include <portolan/base/platform.hpp>

namespace portolan {

enum class fork_rank : std::uint8_t { maps, reclaim, timer, events, memory };
inline constexpr int fork_ranks = 5;

/// The three calls of one rank; lives for ever.
struct fork_step {
  void (*before)() noexcept;
  void (*in_parent)() noexcept;
  void (*in_child)() noexcept;
};

/// Puts `step` at `rank`; the same step may be put there again and again.
void at_fork(fork_rank rank, const fork_step& step) noexcept;

namespace detail {

void install_fork_handlers() noexcept;

inline constinit platform::atomic<bool> forked_inside{false};

/// Odd while closed. Changed by the forking thread alone.
inline constinit platform::atomic<std::uint32_t> fork_gate{0};

/// True in the thread that has closed the gate: it gives locks back too, when it does not get them all.
inline constinit thread_local bool closed_fork_gate = false;

/// To be called after an unlock that had to wake somebody.
[[gnu::cold]] inline void stand_aside_for_fork() noexcept {
  if (closed_fork_gate) return;
  // relaxed: a courtesy; parking looks again.
  const std::uint32_t gate = fork_gate.load(platform::relaxed);
  if (gate % 2 == 1) platform::park(fork_gate, gate);
}

inline void close_fork_gate() noexcept {
  closed_fork_gate = true;
  // relaxed: a courtesy asked of others; the locks order everything.
  fork_gate.fetch_add(1, platform::relaxed);
}

inline void open_fork_gate() noexcept {
  closed_fork_gate = false;
  // relaxed: as above.
  fork_gate.fetch_add(1, platform::relaxed);
  platform::wake_all(fork_gate);
}

[[noreturn, gnu::cold]] inline void throw_forked_inside() {
  throw error(errc::forked_inside,
              "portolan: this process was forked while its thread ran user code inside a map's critical section; "
              "the lock is held by a thread that does not exist here; fork outside compute, or only exec in the child");
}

}  // namespace detail

/// Called by everything that waits, before it waits: see 2.
inline void refuse_wait_after_fork_inside() {
  // relaxed: set before the child's only thread ran, by that thread.
  if (detail::forked_inside.load(platform::relaxed)) [[unlikely]]
    detail::throw_forked_inside();
}

}  // namespace portolan
