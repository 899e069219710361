// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The one way into two maps at once.
//
//   lock one ─► try the other ─┬ taken: both are ours
//                              └ held by somebody: give the first back, wait for the other, try the first
//
// 1. Nobody waits here for one lock while holding another: no circle can come about, neither with a second call of these
//    two maps the other way round nor with a compute of one map that uses the other.
// 2. User code that calls either map from inside is refused with both places, as from one section (section.hpp).
#pragma once

#include <utility>

#include <portolan/base/platform.hpp>
#include <portolan/base/scope.hpp>

namespace portolan::detail {

/// Two locks held alone.
template <class Lock>
class [[nodiscard]] both_locks {
 public:
  both_locks(Lock& one, Lock& other) : one_(one), other_(other) {
    for (Lock *first = &one, *second = &other;; std::swap(first, second)) {
      first->lock();
      if (second->try_lock()) return;
      first->unlock();
    }
  }
  both_locks(const both_locks&) = delete;
  both_locks& operator=(const both_locks&) = delete;
  ~both_locks() {
    other_.unlock();
    one_.unlock();
  }

 private:
  Lock& one_;
  Lock& other_;
};

/// Alone inside two maps that are not the same; both know the code that entered.
template <class Lock>
class [[nodiscard]] both_sections {
 public:
  both_sections(Lock& one, const void* owner, Lock& other, const void* other_owner, platform::code_address place)
      : held_(admitted(one, owner, other_owner, place), other), inside_(owner, place), beside_(other_owner, place) {}

 private:
  static Lock& admitted(Lock& lock, const void* owner, const void* other_owner, platform::code_address place) {
    critical_scope::refuse_reentry(owner, place);
    critical_scope::refuse_reentry(other_owner, place);
    return lock;
  }

  both_locks<Lock> held_;
  critical_scope inside_;
  critical_scope beside_;
};

}  // namespace portolan::detail
