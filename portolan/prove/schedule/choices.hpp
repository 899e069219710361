// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// An execution as a text, short enough for a command line, from which it can be repeated.
//
//   0:w1,w2;1:r0.1,ri,x0.0@3,f      thread 0 stores twice: second in the first place's order, first …
//
//   w3        a store, third in its place's order          r0.1  ri    a load of what event 1 of thread 0 stored; of the
//   f         a fence                                                  initial value
//   x0.1@3    a read-modify-write that stores: what it read, and where its own store stands
//
// 1. Each load stands behind the store that it reads: so the events can be added one by one as the text has them.
// 2. Positions are those of the whole execution.
#pragma once

#include <string>
#include <vector>

#include <portolan/prove/schedule/graph.hpp>

namespace portolan::prove::schedule {

struct choice {
  unsigned thread = 0;
  action what = action::fence;
  bool paired = false;
  event_id source;        // of a load
  unsigned position = 0;  // of a store
};

[[nodiscard]] std::string text_of(const graph& execution);
/// Throws std::invalid_argument, which says where.
[[nodiscard]] std::vector<choice> choices_in(const std::string& text);

}  // namespace portolan::prove::schedule
