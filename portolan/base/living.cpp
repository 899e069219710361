// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The sixteen lists of living maps and how fork takes them all. Never destroyed.
#include <portolan/base/living.hpp>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/clock.hpp>
#include <portolan/base/fork.hpp>
#include <portolan/base/wait.hpp>

namespace portolan {

struct living_lists {
  static constexpr std::uint32_t list_count = 16;
  // For one map, before all are given back; doubled each time.
  static constexpr std::uint64_t first_patience_ns = 4 * millisecond_ns;
  static constexpr std::uint64_t longest_patience_ns = 256 * millisecond_ns;
  static constexpr int looks_at_a_time = 200;

  struct alignas(cache_line_bytes) list {
    mutex lock;
    living* first = nullptr;
  };
  static list lists[list_count];

  static void join(living& one) {
    one.list_ = this_thread_slot() % list_count;
    list& its = lists[one.list_];
    exclusive_lock hold(its.lock);
    one.next_ = its.first;
    if (its.first != nullptr) its.first->previous_ = &one;
    its.first = &one;
  }

  static void leave(living& one) {
    list& its = lists[one.list_];
    exclusive_lock hold(its.lock);
    (one.previous_ == nullptr ? its.first : one.previous_->next_) = one.next_;
    if (one.next_ != nullptr) one.next_->previous_ = one.previous_;
  }

  template <class F>
  static void for_each_locked(F f) {
    for (list& its : lists) {
      for (living* one = its.first; one != nullptr; one = one->next_) f(*one);
    }
  }

  /// A busy map is free for moments only: look often, and let its owner run in between.
  [[nodiscard]] static bool lock_patiently(living& one, std::uint64_t patience_ns) {
    const std::uint64_t deadline_ns = deadline_after_ns(patience_ns);
    do {
      for (int look = 0; look < looks_at_a_time; ++look) {
        if (one.does_->lock_for_fork(one.map_, deadline_ns)) return true;
        platform::pause();
      }
      platform::yield();
    } while (platform::now_ns() < deadline_ns);
    return false;
  }

  [[nodiscard]] static bool lock_all_maps(std::uint64_t patience_ns) {
    bool all = true;
    for_each_locked([&](living& one) {
      if (all) all = one.locked_for_fork_ = lock_patiently(one, patience_ns);
    });
    return all;
  }

  static void unlock_maps(void (*living::calls::*unlock)(void*) noexcept) {
    for_each_locked([unlock](living& one) {
      if (one.locked_for_fork_) (one.does_->*unlock)(one.map_);
      one.locked_for_fork_ = false;
    });
  }

  static void sleep(std::uint64_t span_ns) noexcept {
    const std::uint64_t deadline_ns = deadline_after_ns(span_ns);
    const platform::atomic<std::uint32_t> never{0};
    while (platform::park_until(never, 0, deadline_ns)) {}
  }

  static void before_fork() noexcept {
    for (std::uint64_t patience_ns = first_patience_ns;;) {
      for (list& its : lists) its.lock.lock();
      if (lock_all_maps(patience_ns)) return;
      detail::open_fork_gate();
      unlock_maps(&living::calls::unlock_in_parent);
      for (list& its : lists) its.lock.unlock();
      sleep(patience_ns / 4);  // whoever waited for a lock that was held here must get it now
      if (patience_ns < longest_patience_ns) patience_ns *= 2;
      detail::close_fork_gate();
    }
  }
  static void in_parent() noexcept {
    unlock_maps(&living::calls::unlock_in_parent);
    for (list& its : lists) its.lock.unlock();
  }
  static void in_child() noexcept {
    unlock_maps(&living::calls::unlock_in_child);
    for (list& its : lists) its.lock.reset_after_fork();
  }
  static constexpr fork_step around_fork{before_fork, in_parent, in_child};
};

constinit living_lists::list living_lists::lists[living_lists::list_count];

living::living(const calls& does, void* map, const char* name) : does_(&does), map_(map), name_(name), list_(0) {
  at_fork(fork_rank::maps, living_lists::around_fork);
  living_lists::join(*this);
}

living::~living() { living_lists::leave(*this); }

void living::for_each(void (*f)(void* context, const living& map), void* context) {
  for (living_lists::list& its : living_lists::lists) {
    exclusive_lock hold(its.lock);
    for (const living* one = its.first; one != nullptr; one = one->next_) f(context, *one);
  }
}

std::size_t living::count() {
  std::size_t total = 0;
  for_each([](void* sum, const living&) { ++*static_cast<std::size_t*>(sum); }, &total);
  return total;
}

}  // namespace portolan
