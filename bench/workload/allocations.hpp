// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What threads took from and gave back to `operator new`, counted by replacing it.
//
//    thread 1   [ blocks, bytes in, bytes out ]      the sum over all threads is what is held, wherever the
//    thread 2   [ blocks, bytes in, bytes out ]      memory was taken and whoever freed it: a map's own timer too
//
// Each thread counts in a slot of its own, so that counting costs no shared line; a slot outlives its thread and goes
// to the next one. Where speed is all that is asked for, counting is switched off. A block counts with the size that malloc really set aside for it. Pages that a map takes from
// the kernel are in platform::mapped_bytes().
#pragma once

#include <cstdint>

#include "portolan/base/platform.hpp"

namespace portolan::workload {

/// False in sanitizer builds: their runtimes bring an `operator new` of their own, and nothing is counted.
inline constexpr bool allocations_counted = !platform::under_thread_sanitizer && !platform::under_address_sanitizer;

struct allocation_tally {
  std::uint64_t blocks = 0;
  std::uint64_t blocks_given_back = 0;
  std::uint64_t bytes_taken = 0;
  std::uint64_t bytes_given_back = 0;

  [[nodiscard]] std::int64_t held_bytes() const noexcept {
    return static_cast<std::int64_t>(bytes_taken) - static_cast<std::int64_t>(bytes_given_back);
  }
  [[nodiscard]] std::int64_t held_blocks() const noexcept {
    return static_cast<std::int64_t>(blocks) - static_cast<std::int64_t>(blocks_given_back);
  }
  allocation_tally& operator+=(const allocation_tally& other) noexcept {
    blocks += other.blocks;
    blocks_given_back += other.blocks_given_back;
    bytes_taken += other.bytes_taken;
    bytes_given_back += other.bytes_given_back;
    return *this;
  }
  friend allocation_tally operator-(allocation_tally later, const allocation_tally& earlier) noexcept {
    later.blocks -= earlier.blocks;
    later.blocks_given_back -= earlier.blocks_given_back;
    later.bytes_taken -= earlier.bytes_taken;
    later.bytes_given_back -= earlier.bytes_given_back;
    return later;
  }
};

/// Whether allocations are counted from here on: they are at the start. Not while other threads work.
void count_allocations(bool wanted) noexcept;

/// What the calling thread allocated and freed, and those before it in its slot: only differences mean something.
[[nodiscard]] allocation_tally allocations_of_this_thread() noexcept;

/// What all threads allocated and freed since the program began; exact while they are quiet.
[[nodiscard]] allocation_tally allocations_of_all_threads() noexcept;

}  // namespace portolan::workload
