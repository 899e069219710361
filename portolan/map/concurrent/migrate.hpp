// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Growing and shrinking: a table is moved unit by unit by whoever passes, and nobody waits for a whole table.
//
//   claim the unit (open → busy) → make its lines in the next table ready → a few lines at a time: close them, then
//      entry by entry copy, then live → moved → … → done → count the unit → the last one moves the root
//
//   growing      one block here   →  2ᵏ blocks there
//   shrinking    2ᵏ blocks here   →  one block there; if they do not fit, that block moves on at once (`place_copy`)
//
// 1. The copy is stored before the mark (m1, m2): until the mark the old slot is the truth, and writers change it.
// 2. A mark that fails found another value: the copy is written again; or an empty slot: the copy is taken back. A node
//    is frozen first, so that its copy never becomes false: who reaches it by another key's mark may believe it.
// 3. Only the mover fills slots of the unit's lines in the next table until it is done; entries already marked may be
//    changed and erased there by others.
// 4. Done is stored after the last mark (m9); the root leaves only the oldest table, when all its units are done (m14).
// 5. The lines of a block are closed in their order, and entries are marked in closed lines only: who holds a line meets no
//    mark in those behind it (near.hpp, 3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include <portolan/base/platform.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/concurrent/claim.hpp>
#include <portolan/map/concurrent/table.hpp>
#include <portolan/map/concurrent/walk.hpp>

namespace portolan::concurrent {

template <class Core>
class mover {
 public:
  using engine = typename Core::engine_type;
  using line = typename engine::line;
  using cell = typename engine::cell;
  using table_type = table<line>;

  static constexpr std::size_t lines_ahead = 16;
  static constexpr std::size_t lines_at_a_time = platform::sizes::lines_moved_at_a_time;

  explicit mover(Core& core) : core_(core), guard_(core.reclaimer()) {}

  /// Protects what a move touches besides the table it moves; its hands for tables are free.
  [[nodiscard]] typename Core::guard& guard() noexcept { return guard_; }

  /// Moves unit `unit` of `from` into its next table, unless somebody else does.
  void move_unit(table_type& from, std::size_t unit) {
    const std::size_t units = from.units();
    const std::size_t blocks = from.block_count() / units;
    if (!from.claim(unit * blocks, blocks)) return;
    table_type& to = *from.next();  // stays: the root cannot leave `from` before this unit is done
    make_ready(to, to.line_count() / units * unit, to.line_count() / units);
    const std::size_t lines = from.line_count() / units;
    for (std::size_t at = unit * lines; at < (unit + 1) * lines; at += lines_at_a_time) {
      move_lines(from, at, lines < lines_at_a_time ? lines : lines_at_a_time, to);
    }
    platform::step("before done");
    from.finish(unit * blocks, blocks);
    from.count_moved(unit * lines, lines);
    if (from.unit_finished(units)) core_.leave_moved_tables(guard_);
  }

  /// Moves the unit that the key's block belongs to, and waits until it is done whoever moves it.
  void move_block_of(table_type& from, std::uint64_t hash) {
    const std::size_t blocks = from.block_count() / from.units();
    move_unit(from, from.block_of(from.home_of(hash)) / blocks);
    wait_until_done(from, hash);
  }

 private:
  static void make_ready(table_type& to, std::size_t first, std::size_t count) noexcept {
    for (std::size_t at = first; at < first + count; ++at) {
      engine::open_unshared(to.line(at));
      to.side_of(at).open_unshared();
    }
  }

  void close(table_type& from, std::size_t at) {
    __builtin_prefetch(&from.line(at) + lines_ahead);  // of the next unit, too: it is moved soon, and maybe by this one
    from.side_of(at).close();
    platform::step("line closed");
  }

