// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What nine writes of ten need: the key's home line in the table that the root names, and the two bytes beside it.
//
//    erase, assign     look ─┬─ found: one exchange ── done             insert, compute    hold the line, look ─┬─ found
//                            ├─ nowhere else either: absent                                                     ├─ vacant
//                            └─ anything else: the walk (walk.hpp)             anything else: the claim (claim.hpp)
//
// Small entries only, and only where a guard keeps every table; all other cases begin anew with the walks.
// 1. The root names the oldest table, and a key found there is there, also in a closed line (walk.hpp, 2).
// 2. Missed in the slots, then no bit of its hash beside the line, the line not closed, no spill: it was absent.
// 3. Who holds the home line excludes its mover and every insert of its keys; so what 2 says stays true, no slot of the
//    line is a mark, and a slot that is empty stays so until the holder fills it. Nor is a mark in the lines behind it up
//    to the end of the block: a mover closes them in their order, and marks what stands in closed ones (migrate.hpp, 5).
// 4. Nothing was changed where the answer is `far`: the walk decides as if it had come first.
#pragma once

#include <cstddef>

#include <portolan/base/platform.hpp>
#include <portolan/map/concurrent/home_line.hpp>
#include <portolan/map/concurrent/table.hpp>
#include <portolan/map/concurrent/walk.hpp>

namespace portolan::concurrent {

/// True where these shortcuts are taken at all.
template <class Core>
inline constexpr bool works_near = Core::guards_everything && !Core::engine_type::holds_nodes;

template <class Core, class Probe>
class near_line : public home_line<Core, Probe> {
  using base = home_line<Core, Probe>;
  using base::core_, base::key_, base::line_, base::root_, base::seen_, base::slot_;

 public:
  using base::let_go;
  using typename base::cell;
  using typename base::engine;
  using typename base::line;

  [[gnu::always_inline]] near_line(Core& core, const Probe& key) noexcept : base(core, key) {}

  /// Looks with no lock.
  [[nodiscard, gnu::always_inline]] near look(typename Core::guard&) noexcept {
    slot_ = engine::likely_slot(line_, key_.image);
    seen_ = engine::load(line_, slot_);
    if (engine::may_match(seen_, key_)) return near::found;
    return this->is_all() ? near::vacant : near::far;
  }

  /// Holds the line, then looks; `vacant` only if there is also room. Holds nothing only if the answer is `far`.
  [[nodiscard, gnu::always_inline]] near hold_and_look() noexcept {
    __builtin_prefetch(&line_);  // the lock is elsewhere: both waits at a time
    if (!this->try_hold()) return near::far;
    slot_ = engine::likely_slot(line_, key_.image);
    seen_ = engine::load(line_, slot_);
    if (engine::may_match(seen_, key_)) return near::found;
    slot_ = engine::likely_slot(line_, engine::empty_cell().low);
    const bool room = engine::is_empty(engine::load(line_, slot_));
    return room && !this->others_may_hold_it() ? near::vacant : near::crowded;
  }
  /// Holds the line if the key is vacant and has room there.
  [[nodiscard, gnu::always_inline]] bool hold_vacant() noexcept {
    if (hold_and_look() == near::vacant) return true;
    let_go();
    return false;
  }
  /// Takes the entry that was found out of its slot; false if it is not there any more.
  [[nodiscard, gnu::always_inline]] bool empty() noexcept { return this->replace(engine::empty_cell()); }
  /// After `crowded`: puts the entry further on in the block, unless the key is there. Not done if the answer is `far`.
  [[nodiscard]] near put_behind(cell entry) const noexcept {
    return put_behind_held(core_, root_.template current<line>(), key_, entry);
  }

  /// The home line is held. By values, so that what the caller holds stays in registers.
  [[nodiscard, gnu::noinline]] static near put_behind_held(Core& core, table<line>& in, Probe key,
                                                           cell entry) noexcept {
    if (core.spill().used()) return near::far;
    const std::size_t home = in.home_of(key.hash);
    const std::size_t block_end = (home | (in.block_lines() - 1)) + 1;
    // Where the key may stand: as far as the filters say.
    for (std::size_t at = home; in.side_of(at).overflow().may_hold(key.hash);) {
      if (++at == block_end) return near::far;  // the walk wraps
      line& further = in.line(at);
      if (engine::may_match(engine::load(further, engine::likely_slot(further, key.image)), key)) return near::found;
    }
    for (std::size_t at = home; at != block_end; ++at) {
      line& into = in.line(at);
      const auto empty_slot = [&] { return engine::likely_slot(into, engine::empty_cell().low); };
      if (!engine::is_empty(engine::load(into, empty_slot()))) continue;
      if (at != home && !in.side_of(at).try_hold()) return near::far;
      const unsigned slot = empty_slot();
      const bool room = engine::is_empty(engine::load(into, slot));
      if (room) {
        count_displaced(in, key.hash, at);
        platform::step("before fill");
        fill_slot<engine>(into, in.side_of(at), slot, entry, key.hash);
      }
      if (at != home) in.side_of(at).give_back();
      return room ? near::vacant : near::far;
    }
    return near::far;
  }
};

}  // namespace portolan::concurrent
