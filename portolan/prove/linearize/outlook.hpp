// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Which of the open calls need be tried next, when the rest of the history is known.
//
// Of a history whose writers put different values most of the order is forced. The calls that put or need one value are its
// cluster (Gibbons and Korach, Testing shared memories, 1997): they have their instants one after the other, with nothing
// between them that changes the entry.
//
//    assign 5  ├────────────┤                    a cluster whose calls have all been called, and of which none changes the
//    find → 5      ├──────────────┤              entry any further, is whole: it can be taken at one instant, until its
//              ────────┬────┬────► time          deadline, the first return of its calls; then nobody asks for 5 any more
//                    whole  deadline
//
// Each rule leaves at least one order if there was one. Read "order" as: what is still to be taken, one call after the other.
//
// 1. Held: while a call that is yet to come must find the entry's value, and nobody else puts it, nothing overwrites it.
// 2. Lasting: a call whose value is so held is the last before the one that returns now.
// 3. Wanted: a call is not covered if another needs its value, as nobody could find what was overwritten at once.
// 4. Sooner: of two calls that need the same and leave the same, the one with the earlier deadline is taken first: in an order
//    that has them the other way round they can change places. Two whole clusters leave the same, for nobody asks for either
//    value afterwards.
// 5. At once: where nobody asks for the entry's value any more, a whole cluster that goes from an entry to an entry is taken
//    at once, and nothing else is tried: from an order that has it later it can be moved here. What it follows there then
//    lasts longer; that is felt only by who shuns that value (a comparison that told another one), or if that is no entry.
//    So no value that is shunned and, for puts that need nothing, no erasure may come in between.
// 6. Settled: a covered call that could be taken at once has been taken. Idle: a pending one that nobody needs is left out.
//
// Rules 1 to 3 drop only what has no order; 4 to 6 replace an order by one that takes no more calls, so they do not work
// against each other, nor against what a walk covers (one_key.hpp), which takes fewer. tests/unit/history compares with every
// order of small histories and with a walk that knows none of these rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <portolan/prove/linearize/foresight.hpp>
#include <portolan/prove/linearize/open_calls.hpp>

namespace portolan::prove::linearize {

template <unsigned Words>
class outlook {
 public:
  using slots = slot_set<Words>;
  using one = configuration<Words>;
  static constexpr unsigned nobody = ~0U;

  explicit outlook(const open_calls<Words>& calls) : calls_(calls) {}
  outlook(const outlook&) = delete;
  outlook& operator=(const outlook&) = delete;
  ~outlook() = default;

  // ---- the walk says what happens ----------------------------------------------------------------------------------
  void begin(std::span<const item> items, const entry& first);
  void opened(unsigned slot);
  void closed(unsigned slot);
  /// Reads the history; from then on the rules hold.
  void look();
  /// Sorts out the open calls before a search; `next` is the first item that is not called.
  void rank(std::size_t next);

  // ---- and asks -----------------------------------------------------------------------------------------------------
  [[nodiscard]] bool ready() const noexcept { return later_.ready(); }
  [[nodiscard]] bool tried() const noexcept { return later_.tried(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return later_.bytes(); }
  [[nodiscard]] std::uint64_t anonymous() const noexcept { return later_.anonymous(); }
  /// Whether a call that is to come, or is open and not taken, must find `value`, which `at` does not hold and nobody will put
  /// there any more.
  [[nodiscard]] bool still_needed(std::uint64_t value, const one& at) const;
  [[nodiscard]] bool still_named(std::uint64_t value, const one& at) const;
  /// Nobody asks for the entry's value.
  [[nodiscard]] bool is_free(const one& at) const;
  [[nodiscard]] bool is_held(const one& at) const;
  [[nodiscard]] bool lasts(unsigned slot) const noexcept { return lasting_.holds(slot); }
  [[nodiscard]] const slots& wanted() const noexcept { return wanted_; }
  /// Another is to be taken before the call in `slot`.
  [[nodiscard]] bool waits(unsigned slot, const one& at) const noexcept {
    return !sooner_[slot].none_left(at.taken, at.covered);
  }
  [[nodiscard]] bool is_sooner(unsigned slot, unsigned than) const noexcept { return sooner_[than].holds(slot); }
  /// The three where the entry's value is free.
  [[nodiscard]] bool is_idle(unsigned slot) const noexcept { return idle_.holds(slot); }
  void settle(one& at);
  [[nodiscard]] unsigned at_once(const one& at);

 private:
  /// What the history says of the value that an open call puts.
  struct fate {
    std::uint64_t deadline;
    std::uint32_t named;   ///< by an item up to this
    std::uint32_t needed;  ///< the same
    bool simple;           ///< nobody else puts it, changes the entry from it, or shuns it
  };
  /// Calls of one rank are taken by their deadlines.
  struct place {
    std::uint64_t value;
    std::uint64_t deadline;
    unsigned slot;
    before needs;
    effect does;
    [[nodiscard]] bool alike(const place& other) const noexcept {
      return value == other.value && needs == other.needs && does == other.does;
    }
  };
  [[nodiscard]] bool changes_nothing(unsigned slot, const one& at);
  [[nodiscard]] bool none_between(const slots& open, const std::vector<std::uint32_t>& items, std::size_t& cursor,
                                  std::uint64_t until, const one& at) const;

  const open_calls<Words>& calls_;
  foresight later_{};
  std::span<const item> items_{};
  entry first_{};
  std::size_t next_ = 0;
  std::size_t next_erasure_ = 0;
  std::size_t next_shunned_ = 0;
  slots wanted_{};
  slots erasures_{};
  slots shunned_{};  ///< calls that put a shunned value
  slots whole_{};
  slots lasting_{};
  slots idle_{};
  std::vector<fate> fates_ = std::vector<fate>(slots::slots);
  std::vector<slots> sooner_ = std::vector<slots>(slots::slots);
  std::vector<place> places_{};
};

extern template class outlook<1>;
extern template class outlook<8>;

}  // namespace portolan::prove::linearize
