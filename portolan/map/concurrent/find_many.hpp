// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Many finds of small entries in one pass, for bulk.hpp.
//
//   key i       hashed once, its line and the bytes beside it asked for
//   key i - 16  looked for by the hash that was kept, in a line that has come meanwhile
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/map/concurrent/find.hpp>

namespace portolan::concurrent {

/// Finds up to 64 keys, as find_small each; but a key is hashed and its memory is asked for 16 keys ahead of the look. Bit i
/// of what is returned says whether keys[i] is there.
template <class Core, class K>
[[nodiscard]] std::uint64_t find_small_batch(Core& core, const K* keys, std::size_t count, std::uint64_t* images) {
  using engine = typename Core::engine_type;
  constexpr std::size_t ahead = 16;
  std::uint64_t hashes[ahead];
  std::uint64_t there = 0;
  std::uint64_t unsure = 0;
  const auto look = [&](std::uint64_t&) __attribute__((always_inline)) {
    const root_word root = core.root();
    for (std::size_t at = 0; at < count + ahead; ++at) {
      if (at >= ahead) {
        const std::size_t now = at - ahead;
        const std::uint64_t image = engine::plain_image(keys[now]);
        nearby what = nearby::unsure;
        if (engine::is_stored_plainly(image)) what = look_near(core, root, hashes[now % ahead], image, images[now]);
        there |= std::uint64_t{what == nearby::found} << now;
        unsure |= std::uint64_t{what == nearby::unsure} << now;
      }
      if (at < count) prefetch_near<Core>(root, hashes[at % ahead] = core.engine().hash_of_key(keys[at]));
    }
  };
  if (!epoch::briefly(core.reclaimer(), look)) unsure = ~std::uint64_t{0};
  for (std::size_t at = 0; at < count && unsure >> at != 0; ++at) {
    if ((unsure >> at & 1) != 0) there |= std::uint64_t{find_small(core, keys[at], images[at])} << at;
  }
  return there;
}

}  // namespace portolan::concurrent
