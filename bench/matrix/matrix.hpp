// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The whole matrix: which parts there are, in which order they run, and everything that they found.
//
//    in processes of their own    compile, memory, fill, latency, half-grown, churn      (growth.hpp)
//    then, in this one            for each form and size one arena: all its cells         (arena.hpp)
//
// The first come first because a process that forks has one thread here, and no map yet whose memory would be counted.
#pragma once

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "bench/matrix/arena.hpp"
#include "bench/matrix/cells.hpp"
#include "bench/matrix/growth.hpp"

namespace portolan::matrix {

enum class part : std::uint8_t {
  cells,
  bulk,
  fill,
  latency,
  half_grown,
  hot_key,
  memory,
  churn,
  scaling,
  compile,
  size,
};
inline constexpr unsigned part_count = 11;
[[nodiscard]] const char* name_of(part which) noexcept;

struct settings {
  std::vector<key_form> forms{key_form::number, key_form::text, key_form::text_to_32};
  std::vector<std::uint64_t> sizes{10'000, 100'000, 10'000'000};
  std::vector<mix> mixes{mix::hits, mix::misses, mix::find99, mix::find95, mix::find50, mix::upsert};
  std::vector<skew> skews{skew::uniform, skew::zipf};
  std::vector<unsigned> threads{1, 2};
  std::vector<unsigned> more_threads{4, 8};  ///< for scaling and the hot key
  std::set<part> parts;
  unsigned repetitions = 5;
  double seconds = 0.1;  ///< of one run of one map in one cell
  double churn_seconds = 60;
  const std::atomic<bool>* interrupted = nullptr;
  /// How many seconds of the expected ones are done, and what is next.
  std::function<void(double, const std::string&)> progress{};

  [[nodiscard]] std::uint64_t largest() const;
};

/// Whether `one` number of threads is among `all`.
[[nodiscard]] inline bool within(const std::vector<unsigned>& all, unsigned one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

struct latency_of {
  std::string name;  ///< of the map; empty: the clock alone
  unsigned threads = 1;
  insert_latency figures;
};
struct memory_of {
  std::string name;
  memory_growth figures;
};
struct churn_of {
  skew keys = skew::uniform;
  churn figures;
};
struct compiled {
  std::string name;
  double seconds = 0;
};

struct result {
  std::vector<std::string> names;         ///< of the entrants; the first is ours
  std::vector<workload::league> leagues;  ///< beside them
  std::vector<entrant::role> roles;       ///< beside them
  settings how;
  std::vector<cell> cells;
  std::vector<latency_of> latencies;
  std::vector<memory_of> memories;
  std::vector<churn_of> churns;
  std::optional<left_half_grown> half_grown;
  std::vector<compiled> compiles;
  std::vector<size_of> sizes;
  remarks said;
  bool interrupted = false;
  double seconds = 0;

  [[nodiscard]] const cell* find(const cell_key& of) const;
};

/// How long it will take about.
[[nodiscard]] double expected_seconds(const std::vector<entrant>& entrants, const settings& how);

[[nodiscard]] result run(const std::vector<entrant>& entrants, const settings& how);

/// Seconds to compile a program that includes a map and inserts once, the median of three; in order: ours, packaged
/// peers whose headers are there, `headers` of maps from outside.
struct outside_header {
  std::string name;
  std::string file;
  std::vector<std::string> include;
};
[[nodiscard]] std::vector<compiled> compile_times(const std::vector<outside_header>& outside, remarks& said,
                                                  const std::atomic<bool>* interrupted);

}  // namespace portolan::matrix
