// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// An execution as a person reads it: what each thread did, in which of its operations, what each load read from whom.
//
//   thread 1
//     find(1)
//     1.0   read  acquire   word 2  10                from 0.3    find.hpp:81
//
// Words are numbered as they come up, so that a repeated execution is drawn as it was.
#pragma once

#include <string>
#include <vector>

#include <portolan/prove/schedule/graph.hpp>

namespace portolan::prove::schedule {

/// From its `first_event`th event on the thread is in this operation.
struct begun_operation {
  unsigned first_event = 0;
  const char* name = "";
};

[[nodiscard]] std::string drawing_of(const graph& execution, unsigned threads,
                                     const std::vector<begun_operation>* operations);

}  // namespace portolan::prove::schedule
