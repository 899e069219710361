// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The measurements of `portolan bench`, one a file, over maps behind a small interface.
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
[[nodiscard]] status bench_floods(const bench_options& how, const terminal& to);
[[nodiscard]] status bench_fork(const bench_options& how, const terminal& to);
/// Has options of its own (matrix_options.hpp).
[[nodiscard]] status bench_matrix(const arguments& given, const terminal& to);

/// A map to numbers; any number of threads.
template <class Key>
class keyed_map {
 public:
  keyed_map() = default;
  keyed_map(const keyed_map&) = delete;
  keyed_map& operator=(const keyed_map&) = delete;
  virtual ~keyed_map() = default;
  virtual bool insert(const Key& key, std::uint64_t value) = 0;
  virtual bool contains(const Key& key) = 0;
  virtual bool erase(const Key& key) = 0;
  virtual std::size_t size() = 0;
};
template <class Key>
struct keyed_map_kind {
  std::string name;
  std::function<std::unique_ptr<keyed_map<Key>>()> make;
};
using number_map = keyed_map<std::uint64_t>;
using number_map_kind = keyed_map_kind<std::uint64_t>;
using text_map_kind = keyed_map_kind<std::string>;
/// concurrent_map, sharded_map, and the peers that this program was built with; each with its default hash.
[[nodiscard]] std::vector<number_map_kind> number_maps();
/// The same maps, in the same order.
[[nodiscard]] std::vector<text_map_kind> text_maps();

}  // namespace portolan::tool