  /// Moves neighbouring lines, the first one's number a multiple of theirs. Which slots are full is as good as chance; so
  /// small entries are gathered without a branch for each, and from several lines, lest each line's number of them be
  /// guessed wrong.
  void move_lines(table_type& from, std::size_t first, std::size_t lines, table_type& to) {
    constexpr unsigned slots = engine::slots_per_line;
    line* const sources = &from.line(first);
    if constexpr (engine::holds_nodes) {
      for (std::size_t i = 0; i < lines; ++i) {
        close(from, first + i);
        for (unsigned slot = 0; slot < slots; ++slot) move_node(sources[i], slot, to);
      }
    } else {
      cell seen[lines_at_a_time * slots];
      std::uint8_t from_slot[lines_at_a_time * slots];
      unsigned count = 0;
      for (std::size_t i = 0; i < lines; ++i) {
        close(from, first + i);
        for (unsigned slot = 0; slot < slots; ++slot) {
          seen[count] = engine::load(sources[i], slot);
          from_slot[count] = static_cast<std::uint8_t>(i * slots + slot);
          count += engine::is_empty(seen[count]) ? 0U : 1U;
        }
      }
      for (unsigned i = 0; i < count; ++i) move_small(sources[from_slot[i] / slots], from_slot[i] % slots, seen[i], to);
    }
  }

  /// Nobody takes a frozen node out of its slot, so it lives until it is marked; then its copy keeps it.
  void move_node(line& source, unsigned slot, table_type& to) {
    cell seen = engine::load(source, slot);
    do {
      if (engine::is_empty(seen)) return;
    } while (!engine::replace(source, slot, seen, seen.frozen()));
    const std::uint64_t hash = core_.engine().hash_of(seen);
    static_cast<void>(place_copy(to, hash, seen));
    platform::step("copied");
    engine::overwrite(source, slot, engine::moved_mark(seen, hash));
  }

  void move_small(line& source, unsigned slot, cell seen, table_type& to) {
    const std::uint64_t hash = core_.engine().hash_of(seen);
    const place<line> copy = place_copy_near(to, hash, seen);
    for (;;) {
      platform::step("copied");
      if (engine::replace(source, slot, seen, engine::moved_mark(seen, hash))) [[likely]]
        return;
      if (engine::is_empty(seen)) {
        engine::overwrite(*copy.line, copy.slot, engine::empty_cell());
        if (copy.in != nullptr) uncount_displaced(*copy.in, hash, copy.at);
        return;
      }
      engine::overwrite(*copy.line, copy.slot, seen);
    }
  }

  /// Nearly always the home line in the next table has room, and that table has no next one.
  [[nodiscard, gnu::always_inline]] place<line> place_copy_near(table_type& to, std::uint64_t hash, cell entry) {
    const std::size_t home = to.home_of(hash);
    line& into = to.line(home);
    const unsigned slot = engine::likely_slot(into, engine::empty_cell().low);
    if (!engine::is_empty(engine::load(into, slot)) || to.next() != nullptr) [[unlikely]]
      return place_copy(to, hash, entry);
    fill_slot<engine>(into, to.side_of(home), slot, entry, hash);
    return {&to, home, &into, slot};
  }

  [[nodiscard, gnu::noinline]] place<line> place_copy(table_type& to, std::uint64_t hash, cell entry) {
    table_type* into = &to;
    for (;;) {
      if (into->phase_of(into->block_of(into->home_of(hash))) == phase::done) {
        into = into->next();
        continue;
      }
      for (const std::size_t at : into->probe(hash)) {
        for (unsigned slot = 0; slot < engine::slots_per_line; ++slot) {
          if (!engine::is_empty(engine::load(into->line(at), slot))) continue;
          count_displaced(*into, hash, at);
          fill_slot<engine>(into->line(at), into->side_of(at), slot, entry, hash);
          return {into, at, &into->line(at), slot};
        }
      }
      make_room(*into, hash);
    }
  }

  /// The unit's block in the next table is full: it moves on at once, before anybody can reach it.
  void make_room(table_type& full, std::uint64_t hash) {
    core_.postpone_shrinking();
    for (spin_wait spin; full.next() == nullptr;) {
      try {
        core_.begin_resize(guard_, full, full.lg_lines() + 1);
      } catch (const std::bad_alloc&) {
        spin.once();  // half a unit cannot be left: it goes on as soon as there is memory again
      }
    }
    move_block_of(full, hash);
  }

  Core& core_;
  typename Core::guard guard_;
};

}  // namespace portolan::concurrent
