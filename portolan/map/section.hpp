// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The one way into a lock under which user code may run.
//
//   refuse_reentry ─► lock ─► critical_scope ─► inside ─► scope ends ─► unlock
//
// 1. A thread that is inside and comes again is refused with both places before any lock is touched.
// 2. Whatever a section's user wants destroyed with no lock held, it declares before the section.
#pragma once

#include <portolan/base/platform.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/base/wait.hpp>

namespace portolan::detail {

template <class Lock>
Lock& admit(Lock& lock, const void* owner, platform::code_address place) {
  critical_scope::refuse_reentry(owner, place);
  return lock;
}

/// Alone inside `lock` of the map `owner`, entered by the code at `place`.
template <class Lock>
class [[nodiscard]] exclusive_section {
 public:
  exclusive_section(Lock& lock, const void* owner, platform::code_address place)
      : held_(admit(lock, owner, place)), inside_(owner, place) {}

 private:
  exclusive_lock<Lock> held_;
  critical_scope inside_;
};

}  // namespace portolan::detail
