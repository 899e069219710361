// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The node engine: for strings, big values and whatever else is not two small words. Eight tagged pointers a line.
//
//    63     48 47                              4 3  2 1 0
//   +---------+---------------------------------+----+---+     00  discarded (the whole word is 0)
//   |   tag   |   address of the node           |0 f | s |     01  live;  f: frozen, a mover is copying it
//   +---------+---------------------------------+----+---+     10  moved: the rest is the hash, not an address
//                                                               11  empty
// 1. A live word changes only by an 8-byte exchange: to another node of the same key, to empty, or to frozen. A frozen
//    one is still the truth; its mover alone changes it, to moved.
// 2. A moved mark keeps 62 bits of the hash, not the address: the node may be freed long before the old line is.
//    Two keys may share these bits, so a mark is not exact: who writes waits until the block is done.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <portolan/base/bits.hpp>
#include <portolan/base/hash.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/map/concurrent/node.hpp>
#include <portolan/map/concurrent/seen_entry.hpp>
#include <portolan/map/concurrent/side.hpp>
#include <portolan/map/vocabulary.hpp>

namespace portolan::concurrent {

/// A slot of the node engine as a value.
class node_word {
 public:
  constexpr explicit node_word(std::uint64_t bits) noexcept : bits_(bits) {}
  static node_word live(const void* node, std::uint64_t hash) noexcept {
    return node_word(std::uint64_t{tag_of(hash)} << 48 | reinterpret_cast<std::uintptr_t>(node) | live_state);
  }
  static constexpr node_word moved(std::uint64_t hash) noexcept {
    return node_word((hash & ~state_mask) | moved_state);
  }
  static constexpr node_word empty() noexcept { return node_word(state_mask); }

  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }
  [[nodiscard]] constexpr bool is_frozen() const noexcept { return is_live() && (bits_ & frozen_bit) != 0; }
  [[nodiscard]] constexpr node_word frozen() const noexcept { return node_word(bits_ | frozen_bit); }
  [[nodiscard]] constexpr bool is_live() const noexcept { return (bits_ & state_mask) == live_state; }
  [[nodiscard]] constexpr bool is_moved() const noexcept { return (bits_ & state_mask) == moved_state || bits_ == 0; }
  [[nodiscard]] constexpr bool is_discarded() const noexcept { return bits_ == 0; }
  [[nodiscard]] constexpr bool is_empty() const noexcept { return (bits_ & state_mask) == state_mask; }
  [[nodiscard]] constexpr bool may_be_mark_of(std::uint64_t hash) const noexcept { return bits_ == moved(hash).bits(); }
  [[nodiscard]] constexpr bool has_tag_of(std::uint64_t hash) const noexcept {
    return ((bits_ ^ (std::uint64_t{tag_of(hash)} << 48 | live_state)) & (tag_mask | state_mask)) == 0;
  }
  static constexpr std::uint16_t tag_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint16_t>(hash & platform::sizes::node_tag_bits);
  }
  template <class Node>
  [[nodiscard]] Node* node() const noexcept {
    return is_live() ? reinterpret_cast<Node*>(bits_ & ~(tag_mask | 0xF)) : nullptr;
  }
  friend constexpr bool operator==(node_word, node_word) = default;

 private:
  static constexpr std::uint64_t state_mask = 3;
  static constexpr std::uint64_t live_state = 1;
  static constexpr std::uint64_t moved_state = 2;
  static constexpr std::uint64_t frozen_bit = 4;
  static constexpr std::uint64_t tag_mask = 0xFFFFULL << 48;

  std::uint64_t bits_;
};
static_assert(node_word::empty().is_empty() && !node_word::empty().is_live() && !node_word::empty().is_moved());
static_assert(node_word(0).is_discarded() && node_word(0).is_moved() && node_word::moved(~0ULL).is_moved());

/// `InPlace`: a value is a word in the node that changes there, under the lock of the key's home line; then every writer
/// claims that line, no assignment allocates, and there are no handles.
template <class K, class V, class Hash, class KeyEqual, class Alloc, bool InPlace>
class nodes {
 public:
  using key_type = K;
  using mapped_type = V;
  using node_type = node<K, V, KeyEqual, Alloc, InPlace>;
  static constexpr bool in_place = InPlace;
  using cell = node_word;
  static constexpr bool holds_nodes = true;
  static constexpr bool exact_marks = false;
  // Where a table grows, in quarters of an entry a line; in a table that the caches hold, and in a larger one.
  static constexpr std::size_t entries_per_line_in_cache_x4 = platform::sizes::nodes.entries_in_cache_x4;
  static constexpr std::size_t entries_per_line_x4 = platform::sizes::nodes.entries_x4;
  static constexpr unsigned slots_per_line = platform::sizes::nodes.slots;
  static constexpr unsigned all_slots = (1U << slots_per_line) - 1;

  struct alignas(64) line {
    using side_type = side<slots_per_line>;
    platform::atomic<std::uint64_t> slots[slots_per_line];
  };

