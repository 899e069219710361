// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Many finds of small entries in one pass, for bulk.hpp: each key is hashed once, and its memory asked for ahead.
//
//   hits expected     key i       its line asked for             misses expected   each key: its tags asked for
//                     key i - 16  looked for in its line                           each key: a tag like its own? no: absent
//                     not there: the next line asked for                           yes: its line asked for
//   in the end        what is left is looked for as a single find would, in lines that have come meanwhile
//
// 1. The tags of a line are a sixteenth of it and mostly in the caches: a miss that asks them first waits for no line, but
//    a hit for two things, one after the other. What is expected is told by the history of this thread's finds.
// 2. A key's own looks are in a single find's order: slots or tags, then the bytes beside the line, then the spill.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/map/concurrent/find.hpp>

namespace portolan::concurrent {

/// A batch under way: the hashes of all keys, and the keys that are left for the end.
struct batch {
  static constexpr std::size_t most_keys = 64;
  std::uint64_t hashes[most_keys];
  std::uint8_t left[most_keys];
};

/// Bit i of what is returned: keys[i] stands in its home line, images[i] is its value's image. `left_count` keys are left.
template <class Core, class K>
[[nodiscard, gnu::always_inline]] inline std::uint64_t look_in_lines(Core& core, root_word root, const K* keys,
                                                                     std::size_t count, std::uint64_t* images,
                                                                     batch& of, std::size_t& left_count,
                                                                     bool sides_too) {
  using engine = typename Core::engine_type;
  using line = typename Core::line;
  constexpr std::size_t ahead = 16;
  const auto* const lines = root.template lines<line>();
  const auto* const sides = &root.template side_of<line>(0);
  std::uint64_t there = 0;
  for (std::size_t at = 0; at < count + ahead; ++at) {
    if (at < count) {
      of.hashes[at] = core.engine().hash_of_key(keys[at]);
      __builtin_prefetch(lines + root.home_of(of.hashes[at]));
      if (sides_too) __builtin_prefetch(sides + root.home_of(of.hashes[at]));
    }
    if (at < ahead) continue;
    const std::size_t now = at - ahead;
    const std::uint64_t hash = of.hashes[now];
    const line* const home = lines + root.home_of(hash);
    const std::uint64_t image = engine::plain_image(keys[now]);
    if (engine::is_stored_plainly(image)) [[likely]] {
      if (engine::look_for_value(*home, image, images[now])) {
        there |= std::uint64_t{1} << now;
        continue;
      }
      if (sides_too && near_is_all(core, root, hash)) continue;
    }
    __builtin_prefetch(home + 1);
    __builtin_prefetch(sides + root.home_of(hash));
    of.left[left_count++] = static_cast<std::uint8_t>(now);
  }
  return there;
}

/// Finds out which keys are absent for lack of their tag; the others are left.
template <class Core, class K>
[[gnu::always_inline]] inline void look_at_tags(Core& core, root_word root, const K* keys, std::size_t count, batch& of,
                                                std::size_t& left_count) {
  using engine = typename Core::engine_type;
  using line = typename Core::line;
  const auto* const lines = root.template lines<line>();
  const auto* const sides = &root.template side_of<line>(0);
  for (std::size_t at = 0; at < count; ++at) {
    of.hashes[at] = core.engine().hash_of_key(keys[at]);
    __builtin_prefetch(sides + root.home_of(of.hashes[at]));
  }
  for (std::size_t at = 0; at < count; ++at) {
    const std::uint64_t hash = of.hashes[at];
    const std::size_t home = root.home_of(hash);
    const unsigned tagged = sides[home].tags_may_hold(hash) ? 1 : 0;
    const unsigned further = sides[home].overflow().may_hold(hash) ? 1 : 0;
    const unsigned closed = sides[home].state() == line_lock::closed ? 1 : 0;
    const unsigned apart = engine::is_stored_plainly(engine::plain_image(keys[at])) ? 0 : 1;
    const unsigned left = tagged | further | closed | apart;  // no branch: which keys are left is as good as chance
    const void* const wanted = lines + home;
    __builtin_prefetch(left != 0 ? wanted : of.left);
    of.left[left_count] = static_cast<std::uint8_t>(at);
    left_count += left;
  }
}

/// Finds up to 64 keys, as find_small each. Bit i of what is returned says whether keys[i] is there.
template <class Core, class K>
[[nodiscard]] std::uint64_t find_small_batch(Core& core, const K* keys, std::size_t count, std::uint64_t* images) {
  using engine = typename Core::engine_type;
  std::uint64_t there = 0;
  std::uint64_t unsure = 0;
  const auto look = [&](std::uint64_t & history) __attribute__((always_inline)) {
    const root_word root = core.root();
    batch of;
    std::size_t left_count = 0;
    const int found_lately = __builtin_popcountll(history);
    if (found_lately < 16) {
      look_at_tags(core, root, keys, count, of, left_count);
    } else {
      there = look_in_lines(core, root, keys, count, images, of, left_count, found_lately < 56);
    }
    if (core.spill().used()) {  // after the slots and tags of all
      unsure = ~there;
      return;
    }
    for (std::size_t i = 0; i < left_count; ++i) {
      const std::size_t at = of.left[i];
      const std::uint64_t image = engine::plain_image(keys[at]);
      nearby what = nearby::unsure;
      if (engine::is_stored_plainly(image)) what = look_near(core, root, of.hashes[at], image, images[at]);
      there |= std::uint64_t{what == nearby::found} << at;
      unsure |= std::uint64_t{what == nearby::unsure} << at;
    }
    history = count < 64 ? history << count | there : there;
  };
  bool looked = false;
  if constexpr (Core::guards_everything) looked = epoch::briefly(core.reclaimer(), look);
  if (!looked) unsure = ~std::uint64_t{0};
  for (std::size_t at = 0; at < count && unsure >> at != 0; ++at) {
    if ((unsure >> at & 1) != 0) there |= std::uint64_t{find_small(core, keys[at], images[at])} << at;
  }
  return there;
}

}  // namespace portolan::concurrent
