// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Initialise once, look at one instant, remove only what was looked at: a protocol over versions, one function a phase.
//
//   one    initialise   put if absent; says who won ────────────────────────────┐
//   two    snapshot     value and version of one instant                        │◄── changed, or gone
//   three  remove       if that version still stands: removed, done   else ─────┘
//
// 1. What phase three removes is what phase two showed: a write that came between has another version, also if it put an
//    equal value, and also if the key was erased and created again.
// 2. `run` goes through the phases until the third succeeds. It repeats a round only because another thread changed the
//    entry meanwhile, and says how many rounds it took.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <portolan/base/wait.hpp>
#include <portolan/map/versioned_map.hpp>

namespace portolan::three_phase {

/// Who created the entry that is there now.
enum class winner : std::uint8_t { this_call, another };

/// How phase one ended: who won, and the version that stood there then.
struct initialised {
  winner who = winner::another;
  entry_version version;
};

/// How phase three ended; after `changed` and `gone` go back to phase one.
enum class removal : std::uint8_t { removed, changed, gone };

/// How a whole run ended.
struct completed {
  entry_version version;    ///< the version that was looked at and removed
  std::size_t rounds = 0;   ///< 1 if nobody came between
  std::size_t created = 0;  ///< how many of the rounds had to create the entry
};

/// Phase one: puts `value` under `key` if there is nothing.
///
/// @returns   who won, and the version that is there: of this call's value, or of another's
/// @sees      one instant between call and return
/// @progress  as versioned_map's insert
/// @cost      as versioned_map's insert
/// @throws    as versioned_map's insert
/// @calls     as versioned_map's insert
template <class Map, class W>
initialised initialise(Map& map, const typename Map::key_type& key, W&& value) {
  const auto put = map.insert(key, std::forward<W>(value));
  return {put.accepted() ? winner::this_call : winner::another, put.version};
}

/// Phase two: the value under `key` and its version, which belong together.
///
/// @returns   an owning handle on both; empty if the entry is gone
/// @sees      one instant between call and return
/// @progress  never waits
/// @cost      as versioned_map's pin; nothing is copied
/// @throws    what Hash and KeyEqual throw
/// @calls     Hash, KeyEqual
template <class Map>
[[nodiscard]] auto snapshot(const Map& map, const typename Map::key_type& key) {
  return map.pin(key);
}

/// Phase three: removes the entry of `key` if its version is still `seen`.
///
/// @returns   removed; changed: another version stands there; gone: none does
/// @sees      one instant between call and return
/// @progress  as versioned_map's erase
/// @cost      as versioned_map's erase
/// @throws    as versioned_map's erase
/// @calls     as versioned_map's erase
template <class Map>
[[nodiscard]] removal remove(Map& map, const typename Map::key_type& key, entry_version seen) {
  switch (map.erase(key, seen).outcome) {
    case acceptance::accepted: return removal::removed;
    case acceptance::refused: return removal::changed;
    case acceptance::absent: break;
  }
  return removal::gone;
}

/// All three: creates the entry with `make()` if there is none, shows it to `use`, removes it if it is still that; else
/// from the beginning. The last state that `use` saw is the one that was removed, and nobody else removed it.
///
/// @returns   the version that was removed, and after how many rounds
/// @sees      each round's value is of one instant; the removal is an instant at which it still stood
/// @progress  lock-free but for the callables: a round is repeated only because another thread changed the entry
/// @cost      an insert, a find and an erase a round
/// @throws    what the callables throw, as the phases besides: what phase one created stays
/// @calls     `make()` and `use(const versioned<V>&)` with no lock held, once a round at most
template <class Map, class Make, class Use>
completed run(Map& map, const typename Map::key_type& key, Make&& make, Use&& use) {
  completed story;
  for (spin_wait spin;; spin.once()) {
    story.rounds += 1;
    if (!map.contains(key) && initialise(map, key, make()).who == winner::this_call) story.created += 1;
    const auto seen = snapshot(map, key);
    if (!seen) continue;
    use(*seen);
    story.version = seen->version;
    if (remove(map, key, seen->version) == removal::removed) return story;
  }
}

}  // namespace portolan::three_phase
