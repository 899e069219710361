// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What is measured: a cell is a form of keys, a size, a distribution, a mix of operations and a number of threads.
//
//    keys by number   0 ……… N         N ……… 2N            2N …… 3N
//                     filled first     inserted, erased    never there
//    hits, upserts    |-------|
//    mixed            |------------------------|           half of it is there at any time: the size stays
//    misses                                                |-------|
//
// The operations of a thread are made before anything is timed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/matrix/measured.hpp"

namespace portolan::matrix {

enum class mix : std::uint8_t {
  hits,
  misses,
  find99,  ///< 99 % find, the rest insert and erase in equal parts
  find95,
  find50,
  upsert,     ///< 50 % find, 50 % += 1, of keys that are there
  bulk_hits,  ///< `batch` keys a call
  bulk_misses,
  hot_find,  ///< every thread the same key
  hot_add,
  fill,  ///< from empty, one by one; an operation is an insert
  fill_bulk,
};
[[nodiscard]] const char* name_of(mix what) noexcept;
[[nodiscard]] const char* name_of(key_form form) noexcept;

enum class skew : std::uint8_t { uniform, zipf };
[[nodiscard]] const char* name_of(skew keys) noexcept;

struct cell_key {
  key_form form = key_form::number;
  std::uint64_t entries = 0;
  skew keys = skew::uniform;
  mix what = mix::hits;
  unsigned threads = 1;
  std::size_t batch = 0;
  friend bool operator==(const cell_key&, const cell_key&) = default;
  /// `10 M uniform hits, 2 threads`
  [[nodiscard]] std::string words() const;
};

/// Operations a second of each entrant, one figure a repetition; empty where it does not take part.
struct cell {
  cell_key of;
  std::vector<std::vector<double>> speeds;
};

/// 10 k, 100 k, 10 M
[[nodiscard]] std::string count_in_words(std::uint64_t count);

/// The keys of all threads for cells of one form, size and distribution.
class key_streams {
 public:
  enum class from : std::uint8_t { present, absent, both };
  key_streams(key_form form, std::uint64_t entries, skew keys, from range, unsigned threads, std::size_t length);
  /// Every thread the same number, again and again.
  [[nodiscard]] static key_streams one_key(unsigned threads, std::size_t length);
  [[nodiscard]] key_stream of(unsigned thread, const std::vector<step>& steps) const;
  [[nodiscard]] std::size_t length() const noexcept { return length_; }

 private:
  explicit key_streams(std::size_t length) : length_(length) {}

  std::size_t length_;
  std::vector<std::vector<std::uint64_t>> numbers_;
  std::vector<std::vector<std::string>> texts_;
};

/// What a mix does, step by step, for one thread.
[[nodiscard]] std::vector<step> steps_of(mix what, std::size_t length, unsigned thread);
[[nodiscard]] loop loop_of(mix what) noexcept;
[[nodiscard]] key_streams::from range_of(mix what) noexcept;

}  // namespace portolan::matrix
