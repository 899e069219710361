// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The walk that locates: where is this key, if anywhere?
//
//   table 0 (oldest) ──moved, or block done──► table 1 ──► … ──absent──► spill
//      home line, then on through the block while the overflow bytes say that the key may lie further
//
// Why a walk is right (tables oldest first, never the other way round):
// 1. Before a line is closed, a key has at most one live slot and goes from slot to slot only by erase and insert;
//    so whoever missed it everywhere saw a moment of absence.
// 2. In a closed line the old slot stays the truth until it is marked moved; updates and erases go on in it. The copy
//    in the next table is not looked at, because nobody is sent there for this key.
// 3. A mark is stored after the copy; who sees the mark sees the copy or a later state of it.
// 4. A key that is not in the old block can enter the next table only after the block is done; so a walk that met a
//    closed line goes on only if the block is done at its end, else the key was absent.
// 5. A node's mark is not exact, it may belong to another key of the same hash: a reader looks in the next table as
//    well, where a node's copy is never older than the truth (migrate.hpp, 2); a writer first waits for the block.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/bits.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/concurrent/seen_entry.hpp>
#include <portolan/map/concurrent/table.hpp>

namespace portolan::concurrent {

/// Where a slot is. `in` is null for a slot of the spill, which never moves.
template <class Line>
struct place {
  table<Line>* in = nullptr;
  std::size_t at = 0;
  Line* line = nullptr;
  unsigned slot = 0;
};

enum class outcome : std::uint8_t { found, absent, moved_on };

template <class Engine>
struct sighting {
  outcome what = outcome::absent;
  place<typename Engine::line> where{};
  typename Engine::cell seen = Engine::empty_cell();
};

/// What a walk is for: a reader never waits; a writer waits for the block where marks are not exact.
enum class walker : std::uint8_t { reader, writer };

/// Walks from the oldest table on; keeps the table it stands in protected.
template <class Core>
class table_cursor {
 public:
  using line = typename Core::line;
  table_cursor(typename Core::guard& guard, const platform::atomic<std::uint64_t>& root) : guard_(guard), root_(root) {
    begin();
  }
  [[nodiscard]] table<line>* operator*() const noexcept { return at_; }

  /// The next table; the oldest again if the root has moved on meanwhile.
  void advance() {
    hand_ ^= 1U;
    table<line>* next = table<line>::of_link(guard_.protect(
        hand_, at_->next_word(), [](std::uint64_t link) -> void* { return table<line>::of_link(link); }));
    if constexpr (!Core::guards_everything) {
      // A table is retired only after the root has left it, and the root leaves the oldest first.
      // relaxed: compared alone. protect has a fence before it: either the root has not left, or the reclaimer sees the hand.
      if (!root_word(root_.load(platform::relaxed)).same_table(start_)) return begin();
    }
    at_ = next;
  }

 private:
  void begin() {
    // The first table stays protected as long as the walk: its address cannot become another root's meanwhile.
    start_ = root_word(guard_.protect(
        root_hand, root_, [](std::uint64_t bits) -> void* { return &root_word(bits).template current<line>(); }));
    at_ = &start_.template current<line>();
  }

  typename Core::guard& guard_;
  const platform::atomic<std::uint64_t>& root_;
  root_word start_{0};
  table<line>* at_ = nullptr;
  unsigned hand_ = 0;
};

/// Waits until the block of `hash` in `in` is done; the caller holds no line.
template <class Line>
void wait_until_done(table<Line>& in, std::uint64_t hash) {
  const std::size_t block = in.block_of(in.home_of(hash));
  spin_wait spin;
  while (in.phase_of(block) != phase::done) spin.once();
}

/// Which slots of a line may hold the key or a mark; those of small entries are all loaded.
template <class Engine, class Probe>
[[nodiscard]] unsigned slots_of_interest(const typename Engine::line& in, const Probe& key) noexcept {
  if constexpr (Engine::holds_nodes) {
    return Engine::of_interest(in, key);
  } else {
    return (1U << Engine::slots_per_line) - 1;
  }
}

/// Which slots of a line are empty; the holder of the line alone can rely on it.
template <class Engine>
[[nodiscard]] unsigned empty_slots(const typename Engine::line& in) noexcept {
  if constexpr (Engine::holds_nodes) {
    return Engine::empties(in);
  } else {
    unsigned mask = 0;
    for (unsigned slot = 0; slot < Engine::slots_per_line; ++slot) {
      mask |= static_cast<unsigned>(Engine::is_empty(Engine::load(in, slot))) << slot;
    }
    return mask;
  }
}

/// Looks for the key in one table.
template <class Core, class Probe>
[[nodiscard]] sighting<typename Core::engine_type> look_in(Core& core, typename Core::guard& guard,
                                                           table<typename Core::line>& in, const Probe& key) {
  using engine = typename Core::engine_type;
  bool met_closed = false;
  bool met_mark = false;
  for (const std::size_t at : in.probe(key.hash)) {
    auto& line = in.line(at);
    for (unsigned mask = slots_of_interest<engine>(line, key); mask != 0; mask &= mask - 1) {
      const unsigned slot = lowest_bit(mask);
      auto seen = engine::load(line, slot);
      if (engine::may_match(seen, key)) {
        seen = engine::load_protected(guard, node_hand, line, slot);
        if (engine::may_match(seen, key) && core.engine().matches(seen, key)) {
          return {outcome::found, {&in, at, &line, slot}, seen};
        }
      }
      if (engine::is_moved(seen) && (engine::is_discarded(seen) || engine::mark_may_be(seen, key))) met_mark = true;
    }
    if (met_mark && engine::exact_marks) break;
    // Read after the slots: who misses a displaced key here has not missed its count.
    const auto& beside = in.side_of(at);
    if (beside.state() == line_lock::closed) met_closed = true;
    if (!beside.overflow().may_hold(key.hash)) break;
  }
  if (!met_mark && !met_closed) return {outcome::absent};
  const bool done = in.phase_of(in.block_of(in.home_of(key.hash))) == phase::done;
  if (met_mark || done) return {outcome::moved_on};
  return {outcome::absent};
}

/// Looks for the key in all tables, oldest first, then in the spill.
template <class Core, class Probe>
[[nodiscard]] sighting<typename Core::engine_type> locate(Core& core, typename Core::guard& guard, const Probe& key,
                                                          walker who) {
  using engine = typename Core::engine_type;
  if (key.reserved && core.reserved_table() == nullptr) return {};
  table_cursor<Core> cursor(guard, core.root_of(key));
  for (;;) {
    auto& in = **cursor;
    auto sight = look_in(core, guard, in, key);
    switch (sight.what) {
      case outcome::found:
        if (who == walker::reader || !engine::is_frozen(sight.seen)) return sight;
        wait_until_done(in, key.hash);
        break;
      case outcome::absent: return core.spill().look(core.engine(), guard, key);
      case outcome::moved_on:
        if (!engine::exact_marks && who == walker::writer) wait_until_done(in, key.hash);
        cursor.advance();
        break;
    }
  }
}

}  // namespace portolan::concurrent
