// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Changing: every public writer is one of these four with an ending of its own.
//
//   put_new    claim the home line; if the key is vacant put an entry           insert, try_emplace
//   replace_at exchange a slot that was seen                                    assign, compare_exchange
//   remove_at  exchange a slot that was seen for an empty one                   erase, extract, compare_erase, erase_if
//   change_present  the same two under the home line's lock, where values change in place
//   compute    claim the home line, ask the user, then do one of the three      compute
//
// Small entries try their home line first (near.hpp): put_near, exchange_near, compute_near.
//
// 1. A slot is exchanged only against the very cell that was seen: whoever lost looks again.
// 2. A replaced or removed node is retired by the one whose exchange took it out, and by nobody else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <portolan/base/platform.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/concurrent/claim.hpp>
#include <portolan/map/concurrent/near.hpp>
#include <portolan/map/concurrent/walk.hpp>
#include <portolan/map/vocabulary.hpp>

namespace portolan::concurrent {

// ---- in the home line ----

/// Puts the entry if the key is vacant and its home line has room.
template <class Core, class Probe>
[[nodiscard, gnu::always_inline]] inline near put_near(Core& core, const Probe& key, typename Core::cell entry) {
  if (key.reserved) [[unlikely]]
    return near::far;
  {
    const typename Core::guard protection(core.reclaimer());
    near_line<Core, Probe> home(core, key);
    near answer = home.hold_and_look();
    if (answer == near::vacant) [[likely]] {
      home.fill(entry);
    } else if (answer == near::crowded) {
      answer = home.put_behind(entry);
    }
    if (answer != near::vacant) return answer;
  }
  core.note_inserted(key);
  return near::vacant;
}

/// Exchanges the key's entry for `entry`, which may be empty, if it stands in its home line and `wanted(cell)`; `ending`
/// says what was done, and is left alone if the answer is `far`.
template <class Core, class Probe, class Wanted>
[[nodiscard, gnu::always_inline]] inline near exchange_near(Core& core, const Probe& key, typename Core::cell entry,
                                                            Wanted& wanted, comparison& ending) {
  if (key.reserved) [[unlikely]]
    return near::far;
  typename Core::guard protection(core.reclaimer());
  near_line<Core, Probe> home(core, key);
  const near answer = home.look(protection);
  if (answer == near::vacant) ending = comparison::absent;
  if (answer != near::found) return answer;
  if (!wanted(home.seen())) {
    ending = comparison::differed;
    return near::found;
  }
  if (!home.replace(entry)) return near::far;
  if (Core::engine_type::is_empty(entry)) platform::step("emptied");
  ending = comparison::matched;
  return near::found;
}

// ---- anywhere ----

enum class put_outcome : std::uint8_t { put, present };

/// Puts an entry of the claimed key into its block, or into the spill if the block is full because of the hash.
template <class Core, class Probe>
filled put_or_spill(Core& core, line_claim<Core, Probe>& claimed, const typename Core::table_type& in, const Probe& key,
                    typename Core::cell entry) {
  const filled ending = claimed.put(entry);
  if (ending != filled::block_full || !core.spills(in, key)) return ending;
  core.spill().put(entry);
  return filled::placed;
}

/// Puts `ready()` under the key if it is vacant, else calls `present(sighting)`; both under the home line's lock.
template <class Core, class Probe, class Ready, class Present>
put_outcome put_new(Core& core, typename Core::guard& guard, const Probe& key, platform::code_address place,
                    Ready&& ready, Present&& present) {
  table_cursor<Core> cursor(guard, core.root_of(key));
  for (spin_wait spin;;) {
    auto& in = **cursor;
    filled ending = filled::disturbed;
    std::int64_t bytes = 0;
    {
      line_claim<Core, Probe> claimed(core, guard, in, key, place);
      switch (claimed.outcome()) {
        case claim::moved_on: cursor.advance(); continue;
        case claim::present: present(claimed.sight()); return put_outcome::present;
        case claim::vacant: break;
      }
      const auto entry = ready();
      bytes = Core::engine_type::bytes_of(entry);
      ending = put_or_spill(core, claimed, in, key, entry);
    }
    switch (ending) {
      case filled::placed:
        core.note_node_bytes(bytes);
        core.note_inserted(key);
        return put_outcome::put;
      case filled::disturbed: spin.once(); break;
      case filled::block_full: core.grow_full_block(in, key.hash); break;
    }
  }
}

enum class tried : std::uint8_t { done, again };

/// Calls `change(sighting)` under the home line's lock until it is done; false if the key is vacant.
template <class Core, class Probe, class Change>
bool change_present(Core& core, typename Core::guard& guard, const Probe& key, platform::code_address place,
                    Change&& change) {
  table_cursor<Core> cursor(guard, core.root_of(key));
  for (spin_wait spin;;) {
    {
      line_claim<Core, Probe> claimed(core, guard, **cursor, key, place);
      switch (claimed.outcome()) {
        case claim::moved_on: cursor.advance(); continue;
        case claim::vacant: return false;
        case claim::present:
          if (change(claimed.sight()) == tried::done) return true;
          break;
      }
    }
    spin.once();
  }
}

/// Exchanges the entry that was seen for `entry`; false if it is not there any more.
template <class Core>
[[nodiscard]] bool replace_at(Core& core, const sighting<typename Core::engine_type>& sight,
                              typename Core::cell entry) {
  using engine = typename Core::engine_type;
  auto expected = sight.seen;
  const std::int64_t change = engine::bytes_of(entry) - engine::bytes_of(sight.seen);
  if (!engine::replace(*sight.where.line, sight.where.slot, expected, entry)) return false;
  core.note_node_bytes(change);
  engine::retire(core.reclaimer(), sight.seen);
  core.note_changed();
  return true;
}

/// What remains to be done for an entry that was taken out of its slot; with no line held, since V's destructor may run.
template <class Core, class Probe>
void note_removed(Core& core, const Probe& key, const sighting<typename Core::engine_type>& sight,
                  typename Core::then after) {
  using engine = typename Core::engine_type;
  core.note_node_bytes(-engine::bytes_of(sight.seen));
  engine::retire(core.reclaimer(), sight.seen);
  core.note_erased(key, sight.where, after);
}

/// Takes the entry that was seen out of its slot; false if it is not there any more.
template <class Core>
[[nodiscard]] bool empty_slot(const sighting<typename Core::engine_type>& sight) {
  using engine = typename Core::engine_type;
  auto expected = sight.seen;
  return engine::replace(*sight.where.line, sight.where.slot, expected, engine::empty_cell());
}

/// Removes the entry that was seen; false if it is not there any more.
template <class Core, class Probe>
[[nodiscard]] bool remove_at(Core& core, const Probe& key, const sighting<typename Core::engine_type>& sight,
                             typename Core::then after) {
  if (!empty_slot<Core>(sight)) return false;
  platform::step("emptied");
  note_removed(core, key, sight, after);
  return true;
}

}  // namespace portolan::concurrent
