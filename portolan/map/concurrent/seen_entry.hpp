// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a look at a key's line gives, and what the look's guard protects: what engines and walks agree on.
#pragma once

namespace portolan::concurrent {

// What the four protections of a guard are for: 0 and 1 are the tables that a walk goes through after the first.
inline constexpr unsigned node_hand = 2;  // the node that is looked at
inline constexpr unsigned root_hand = 3;  // the table in which a walk began

/// Its node, if the cell has one, is protected by the guard that was handed to the look.
template <class Cell>
struct seen_entry {
  bool found;
  Cell cell;
};

}  // namespace portolan::concurrent
