// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What nine writes of ten need of nodes: the key's home line in the table that the root names. Text keys only, since no
// user code compares them under a lock, and only where a guard keeps every table; all other writes walk (claim.hpp).
//
//    look, no lock ─┬─ found ── hold, the same word still there? ── change, erase, compute
//                   ├─ vacant ─ hold, still vacant, and room?    ── fill
//                   └─ far ──── the walk decides, as if it had come first: nothing has been changed
//
// 1. The root names the oldest table, and a live word found there is the truth, also in a closed line (walk.hpp, 2).
// 2. A word that is the same under the lock is the same node: the guard keeps its address from being used again.
// 3. Who holds the home line excludes its mover and every insert of its keys. So no slot of the line is a mark or
//    frozen, an empty slot stays empty, and what is said about displaced keys and the spill stays true.
// 4. Values in place: each writer of a key holds its home line, so a slot in that line is emptied by a store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <portolan/base/bits.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/map/concurrent/home_line.hpp>
#include <portolan/map/concurrent/table.hpp>
#include <portolan/map/concurrent/walk.hpp>
#include <portolan/map/vocabulary.hpp>

namespace portolan::concurrent {

/// True where these shortcuts are taken at all.
template <class Core>
inline constexpr bool nodes_work_near = false;
template <class Core>
requires Core::engine_type::holds_nodes inline constexpr bool nodes_work_near<Core> =
    Core::guards_everything && Core::engine_type::node_type::text;

template <class Core, class Probe>
class home_of_node : public home_line<Core, Probe> {
  using base = home_line<Core, Probe>;
  using base::at_, base::core_, base::holds_, base::key_, base::line_, base::root_, base::seen_, base::slot_;

 public:
  using typename base::cell;
  using typename base::engine;
  using typename base::line;

  [[gnu::always_inline]] home_of_node(Core& core, const Probe& key) noexcept : base(core, key) {}

  [[nodiscard, gnu::always_inline]] near look(typename Core::guard& guard) {
    const auto sight = core_.engine().look_at(guard, line_, key_);
    if (sight.slot != engine::no_slot) {
      slot_ = sight.slot;
      seen_ = sight.seen;
      return engine::is_frozen(seen_) ? near::far : near::found;
    }
    return this->is_all() ? near::vacant : near::far;
  }
  [[nodiscard, gnu::always_inline]] bool hold_found() noexcept {
    if (!this->try_hold()) return false;
    if (engine::load(line_, slot_) == seen_) return true;
    let_go();
    return false;
  }
  [[nodiscard, gnu::always_inline]] bool hold_vacant() noexcept {
    if (!this->try_hold()) return false;
    const unsigned room = engine::room_for(line_, key_);
    if (room != 0 && !this->others_may_hold_it()) {
      slot_ = lowest_bit(room);
      return true;
    }
    let_go();
    return false;
  }
  using base::let_go;

  [[nodiscard]] bool holds() const noexcept { return holds_; }
  [[nodiscard]] place<line> where() const noexcept { return {&root_.template current<line>(), at_, &line_, slot_}; }
  /// Takes the entry that was found out of its slot; where values are in place the line is held.
  [[nodiscard, gnu::always_inline]] bool empty() noexcept {
    if constexpr (!engine::in_place) return this->replace(engine::empty_cell());
    engine::overwrite(line_, slot_, engine::empty_cell());
    return true;
  }
};

/// Puts a new node if the key is vacant; `make(draft)` gives it its value under the line's lock.
template <class Core, class Probe, class Q, class Make>
[[nodiscard, gnu::always_inline]] inline near put_node_near(Core& core, const Probe& key, const Q& original,
                                                            Make&& make) {
  using engine = typename Core::engine_type;
  typename Core::guard protection(core.reclaimer());
  home_of_node<Core, Probe> home(core, key);
  const near answer = home.look(protection);
  if (answer != near::vacant) return answer;
  typename engine::draft entry(core.engine(), core.allocator(), key, original);
  if (!home.hold_vacant()) return near::far;
  make(entry);
  const auto word = entry.word();
  home.fill(word);
  entry.commit();
  const std::int64_t bytes = engine::bytes_of(word);
  home.let_go();
  core.note_node_bytes(bytes);
  core.note_inserted(key);
  return near::vacant;
}

/// Gives the key's entry this value in place, after `took(cell)`, if it is found.
template <class Core, class Probe, class V, class Took>
[[nodiscard, gnu::always_inline]] inline near assign_node_near(Core& core, const Probe& key, const V& value,
                                                               Took& took) {
  typename Core::guard protection(core.reclaimer());
  home_of_node<Core, Probe> home(core, key);
  const near answer = home.look(protection);
  if (answer != near::found) return answer;
  if (!home.hold_found()) return near::far;
  took(home.seen());
  Core::engine_type::assign(home.seen(), value);
  home.let_go();
  core.note_changed();
  return answer;
}

/// Exchanges the key's node for that of `entry`, after `took(cell)`, if it is found.
template <class Core, class Probe, class Draft, class Took>
[[nodiscard, gnu::always_inline]] inline near exchange_node_near(Core& core, typename Core::guard& protection,
                                                                 const Probe& key, Draft& entry, Took& took) {
  using engine = typename Core::engine_type;
  home_of_node<Core, Probe> home(core, key);
  const near answer = home.look(protection);
  if (answer != near::found) return answer;
  took(home.seen());
  const std::int64_t change = engine::bytes_of(entry.word()) - engine::bytes_of(home.seen());
  if (!home.replace(entry.word())) return near::far;
  entry.commit();
  core.note_node_bytes(change);
  engine::retire(core.reclaimer(), home.seen());
  core.note_changed();
  return answer;
}

/// Erases the key's entry if it is found and `wanted(cell)`; unless the answer is `far`, `ending` says what was done.
template <class Core, class Probe, class Wanted>
[[nodiscard, gnu::always_inline]] inline near erase_node_near(Core& core, const Probe& key,
                                                              platform::code_address place, Wanted& wanted,
                                                              comparison& ending, typename Core::then after) {
  using engine = typename Core::engine_type;
  typename Core::guard protection(core.reclaimer());
  home_of_node<Core, Probe> home(core, key);
  const near answer = home.look(protection);
  if (answer != near::found) return answer;
  const bool matches = [&] {
    if constexpr (!engine::in_place) return wanted(home.seen());
    if (!home.hold_found()) return false;
    const critical_scope scope(&core, place);
    return wanted(home.seen());
  }();
  if (!matches) {
    if (engine::in_place && !home.holds()) return near::far;
    ending = comparison::differed;
    return answer;
  }
  if (!home.empty()) return near::far;
  if constexpr (!engine::in_place) platform::step("emptied");
  home.let_go();
  ending = comparison::matched;
  core.note_node_bytes(-engine::bytes_of(home.seen()));
  engine::retire(core.reclaimer(), home.seen());
  core.note_erased(key, home.where(), after);
  return answer;
}

}  // namespace portolan::concurrent
