// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The forker's side of the gate.
#include <portolan/map/concurrent/write_gate.hpp>

#include <portolan/base/wait.hpp>

namespace portolan::concurrent {

namespace {

constexpr std::uint64_t patience_ns = 2'000'000;

/// How many living maps have closed the gate. Only the forking thread counts, inside fork's own lock.
constinit std::uint32_t closers = 0;

bool everybody_left(std::uint64_t deadline_ns) noexcept {
  bool all = true;
  const std::uint32_t own = this_thread_slot();
  per_thread<write_gate::record>::for_each([&](std::uint32_t slot, write_gate::record& other) {
    if (slot == own) return;
    // pair section_left: acquire, so that the child sees all that was done inside.
    while (all && other.inside.load(platform::acquire) != 0) {
      if (platform::now_ns() > deadline_ns) all = false;
      platform::yield();
    }
  });
  return all;
}

void reopen(platform::atomic<std::uint32_t>& closed) noexcept {
  // pair await: release, so that who waited outside sees the gate open.
  closed.store(0, platform::release);
  platform::wake_all(closed);
}

}  // namespace

bool write_gate::try_close() noexcept {
  if (closers == 0) {
    // pair write_gate: seq_cst where fences are not seen, so that a writer sees the gate closed or is seen inside.
    // relaxed: elsewhere the fence orders it (steps in the header).
    closed_.store(1, platform::under_thread_sanitizer ? platform::seq_cst : platform::relaxed);
    // pair write_gate: heavy_fence, so that a writer sees the gate closed or is seen inside.
    platform::heavy_fence();
    if (!everybody_left(platform::now_ns() + patience_ns)) {
      reopen(closed_);
      return false;
    }
  }
  ++closers;
  return true;
}

void write_gate::open() noexcept {
  if (--closers == 0) reopen(closed_);
}

void write_gate::section::wait_outside() {
  // pair section_left: release, so that the child sees all that was done inside.
  mine_.inside.store(0, platform::release);
  await(closed_, [](std::uint32_t closed) { return closed == 0; });
}

}  // namespace portolan::concurrent
