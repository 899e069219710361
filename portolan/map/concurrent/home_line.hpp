// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A key's home line in the table that the root names, and the two bytes beside it: what writes that try this line alone
// share, of small entries (near.hpp) and of nodes (near_node.hpp). The line is given back when this ends.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/platform.hpp>
#include <portolan/map/concurrent/table.hpp>

namespace portolan::concurrent {

enum class near : std::uint8_t {
  found,    ///< the key's entry stands in the line: `seen`
  vacant,   ///< the key is nowhere in the map
  crowded,  ///< held, the key is not in the line; it may stand behind it, or has no room here (small entries only)
  far,      ///< the line does not tell
};

template <class Core, class Probe>
class home_line {
 public:
  using engine = typename Core::engine_type;
  using line = typename engine::line;
  using cell = typename engine::cell;

  home_line(const home_line&) = delete;
  home_line& operator=(const home_line&) = delete;

  /// What was found.
  [[nodiscard]] const cell& seen() const noexcept { return seen_; }
  /// Fills the empty slot that was found; the line is held.
  [[gnu::always_inline]] void fill(cell entry) noexcept {
    platform::step("before fill");
    fill_slot<engine>(line_, beside_, slot_, entry, key_.hash);
  }
  /// Another thread fills the line, or computes there.
  [[nodiscard, gnu::always_inline]] bool is_held() const noexcept { return beside_.state() == line_lock::held; }
  /// Exchanges what was found for `entry`; false if it is not there any more.
  [[nodiscard, gnu::always_inline]] bool replace(cell entry) noexcept {
    cell expected = seen_;
    return engine::replace(line_, slot_, expected, entry);
  }
  [[gnu::always_inline]] void let_go() noexcept {
    if (holds_) beside_.give_back();
    holds_ = false;
  }

 protected:
  [[gnu::always_inline]] home_line(Core& core, const Probe& key) noexcept
      : core_(core),
        key_(key),
        root_(core.root()),
        at_(root_.home_of(key.hash)),
        line_(root_.template lines<line>()[at_]),
        beside_(root_.template side_of<line>(at_)) {}
  [[gnu::always_inline]] ~home_line() { let_go(); }

  [[nodiscard, gnu::always_inline]] bool try_hold() noexcept {
    platform::step("home wanted");
    holds_ = beside_.try_hold();
    if (holds_) platform::step("home held");
    return holds_;
  }

  /// The key may stand behind the line, or in the spill.
  [[nodiscard, gnu::always_inline]] bool others_may_hold_it() noexcept {
    return beside_.overflow().may_hold(key_.hash) || core_.spill().used();
  }
  /// Whether a miss in the line is a miss. To be asked after the slots: who misses a displaced key here has not missed its
  /// count.
  [[nodiscard, gnu::always_inline]] bool is_all() noexcept {
    return beside_.state() != line_lock::closed && !others_may_hold_it();
  }

  Core& core_;
  const Probe& key_;
  const root_word root_;
  const std::size_t at_;
  line& line_;
  typename line::side_type& beside_;
  cell seen_ = engine::empty_cell();
  unsigned slot_ = 0;
  bool holds_ = false;
};

}  // namespace portolan::concurrent
