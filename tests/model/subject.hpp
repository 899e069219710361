// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A map behind one interface that speaks in numbers: a scenario is data, and each map is compiled once.
//
//   call {verb, key, value, other} ──► subject::perform ──► one public operation ──► a number that says how it ended
//
// 1. The interface adds no shared access: what two threads see through it they see through the map.
// 2. Values are made from numbers and read back as numbers; one that is half written fails the execution.
// 3. What a map's type does not offer ends in `no_such`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace portolan::model {

using number = std::uint64_t;

enum class verb : std::uint8_t {
  // one entry
  find,
  contains,
  visit,
  pin,
  insert,
  try_emplace,
  assign,
  exchange,
  extract,
  erase,             // versioned: of the version that it finds
  compare_erase,     // if it holds `other`
  compare_exchange,  // if it holds `other`
  add,               // compute: one more, or one
  drop,              // compute: erase
  load_or_compute,
  update,       // versioned: if its version is `other`
  erase_known,  // versioned: if its version is `other`
  apply,        // versioned: with version `other`
  apply_erase,  // versioned: with version `other`
  // the whole map
  find_two,  // `key` and `other`
  for_each,
  erase_if,
  clear,
  size,
  reserve,  // `key` entries
  shrink_to_fit,
  stats,
  forget,  // versioned: deletions
  // the calling thread
  fail_allocations,  // after `key` more
};

struct call {
  verb what = verb::find;
  number key = 0;
  number value = 0;
  number other = 0;
};

// How a call ended that returns no value of the map's; values are smaller.
inline constexpr number absent = 1'000'000;
inline constexpr number refused = 1'000'001;  // std::bad_alloc
inline constexpr number no_such = 1'000'002;  // the map's type has no such operation
/// One entry that a walk has shown; what a whole walk returns is the sum.
[[nodiscard]] constexpr number shown(number key, number value) noexcept {
  return (key * 1'000'003 + value) * 0x9E3779B97F4A7C15;
}

class subject {
 public:
  virtual ~subject() = default;
  virtual number perform(const call& what) = 0;
  /// Each entry as `shown` names it: its key, and its value (and version) as a number.
  virtual void walk(const std::function<void(number key, number value)>& visitor) = 0;
  [[nodiscard]] virtual number size() = 0;
  /// How many entries it holds before it grows.
  [[nodiscard]] virtual number room() = 0;
};

/// A kind of map.
struct kind {
  const char* name;
  std::unique_ptr<subject> (*make)();
  /// for_each, clear, erase_if and find_two are of one instant; else of one instant for each entry.
  bool whole_at_once = false;
};

}  // namespace portolan::model
