// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A gate that a fork closes until no other thread is in the middle of changing a concurrent_map.
//
//   writer   1 inside := 1   2 light_fence   3 closed?  no: work, inside := 0     yes: inside := 0, wait, again
//   forker   1 closed := 1   2 heavy_fence   3 wait until everybody's inside is 0
//
// The outcome that the fences forbid: the writer reads closed = 0 and the forker reads inside = 0.
//
// 1. A thread's record is written by that thread alone, so a section costs no shared write.
// 2. Sections nest (compute on one map may write another map); only the outermost looks at the gate.
// 3. The forker opens the gate again if a section does not end soon: its owner may be waiting for a lock of the
//    user's whose holder waits at the gate. Then it tries again (base/living.hpp).
#pragma once

#include <cstdint>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/thread_slots.hpp>

namespace portolan::concurrent {

class write_gate {
 public:
  /// Called by the one thread that forks; nests over the living maps. False: somebody did not leave soon.
  [[nodiscard]] static bool try_close() noexcept;
  static void open() noexcept;

  /// What one thread says about itself.
  struct alignas(cache_line_bytes) record {
    platform::atomic<std::uint32_t> inside{0};
    std::uint32_t depth = 0;
    void thread_left() noexcept {
      // pair section_left: release, so that the child sees all that was done inside.
      inside.store(0, platform::release);
      depth = 0;
    }
  };

  class section {
   public:
    section() : mine_(per_thread<record>::mine()) {
      if (mine_.depth == 0) enter();
      ++mine_.depth;
    }
    ~section() {
      // pair section_left: release, so that the child sees all that was done inside.
      if (--mine_.depth == 0) mine_.inside.store(0, platform::release);
    }
    section(const section&) = delete;
    section& operator=(const section&) = delete;

   private:
    void enter() {
      for (;;) {
        // pair write_gate: seq_cst where fences are not seen, so that the forker sees this thread inside.
        // relaxed: elsewhere the fence orders it (steps above).
        mine_.inside.store(1, platform::under_thread_sanitizer ? platform::seq_cst : platform::relaxed);
        // pair write_gate: light_fence, so that this thread sees the gate closed or is seen inside.
        platform::light_fence();
        // relaxed: a stale 0 is what the fences forbid (steps above).
        if (closed_.load(platform::relaxed) == 0) [[likely]]
          return;
        wait_outside();
      }
    }
    void wait_outside();

    record& mine_;
  };

 private:
  static inline constinit platform::atomic<std::uint32_t> closed_{0};
};

}  // namespace portolan::concurrent
