// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Small blocks of memory for nodes that come and go: taken by one thread, given back by any.
//
//    this thread's stock, a list for each size              shared, a lock for each size
//    [ 32 ] ■─►■─►■                          64 at a time   runs of 64 KiB: ■ · · ■ ■ · · ■
//    [ 64 ] ■─►■─►■─►■ and a fresh piece     ◄──────────►                   · · ■ · ■ ■ ■ ■
//     …  128                                 half a stock                   all free: pages go back to the kernel
//
// 1. A block belongs to its taker, to one thread's stock or to its run; what a stock holds counts as used in its run.
// 2. A stock is its thread's alone and holds at most 16 KiB of each size. A thread that ends gives it back; a forked
//    child has lost those of the threads that are not there.
// 3. No block of up to 64 bytes lies in two cache lines, none of up to 96 in three.
//
// A program's own `operator new` does not see these blocks. Sanitizers would not see what becomes of them: in their
// builds the nodes come from `operator new`.
#pragma once

#include <cstddef>

namespace portolan::block_pool {

inline constexpr std::size_t largest_bytes = 128;
inline constexpr std::size_t alignment_bytes = 16;

/// What a block for `size_bytes` takes, at most `largest_bytes`.
[[nodiscard]] constexpr std::size_t block_bytes(std::size_t size_bytes) noexcept {
  if (size_bytes <= 32) return 32;
  return size_bytes <= 64 ? 64 : (size_bytes + alignment_bytes - 1) / alignment_bytes * alignment_bytes;
}

/// A block for `size_bytes`, at most `largest_bytes`. Throws std::bad_alloc.
[[nodiscard]] void* take(std::size_t size_bytes);
/// Gives back what `take(size_bytes)` gave.
void give(void* block, std::size_t size_bytes) noexcept;

/// Gives this thread's stock back, for who has just given many blocks and may not need them again.
void give_stock_back() noexcept;

/// Bytes of all runs that have pages, whether their blocks are used or not.
[[nodiscard]] std::size_t region_bytes() noexcept;

}  // namespace portolan::block_pool
