// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Where the secrets of a hash come from.
//
//   kernel's chance, once a process ──┐
//   number of the map in the process ─┴→ SipHash-2-4 → hash_seed ┐
//   map_options.seed, if not 0 ───────────────────────→ hash_seed ┴→ SipHash-2-4, counting → words of a hash
//
// 1. A seed of 0 means a fresh seed for each map, which nobody outside the process can know.
// 2. Any other seed means the same hashes in each run and in each process: for tests, never for keys that
//    come from strangers.
// 3. A child of fork has its parent's secrets: its maps still find what they hold.
#pragma once

#include <cstdint>

#include <portolan/base/hash/arithmetic.hpp>

namespace portolan {

/// The secret of one hash: 128 bits, from which all the words that it multiplies by are drawn.
/// When not to use it: to sign or to encrypt anything; a hash table's secret is no key of that kind.
struct hash_seed {
  std::uint64_t word0 = 0;
  std::uint64_t word1 = 0;

  friend constexpr bool operator==(const hash_seed&, const hash_seed&) = default;
};

namespace detail {

/// The seed of this process, drawn at first use.
[[nodiscard]] const hash_seed& process_seed() noexcept;

/// A seed that no other map of this process has, and nobody outside it can know.
[[nodiscard]] hash_seed fresh_seed() noexcept;

/// The word of `seed` with this number.
[[nodiscard]] std::uint64_t secret_word(const hash_seed& seed, std::uint64_t number) noexcept;

/// Draws secret words from a seed, always the same ones in the same order.
class secret_words {
 public:
  explicit constexpr secret_words(const hash_seed& seed) noexcept : seed_(seed) {}

  [[nodiscard]] std::uint64_t next() noexcept { return secret_word(seed_, drawn_++); }
  [[nodiscard]] uint128 next_wide() noexcept {
    const std::uint64_t high = next();
    return join(high, next());
  }

 private:
  hash_seed seed_;
  std::uint64_t drawn_ = 0;
};

}  // namespace detail

/// Makes the seed of one map. A `fixed` number gives the same seed in each run; 0 gives one that is fresh and secret.
///
/// @returns   the seed; two calls with 0 give different ones
/// @sees      nothing shared but a counter
/// @progress  wait-free, but for the process's first call, which asks the kernel for chance
/// @cost      O(1)
/// @throws    nothing
/// @calls     no user code
[[nodiscard]] inline hash_seed make_seed(std::uint64_t fixed = 0) noexcept {
  constexpr std::uint64_t fixed_seeds = 0x666978656420736Fu;  // sets fixed seeds apart from each other use of SipHash
  return fixed == 0 ? detail::fresh_seed() : hash_seed{fixed, fixed_seeds};
}

}  // namespace portolan
