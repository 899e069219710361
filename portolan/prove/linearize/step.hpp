// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// An operation as the checker sees it: what the entry must be for it to end as it did, and what the entry is then.
//
//    erase → hit          needs present          does erase
//    insert(5) → hit      needs present          does nothing
//    find → 7             needs equal to 7       does nothing
//    assign(5), pending   needs anything         does set 5         taken or left out
//
// 1. A quiet step does nothing whatever the entry is; it may be taken as soon as the entry allows it, for whoever could go on
//    without it can go on with it.
// 2. A pending operation is only taken where it changes something: else it may as well be left out.
#pragma once

#include <cstdint>

#include <portolan/prove/history.hpp>

namespace portolan::prove::linearize {

struct entry {
  std::uint64_t value = 0;
  bool present = false;
  friend bool operator==(const entry&, const entry&) = default;
};

enum class before : std::uint8_t { any, absent, present, equal, other, sum };
enum class effect : std::uint8_t { none, set, erase, add };

struct step {
  std::uint64_t expected = 0;  ///< of `equal`, `other`, `sum`
  std::uint64_t value = 0;     ///< of `set`, `add`
  before needs = before::any;
  effect does = effect::none;
  [[nodiscard]] bool quiet() const noexcept { return does == effect::none; }
  /// What it leaves does not depend on what was there.
  [[nodiscard]] bool overwrites() const noexcept { return does == effect::set || does == effect::erase; }
};

[[nodiscard]] inline bool allowed(const step& one, const entry& now) noexcept {
  switch (one.needs) {
    case before::any: return true;
    case before::absent: return !now.present;
    case before::present: return now.present;
    case before::equal: return now.present && now.value == one.expected;
    case before::other: return now.present && now.value != one.expected;
    case before::sum: return now.present ? now.value == one.expected : one.expected == 0;
  }
  return false;
}

[[nodiscard]] inline entry after(const step& one, const entry& now) noexcept {
  switch (one.does) {
    case effect::none: return now;
    case effect::set: return {one.value, true};
    case effect::erase: return {};
    case effect::add: return {(now.present ? now.value : 0) + one.value, true};
  }
  return now;
}

/// False: the operation says nothing and changes nothing that anybody must know of.
[[nodiscard]] bool step_of(const operation& one, step& made) noexcept;

}  // namespace portolan::prove::linearize
