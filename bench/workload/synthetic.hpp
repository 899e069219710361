// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A workload made from a few numbers: shares of the five actions, a range of keys, how keys are chosen, sizes, pace.
//
// The map starts with every second key of the range (`filled`), so that finds, inserts and erases meet both present
// and absent keys; inserts and erases in equal shares keep it there. Where all writes are additions, any thread adds
// to any key; else a write drawn for another thread's key moves to a key of its own nearby (operation.hpp, rule 2).
#pragma once

#include <string>

#include "bench/workload/distribution.hpp"
#include "bench/workload/operation.hpp"

namespace portolan::workload {

struct mix {
  double find = 0.9;
  double insert = 0.05;
  double assign = 0;
  double erase = 0.05;
  double add = 0;
};

struct synthetic_settings {
  struct mix mix;
  std::uint32_t keys = 100'000;
  key_choice choice;
  double filled = 0.5;            ///< share of the keys that are there at the start
  std::uint32_t value_bytes = 8;  ///< 8: a number; else bytes
  key_kind kind = key_kind::number;
  unsigned threads = 2;
  std::size_t operations_per_thread = 500'000;
  enum pace pace = pace::closed;
  double rate_per_s = 0;
  std::uint64_t seed = 1;
};

/// A sentence that says what to change where the settings contradict each other; empty if they do not.
[[nodiscard]] std::string contradiction(const synthetic_settings& how);

[[nodiscard]] workload make_synthetic(const synthetic_settings& how);

}  // namespace portolan::workload
