// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What stands beside each line of a table: who may fill it, who stands behind it, and a few bits of each slot's hash.
//
//    lock byte                                      overflow byte
//    closed  a mover took the line, for ever        7     5 4      0
//    free    nobody fills it                       +-------+--------+   count   entries placed behind this line
//    held    one insert or compute works here      | count | filter |           although they belong at or before it
//                                                  +-------+--------+   filter  which fifths of the hashes those have
//    tags    0       the slot was never filled
//            1 ..    some bits of the hash of the entry that was put there last: 4 slots of 4 bits, 3 of 5, 8 of 6
//
// 1. `closed` is 0, so that a page given back to the kernel, which reads as zero, says closed.
// 2. A slot is filled only by the holder of its line's lock byte, or by the mover that owns the new block.
// 3. The count is raised before the displaced slot is filled and lowered after it is emptied; it sticks at 7.
// 4. The filter is cleared only together with a count that reaches 0.
// 5. Who fills a slot writes its tag first, and nobody else writes tags: an entry that is erased, changed or moved leaves
//    its tag behind. So an entry has its tag as long as it stands, and who meets none of his hash's has met a moment in
//    which the line did not have his key: as after a look at the slots, the lock and overflow bytes tell what that means.
//    A tag in two words may be read half old: then its slot was empty in between.
#pragma once

#include <cstdint>

#include <portolan/base/platform.hpp>
#include <portolan/base/wait.hpp>

namespace portolan::concurrent {

/// The overflow byte as a value: transitions return the next byte.
class overflow_word {
 public:
  constexpr overflow_word() noexcept = default;
  constexpr explicit overflow_word(std::uint8_t bits) noexcept : bits_(bits) {}

  [[nodiscard]] constexpr std::uint8_t bits() const noexcept { return static_cast<std::uint8_t>(bits_); }
  [[nodiscard]] constexpr unsigned count() const noexcept { return bits_ / one; }
  [[nodiscard]] constexpr bool sticks() const noexcept { return count() == most; }
  /// False: no entry with this hash lies behind the line.
  [[nodiscard]] constexpr bool may_hold(std::uint64_t hash) const noexcept { return (bits_ & filter_bit(hash)) != 0; }
  [[nodiscard]] constexpr overflow_word with(std::uint64_t hash) const noexcept {
    return overflow_word(static_cast<std::uint8_t>((sticks() ? bits_ : bits_ + one) | filter_bit(hash)));
  }
  [[nodiscard]] constexpr overflow_word without_one() const noexcept {
    if (sticks()) return *this;
    return count() == 1 ? overflow_word() : overflow_word(static_cast<std::uint8_t>(bits_ - one));
  }
  friend constexpr bool operator==(overflow_word, overflow_word) = default;

 private:
  friend class overflow_filter;
  static constexpr unsigned one = 0b100000;
  static constexpr unsigned most = platform::sizes::most_displaced;
  /// Every fifth bit of a word, shifted by the hash: exactly one of the last five is set, whatever the shift.
  static constexpr unsigned filter_bit(std::uint64_t hash) noexcept {
    return static_cast<unsigned>(0x8421084210842108 >> (hash & 63)) & (one - 1);
  }
  unsigned bits_ = 0;
};
static_assert(!overflow_word{}.may_hold(0) && overflow_word{}.with(0).may_hold(0));
static_assert(overflow_word{}.with(7).without_one() == overflow_word{}, "the filter goes with the last count");
static_assert(platform::under_checker ||
              (overflow_word{0xE0}.with(0).count() == 7 && overflow_word{0xE0}.without_one().count() == 7));
static_assert(overflow_word{}.with(63).may_hold(63) && overflow_word{}.with(63).with(1).count() == 2);

/// The filter's bit of one hash, for who asks without a branch.
class overflow_filter {
 public:
  [[gnu::always_inline]] explicit overflow_filter(std::uint64_t hash) noexcept
      : bit_(platform::unforeseen(overflow_word::filter_bit(hash))) {}
  /// Not 0: as may_hold.
  [[nodiscard]] std::uint64_t bits_in(overflow_word seen) const noexcept { return seen.bits() & bit_; }

