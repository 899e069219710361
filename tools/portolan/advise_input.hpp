// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What `portolan advise` works on: the plan of a run, the workload loaded from its input, the maps that were chosen.
#pragma once

#include <string>
#include <vector>

#include "bench/workload/candidate.hpp"
#include "bench/workload/operation.hpp"
#include "tools/portolan/advise_options.hpp"

namespace portolan::tool {

/// How long things take, by --quick.
struct plan {
  unsigned rounds;
  double run_seconds;
  std::size_t words;
  std::size_t synthetic_operations;
  unsigned variant_rounds;
  double variant_seconds;
};
[[nodiscard]] plan plan_of(const advise_options& how);

struct loaded {
  workload::workload work;
  std::vector<std::string> remarks;  ///< how the input was read: bad lines, limits
};
/// Reads or makes the workload; throws workload::input_error.
[[nodiscard]] loaded load(const advise_options& how, const plan& p);

/// The candidates asked for; throws workload::input_error when a name means none.
[[nodiscard]] std::vector<workload::candidate> choose(const advise_options& how);

/// What a workload is, apart from where it was read: two with the same words are the same work.
[[nodiscard]] std::string identity_of(const workload::workload& work);

}  // namespace portolan::tool
