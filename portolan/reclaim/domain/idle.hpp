// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The domains that have retired something, for the two that visit them all: the timer, which frees what
// is kept back when no operation comes any more, and fork, which needs their locks.
//
//   retire ──► wake() ── armed already? nothing : start the timer
//   timer  ──► armed = false ──► collect every domain ──► something kept back? arm again, later each time
//
// 1. A domain joins before its first object is retired and leaves before its end; leaving waits while the
//    timer collects it. So a domain must not end inside a dispose that runs for this very domain.
// 2. What is retired is either seen by the timer's pass or arms the timer: the pass clears `armed` before it
//    takes a bag's lock, retire reads `armed` after it held that lock. (Without locks: before and after an
//    exchange of the same word, see lock_free_domain.hpp.)
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/platform.hpp>

namespace portolan::reclaim {

struct idle_client {
  /// What the two visitors may do; `collect` says how many objects are still kept back.
  struct calls {
    std::size_t (*collect)(idle_client& self) noexcept;
    void (*lock_all)(idle_client& self) noexcept;
    void (*unlock_all)(idle_client& self) noexcept;
  };

  explicit constexpr idle_client(const calls& table) noexcept : does(&table) {}

  const calls* does;
  idle_client* next = nullptr;
  idle_client* previous = nullptr;
  bool visited = false;  // by the timer, now
};

class idle {
 public:
  static void join(idle_client& client) noexcept;
  static void leave(idle_client& client) noexcept;

  /// To be called after something was retired.
  static void wake() noexcept {
    // relaxed: see 2; the bag's lock orders it.
    if (!armed_.load(platform::relaxed)) arm();
  }

  /// As wake, but never waits for a thread that is inside the timer: then the next retire tries again.
  static void wake_without_waiting() noexcept;

  /// What the timer does when it comes; and whether it will. For programs that play the timer.
  static void pass() noexcept;
  [[nodiscard]] static bool armed() noexcept {
    // relaxed: see 2.
    return armed_.load(platform::relaxed);
  }

 private:
  [[gnu::cold]] static void arm() noexcept;

  static inline constinit platform::atomic<bool> armed_{false};
  friend struct idle_pass;
};

}  // namespace portolan::reclaim
