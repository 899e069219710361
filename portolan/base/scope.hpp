// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Where this thread runs user code inside a map's critical section: a chain of stack objects, so that a
// call back into the same map is refused with both places instead of hanging.
//
//   compute(k, f) ── critical_scope{map A, place} ── f ── compute(j, g) on map B ── critical_scope{map B} ── g
//                          ▲────────────────────────── outer ──────────────────────────┘
//
// 1. A scope lives exactly as long as the user code that it surrounds; the chain ends with it.
// 2. Only this thread reads or writes its chain.
#pragma once

#include <portolan/base/error.hpp>
#include <portolan/base/platform.hpp>

namespace portolan {

class critical_scope {
 public:
  critical_scope(const void* structure, platform::code_address place) noexcept
      : structure_(structure), place_(place), outer_(innermost()) {
    innermost() = this;
  }
  ~critical_scope() { innermost() = outer_; }
  critical_scope(const critical_scope&) = delete;
  critical_scope& operator=(const critical_scope&) = delete;

  /// True while this thread runs user code inside any critical section.
  [[nodiscard]] static bool inside_any() noexcept { return innermost() != nullptr; }

  /// Throws reentrant_call if this thread runs user code inside `structure`'s critical section.
  [[gnu::always_inline]] static void refuse_reentry(const void* structure, platform::code_address place) {
    if (innermost() != nullptr) [[unlikely]]
      refuse_slowly(structure, place);
  }

 private:
  [[gnu::cold, gnu::noinline]] static void refuse_slowly(const void* structure, platform::code_address place) {
    for (const critical_scope* scope = innermost(); scope != nullptr; scope = scope->outer_) {
      if (scope->structure_ == structure) throw reentrant_call(errc::reentrant_call, scope->place_, place);
    }
  }
  static critical_scope*& innermost() noexcept {
    static thread_local constinit critical_scope* chain = nullptr;
    return chain;
  }

  const void* structure_;
  platform::code_address place_;
  critical_scope* outer_;
};

}  // namespace portolan
