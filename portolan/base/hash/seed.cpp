// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Where secrets are drawn: once a map, so it stands here and not in every user's program.
#include <portolan/base/hash/seed.hpp>

#include <portolan/base/hash/siphash.hpp>
#include <portolan/base/platform.hpp>

namespace portolan::detail {

const hash_seed& process_seed() noexcept {
  static const hash_seed seed{platform::random_seed(), platform::random_seed()};
  return seed;
}

hash_seed fresh_seed() noexcept {
  static platform::atomic<std::uint64_t> seeds_made{0};
  const hash_seed& secret = process_seed();
  // All maps of a checked program have one seed: what is found must not depend on how many were made before.
  // relaxed: the numbers must differ and order nothing
  const std::uint64_t number = platform::under_checker ? 0 : seeds_made.fetch_add(2, platform::relaxed);
  return {siphash_word(secret.word0, secret.word1, number), siphash_word(secret.word0, secret.word1, number + 1)};
}

std::uint64_t secret_word(const hash_seed& seed, std::uint64_t number) noexcept {
  return siphash_word(seed.word0, seed.word1, number);
}

}  // namespace portolan::detail
