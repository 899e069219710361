// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One list of all entries in the order of their hashes, and the two ways to go through it.
//
//   head ─► a ─► b* ─► b' ─► ‖ bucket 4 ‖ ─► c ─► d ─► …     b*: marked, b' has taken its place
//                                                            ‖ ‖: where the walks for a bucket begin; never leaves
//    63                                    1   0
//   +-----------------------------------------+---+
//   |  address of the next link               | m |    m: the link that holds this word has left the map
//   +-----------------------------------------+---+
//
// 1. Links stand in ascending `order`. Links of one order stand in the order in which they came; a new one goes behind
//    all of its order.
// 2. A word with the mark never changes again. The mark is the end of an entry: set with the address that was there,
//    it is erased; set with the address of a link of the same key, that link has taken its place, in the same instant.
// 3. A link without the mark that was linked once is reached from the head. So of one key at most one link is unmarked.
// 4. A marked link is unlinked by one compare-and-swap on the unmarked word before it: once, and by anybody. Who does it
//    retires it.
// 5. Who marks a link has found it by `walk`, which unlinks every marked link before it: when a link is marked, the one
//    whose place it took is not linked any more. `look` stands on that.
//
// The list is Michael's ("High performance dynamic lock-free hash tables and list-based sets", SPAA 2002), the buckets in
// it are Shalev and Shavit's ("Split-ordered lists: lock-free extensible hash tables", PODC 2003). That an entry is
// replaced by the very step that marks it, and what a reader concludes from that, is in docs/algorithms/lock_free_map.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/platform.hpp>

namespace portolan::lock_free {

struct link;

/// The word that leads to the next link, as a value.
class next_word {
 public:
  constexpr explicit next_word(std::uintptr_t bits = 0) noexcept : bits_(bits) {}
  static next_word to(const link* next) noexcept { return next_word(reinterpret_cast<std::uintptr_t>(next)); }

  [[nodiscard]] constexpr std::uintptr_t bits() const noexcept { return bits_; }
  [[nodiscard]] constexpr bool marked() const noexcept { return (bits_ & mark_bit) != 0; }
  [[nodiscard]] constexpr next_word with_mark() const noexcept { return next_word(bits_ | mark_bit); }
  [[nodiscard]] link* target() const noexcept { return reinterpret_cast<link*>(bits_ & ~mark_bit); }

 private:
  static constexpr std::uintptr_t mark_bit = 1;

  std::uintptr_t bits_;
};
static_assert(next_word(8).with_mark().marked() && !next_word(8).marked());

/// What every link begins with: that of an entry (node.hpp), that of a bucket, the head.
struct link {
  constexpr explicit link(std::uint64_t its_order) noexcept : order(its_order) {}

  [[nodiscard]] next_word follow() const noexcept {
    // pair list_next: acquire, so that the next link is seen as it was when it was linked.
    return next_word(next.load(platform::acquire));
  }
  /// Gives a link that nobody else has seen its next one.
  void lead_to(const link* target) noexcept {
    // relaxed: published with the link.
    next.store(next_word::to(target).bits(), platform::relaxed);
  }
  [[nodiscard]] bool replace(next_word expected, next_word desired) noexcept {
    std::uintptr_t seen = expected.bits();
    // pair list_next: acq_rel, so that who follows the new word sees its link whole: made by this thread, or seen by it;
    // relaxed on failure: the word is read again.
    return next.compare_exchange_strong(seen, desired.bits(), platform::acq_rel, platform::relaxed);
  }

  platform::atomic<std::uintptr_t> next{0};
  const std::uint64_t order;
};

/// An entry's order is its hash but for the last bit; the order of a bucket's link is even.
[[nodiscard]] constexpr std::uint64_t entry_order(std::uint64_t hash) noexcept { return hash | 1; }
[[nodiscard]] constexpr bool is_entry(const link& one) noexcept { return (one.order & 1) != 0; }

/// The object that a word leads to, as schemes name it.
inline constexpr auto address_in_word = [](std::uintptr_t word) noexcept -> const void* {
  return next_word(word).target();
};

/// Where a walk ended: the last link before, the link at which it stopped (null: the end of the list), and how many links
/// it passed. Both stay whole while the guard of the walk lives.
struct sight {
  link* before = nullptr;
  link* at = nullptr;
  bool found = false;
  std::uint32_t passed = 0;
};

/// The walk of writers, of iteration, and of readers under hazards: goes from `start`, which never leaves the list, and
/// unlinks every marked link it meets. `unlinked(link)` retires it; `stops(link)` says for each link that was not marked
/// whether to stop there; `anew()` is called when a link on which the walk stood has left, and it begins again.
///
/// Under hazards two are used in turn: the one that names `before`, the one that names `at`. Naming `at` is confirmed by
/// reading the word of `before` again; as that word is unmarked, `before` is linked, and so is `at`.
template <class Guard, class Unlinked, class Stops, class Anew>
[[nodiscard]] sight walk(Guard& guard, link& start, Unlinked&& unlinked, Stops&& stops, Anew&& anew) {
  for (;;) {
    sight here{&start, nullptr, false, 0};
    unsigned hand = 0;
    const auto step = [&] { return next_word(guard.protect(hand, here.before->next, address_in_word)); };
    for (next_word word = step(); !word.marked();) {
      platform::step("walk: at a link");
      here.at = word.target();
      if (here.at == nullptr) return here;
      const next_word after = here.at->follow();
      if (after.marked()) {
        platform::step("walk: before unlink");
        if (!here.before->replace(word, next_word::to(after.target()))) break;
        platform::step("walk: unlinked");
        unlinked(*here.at);
        word = step();
        continue;
      }
      if (stops(*here.at)) return here;
      here.before = here.at;
      ++here.passed;
      hand ^= 1U;
      word = step();
    }
    anew();
  }
}

/// Finds the entry of `order` for which `matches(link)` holds, or the place where it would go.
template <class Guard, class Unlinked, class Matches>
[[nodiscard]] sight locate(Guard& guard, link& start, std::uint64_t order, Unlinked&& unlinked, Matches&& matches) {
  bool found = false;
  sight here = walk(
      guard, start, unlinked,
      [&](const link& at) {
        if (at.order < order) return false;
        found = at.order == order && matches(at);
        return found || at.order > order;
      },
      [] {});
  here.found = found;
  return here;
}

/// The look of readers under a scheme whose guards protect all they can reach: writes nothing, passes each link at most
/// once, and stops at the first entry of the key. Null: the key was not there at some instant since the guard began.
///
/// A marked link that is met was linked at some instant of the look (the link before it was, or was marked during the
/// look). If an heir stands behind it, that one was in the map at such an instant: it could only be marked after its
/// predecessor was unlinked (5 above). If none does, the key was erased: a new link of it could only come after this one
/// was unlinked, because the walk that puts it there unlinks all marked links of its order.
template <class Matches>
[[nodiscard]] link* look(link& start, std::uint64_t order, Matches&& matches) {
  link* at = start.follow().target();
  while (at != nullptr && at->order < order) {
    platform::step("look: at a link");
    at = at->follow().target();
  }
  while (at != nullptr && at->order == order) {
    platform::step("look: at an entry");
    const next_word after = at->follow();
    if (matches(*at)) {
      if (!after.marked()) return at;
      link* const heir = after.target();
      return heir != nullptr && heir->order == order && matches(*heir) ? heir : nullptr;
    }
    at = after.target();
  }
  return nullptr;
}

}  // namespace portolan::lock_free
