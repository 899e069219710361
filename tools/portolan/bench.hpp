// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The measurements of `portolan bench`, one a file, over maps of numbers behind a small interface.
//
// The interface is called once an operation: its price (a few nanoseconds) is the same for every map and far below
// what is looked for here: pauses, collapses, hangs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/portolan/commands.hpp"

namespace portolan::tool {

struct bench_options {
  std::uint64_t entries = 0;  ///< 0: the bench's own choice
  unsigned threads = 2;
  unsigned forks = 100;
  bool quick = false;
};

[[nodiscard]] status bench_insert_latency(const bench_options& how, const terminal& to);
[[nodiscard]] status bench_strided(const bench_options& how, const terminal& to);
[[nodiscard]] status bench_fork(const bench_options& how, const terminal& to);
/// Has options of its own (matrix_options.hpp).
[[nodiscard]] status bench_matrix(const arguments& given, const terminal& to);

/// A map from numbers to numbers; any number of threads.
class number_map {
 public:
  number_map() = default;
  number_map(const number_map&) = delete;
  number_map& operator=(const number_map&) = delete;
  virtual ~number_map() = default;
  virtual bool insert(std::uint64_t key, std::uint64_t value) = 0;
  virtual bool contains(std::uint64_t key) = 0;
  virtual bool erase(std::uint64_t key) = 0;
  virtual std::size_t size() = 0;
};
struct number_map_kind {
  std::string name;
  std::function<std::unique_ptr<number_map>()> make;
};
/// concurrent_map, sharded_map, and the peers that this program was built with; each with its default hash.
[[nodiscard]] std::vector<number_map_kind> number_maps();

}  // namespace portolan::tool
