// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The portable inline engine: 8-byte atomics only, three entries and a control word to a cache line.
//
//    |  key 8  value 8  |  key 8  value 8  |  key 8  value 8  |  control 8  |  unused 8  |      one line
//                                                       63            4    3..1      0
//                                                      +---------------+---------+-----+   version  counts departures
//                                                      |    version    |  moved  |latch|   moved    a bit for each slot
//                                                      +---------------+---------+-----+   latch    one writer at a time
// 1. Keys, values and moved bits change only under the latch.
// 2. A slot goes from one key to another only by way of empty. Each departure (the key word emptied, or the moved bit
//    set) raises the version before anything else is written to the line.
// 3. A slot is filled value first, key last; so who sees the key sees its value, or a later owner's and with it a
//    later version.
// 4. A moved slot keeps its key, which names the mark, and its last value; the bit alone, in the word that has the
//    version, makes it a mark. So there is no moment in which key and value belong to different entries. The version that
//    comes with the bit is for a reader who saw the slot empty, before it was filled and moved: its mark would name no key.
// 5. A reader never waits for the latch: equal versions around its two loads mean that they belong together.
// 6. A fresh line has version 1, so a page given back to the kernel, which reads as zero, shows as another version.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/platform.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/concurrent/entry.hpp>
#include <portolan/map/concurrent/side.hpp>

namespace portolan::concurrent {

/// The control word as a value.
class control_word {
 public:
  constexpr explicit control_word(std::uint64_t bits) noexcept : bits_(bits) {}
  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }
  [[nodiscard]] constexpr std::uint64_t version() const noexcept { return bits_ >> version_shift; }
  [[nodiscard]] constexpr bool latched() const noexcept { return (bits_ & latch_bit) != 0; }
  [[nodiscard]] constexpr bool moved(unsigned slot) const noexcept { return (bits_ & moved_bit(slot)) != 0; }
  [[nodiscard]] constexpr control_word with_latch() const noexcept { return control_word(bits_ | latch_bit); }
  [[nodiscard]] constexpr control_word without_latch() const noexcept { return control_word(bits_ & ~latch_bit); }
  [[nodiscard]] constexpr control_word with_moved(unsigned slot) const noexcept {
    return control_word(bits_ | moved_bit(slot));
  }
  [[nodiscard]] constexpr control_word next_version() const noexcept {
    return control_word(bits_ + (std::uint64_t{1} << version_shift));
  }
  static constexpr control_word fresh() noexcept { return control_word(0).next_version(); }

 private:
  static constexpr std::uint64_t latch_bit = 1;
  static constexpr unsigned version_shift = 64 - platform::sizes::version_bits;
  static constexpr std::uint64_t moved_bit(unsigned slot) noexcept { return std::uint64_t{2} << slot; }

  std::uint64_t bits_;
};
static_assert(control_word::fresh().version() == 1 && !control_word::fresh().latched());
static_assert(control_word::fresh().with_latch().next_version().without_latch().version() == 2);
static_assert(control_word::fresh().with_moved(2).version() == 1 && control_word::fresh().with_moved(2).moved(2));

template <class K, class V, class Hash, class KeyEqual>
class inline8 : public inline_entry<K, V, Hash, KeyEqual> {
 public:
  // Where a table grows, in quarters of an entry a line; in a table that the caches hold, and in a larger one.
  static constexpr std::size_t entries_per_line_in_cache_x4 = platform::sizes::words_of_8.entries_in_cache_x4;
  static constexpr std::size_t entries_per_line_x4 = platform::sizes::words_of_8.entries_x4;
  static constexpr unsigned slots_per_line = platform::sizes::words_of_8.slots;
  using entry = inline_entry<K, V, Hash, KeyEqual>;
  using entry::inline_entry;
  using typename entry::cell;

  struct slot_words {
    platform::atomic<std::uint64_t> key;
    platform::atomic<std::uint64_t> value;
  };
  struct alignas(64) line {
    using side_type = side<slots_per_line>;
    slot_words slots[slots_per_line];
    platform::atomic<std::uint64_t> control;
  };

  static void open_unshared(line& fresh) noexcept {
    for (auto& slot : fresh.slots) {
      slot.key.store(entry_image::empty, platform::relaxed);  // relaxed: published with the table or its block
      slot.value.store(0, platform::relaxed);                 // relaxed: published with the table or its block
    }
    fresh.control.store(control_word::fresh().bits(), platform::relaxed);  // relaxed: published as above
  }