 private:
  std::uint64_t bit_;
};

/// The tags of a line as a value: lanes of `width` bits, the first slot's lowest.
template <unsigned Slots>
class tag_word {
 public:
  static constexpr unsigned words = Slots <= 4 ? 1 : 3;  // of 16 bits
  static constexpr unsigned width = words * 16 / Slots;

  constexpr tag_word() noexcept = default;
  constexpr explicit tag_word(std::uint64_t bits) noexcept : bits_(bits) {}
  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }

  /// False: no slot has an entry with this hash.
  [[nodiscard]] constexpr bool may_hold(std::uint64_t hash) const noexcept {
    const std::uint64_t differences = bits_ ^ tag_of(hash) * every_low;
    return ((differences - every_low) & ~differences & every_high) != 0;  // has a lane that is 0
  }
  friend constexpr bool operator==(tag_word, tag_word) = default;
  [[nodiscard]] constexpr tag_word with(unsigned slot, std::uint64_t hash) const noexcept {
    // The slot's number comes late, with the line; so what does not need it stands first.
    return tag_word(bits_ ^ ((bits_ ^ tag_of(hash) * every_low) & (lane << slot * width)));
  }

 private:
  static constexpr std::uint64_t lane = (std::uint64_t{1} << width) - 1;
  static constexpr std::uint64_t in_every_lane(std::uint64_t bits) noexcept {
    std::uint64_t all = 0;
    for (unsigned slot = 0; slot < Slots; ++slot) all |= bits << slot * width;
    return all;
  }
  static constexpr std::uint64_t every_low = in_every_lane(1);
  static constexpr std::uint64_t every_high = in_every_lane(std::uint64_t{1} << (width - 1));
  /// Bits that neither the number of the line uses, in a table of less than 2^42 lines, nor the filter above.
  static constexpr std::uint64_t tag_of(std::uint64_t hash) noexcept {
    const std::uint64_t bits = hash >> 16 & lane & platform::sizes::tag_bits;
    return bits + (bits == 0 ? 1 : 0);
  }
  std::uint64_t bits_ = 0;
};
static_assert(!tag_word<4>().may_hold(0) && tag_word<4>().with(3, 0).may_hold(0) && tag_word<4>::width == 4);
static_assert(tag_word<8>(~0ULL).with(2, 5ULL << 16).may_hold(5ULL << 16) && !tag_word<8>(0).may_hold(7ULL << 16));
static_assert(tag_word<8>().with(2, 5ULL << 16).with(2, 6ULL << 16) == tag_word<8>().with(2, 6ULL << 16));

enum class line_lock : std::uint8_t { closed = 0, free = 1, held = 2 };

template <unsigned Slots>
class side {
 public:
  /// To be asked after the slots: a mark stands only in a line that was closed before.
  [[nodiscard]] line_lock state() const noexcept {
    // relaxed: nothing is read through it. Who has seen a mark, or what came after the block was done, has acquired what
    // came after the close; who finds the line closed asks its block, and acquires there.
    return static_cast<line_lock>(lock_.load(platform::relaxed));
  }

  [[nodiscard]] bool try_hold() noexcept {
    auto expected = raw(line_lock::free);
    // pair line_lock: acquire, so that the next holder sees the slots as the last one left them.
    return lock_.compare_exchange_strong(expected, raw(line_lock::held), platform::acquire,
                                         platform::relaxed);  // relaxed: a failed try believes nothing
  }
  // pair line_lock: release, so that the next holder sees the slots as this one left them.
  void give_back() noexcept { lock_.store(raw(line_lock::free), platform::release); }

