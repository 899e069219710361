// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What the platform is made of in a program that is built with PORTOLAN_CHECKED: each shared access is a call into the
// schedule checker (prove/schedule), which decides what a load reads. Outside its threads the calls act at once.
//
//   platform::atomic, word16, fence, park, allocate   →  these functions  →  prove/schedule/machine.cpp
//
// Only declarations stand here: base knows no checker, a checked program links one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace portolan::platform::checked {

/// A value of at most 16 bytes.
struct bits {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend constexpr bool operator==(const bits&, const bits&) = default;
};

/// The place in the program that a shared access stands at.
struct site {
  const char* file;
  unsigned line;
};

/// The compilers' __ATOMIC_ numbers, and one of ours: a fence that counts only against full ones.
inline constexpr int light_order = 100;

/// The last four: of the queue of those who sleep on a word (prove/schedule/sleepers.hpp).
enum class change : std::uint8_t {
  none,
  exchange,
  compare,
  add,
  bit_or,
  bit_and,
  bit_xor,
  bit_nand,
  fall_asleep,
  leave,
  wake_one,
  wake_all
};

[[nodiscard]] bits load(const void* word, unsigned size_bytes, int order, site at);
void store(void* word, unsigned size_bytes, bits value, int order, site at);
/// What was read; a compare that fails stores nothing and has the order `failed`.
bits read_modify_write(void* word, unsigned size_bytes, change makes, bits expected, bits operand, int order,
                       int failed, site at);
void fence(int order, site at);
/// An iteration of a loop that waits has failed: this thread goes on when something it has read is changed.
void wait_for_change(site at);
/// Whether the fault of this name is wanted in this run: a question that only mutated copies of the sources ask.
[[nodiscard]] bool planted(const char* name);

}  // namespace portolan::platform::checked
