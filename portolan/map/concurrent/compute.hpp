// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// compute: asks the user what shall become of an entry, and does it if nothing came between.
//
//    look, no lock ─┬─ there ──── ask about it ──── exchange ─┬─ done
//         ▲         │                                         └─ lost: stand aside, at last hold the line ──┐
//         └─────────┼───────────────────────────────────────────────────────────────────────────────────────┘
//                   ├─ nowhere ── hold the home line, look again, ask about nothing ── fill
//                   └─ another holds the home line: wait for it, then ask while holding it
//
// 1. What the user decided is carried out by an exchange against the very cell that he was asked about; whoever lost
//    asks again. So nothing came between, with or without a lock.
// 2. What he decided about an absent key is carried out while the home line is held, which keeps the key absent.
// 3. Where values change in place there is no exchange that would notice another change: there the line is held always.
// 4. Who lost often asks while he holds the line; who finds it held makes way. So a slow callable has its turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <portolan/base/platform.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/concurrent/change.hpp>
#include <portolan/map/concurrent/claim.hpp>
#include <portolan/map/concurrent/near.hpp>
#include <portolan/map/concurrent/near_node.hpp>
#include <portolan/map/concurrent/walk.hpp>
#include <portolan/map/vocabulary.hpp>

namespace portolan::concurrent {

// ---- in the home line ----

/// One call of compute for small entries, if the home line tells where the entry is or that there is none; unless the
/// answer is `far`, `result` says what was done. Nothing of it lies in memory that is read sooner than it is written.
template <class Core, class Probe, class F>
[[nodiscard, gnu::always_inline]] inline near compute_near(Core& core, const Probe& key, F& f,
                                                           platform::code_address place, computed& result) {
  using engine = typename Core::engine_type;
  using V = typename engine::mapped_type;
  using kind = typename decision<V>::kind;
  if (key.reserved) [[unlikely]]
    return near::far;
  const auto ask = [&](const V* now) {
    const critical_scope scope(&core, place);
    return detail::to_decision<V>(f(now));
  };
  {
    typename Core::guard protection(core.reclaimer());
    near_line<Core, Probe> home(core, key);
    const near answer = home.look(protection);
    if (answer == near::found) [[likely]] {
      if (home.is_held()) [[unlikely]]
        return near::far;
      const V now = engine::shown(home.seen());
      const decision<V> decided = ask(&now);
      result = computed::kept;
      if (decided.what() == kind::kept) return near::found;
      result = decided.what() == kind::erased ? computed::erased : computed::assigned;
      if (!(result == computed::erased ? home.empty() : home.replace({key.image, engine::bits_of(decided.value())})))
          [[unlikely]] {
        lost_exchange().stand_aside();
        return near::far;
      }
    } else {
      if (answer == near::far || !home.hold_vacant()) return near::far;
      const decision<V> decided = ask(nullptr);
      result = computed::absent;
      if (decided.what() != kind::assigned) return near::vacant;
      result = computed::inserted;
      home.fill({key.image, engine::bits_of(decided.value())});
    }
  }
  if (result == computed::inserted) core.note_inserted(key);
  if (result == computed::assigned) core.note_changed();
  if (result == computed::erased) core.note_erased(key, Core::then::may_shrink);
  return near::found;
}

/// The same of nodes. Where values change in place the line is held while the user decides.
template <class Core, class Probe, class Q, class F>
[[nodiscard, gnu::always_inline]] inline near compute_node_near(Core& core, const Probe& key, const Q& original, F& f,
                                                                platform::code_address place, computed& result) {
  using engine = typename Core::engine_type;
  using V = typename engine::mapped_type;
  using kind = typename decision<V>::kind;
  typename Core::guard protection(core.reclaimer());
  // What holds values stands before the line, so that they are destroyed when it is given back.
  decision<V> decided{keep};
  typename engine::later_draft entry;
  home_of_node<Core, Probe> home(core, key);
  const near answer = home.look(protection);
  const bool present = answer == near::found;
  if (answer == near::far) return near::far;
  if (!present) {
    if (!home.hold_vacant()) return near::far;
  } else if constexpr (engine::in_place) {
    if (!home.hold_found()) return near::far;
  } else if (home.is_held()) {
    return near::far;
  }
  std::int64_t bytes = 0;
  {
    const critical_scope scope(&core, place);
    if (present) {
      const V& now = engine::shown(home.seen());
      decided.take(detail::to_decision<V>(f(&now)));
    } else {
      decided.take(detail::to_decision<V>(f(static_cast<const V*>(nullptr))));
    }
    bool done = true;
    switch (decided.what()) {
      case kind::kept: result = present ? computed::kept : computed::absent; return answer;
      case kind::erased:
        result = present ? computed::erased : computed::absent;
        if (!present) return answer;
        bytes = -engine::bytes_of(home.seen());
        done = home.empty();
        break;
      case kind::assigned:
        result = present ? computed::assigned : computed::inserted;
        if constexpr (engine::in_place) {
          if (present) {
            engine::assign(home.seen(), decided.value());
            break;
          }
        }
        entry.emplace(core.engine(), core.allocator(), key, original);
        entry->emplace(std::move(decided.value()));
        bytes = engine::bytes_of(entry->word()) - (present ? engine::bytes_of(home.seen()) : 0);
        if (present) {
          done = home.replace(entry->word());
        } else {
          home.fill(entry->word());
        }
        if (done) entry->commit();
        break;
    }
    if (!done) [[unlikely]] {
      lost_exchange().stand_aside();
      return near::far;
    }
  }
  home.let_go();
  if (bytes != 0) core.note_node_bytes(bytes);
  if (result == computed::erased || (result == computed::assigned && !engine::in_place)) {
    engine::retire(core.reclaimer(), home.seen());
  }
  switch (result) {
    case computed::inserted: core.note_inserted(key); break;
    case computed::assigned: core.note_changed(); break;
    case computed::erased: core.note_erased(key, Core::then::may_shrink); break;
    case computed::kept:
    case computed::absent: break;
  }
  return answer;
}

// ---- anywhere ----

/// One call of compute, wherever the entry is.
template <class Core, class Probe, class Q, class F>
class computation {
 public:
  using engine = typename Core::engine_type;
  using V = typename engine::mapped_type;
  using kind = typename decision<V>::kind;

