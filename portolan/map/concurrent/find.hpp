// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Finding: the home line first, which holds nine keys of ten; all the rest is a cold walk (walk.hpp).
#pragma once

#include <cstddef>

#include <portolan/map/concurrent/walk.hpp>

namespace portolan::concurrent {

/// Takes the key by value, so that it stays in registers for who need not call this.
template <class Core, class Probe>
[[gnu::cold, gnu::noinline]] seen_entry<typename Core::cell> find_far(Core& core, typename Core::guard& guard,
                                                                      Probe key) {
  const auto sight = locate(core, guard, key, walker::reader);
  return {sight.what == outcome::found, sight.seen};
}

template <class Core, class Probe>
[[nodiscard, gnu::always_inline]] inline seen_entry<typename Core::cell> find_entry(Core& core,
                                                                                    typename Core::guard& guard,
                                                                                    const Probe& key) {
  using engine = typename Core::engine_type;
  using line = typename engine::line;
  if constexpr (!Core::guards_everything) {
    return find_far(core, guard, key);  // a table is protected one at a time there, as the walk does it
  } else {
    if (key.reserved) [[unlikely]]
      return find_far(core, guard, key);
    const root_word root = core.root();
    const std::size_t home = root.home_of(key.hash);
    const line& near = root.template lines<line>()[home];
    const auto seen = core.engine().look(guard, near, key);
    if (seen.found) return seen;
    // Read after the slots: who misses a displaced key here has not missed its count.
    const side& beside = root.template side_of<line>(home);
    const bool near_is_all = beside.state() != line_lock::closed && !beside.overflow().may_hold(key.hash);
    if (near_is_all && !core.spill().used()) return {false, engine::empty_cell()};
    return find_far(core, guard, key);
  }
}

/// Asks for the lines that a find of this key will read.
template <class Core, class Probe>
[[gnu::always_inline]] inline void prefetch_entry(Core& core, const Probe& key) {
  using line = typename Core::line;
  const root_word root = core.root();
  const std::size_t home = root.home_of(key.hash);
  __builtin_prefetch(&root.template lines<line>()[home]);
  __builtin_prefetch(&root.template side_of<line>(home));
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