  template <class Q>
  struct probe_of {
    std::uint64_t hash;
    std::conditional_t<node_type::text, std::string_view, const Q&> key;
    static constexpr bool reserved = false;
  };

  nodes(const Hash& hash, const KeyEqual& equality, std::uint64_t seed) : hash_(hash, seed), equal_(equality) {}

  template <class Q>
  [[nodiscard, gnu::always_inline]] probe_of<Q> make_probe(const Q& key) const {
    if constexpr (node_type::text) {
      const std::string_view characters = text_of(key);
      if constexpr (std::is_invocable_v<const Hash&, const std::string_view&>) {
        return {hash_(characters), characters};
      } else {
        return {hash_(key), characters};  // a hash of K alone: whoever asks has a K
      }
    } else {
      return {hash_(key), key};
    }
  }
  template <class Probe>
  [[nodiscard]] static bool may_match(cell seen, const Probe& key) noexcept {
    return seen.has_tag_of(key.hash);
  }
  template <class Probe>
  [[nodiscard]] bool matches(cell live, const Probe& key) const {
    const node_type& in = *live.node<node_type>();
    if constexpr (node_type::text) {
      return same_text(in.key(), key.key);
    } else {
      return in.hash() == key.hash && equal_(in.key(), key.key);
    }
  }
  [[nodiscard]] static std::uint64_t hash_of(cell live) noexcept { return live.node<node_type>()->hash(); }

  static constexpr cell empty_cell() noexcept { return node_word::empty(); }
  static constexpr bool is_empty(cell c) noexcept { return c.is_empty(); }
  static constexpr bool is_moved(cell c) noexcept { return c.is_moved(); }
  static constexpr bool is_discarded(cell c) noexcept { return c.is_discarded(); }
  static constexpr bool is_frozen(cell c) noexcept { return c.is_frozen(); }
  static constexpr cell moved_mark(cell, std::uint64_t hash) noexcept { return node_word::moved(hash); }
  template <class Probe>
  static constexpr bool mark_may_be(cell moved, const Probe& key) noexcept {
    return moved.may_be_mark_of(key.hash);
  }

  static void open_unshared(line& fresh) noexcept {
    for (auto& slot : fresh.slots) {
      slot.store(node_word::empty().bits(), platform::relaxed);  // relaxed: published with the table or its block
    }
  }
  [[nodiscard]] static cell load(const line& in, unsigned slot) noexcept {
    // pair node_slot: acquire, so that who sees the address sees the node whole.
    return node_word(in.slots[slot].load(platform::acquire));
  }
  template <class Guard>
  [[nodiscard]] static cell load_protected(Guard& guard, unsigned hand, const line& in, unsigned slot) {
    return node_word(guard.protect(hand, in.slots[slot],
                                   [](std::uint64_t bits) -> void* { return node_word(bits).node<node_type>(); }));
  }
  struct seen_slot {
    unsigned slot;
    cell seen;
  };
  static constexpr unsigned no_slot = slots_per_line;
  /// Where the line holds the key: the slots with its tag are a hint, each confirmed by a load.
  template <class Guard, class Probe>
  [[nodiscard, gnu::always_inline]] seen_slot look_at(Guard& guard, const line& in, const Probe& key) const {
    for (unsigned mask = platform::eight_words(in.slots).with_top(node_word::tag_of(key.hash)); mask != 0;
         mask &= mask - 1) {
      const unsigned slot = lowest_bit(mask);
      const cell seen = load_protected(guard, node_hand, in, slot);
      if (may_match(seen, key) && matches(seen, key)) return {slot, seen};
    }
    return {no_slot, empty_cell()};
  }
  /// Asks for the node that a find of the key will read, if the line, which must be protected, has one.
  template <class Probe>
  [[gnu::always_inline]] static void prefetch_node(const line& in, const Probe& key) noexcept {
    const unsigned likely = platform::eight_words(in.slots).with_top(node_word::tag_of(key.hash));
    if (likely != 0) __builtin_prefetch(load(in, lowest_bit(likely)).template node<node_type>());
  }
  /// Whether the line holds the key.
  template <class Guard, class Probe>
  [[nodiscard, gnu::always_inline]] seen_entry<cell> look(Guard& guard, const line& in, const Probe& key) const {
    const seen_slot sight = look_at(guard, in, key);
    return {sight.slot != no_slot, sight.seen};
  }
  /// Which slots a walk for the key must load: all others were empty, or held other keys, at one moment of this look.
  template <class Probe>
  [[nodiscard, gnu::always_inline]] static unsigned of_interest(const line& in, const Probe& key) noexcept {
    const platform::eight_words seen(in.slots);
    return seen.with_top(node_word::tag_of(key.hash)) | (seen.with_bit0() ^ all_slots);  // bit 0: live or empty
  }
  /// Which slots are empty; the holder of the line alone can rely on it.
  [[nodiscard, gnu::always_inline]] static unsigned empties(const line& in) noexcept {
    const platform::eight_words seen(in.slots);
    return seen.with_bit0() & seen.with_bit1();
  }
  /// Which slots the holder of the line may fill; none if one has the key's tag.
  template <class Probe>
  [[nodiscard, gnu::always_inline]] static unsigned room_for(const line& in, const Probe& key) noexcept {
    const platform::eight_words seen(in.slots);
    return seen.with_top(node_word::tag_of(key.hash)) != 0 ? 0 : seen.with_bit0() & seen.with_bit1();
  }
  static void overwrite(line& in, unsigned slot, cell value) noexcept {
    // pair node_slot: release, so that who sees the address sees the node whole.
    in.slots[slot].store(value.bits(), platform::release);
  }
  [[nodiscard]] static bool replace(line& in, unsigned slot, cell& expected, cell desired) noexcept {
    std::uint64_t seen = expected.bits();
    // pair node_slot: release, so that who sees the address sees the node whole; acquire on failure, so that the one who
    // lost does, too. Who succeeds has acquired what he replaces: a node comes into a slot once.
    const bool done =
        in.slots[slot].compare_exchange_strong(seen, desired.bits(), platform::release, platform::acquire);
    expected = node_word(seen);
    return done;
  }

