// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The one pair of handlers that the C library calls around fork.
#include <portolan/base/fork.hpp>

#include <portolan/base/platform/lifecycle.hpp>
#include <portolan/base/published.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/base/wait.hpp>

namespace portolan {

namespace {

constinit published<const fork_step*> steps[fork_ranks]{};

/// One fork at a time: newer C libraries let two of them run their handlers side by side.
constinit mutex one_at_a_time;

/// What `before` did, for the two that follow it. Guarded by `one_at_a_time`.
constinit const fork_step* taken[fork_ranks]{};

void before() noexcept {
  one_at_a_time.lock();
  detail::close_fork_gate();
  for (int rank = 0; rank < fork_ranks; ++rank) {
    const bool needs_user_locks = rank == static_cast<int>(fork_rank::maps);
    taken[rank] = needs_user_locks && critical_scope::inside_any() ? nullptr : steps[rank].observe();
    if (taken[rank] != nullptr) taken[rank]->before();
  }
}

void in_parent() noexcept {
  detail::open_fork_gate();
  for (int rank = fork_ranks - 1; rank >= 0; --rank) {
    if (taken[rank] != nullptr) taken[rank]->in_parent();
  }
  one_at_a_time.unlock();
}

void in_child() noexcept {
  detail::open_fork_gate();
  // relaxed: the child has one thread.
  if (critical_scope::inside_any()) detail::forked_inside.store(true, platform::relaxed);
  detail::abandon_other_slots();
  for (int rank = fork_ranks - 1; rank >= 0; --rank) {
    if (taken[rank] != nullptr) taken[rank]->in_child();
  }
  one_at_a_time.reset_after_fork();
}

}  // namespace

namespace detail {
void install_fork_handlers() noexcept { platform::hear_of_fork(before, in_parent, in_child); }
}  // namespace detail

void at_fork(fork_rank rank, const fork_step& step) noexcept {
  if (steps[static_cast<int>(rank)].observe() == &step) return;
  detail::install_fork_handlers();
  steps[static_cast<int>(rank)].publish(&step);
}

}  // namespace portolan
