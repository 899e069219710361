// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Finding: the home line first, which holds nine keys of ten; a walk (walk.hpp) for what is being moved.
//
//   guard ─► root ─► home line ─┬ the key is there ────────────────────────────────────────► found
//                               └ not there: bytes beside it ─┬ no entry went further ─────► absent
//                                                             ├ one may have: the lines behind, in order
//                                                             └ closed: the walk, from the root on
//
// Whether the key is there is a branch that costs a whole find where it is guessed wrong. So a small key's find remembers
// how this thread's last 64 ended. All alike: it takes that branch, as drawn, and the processor guesses right. Not all:
// `answer_unforeseen` looks at the line and at the bytes beside it, and the outcome is a number, in the caller's hands too.
//
// Finds of nodes in a table that the caches do not hold ask the tags beside the home line first: none of the hash is as good
// as a look at the slots (side.hpp, 5).
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
  const auto& beside = root.template side_of<typename Core::line>(root.home_of(hash));
  if (beside.state() == line_lock::closed || beside.overflow().may_hold(hash)) return false;
  return !core.spill().used();
}

/// Whether the tags beside the home line and what stands with them say that the key is absent, without the line. Not asked
/// in a table that the caches hold: there the line is as near as its tags.
template <class Core>
[[nodiscard, gnu::always_inline]] inline bool absent_by_tags(Core& core, root_word root, std::uint64_t hash) noexcept {
  // Tests that stop threads have small tables and ask always.
  constexpr unsigned lg_lines_beyond_caches = platform::has_steps ? 0 : platform::sizes::lg_lines_beyond_caches;
  if (root.lg_lines() < lg_lines_beyond_caches) return false;
  const auto& beside = root.template side_of<typename Core::line>(root.home_of(hash));
  return !beside.tags_may_hold(hash) && near_is_all(core, root, hash);
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
    if (absent_by_tags(core, root, key.hash))
      return seen_entry<typename Core::cell>{false, Core::engine_type::empty_cell()};
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
  const std::size_t lines = std::size_t{1} << root.lg_lines();
  const std::size_t block_lines = lines < lines_per_block ? lines : lines_per_block;
  const probe_range all(root.home_of(hash), block_lines);
  for (auto at = all.begin(); at != all.end();) {
    const auto& beside = root.template side_of<line>(*at);
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

// ---- one small key: the branch on its outcome is taken where it is foreseen, and is not there where it is not ----

/// How this thread's last 64 finds ended, the last one in the lowest bit: 1 if the key was there.
class find_history {
 public:
  constexpr explicit find_history(std::uint64_t bits) noexcept : bits_(bits) {}
  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }
  [[nodiscard]] constexpr bool all_found() const noexcept { return bits_ == ~std::uint64_t{0}; }
  [[nodiscard]] constexpr bool all_absent() const noexcept { return bits_ == 0; }
  [[nodiscard]] constexpr find_history and_then(bool found) const noexcept {
    return find_history(bits_ * 2 + (found ? 1 : 0));
  }

 private:
  std::uint64_t bits_;
};
static_assert(find_history(~0ULL).and_then(true).all_found() && find_history(0).and_then(false).all_absent());
static_assert(!find_history(~0ULL).and_then(false).all_found() && !find_history(0).and_then(true).all_absent());

/// What a find returns in two registers.
struct answer {
  std::uint64_t difference;  // 0: the key is there
  std::uint64_t value_image;
};

/// By the walk, which takes a guard of its own; `hash` is not looked at for a reserved key.
template <class Core>
[[nodiscard, gnu::cold, gnu::noinline]] answer answer_by_walk(Core& core, std::uint64_t hash, std::uint64_t key_image) {
  const auto seen = walk_to(core, hash, key_image);
  return {Core::engine_type::is_empty(seen) ? std::uint64_t{1} : 0, seen.high};
}

/// Begins anew, for a key that may stand behind its home line. It is hashed again, so that who calls this last keeps nothing
/// for it. The caller protects what the root leads to.
template <class Core>
[[nodiscard, gnu::noinline]] answer answer_from_afar(Core& core, std::uint64_t key_image) {
  const std::uint64_t hash = core.engine().hash_of(typename Core::cell{key_image, 0});
  std::uint64_t value_image = 0;
  const nearby what = look_near(core, core.root(), hash, key_image, value_image);
  if (what == nearby::unsure) return answer_by_walk(core, hash, key_image);
  return {what == nearby::found ? std::uint64_t{0} : 1, value_image};
}

/// Without a branch on whether the key is there: the line and the bytes beside it are both looked at, whatever the line
/// says. One branch is left, for a key that is not in the line and may be elsewhere; the history leaves that one out.
template <class Core>
[[nodiscard, gnu::noinline]] answer answer_unforeseen(Core& core, std::uint64_t key_image, root_word root,
                                                      std::uint64_t hash, std::uint64_t& history) {
  using line = typename Core::line;
  // What is known before the line has come is worked out before, so that all of it stays in registers.
  const overflow_filter filter(hash);
  const auto& near = root.template lines<line>()[root.home_of(hash)];
  const auto& beside = platform::unforeseen(root.template side_of<line>(root.home_of(hash)));
  std::uint64_t value_image = 0;
  const std::uint64_t difference = Core::engine_type::difference_of_value(near, key_image, value_image);
  const std::uint64_t elsewhere = core.spill().used_bits() | beside.sends_on(filter);
  const std::uint64_t all_if_elsewhere = platform::unforeseen(elsewhere != 0 ? ~std::uint64_t{0} : 0);
  if ((difference & all_if_elsewhere) != 0) [[unlikely]]
    return answer_from_afar(core, key_image);
  history = find_history(history).and_then(difference == 0).bits();
  return {difference, value_image};
}

/// The image of the value under a small key; false if there is none.
template <class Core, class K>
[[nodiscard, gnu::always_inline]] inline bool find_small(Core& core, const K& key, std::uint64_t& value_image) {
  using engine = typename Core::engine_type;
  const std::uint64_t key_image = engine::plain_image(key);
  std::uint64_t hash = 0;
  answer seen{1, 0};
  bool done = false;
  if (engine::is_stored_plainly(key_image)) [[likely]] {
    hash = core.engine().hash_of_key(key);
    if constexpr (Core::guards_everything) {
      const auto look = [&](std::uint64_t & history) __attribute__((always_inline)) {
        const root_word root = core.root();
        const auto line_has_it = [&]() __attribute__((always_inline)) {
          const auto& near = root.template lines<typename Core::line>()[root.home_of(hash)];
          return engine::look_for_value(near, key_image, seen.value_image);
        };
        if (find_history(history).all_found()) [[likely]] {
          if (line_has_it()) [[likely]]
            return static_cast<void>(seen.difference = 0);
        } else if (find_history(history).all_absent()) [[likely]] {
          if (!line_has_it() && near_is_all(core, root, hash)) [[likely]]
            return;
        }
        seen = answer_unforeseen(core, key_image, root, hash, history);
      };
      done = epoch::briefly(core.reclaimer(), look);
    }
  }
  if (!done) [[unlikely]]
    seen = answer_by_walk(core, hash, key_image);
  value_image = seen.value_image;
  // The caller's branch on the outcome, if it is one, shall not grow together with those above.
  return platform::unforeseen(seen.difference) == 0;
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