  computation(Core& core, typename Core::guard& guard, const Probe& key, const Q& original, F& f,
              platform::code_address place)
      : core_(core), guard_(guard), key_(key), original_(original), f_(f), place_(place) {}

  computed run() {
    if constexpr (!engine::in_place) {
      for (lost_exchange lost;;) {
        const auto sight = locate(core_, guard_, key_, walker::writer);
        if (sight.what != outcome::found || home_is_held(sight)) break;
        if (change(sight) == step::done) return finish();
        if (lost.often()) break;
        lost.stand_aside();
      }
    }
    table_cursor<Core> cursor(guard_, core_.root_of(key_));
    for (spin_wait spin;;) {
      step ending = step::lost;
      {
        line_claim<Core, Probe> claimed(core_, guard_, **cursor, key_, place_);
        switch (claimed.outcome()) {
          case claim::moved_on: cursor.advance(); continue;
          case claim::present: ending = change(claimed.sight()); break;
          case claim::vacant: ending = create(claimed, **cursor); break;
        }
      }
      switch (ending) {
        case step::done: return finish();
        case step::lost: spin.once(); break;
        case step::full: core_.grow_full_block(**cursor, key_.hash); break;
      }
    }
  }

 private:
  enum class step : std::uint8_t { done, lost, full };
  enum class subject : std::uint8_t { nothing, value, absence };

  [[nodiscard]] bool home_is_held(const sighting<engine>& sight) const noexcept {
    if (sight.where.in == nullptr) return false;  // the spill
    return sight.where.in->side_of(sight.where.in->home_of(key_.hash)).state() == line_lock::held;
  }

  void ask(const V* now) {
    const critical_scope scope(&core_, place_);
    decision_.take(detail::to_decision<V>(f_(now)));
    asked_about_ = now == nullptr ? subject::absence : subject::value;
  }

  /// The entry is there; what comes between may assign or erase it, which the exchange notices.
  step change(const sighting<engine>& sight) {
    sight_ = sight;
    const auto& now = engine::shown(sight.seen);
    ask(std::addressof(now));
    auto expected = sight.seen;
    switch (decision_.what()) {
      case kind::kept: result_ = computed::kept; return step::done;
      case kind::assigned: {
        result_ = computed::assigned;
        if constexpr (engine::in_place) {
          engine::assign(sight.seen, decision_.value());
          return step::done;
        } else {
          typename engine::draft entry(core_.engine(), core_.allocator(), key_, original_);
          entry.emplace(std::move(decision_.value()));
          bytes_ = engine::bytes_of(entry.word()) - engine::bytes_of(sight.seen);
          if (!engine::replace(*sight.where.line, sight.where.slot, expected, entry.word())) return step::lost;
          entry.commit();
          return step::done;
        }
      }
      case kind::erased:
        result_ = computed::erased;
        bytes_ = -engine::bytes_of(sight.seen);
        if (!engine::replace(*sight.where.line, sight.where.slot, expected, engine::empty_cell())) return step::lost;
        return step::done;
    }
    return step::lost;
  }

  /// The key is vacant. What the user once decided about its absence holds while it stays absent.
  template <class Table>
  step create(line_claim<Core, Probe>& claimed, Table& in) {
    if (asked_about_ != subject::absence) {
      entry_.reset();
      ask(nullptr);
    }
    if (decision_.what() != kind::assigned) {
      result_ = computed::absent;
      return step::done;
    }
    result_ = computed::inserted;
    if (!entry_.has_value()) {
      entry_.emplace(core_.engine(), core_.allocator(), key_, original_);
      entry_->emplace(std::move(decision_.value()));
    }
    bytes_ = engine::bytes_of(entry_->word());
    switch (put_or_spill(core_, claimed, in, key_, entry_->word())) {
      case filled::placed: entry_->commit(); return step::done;
      case filled::disturbed: return step::lost;
      case filled::block_full: return step::full;
    }
    return step::lost;
  }

  /// What a change leaves to do once the line is given back: only now may values be destroyed.
  computed finish() {
    switch (result_) {
      case computed::inserted:
        core_.note_node_bytes(bytes_);
        core_.note_inserted(key_);
        break;
      case computed::assigned:
        if constexpr (!engine::in_place) {
          core_.note_node_bytes(bytes_);
          engine::retire(core_.reclaimer(), sight_.seen);
        }
        core_.note_changed();
        break;
      case computed::erased:
        core_.note_node_bytes(bytes_);
        engine::retire(core_.reclaimer(), sight_.seen);
        core_.note_erased(key_, sight_.where, Core::then::may_shrink);
        break;
      case computed::kept:
      case computed::absent: break;
    }
    return result_;
  }

  Core& core_;
  typename Core::guard& guard_;
  const Probe& key_;
  const Q& original_;
  F& f_;
  platform::code_address place_;
  decision<V> decision_{keep};
  typename engine::later_draft entry_;
  sighting<engine> sight_{};
  std::int64_t bytes_ = 0;
  computed result_ = computed::absent;
  subject asked_about_ = subject::nothing;
};

}  // namespace portolan::concurrent
