// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Threads that are not the kernel's: a stack each, and a switch of a few instructions between them.
//
// 1. `resume` is called by the one who owns the fibers and returns when the fiber calls `leave` or its body has ended.
// 2. A fiber that is begun anew forgets what it was doing: nothing of its stack is unwound.
// 3. No exception leaves a fiber's body.
#pragma once

#include <cstddef>

namespace portolan::prove::schedule {

class fiber {
 public:
  explicit fiber(std::size_t stack_bytes = std::size_t{256} << 10);
  ~fiber();
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;

  /// The next resume begins body(argument).
  void begin(void (*body)(void*), void* argument) noexcept;
  void resume() noexcept;
  /// Called inside: back to who resumed.
  void leave() noexcept;
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// Whether this lies on its stack.
  [[nodiscard]] bool holds(const void* address) const noexcept {
    return address >= memory_ && address < memory_ + size_bytes_;
  }

 private:
  [[noreturn]] static void enter(fiber& self) noexcept;
  friend struct fiber_entry;

  std::byte* memory_;
  std::size_t size_bytes_;
  void* inside_ = nullptr;   // the fiber's stack pointer while it does not run
  void* outside_ = nullptr;  // its owner's while it does
  void (*body_)(void*) = nullptr;
  void* argument_ = nullptr;
  bool ended_ = true;
};

}  // namespace portolan::prove::schedule