  [[nodiscard]] static cell load(const line& in, unsigned slot) noexcept {
    const slot_words& words = in.slots[slot];
    for (;;) {
      // pair inline8_version: acquire, so that the key is not older than this version.
      const control_word before(in.control.load(platform::acquire));
      // pair inline8_key: acquire, so that the value is the one that was stored before this key, or a later one.
      const std::uint64_t key = words.key.load(platform::acquire);
      // pair inline8_value: acquire, so that a later owner's value shows its later version.
      const std::uint64_t value = words.value.load(platform::acquire);
      // pair inline8_version: acquire, so that the key is not older than this version.
      const control_word after(in.control.load(platform::acquire));
      if (before.version() != after.version()) {
        platform::wait_for_change();
        continue;
      }
      return after.moved(slot) ? cell{entry_image::moved, key} : cell{key, value};
    }
  }
  template <class Guard>
  [[nodiscard]] static cell load_protected(Guard&, unsigned, const line& in, unsigned slot) noexcept {
    return load(in, slot);
  }
  /// The slot that has this key image, if one has: confirmed by a whole load.
  [[nodiscard, gnu::always_inline]] static unsigned likely_slot(const line& in, std::uint64_t image) noexcept {
    unsigned slot = 0;
    // pair inline8_key: acquire, so that the side byte is read after the keys.
    slot = in.slots[1].key.load(platform::acquire) == image ? 1 : slot;
    if constexpr (slots_per_line > 2) {
      // pair inline8_key: acquire, so that the side byte is read after the keys.
      slot = in.slots[2].key.load(platform::acquire) == image ? 2 : slot;
    }
    return slot;
  }
  /// Whether the line holds the key, and its value's image: the slot is chosen by its key word, confirmed by a whole load.
  [[nodiscard, gnu::always_inline]] static bool look_for_value(const line& in, std::uint64_t key_image,
                                                               std::uint64_t& value_image) noexcept {
    const cell seen = load(in, likely_slot(in, key_image));
    value_image = seen.high;
    return seen.low == key_image;
  }
  /// The same without a branch on it: 0 for true.
  [[nodiscard, gnu::always_inline]] static std::uint64_t difference_of_value(const line& in, std::uint64_t key_image,
                                                                             std::uint64_t& value_image) noexcept {
    const cell seen = load(in, likely_slot(in, key_image));
    value_image = seen.high;
    return seen.low ^ key_image;
  }
  static void overwrite(line& in, unsigned slot, cell value) {
    latch held(in);
    write(held, in, slot, value);
  }
  [[nodiscard]] static bool replace(line& in, unsigned slot, cell& expected, cell desired) {
    latch held(in);
    const slot_words& words = in.slots[slot];
    const std::uint64_t key = words.key.load(platform::relaxed);      // relaxed: changes only under the latch
    const std::uint64_t value = words.value.load(platform::relaxed);  // relaxed: changes only under the latch
    const cell seen = held.moved(slot) ? cell{entry_image::moved, key} : cell{key, value};
    if (seen != expected) {
      expected = seen;
      return false;
    }
    write(held, in, slot, desired);
    return true;
  }

 private:
  class latch {
   public:
    explicit latch(line& in) : control_(in.control) {
      spin_wait spin;
      std::uint64_t seen = control_.load(platform::relaxed);  // relaxed: the exchange confirms it
      for (;;) {
        if (control_word(seen).latched()) {
          spin.once();
          seen = control_.load(platform::relaxed);  // relaxed: the exchange confirms it
          continue;
        }
        // pair inline8_version: acquire, so that this writer sees the words as the last one left them.
        if (control_.compare_exchange_weak(seen, control_word(seen).with_latch().bits(), platform::acquire,
                                           platform::relaxed)) {  // relaxed: the exchange confirms it
          word_ = control_word(seen).with_latch().bits();
          return;
        }
      }
    }
    latch(const latch&) = delete;
    latch& operator=(const latch&) = delete;
    // pair inline8_version: release, so that who reads this version sees the words that belong to it.
    ~latch() { control_.store(control_word(word_).without_latch().bits(), platform::release); }

    [[nodiscard]] bool moved(unsigned slot) const noexcept { return control_word(word_).moved(slot); }
    /// The key of a slot has gone: what is written from here on belongs to the next version.
    void departed() noexcept { show(control_word(word_).next_version()); }
    /// The entry of this slot has gone to the next table.
    void moved_on(unsigned slot) noexcept { show(control_word(word_).next_version().with_moved(slot)); }

   private:
    void show(control_word now) noexcept {
      word_ = now.bits();
      // pair inline8_version: release, so that who reads a value stored after this also reads this version.
      control_.store(word_, platform::release);
    }

    platform::atomic<std::uint64_t>& control_;
    std::uint64_t word_ = 0;
  };

  static void write(latch& held, line& in, unsigned slot, cell desired) noexcept {
    slot_words& words = in.slots[slot];
    if (desired.low == entry_image::moved) return held.moved_on(slot);
    if (desired.low == entry_image::empty) {
      // pair inline8_key: release, so that what was done before the entry went is seen by who misses it.
      words.key.store(desired.low, platform::release);
      return held.departed();
    }
    // pair inline8_value: release, so that a reader of this value reads the version it belongs to.
    words.value.store(desired.high, platform::release);
    // relaxed: changes only under the latch
    if (words.key.load(platform::relaxed) == desired.low) return;
    // pair inline8_key: release, so that who sees the key sees its value.
    words.key.store(desired.low, platform::release);
  }
};

}  // namespace portolan::concurrent
