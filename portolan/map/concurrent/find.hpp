// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Finding: the home line first, which holds nine keys of ten; a walk (walk.hpp) for what is being moved.
//
//   guard ─► root ─► home line ─┬ the key is there ────────────────────────────────────────► found
//                               └ not there: bytes beside it ─┬ no entry went further ─────► absent
//                                                             ├ one may have: the lines behind, in order
//                                                             └ closed: the walk, from the root on
//
// 1. The side bytes of a line are read after its slots: who misses a displaced key there has not missed its count.
// 2. As long as no line is closed nothing of the key's has moved, so the root's table alone tells; else the walk begins
//    anew, with a guard of its own.
// 3. How many instructions a find takes decides how many finds wait for memory at one time. So what the quick path uses
//    are scalars in registers: nothing of it has an address that a call could want, and no outcome is put together in
//    memory. What is called is called with words.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/map/concurrent/entry.hpp>
#include <portolan/map/concurrent/walk.hpp>
#include <portolan/reclaim/epoch.hpp>

namespace portolan::concurrent {

/// Whether a miss in the home line is a miss: no line was closed, and nothing of this hash went further.
template <class Core>
[[nodiscard, gnu::always_inline]] inline bool near_is_all(Core& core, root_word root, std::uint64_t hash) noexcept {
  const side& beside = root.template side_of<typename Core::line>(root.home_of(hash));
  if (beside.state() == line_lock::closed || beside.overflow().may_hold(hash)) return false;
  return !core.spill().used();
}

// ---- nodes: the caller's guard protects what is seen ----

template <class Core, class Probe>
[[gnu::cold, gnu::noinline]] seen_entry<typename Core::cell> find_far(Core& core, typename Core::guard& guard,
                                                                      Probe key) {
  const auto sight = locate(core, guard, key, walker::reader);
  return {sight.what == outcome::found, sight.seen};
}

template <class Core, class Probe>
[[nodiscard, gnu::always_inline]] inline auto find_entry(Core& core, typename Core::guard& guard, const Probe& key) {
  // Else a table is protected one at a time, as the walk does it.
  if constexpr (Core::guards_everything && Core::engine_type::holds_nodes) {
    const root_word root = core.root();
    const auto& near = root.template lines<typename Core::line>()[root.home_of(key.hash)];
    const auto seen = core.engine().look(guard, near, key);
    if (seen.found || near_is_all(core, root, key.hash)) return seen;
  }
  return find_far(core, guard, key);
}

// ---- small entries: what is seen is in registers and needs no protection ----

/// By the walk: the entry as it was seen, the empty cell if there is none.
template <class Core>
[[nodiscard, gnu::cold, gnu::noinline]] typename Core::cell walk_to(Core& core, std::uint64_t hash,
                                                                    std::uint64_t key_image) {
  typename Core::guard guard(core.reclaimer());
  return locate(core, guard, Core::engine_type::probe_of(hash, key_image), walker::reader).seen;
}

/// Looks in the lines behind the home line, which has been looked at, as far as the filters lead; a moved mark if only the
/// walk can tell. The caller protects what the root leads to.
template <class Core>
[[nodiscard, gnu::noinline]] typename Core::cell look_behind(Core& core, root_word root, std::uint64_t hash,
                                                             std::uint64_t key_image) noexcept {
  using engine = typename Core::engine_type;
  using line = typename Core::line;
  const std::size_t block_lines = root.lg_lines() < 6 ? std::size_t{1} << root.lg_lines() : lines_per_block;
  const probe_range all(root.home_of(hash), block_lines);
  for (auto at = all.begin(); at != all.end();) {
    const side& beside = root.template side_of<line>(*at);
    if (beside.state() == line_lock::closed) break;
    if (!beside.overflow().may_hold(hash) && !core.spill().used()) return engine::empty_cell();
    if (std::uint64_t value = 0; ++at != all.end()) {
      if (engine::look_for_value(root.template lines<line>()[*at], key_image, value)) return {key_image, value};
    }
  }
  return {entry_image::moved, 0};
}

enum class nearby : std::uint8_t { found, absent, unsure };

/// Without the walk: `value_image` is the value's if it is found. The caller protects what the root leads to.
template <class Core>
[[nodiscard, gnu::always_inline]] inline nearby look_near(Core& core, root_word root, std::uint64_t hash,
                                                          std::uint64_t key_image,
                                                          std::uint64_t& value_image) noexcept {
  using engine = typename Core::engine_type;
  const auto& near = root.template lines<typename Core::line>()[root.home_of(hash)];
  if (engine::look_for_value(near, key_image, value_image)) return nearby::found;
  if (near_is_all(core, root, hash)) return nearby::absent;
  const auto behind = look_behind(core, root, hash, key_image);
  value_image = behind.high;
  return engine::is_empty(behind) ? nearby::absent : engine::is_moved(behind) ? nearby::unsure : nearby::found;
}

/// The image of the value under a small key; false if there is none.
template <class Core, class K>
[[nodiscard, gnu::always_inline]] inline bool find_small(Core& core, const K& key, std::uint64_t& value_image) {
  using engine = typename Core::engine_type;
  const std::uint64_t key_image = engine::plain_image(key);
  std::uint64_t hash = 0;
  if (engine::is_stored_plainly(key_image)) [[likely]] {
    hash = core.engine().hash_of_key(key);
    if constexpr (Core::guards_everything) {
      nearby what = nearby::unsure;
      const auto look = [&]() __attribute__((always_inline)) {
        what = look_near(core, core.root(), hash, key_image, value_image);
      };
      if (epoch::briefly(core.reclaimer(), look) && what != nearby::unsure) [[likely]]
        return what == nearby::found;
    }
  }
  const auto seen = walk_to(core, hash, key_image);
  value_image = seen.high;
  return !engine::is_empty(seen);
}

/// Asks for the lines that a find of this hash will read.
template <class Core>
[[gnu::always_inline]] inline void prefetch_near(root_word root, std::uint64_t hash) {
  using line = typename Core::line;
  __builtin_prefetch(&root.template lines<line>()[root.home_of(hash)]);
  __builtin_prefetch(&root.template side_of<line>(root.home_of(hash)));
}
template <class Core, class Probe>
[[gnu::always_inline]] inline void prefetch_entry(Core& core, const Probe& key) {
  prefetch_near<Core>(core.root(), key.hash);
}

/// Asks for the node that a find of this key will read; its line has come, and a guard keeps every table.
template <class Core, class Probe>
[[gnu::always_inline]] inline void prefetch_node(Core& core, const Probe& key) noexcept {
  if constexpr (Core::engine_type::holds_nodes && Core::guards_everything) {
    const root_word root = core.root();
    Core::engine_type::prefetch_node(root.template lines<typename Core::line>()[root.home_of(key.hash)], key);
  }
}

}  // namespace portolan::concurrent
