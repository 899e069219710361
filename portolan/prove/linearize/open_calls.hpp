// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The calls of one key that have begun and not returned, each in a slot of its own.
//
//    slot    0: assign 5    1: find → 5    2: erase → hit    3: (free)
//    used    {0, 1, 2}      quiet {1}      loud {0, 2}
//
// 1. A slot in use is quiet (its call changes nothing) or loud; a pending call is loud and keeps its slot.
#pragma once

#include <vector>

#include <portolan/prove/linearize/configurations.hpp>

namespace portolan::prove::linearize {

/// An operation on its way to the walk: sorted by key, then by call.
struct item {
  std::uint64_t key;
  std::uint64_t call;
  const operation* of;
};

template <unsigned Words>
struct open_calls {
  slot_set<Words> used{};
  slot_set<Words> quiet{};
  slot_set<Words> loud{};
  slot_set<Words> pending{};
  std::vector<step> steps = std::vector<step>(slot_set<Words>::slots);
  std::vector<const operation*> operations = std::vector<const operation*>(slot_set<Words>::slots);

  void clear() noexcept { used = quiet = loud = pending = {}; }
  void put(unsigned slot, const step& made, const operation& of) noexcept {
    steps[slot] = made;
    operations[slot] = &of;
    used.put(slot);
    (made.quiet() ? quiet : loud).put(slot);
    if (of.returned == never) pending.put(slot);
  }
  void take_out(unsigned slot) noexcept {
    used.take_out(slot);
    quiet.take_out(slot);
    loud.take_out(slot);
  }
};

}  // namespace portolan::prove::linearize