  /// Closes the line for ever; waits for its holder.
  void close() {
    spin_wait spin;
    for (auto expected = raw(line_lock::free);
         // pair line_lock: acquire, so that the mover sees the slots as the last holder left them.
         !lock_.compare_exchange_weak(expected, raw(line_lock::closed), platform::acquire,
                                      platform::relaxed);  // relaxed: a failed try believes nothing
         expected = raw(line_lock::free)) {
      if (expected == raw(line_lock::closed)) return;
      spin.once();
    }
  }

  // pair overflow: acquire, so that who no longer walks on has seen the slot emptied.
  [[nodiscard]] overflow_word overflow() const noexcept { return overflow_word(overflow_.load(platform::acquire)); }

  /// 0: the line is not closed, and no entry with the filter's hash stands behind it. Without a branch.
  [[nodiscard, gnu::always_inline]] std::uint64_t sends_on(overflow_filter of) const noexcept {
    const std::uint64_t closed = state() < line_lock::free ? 1 : 0;
    return closed + of.bits_in(overflow());
  }

  void add_displaced(std::uint64_t hash) noexcept {
    std::uint8_t seen = overflow_.load(platform::relaxed);  // relaxed: the exchange confirms it
    // relaxed: the slot is filled after it, by a release of its own; who has seen that, or the end of the insert, has seen
    // the count. An exchange goes on with the release of a drop before.
    while (!overflow_.compare_exchange_weak(seen, overflow_word(seen).with(hash).bits(), platform::relaxed)) {}
  }
  void drop_displaced() noexcept {
    std::uint8_t seen = overflow_.load(platform::relaxed);  // relaxed: the exchange confirms it
    // pair overflow: release, so that the emptied slot is seen by who no longer walks on.
    while (!overflow_.compare_exchange_weak(seen, overflow_word(seen).without_one().bits(), platform::release,
                                            platform::relaxed)) {  // relaxed: the exchange confirms it
    }
  }

  /// False: no slot of the line has an entry with this hash. To be asked before the bytes above, as slots are.
  [[nodiscard, gnu::always_inline]] bool tags_may_hold(std::uint64_t hash) const noexcept {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < tag_word<Slots>::words; ++i) {
      // pair tags: acquire, so that who misses an erased entry by its successor's tag has seen the erase.
      bits |= std::uint64_t{tags_[i].load(platform::acquire)} << i * 16;
    }
    return tag_word<Slots>(bits).may_hold(hash);
  }
  /// By who is about to fill the slot.
  void set_tag(unsigned slot, std::uint64_t hash) noexcept {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < tag_word<Slots>::words; ++i) {
      bits |= std::uint64_t{tags_[i].load(platform::relaxed)} << i * 16;  // relaxed: only who fills slots changes it
    }
    bits = tag_word<Slots>(bits).with(slot, hash).bits();
    for (unsigned i = 0; i < tag_word<Slots>::words; ++i) {
      // pair tags: release, so that who misses an erased entry by its successor's tag has seen the erase.
      tags_[i].store(static_cast<std::uint16_t>(bits >> i * 16), platform::release);
    }
  }

  /// Makes a line of a table that no other thread can reach yet ready for use; its tags are 0.
  void open_unshared() noexcept {
    overflow_.store(0, platform::relaxed);                 // relaxed: published with the table or its block
    lock_.store(raw(line_lock::free), platform::relaxed);  // relaxed: published with the table or its block
  }

 private:
  static constexpr std::uint8_t raw(line_lock state) noexcept { return static_cast<std::uint8_t>(state); }

  platform::atomic<std::uint8_t> lock_{};
  platform::atomic<std::uint8_t> overflow_{};
  platform::atomic<std::uint16_t> tags_[tag_word<Slots>::words]{};
};
static_assert(sizeof(side<4>) == 4 && sizeof(side<8>) == 8);

}  // namespace portolan::concurrent
