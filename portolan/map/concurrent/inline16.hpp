// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The inline engine for processors with 16-byte atomics: an entry is one 16-byte word, four to a cache line.
//
//    |  key 8  value 8  |  key 8  value 8  |  key 8  value 8  |  key 8  value 8  |     one line, 64 bytes
//
//    cell        meaning                                 becomes
//    {~0, 0}     empty                                   live, by the holder of the line (store)
//    {key, v}    live                                    live with another value, empty, or moved (exchange)
//    {0, key}    moved: this key's entry is in the next table, for ever
//    {0, 0}      discarded: the page went back to the kernel, every block on it is done
//
// 1. A live cell changes only by a 16-byte exchange, so a reader's one 16-byte load is a whole entry.
// 2. A moved mark names its key: who meets his own key's mark may go to the next table at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <portolan/base/platform.hpp>
#include <portolan/map/concurrent/entry.hpp>
#include <portolan/map/concurrent/side.hpp>

namespace portolan::concurrent {

#if defined(__x86_64__)
template <class K, class V, class Hash, class KeyEqual>
class inline16 : public inline_entry<K, V, Hash, KeyEqual> {
 public:
  // Where a table grows, in quarters of an entry a line; in a table that the caches hold, and in a larger one.
  static constexpr std::size_t entries_per_line_in_cache_x4 = platform::sizes::words_of_16.entries_in_cache_x4;
  static constexpr std::size_t entries_per_line_x4 = platform::sizes::words_of_16.entries_x4;
  static constexpr unsigned slots_per_line = platform::sizes::words_of_16.slots;
  using entry = inline_entry<K, V, Hash, KeyEqual>;
  using entry::inline_entry;
  using typename entry::cell;

  struct alignas(64) line {
    using side_type = side<slots_per_line>;
    platform::word16 slots[slots_per_line];
  };

  static void open_unshared(line& fresh) noexcept {
    for (auto& slot : fresh.slots) slot.store(entry::empty_cell());
  }
  [[nodiscard]] static cell load(const line& in, unsigned slot) noexcept { return in.slots[slot].load(); }
  template <class Guard>
  [[nodiscard]] static cell load_protected(Guard&, unsigned, const line& in, unsigned slot) noexcept {
    return in.slots[slot].load();
  }
  /// Whether the line holds the key, and its value's image. The slot is chosen by hints and confirmed by one whole load; two
  /// hints match only if the key was erased in between, so that a wrong choice is a moment of absence. Two scalars stay in
  /// registers where compilers put pairs into memory.
  [[nodiscard, gnu::always_inline]] static bool look_for_value(const line& in, std::uint64_t key_image,
                                                               std::uint64_t& value_image) noexcept {
    return platform::word16::likely_of<slots_per_line>(in.slots, key_image).load_if(key_image, value_image);
  }
  /// The same without a branch: 0 for true.
  [[nodiscard, gnu::always_inline]] static std::uint64_t difference_of_value(const line& in, std::uint64_t key_image,
                                                                             std::uint64_t& value_image) noexcept {
    return platform::word16::likely_of<slots_per_line>(in.slots, key_image).load_difference(key_image, value_image);
  }
  /// The slot that has this key image, if one has: confirmed by a whole load.
  [[nodiscard, gnu::always_inline]] static unsigned likely_slot(const line& in, std::uint64_t image) noexcept {
    return static_cast<unsigned>(&platform::word16::likely_of<slots_per_line>(in.slots, image) - in.slots);
  }
  /// For who holds the line: whether no slot has this key image, as far as a look at each tells; an empty slot, if there is
  /// one, which stays empty; and whether it is one.
  [[nodiscard, gnu::always_inline]] static bool seems_to_hold(const line& in, std::uint64_t image) noexcept {
    return in.slots[0].seems(image) || in.slots[1].seems(image) ||
           (slots_per_line > 2 && (in.slots[2].seems(image) || in.slots[3].seems(image)));
  }
  [[nodiscard, gnu::always_inline]] static platform::word16& roomiest(line& in) noexcept {
    return const_cast<platform::word16&>(platform::word16::likely_of<slots_per_line>(in.slots, entry_image::empty));
  }
  [[nodiscard, gnu::always_inline]] static bool has_room(const platform::word16& slot) noexcept {
    return slot.seems(entry_image::empty);
  }
  static void overwrite(line& in, unsigned slot, cell value) noexcept { in.slots[slot].store(value); }
  [[nodiscard]] static bool replace(line& in, unsigned slot, cell& expected, cell desired) noexcept {
    return in.slots[slot].compare_exchange(expected, desired);
  }
};
#endif

}  // namespace portolan::concurrent
