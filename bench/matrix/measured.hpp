// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A map as the matrix measures it: one virtual call is one thread's whole share of a run, never one operation.
//
//    cell.cpp  ->  measured_map::run(stream, loop, end)       a virtual call a run
//                    `- measured<Adapter, K, V>               the loop, compiled for one map and one kind of run (loops.hpp)
//                         `- Adapter                          bench/peers/adapter.hpp
//
// Keys have numbers; the value under a key is known from the key, plus what was added to it. So every find is checked
// by one subtraction, and the content by a walk: `strange` gathers the bits that no right value has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "bench/workload/candidate.hpp"
#include "bench/workload/histogram.hpp"

namespace portolan::matrix {

enum class key_form : std::uint8_t {
  number,      ///< std::uint64_t to std::uint64_t
  text,        ///< std::string of 16 to 32 characters to std::uint64_t
  text_to_32,  ///< the same to 32 bytes
};

/// What one operation of a stream does; finds and bulk finds do not look at it.
enum class step : std::uint8_t { find, insert, erase, add };

/// One thread's operations, read forward and begun anew at the end. One of `numbers` and `texts` is empty.
struct key_stream {
  std::span<const std::uint64_t> numbers;
  std::span<const std::string> texts;
  std::span<const step> steps;
};

enum class loop : std::uint8_t {
  finds,          ///< nothing but finds
  finds_in_bulk,  ///< finds of `batch` keys a call
  mixed,          ///< find, insert or erase, as the steps say
  upserts,        ///< find or += 1, as the steps say
};

/// What one thread did in one run.
struct lap {
  std::uint64_t operations = 0;
  std::uint64_t hits = 0;
  std::uint64_t inserted = 0;
  std::uint64_t erased = 0;
  std::uint64_t added = 0;
  std::uint64_t strange = 0;  ///< the differences of found values from the stored ones, or-ed
  double seconds = 0;

  lap& operator+=(const lap& other) noexcept;
};

/// The keys first, first + step, … below end.
struct key_range {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  std::uint64_t step = 1;
};

/// What a walk over the whole map found.
struct walked {
  std::uint64_t entries = 0;
  std::uint64_t added = 0;    ///< the sum of what was added to the values
  std::uint64_t strange = 0;  ///< as lap::strange
};

/// Which optional operations a map has.
struct abilities {
  bool bulk_find = false;
  bool bulk_insert = false;
  bool reserve = false;
  bool growing = false;
};

class measured_map {
 public:
  measured_map() = default;
  measured_map(const measured_map&) = delete;
  measured_map& operator=(const measured_map&) = delete;
  virtual ~measured_map() = default;

  [[nodiscard]] virtual abilities can() const = 0;
  virtual void enter_thread() = 0;
  virtual void leave_thread() = 0;

  /// Repeats the stream from its `begin`th operation until `end_ns` (platform::now_ns).
  virtual lap run(const key_stream& stream, loop which, std::size_t batch, std::uint64_t end_ns) = 0;
  /// Inserts each key of the range; `hits` counts those that were there already.
  virtual lap fill(key_range keys) = 0;
  /// The same by bulk inserts of a few thousand entries.
  virtual lap fill_in_bulk(key_range keys) = 0;
  /// The same one by one, each timed.
  virtual lap fill_timed(key_range keys, workload::histogram& latency_ns) = 0;
  virtual lap find_all(key_range keys) = 0;

  virtual void reserve(std::size_t entries) = 0;
  [[nodiscard]] virtual bool growing() = 0;
  [[nodiscard]] virtual std::size_t size() = 0;
  [[nodiscard]] virtual walked walk() = 0;
};

/// What a program and a map that it loads must agree about; another order of the virtual functions is another version.
struct attached_layout {
  std::size_t version = 1;
  std::size_t of_candidate = sizeof(workload::candidate);
  std::size_t of_setup = sizeof(workload::setup);
  std::size_t of_workload = sizeof(workload::workload);
  std::size_t of_lap = sizeof(lap);
  std::size_t of_stream = sizeof(key_stream);
  std::size_t of_walk = sizeof(walked);
  friend bool operator==(const attached_layout&, const attached_layout&) = default;
};

/// The number of operations between two looks at the clock.
inline constexpr std::size_t operations_a_look = 1024;

/// Key `id` of 2^62: a bijection that meets neither 0 nor the two highest bits, which some maps keep for themselves.
[[nodiscard]] constexpr std::uint64_t number_key_of(std::uint64_t id) noexcept {
  constexpr std::uint64_t all = (std::uint64_t{1} << 62) - 1;
  std::uint64_t key = ((id + 1) * 0x9E3779B97F4A7C15ull) & all;
  key ^= key >> 31;
  key = (key * 0xD6E8FEB86659FD93ull) & all;
  return key ^ (key >> 31);
}
static_assert(number_key_of(0) != 0 && number_key_of(1) != number_key_of(2));

/// Puts key `id` as a text of 16 to 32 characters into `text`.
void text_key_of(std::uint64_t id, std::string& text);

}  // namespace portolan::matrix
