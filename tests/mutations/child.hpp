// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Work in a child process, which may die of what it does: a program with a fault may do anything.
#pragma once

#include <cstdio>
#include <functional>
#include <string>

namespace portolan::mutations {

struct ending {
  std::string said;   ///< all that it wrote
  bool died = false;  ///< of a signal
  std::string how;    ///< of which; "does not end" if it ran longer than it was given
};

/// Runs `work(out)` in `count` children at a time, number after number; `done(number, ending)` here, as they end.
void in_children(std::size_t numbers, unsigned count,
                 const std::function<void(std::size_t number, std::FILE* out)>& work,
                 const std::function<void(std::size_t number, const ending&)>& done);

/// In a child: it is ended when it has computed for so long from now on.
void end_after(double seconds);

}  // namespace portolan::mutations
