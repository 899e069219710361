// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The walk that claims: holds a key's home line, says whether the key is there, and puts a new entry if it is not.
//
// 1. Holding the home line's lock byte excludes every other insert of its keys, and the mover who wants to close it.
// 2. The look that decides that a key is absent is made under the home line's lock.
// 3. Lines further on are locked while the home line is held, in order, and a wrapped one only by trying: so two claims
//    never wait for each other in a circle.
// 4. Who meets a closed line, or a mark that may be of his key, lets go of everything before he waits (m3, m8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include <portolan/base/bits.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/concurrent/table.hpp>
#include <portolan/map/concurrent/walk.hpp>

namespace portolan::concurrent {

enum class claim : std::uint8_t {
  vacant,    ///< the key is not in the map; the home line is held, `put` may follow
  present,   ///< the key is at `sight()`; the home line is held
  moved_on,  ///< look in the next table, the block is done; nothing is held
};

enum class filled : std::uint8_t {
  placed,      ///< the entry is in the map
  block_full,  ///< no slot left in the block; nothing is changed
  disturbed,   ///< a line further on is being moved or held the wrong way round: let go and claim anew
};

template <class Core, class Probe>
class line_claim {
 public:
  using engine = typename Core::engine_type;
  using line = typename engine::line;
  using cell = typename engine::cell;

  line_claim(Core& core, typename Core::guard& guard, table<line>& in, const Probe& key, platform::code_address place)
      : core_(core), in_(in), key_(key), home_(in.home_of(key.hash)) {
    platform::step("home wanted");
    if (!hold_home()) return;
    if constexpr (engine::holds_nodes)
      scope_.emplace(&core, place);
    else
      static_cast<void>(place);
    try {
      look(guard);
    } catch (...) {
      let_go();
      throw;
    }
  }
  line_claim(const line_claim&) = delete;
  line_claim& operator=(const line_claim&) = delete;
  ~line_claim() { let_go(); }

  [[nodiscard]] claim outcome() const noexcept { return outcome_; }
  [[nodiscard]] const sighting<engine>& sight() const noexcept { return sight_; }

  /// Puts an entry of the claimed key, which must be vacant.
  [[nodiscard]] filled put(cell entry) {
    for (const std::size_t at : in_.probe(key_.hash)) {
      const filled ending = put_in_line(at, entry);
      if (ending != filled::block_full) return ending;
    }
    return filled::block_full;
  }

  void let_go() noexcept {
    if (!holds_) return;
    holds_ = false;
    scope_.reset();
    in_.side_of(home_).give_back();
  }

 private:
  struct no_scope {
    static constexpr void reset() noexcept {}
  };

  [[nodiscard]] bool hold_home() {
    auto& beside = in_.side_of(home_);
    spin_wait spin;
    while (!beside.try_hold()) {
      if (beside.state() == line_lock::closed) {
        wait_until_done(in_, key_.hash);
        outcome_ = claim::moved_on;
        return false;
      }
      spin.once();
    }
    holds_ = true;
    platform::step("home held");
    return true;
  }

  void look(typename Core::guard& guard) {
    sight_ = look_in(core_, guard, in_, key_);
    switch (sight_.what) {
      case outcome::found:
        if (engine::is_frozen(sight_.seen)) return leave_for_next();
        outcome_ = claim::present;
        return;
      case outcome::moved_on:
        // A displaced copy was moved although the home line is open: the new table has the word from now on.
        return leave_for_next();
      case outcome::absent: break;
    }
    sight_ = core_.spill().look(core_.engine(), guard, key_);
    outcome_ = sight_.what == outcome::found ? claim::present : claim::vacant;
  }

  void leave_for_next() {
    let_go();
    wait_until_done(in_, key_.hash);
    outcome_ = claim::moved_on;
  }

  [[nodiscard]] filled put_in_line(std::size_t at, cell entry) {
    if (at == home_) return fill_first_empty(at, entry);
    if (!has_empty(at)) return filled::block_full;
    auto& beside = in_.side_of(at);
    spin_wait spin;
    while (!beside.try_hold()) {
      if (beside.state() == line_lock::closed || at < home_) return filled::disturbed;
      spin.once();
    }
    const filled ending = fill_first_empty(at, entry);
    beside.give_back();
    return ending;
  }

  [[nodiscard]] bool has_empty(std::size_t at) { return empty_slots<engine>(in_.line(at)) != 0; }

  /// The caller holds the line `at`.
  [[nodiscard]] filled fill_first_empty(std::size_t at, cell entry) {
    line& into = in_.line(at);
    const unsigned empty = empty_slots<engine>(into);
    if (empty == 0) return filled::block_full;
    count_displaced(in_, key_.hash, at);
    platform::step("before fill");
    fill_slot<engine>(into, in_.side_of(at), lowest_bit(empty), entry, key_.hash);
    return filled::placed;
  }

  Core& core_;
  table<line>& in_;
  const Probe& key_;
  std::size_t home_;
  sighting<engine> sight_{};
  claim outcome_ = claim::moved_on;
  bool holds_ = false;
  // K's equality and V's moves run while the line of a node is held; for small entries no user code does.
  std::conditional_t<engine::holds_nodes, std::optional<critical_scope>, no_scope> scope_;
};

}  // namespace portolan::concurrent