  [[nodiscard]] const Hash& hash_function() const noexcept { return hash_.hash_function(); }
  [[nodiscard]] const KeyEqual& key_eq() const noexcept { return equal_; }

  /// An entry under construction: a node that is freed unless committed.
  class draft : public node_type::draft {
   public:
    template <class Probe, class Q>
    draft(const nodes&, const Alloc& allocator, const Probe& key, const Q& original)
        : node_type::draft(allocator, key.hash, stored_key(key, original)) {}
    [[nodiscard]] cell word() const noexcept { return node_word::live(this->get(), this->get()->hash()); }

   private:
    template <class Probe, class Q>
    static decltype(auto) stored_key(const Probe& key, const Q& original) noexcept {
      if constexpr (node_type::text) {
        return key.key;
      } else {
        return original;
      }
    }
  };

  using later_draft = detail::written_optional<draft>;

  // ---- what a cell shows; its node must be protected ----
  [[nodiscard, gnu::always_inline]] static node_type& node_of(cell live) noexcept {
    node_type* const held = live.node<node_type>();
    if (held == nullptr) __builtin_unreachable();  // else g++ 12 warns in users' code of a null that cannot be
    return *held;
  }
  [[nodiscard]] static decltype(auto) shown(cell live) noexcept { return std::as_const(node_of(live)).value(); }
  /// By the holder of the key's home line.
  static void assign(cell live, const V& value) noexcept requires InPlace { node_of(live).assign(value); }
  [[nodiscard]] static pinned<V> pin(cell live) noexcept requires(!InPlace) {
    node_type& shared = node_of(live);
    shared.add_reference();
    return pinned<V>(&shared.value(), &shared, &node_type::release);
  }
  [[nodiscard]] static found<V> give(cell live) {
    if constexpr (std::is_copy_constructible_v<V>) {
      return found<V>(std::in_place, shown(live));
    } else {
      return pin(live);
    }
  }
  template <class Domain>
  static void retire(Domain& domain, cell unlinked) {
    node_type& gone = node_of(unlinked);
    domain.retire(&gone, &node_type::release_for_table, nullptr, gone.size_bytes());
  }
  [[nodiscard]] static std::int64_t bytes_of(cell live) noexcept {
    return static_cast<std::int64_t>(node_of(live).size_bytes());
  }
  /// What for_each keeps of an entry until it calls the user.
  class kept {
   public:
    kept(cell live, bool) noexcept : node_(live.node<node_type>()), value_(node_->value()) { node_->add_reference(); }
    kept(kept&& other) noexcept : node_(std::exchange(other.node_, nullptr)), value_(other.value_) {}
    kept(const kept&) = delete;
    kept& operator=(const kept&) = delete;
    ~kept() {
      if (node_ != nullptr) node_type::release(node_);
    }
    [[nodiscard]] decltype(auto) key() const { return node_->key_object(); }
    [[nodiscard]] typename node_type::key_view key_view() const noexcept { return node_->key(); }
    [[nodiscard]] const V& value() const noexcept { return value_; }
    [[nodiscard]] bool is(cell live) const noexcept {
      if (live.node<node_type>() != node_) return false;
      if constexpr (InPlace) {
        const V now = node_->value();
        return __builtin_memcmp(&now, &value_, sizeof(V)) == 0;
      } else {
        return true;
      }
    }

   private:
    node_type* node_;
    std::conditional_t<InPlace, V, const V&> value_;
  };

 private:
  template <class Q>
  static std::string_view text_of(const Q& key) {
    if constexpr (requires {
                    key.data();
                    key.size();
                  }) {
      return {key.data(), key.size()};
    } else {
      return std::string_view(key);
    }
  }

  [[no_unique_address]] hash_policy<K, Hash> hash_;
  [[no_unique_address]] KeyEqual equal_;
};

}  // namespace portolan::concurrent
