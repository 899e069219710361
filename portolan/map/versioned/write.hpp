// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The one walk of all writers of a versioned_map: look, decide, and change what was seen or look again.
//
//   locate ─ decide(record or null) ─┬ leave                                                  nothing changes
//        ▲                           ├ put     exchange the seen node, or claim the absent key  insert update apply
//        └── it was changed ─────────┴ remove  raise the floor, exchange the seen node for empty      erase forget
//
// 1. A node is exchanged only against the very node that `decide` saw; the guard keeps its address from being used
//    again. So an accepted change follows the version that it was decided on, and nothing came between.
// 2. `decide` runs before every try: what it reports of the last look was true at an instant of the call.
// 3. An update is stamped one above what it replaces; a first record above the floor (floors.hpp), drawn anew at each
//    try under the home line; a record from outside with the version that it came with.
// 4. V's constructor runs once, with no line held.
#pragma once

#include <cstdint>
#include <optional>

#include <portolan/base/counters.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/map/concurrent/change.hpp>
#include <portolan/map/concurrent/walk.hpp>
#include <portolan/map/concurrent/write_gate.hpp>
#include <portolan/map/versioned/floors.hpp>
#include <portolan/map/versioned/record.hpp>

namespace portolan::detail {

/// What a writer wants to do about what it has seen.
enum class wish : std::uint8_t { leave, put, remove };

/// What it did.
enum class written : std::uint8_t { left, put, removed };

/// One write; keeps what it saw protected while it lives.
template <class Core, class Q>
class versioned_write {
 public:
  using engine = typename Core::engine_type;
  using record = typename engine::mapped_type;
  using cell = typename engine::cell;

  versioned_write(Core& core, version_floors& floors, striped_counter& deletions, platform::code_address place,
                  const Q& key)
      : core_(core),
        floors_(floors),
        deletions_(deletions),
        place_(place),
        key_(key),
        probe_(core.engine().make_probe(key)),
        inside_(core, probe_),
        guard_(core.reclaimer()) {}
  versioned_write(const versioned_write&) = delete;
  versioned_write& operator=(const versioned_write&) = delete;

  /// `decide(const record*)` says what it wants, `fill(draft)` makes the record; `given`: the version from outside, or
  /// no_version for the next one.
  template <class Decide, class Fill>
  written run(entry_version given, typename Core::then after, Decide&& decide, Fill&& fill) {
    for (;;) {
      sight_ = concurrent::locate(core_, guard_, probe_, concurrent::walker::writer);
      const record* const now = sight_.what == concurrent::outcome::found ? &engine::shown(sight_.seen) : nullptr;
      switch (decide(now)) {
        case wish::leave: return written::left;
        case wish::put:
          if (!draft_.has_value()) {
            draft_.emplace(core_.engine(), core_.allocator(), probe_, key_);
            fill(*draft_);
          }
          if (now != nullptr ? replace(*now, given) : create(given)) return written::put;
          break;
        case wish::remove:
          if (remove(*now, after)) return written::removed;
          break;
      }
    }
  }

  /// The version that `run` put.
  [[nodiscard]] entry_version version() const noexcept { return version_; }

  /// The cell that the last look saw.
  [[nodiscard]] cell seen() const noexcept { return sight_.seen; }

  /// Gives a value back that was taken from the caller and then not put.
  template <class W>
  void give_back(W& value) {
    if (draft_.has_value()) value = std::move(draft_->taken_back().unseen_value());
  }

 private:
  [[nodiscard]] static entry_version after(entry_version version) noexcept { return {version.number + 1}; }

  void stamp(entry_version version) noexcept {
    version_ = version;
    draft_->taken_back().stamp(version);
  }
  /// The draft is in the map.
  void commit(std::int64_t deletions_before) {
    const std::int64_t now = engine::shown(draft_->word()).is_live() ? 0 : 1;
    if (now != deletions_before) deletions_.add(now - deletions_before);
    draft_->commit();
    draft_.reset();
  }

  [[nodiscard]] bool replace(const record& now, entry_version given) {
    const std::int64_t deletions_before = now.is_live() ? 0 : 1;
    stamp(given == no_version ? after(now.version()) : given);
    platform::step("before replace");
    if (!concurrent::replace_at(core_, sight_, draft_->word())) return false;
    commit(deletions_before);
    return true;
  }

  [[nodiscard]] bool create(entry_version given) {
    const auto ready = [&] {
      stamp(given == no_version ? floors_.above(probe_.hash) : given);
      return draft_->word();
    };
    const auto ending = concurrent::put_new(core_, guard_, probe_, place_, ready, [](const auto&) {});
    if (ending == concurrent::put_outcome::present) return false;
    commit(0);
    return true;
  }

  [[nodiscard]] bool remove(const record& now, typename Core::then after) {
    const bool deletion = !now.is_live();
    floors_.raise(probe_.hash, now.version());
    platform::step("floor raised");
    if (!concurrent::remove_at(core_, probe_, sight_, after)) return false;
    if (deletion) deletions_.add(-1);
    return true;
  }

  using probe_type = decltype(std::declval<const engine&>().make_probe(std::declval<const Q&>()));

  Core& core_;
  version_floors& floors_;
  striped_counter& deletions_;
  const platform::code_address place_;
  const Q& key_;
  const probe_type probe_;
  const concurrent::write_gate::section inside_;
  typename Core::guard guard_;
  typename engine::later_draft draft_;
  concurrent::sighting<engine> sight_{};
  entry_version version_;
};

}  // namespace portolan::detail
