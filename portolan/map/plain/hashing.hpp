// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// How a plain_map turns what it is asked for into a hash and a key.
//
// 1. Each map has its own secret; a fixed one only if map_options.seed asks for it.
// 2. What a transparent Hash and KeyEqual take is looked up as it is; anything else is made a K first, once.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include <portolan/base/hash.hpp>
#include <portolan/base/key.hpp>

namespace portolan::plain {

/// A map's hash, and a little chance drawn from the same secret.
template <class K, class Hash>
class hashing {
 public:
  hashing(Hash hash, std::uint64_t fixed_seed) : hashing(std::move(hash), make_seed(fixed_seed)) {}

  template <class Q>
  [[nodiscard]] std::uint64_t operator()(const Q& key) const {
    return policy_(key);
  }
  /// Where walk number `count` begins.
  [[nodiscard]] std::uint64_t chance(std::uint64_t count) const noexcept { return detail::finish(secret_ + count); }

 private:
  hashing(Hash hash, const hash_seed& seed) : policy_(std::move(hash), seed), secret_(seed.word1) {}

  hash_policy<K, Hash> policy_;
  std::uint64_t secret_;
};

/// The key as it can be looked up: itself, or a K made from it.
template <class K, class Hash, class KeyEqual, class Q>
[[nodiscard]] decltype(auto) as_key(Q&& key) {
  if constexpr (lookup_key<Q, K, Hash, KeyEqual>) {
    return std::forward<Q>(key);
  } else {
    return static_cast<K>(std::forward<Q>(key));
  }
}

}  // namespace portolan::plain
