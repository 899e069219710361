// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A hash table of one thread at a time, made to stand behind a lock: open addressing, one block of memory, a byte a
// slot that says what is in it.
//
//   hash  63 … 56 │ … │ b-1 … 0        tag: the top byte        home: the low bits, as many as there are slots
//
//   tags    │ 3f │empty│ 12 │ 12 │ 70 │gone│empty│ …  │ the first 15 once more       sixteen are compared at once
//   slots   │ k v│     │ k v│ k v│ k v│    │     │ …                                    home = the probe's first slot
//
// 1. A slot holds an entry exactly if its tag is a hash's; the two lowest tags are states, and hashes are lifted above.
// 2. A search reads the sixteen tags from the home slot on, then other windows (flat_probe), until an empty slot stands
//    among them. So there always is one, and an entry stands in no window that its search does not reach.
// 3. An erased slot becomes empty where no window ever was full without it, else `gone`, which searches pass by and new
//    entries fill. `room` counts the empty slots that may still be filled.
// 4. Growing asks the hash, which may throw, before the first entry moves. Entries move without throwing, or are copied
//    and the old ones destroyed last; so an insert that throws leaves the table as it was.
//
// The slot at home is asked for while its tag is still on the way: of two lines that a hit needs both come at once.
// It offers what guarded/underlying.hpp asks of a map, by the standard's names.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>  // std::allocator_traits without the weight of <memory>

#include <portolan/base/hash.hpp>
#include <portolan/base/key.hpp>
#include <portolan/base/platform/huge_pages.hpp>
#include <portolan/base/platform/tags16.hpp>

namespace portolan::detail {

/// The tags of sixteen slots, and which of them are meant.
class tag_window {
 public:
  static constexpr unsigned width = 16;
  static constexpr std::uint8_t empty = 0;
  static constexpr std::uint8_t gone = 1;
  [[nodiscard]] static constexpr std::uint8_t tag_of(std::uint64_t hash) noexcept {
    constexpr std::uint8_t states = 2;
    const auto top = static_cast<std::uint8_t>(hash >> 56);
    return top < states ? static_cast<std::uint8_t>(top + states) : top;
  }
  [[nodiscard]] static constexpr bool is_entry(std::uint8_t tag) noexcept { return tag > gone; }

  explicit tag_window(const std::uint8_t* first) noexcept : tags_(first) {}

  /// Slots of a window, first to last.
  class set {
   public:
    explicit constexpr set(std::uint32_t bits) noexcept : bits_(bits) {}
    [[nodiscard]] constexpr bool any() const noexcept { return bits_ != 0; }
    [[nodiscard]] constexpr unsigned first() const noexcept { return static_cast<unsigned>(std::countr_zero(bits_)); }
    /// How many slots stand behind the last one of the set.
    [[nodiscard]] constexpr unsigned behind_last() const noexcept {
      return static_cast<unsigned>(std::countl_zero(bits_)) - (32U - unsigned{width});
    }
    constexpr void drop_first() noexcept { bits_ &= bits_ - 1; }

   private:
    std::uint32_t bits_;
  };
  [[nodiscard]] set matching(std::uint8_t tag) const noexcept { return set(tags_.equal_to(tag)); }
  [[nodiscard]] set empties() const noexcept { return set(tags_.equal_to(empty)); }
  [[nodiscard]] set not_full() const noexcept { return set(tags_.at_most_one()); }

 private:
  platform::tags16 tags_;
};

/// Where a search looks: `for (probe at(home, mask);; at.go_on())`. Meets each window of a power-of-two table once.
class flat_probe {
 public:
  flat_probe(std::size_t home, std::size_t mask) noexcept : from_(home & mask), mask_(mask) {}
  [[nodiscard]] std::size_t from() const noexcept { return from_; }
  [[nodiscard]] std::size_t slot(unsigned in_window) const noexcept { return (from_ + in_window) & mask_; }
  void go_on() noexcept {
    step_ += tag_window::width;
    from_ = (from_ + step_) & mask_;
  }

 private:
  std::size_t from_;
  std::size_t mask_;
  std::size_t step_ = 0;
};

template <class K, class V, class Hash, class KeyEqual, class Alloc>
class flat_table {
  static_assert(key_requirements<K, Hash, KeyEqual>::hold);

 public:
  using key_type = K;
  using mapped_type = V;
  using value_type = std::pair<const K, V>;
  using hasher = Hash;
  using key_equal = KeyEqual;
  using allocator_type = Alloc;
  using size_type = std::size_t;

 private:
  using traits = typename std::allocator_traits<Alloc>::template rebind_traits<value_type>;
  using slot_allocator = typename traits::allocator_type;
  template <class Q>
  static constexpr bool names = std::is_same_v<Q, K> || (transparent<Hash> && transparent<KeyEqual>);
  static constexpr bool moves_safely =
      std::is_nothrow_move_constructible_v<K> && std::is_nothrow_move_constructible_v<V>;
  static constexpr bool hashes_safely = std::is_nothrow_invocable_v<const Hash&, const K&>;
  static_assert(
      moves_safely || (std::is_copy_constructible_v<K> && std::is_copy_constructible_v<V>),
      "Portolan: a flat_hash_map moves its entries when it grows. Give the key and the value a move constructor "
      "that does not throw, or a copy constructor; else take std::unordered_map.");

  template <bool Constant>
  class cursor {
    using table = std::conditional_t<Constant, const flat_table, flat_table>;

   public:
    using value_type = flat_table::value_type;
    using reference = std::conditional_t<Constant, const value_type&, value_type&>;
    using pointer = std::conditional_t<Constant, const value_type*, value_type*>;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;

    cursor() = default;
    operator cursor<true>() const noexcept requires(!Constant) { return {of_, at_}; }  // NOLINT: as containers have it
    [[nodiscard]] reference operator*() const noexcept { return of_->slots_[at_]; }
    [[nodiscard]] pointer operator->() const noexcept { return of_->slots_ + at_; }
    cursor& operator++() noexcept {
      at_ = of_->next_entry(at_ + 1);
      return *this;
    }
    cursor operator++(int) noexcept {
      cursor before = *this;
      ++*this;
      return before;
    }
    [[nodiscard]] friend bool operator==(cursor left, cursor right) noexcept { return left.at_ == right.at_; }

   private:
    friend flat_table;
    cursor(table* of, std::size_t at) noexcept : of_(of), at_(at) {}
    table* of_ = nullptr;
    std::size_t at_ = 0;
  };

 public:
  using iterator = cursor<false>;
  using const_iterator = cursor<true>;

  flat_table() : flat_table(0) {}
  explicit flat_table(std::size_t entries, Hash hash = {}, KeyEqual equal = {}, const Alloc& alloc = {})
      : hash_(std::move(hash)), equal_(std::move(equal)), alloc_(alloc) {
    reserve(entries);
  }
  explicit flat_table(const Alloc& alloc) : flat_table(0, Hash(), KeyEqual(), alloc) {}
  flat_table(flat_table&& other) noexcept
      : hash_(std::move(other.hash_)), equal_(std::move(other.equal_)), alloc_(other.alloc_) {
    exchange_entries(other);
  }
  flat_table& operator=(flat_table&& other) noexcept {
    swap(other);
    return *this;
  }
  flat_table(const flat_table& other) : flat_table(other.size_, other.hash_, other.equal_, other.get_allocator()) {
    for (const value_type& each : other) try_emplace(each.first, each.second);
  }
  flat_table& operator=(const flat_table& other) {
    flat_table copy(other);
    swap(copy);
    return *this;
  }
  ~flat_table() { release(); }

  template <class Q = K>
    requires names<Q>
  [[nodiscard]] iterator find(const Q& key) { return {this, locate(key, hash_of(key))}; }
  template <class Q = K>
    requires names<Q>
  [[nodiscard]] const_iterator find(const Q& key) const { return {this, locate(key, hash_of(key))}; }

  /// Makes an entry unless the key is there; then `key` and `args` are untouched.
  template <class Q, class... Args>
    requires std::is_same_v<std::remove_cvref_t<Q>, K> std::pair<iterator, bool> try_emplace(Q&& key, Args&&... args) {
      const std::uint64_t hash = hash_of(key);
      if (const std::size_t there = locate(key, hash); there != slot_count_) return {iterator(this, there), false};
      const std::size_t at = claim(hash);
      traits::construct(alloc_, slots_ + at, std::piecewise_construct, std::forward_as_tuple(std::forward<Q>(key)),
                        std::forward_as_tuple(std::forward<Args>(args)...));
      room_ -= tags_[at] == tag_window::empty ? 1 : 0;
      set_tag(at, tag_window::tag_of(hash));
      ++size_;
      return {iterator(this, at), true};
    }

  /// Moves the entry out and removes it; what it held is destroyed by the caller, who may hold no lock then.
  [[nodiscard]] std::pair<K, V> extract(iterator at) noexcept requires moves_safely {
    value_type& entry = *at;
    std::pair<K, V> taken(std::move(const_cast<K&>(entry.first)), std::move(entry.second));
    erase(at);
    return taken;
  }
  void erase(iterator at) noexcept {
    traits::destroy(alloc_, slots_ + at.at_);
    const bool never_full = was_never_full(at.at_);
    set_tag(at.at_, never_full ? tag_window::empty : tag_window::gone);
    room_ += never_full ? 1 : 0;
    --size_;
  }

  [[nodiscard]] iterator begin() noexcept { return {this, next_entry(0)}; }
  [[nodiscard]] iterator end() noexcept { return {this, slot_count_}; }
  [[nodiscard]] const_iterator begin() const noexcept { return {this, next_entry(0)}; }
  [[nodiscard]] const_iterator end() const noexcept { return {this, slot_count_}; }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Entries that fit before the table grows.
  [[nodiscard]] std::size_t capacity() const noexcept { return room_in(slot_count_); }
  [[nodiscard]] std::size_t allocated_bytes() const noexcept { return units_of(slot_count_) * sizeof(value_type); }
  [[nodiscard]] Hash hash_function() const { return hash_; }
  [[nodiscard]] KeyEqual key_eq() const { return equal_; }
  [[nodiscard]] Alloc get_allocator() const noexcept { return Alloc(alloc_); }

  void reserve(std::size_t entries) {
    if (entries > capacity()) move_to(slots_for(entries));
  }
  /// As the standard's: a table for so many entries or for those that are there, whichever is more.
  void rehash(std::size_t entries) {
    const std::size_t wanted = slots_for(entries < size_ ? size_ : entries);
    if (wanted != slot_count_) move_to(wanted);
  }
  void clear() noexcept {
    release();
    slots_ = nullptr;
    tags_ = nullptr;
    slot_count_ = size_ = room_ = 0;
  }
  void swap(flat_table& other) noexcept {
    using std::swap;
    swap(hash_, other.hash_);
    swap(equal_, other.equal_);
    if constexpr (traits::propagate_on_container_swap::value) swap(alloc_, other.alloc_);
    exchange_entries(other);
  }
  friend void swap(flat_table& left, flat_table& right) noexcept { left.swap(right); }

 private:
  static constexpr std::size_t fewest_slots = tag_window::width;

  /// Seven of eight slots are filled at most: then one in a window is empty nearly always.
  [[nodiscard]] static constexpr std::size_t room_in(std::size_t slots) noexcept { return slots - slots / 8; }
  [[nodiscard]] static std::size_t slots_for(std::size_t entries) noexcept {
    if (entries == 0) return 0;
    std::size_t slots = fewest_slots;
    while (room_in(slots) < entries) slots *= 2;
    return slots;
  }
  /// The block in units of a slot: the slots, then their tags, then the first 15 of these once more.
  [[nodiscard]] static constexpr std::size_t units_of(std::size_t slots) noexcept {
    if (slots == 0) return 0;
    return slots + (slots + tag_window::width - 1 + sizeof(value_type) - 1) / sizeof(value_type);
  }

  template <class Q>
  [[nodiscard]] std::uint64_t hash_of(const Q& key) const {
    const auto hashed = static_cast<std::uint64_t>(hash_(key));
    if constexpr (avalanching_hash<Hash, K>)
      return hashed;
    else
      return finish(hashed);
  }

  /// The slot of the entry; slot_count_ if there is none.
  template <class Q>
  [[nodiscard]] std::size_t locate(const Q& key, std::uint64_t hash) const {
    if (slot_count_ == 0) return 0;
    const std::uint8_t tag = tag_window::tag_of(hash);
    flat_probe probe(static_cast<std::size_t>(hash), slot_count_ - 1);
    __builtin_prefetch(slots_ + probe.from());
    for (;; probe.go_on()) {
      const tag_window window(tags_ + probe.from());
      for (auto hits = window.matching(tag); hits.any(); hits.drop_first()) {
        const std::size_t at = probe.slot(hits.first());
        if (static_cast<bool>(equal_(slots_[at].first, key))) [[likely]]
          return at;
      }
      if (window.empties().any()) [[likely]]
        return slot_count_;
    }
  }

  /// A slot without an entry for a key that is absent; the table may grow. The tag stays what it was.
  [[nodiscard]] std::size_t claim(std::uint64_t hash) {
    if (slot_count_ == 0) make_room();
    std::size_t at = first_not_full(hash);
    if (tags_[at] == tag_window::empty && room_ == 0) {
      make_room();
      at = first_not_full(hash);
    }
    return at;
  }
  [[nodiscard]] std::size_t first_not_full(std::uint64_t hash) const noexcept {
    for (flat_probe probe(static_cast<std::size_t>(hash), slot_count_ - 1);; probe.go_on()) {
      if (const auto free = tag_window(tags_ + probe.from()).not_full(); free.any()) return probe.slot(free.first());
    }
  }

  // No search can have passed by: with it taken away there would be an empty slot in each window that shows it.
  [[nodiscard]] bool was_never_full(std::size_t at) const noexcept {
    const auto from = tag_window(tags_ + at).empties();
    const auto before = tag_window(tags_ + ((at - tag_window::width) & (slot_count_ - 1))).empties();
    return from.any() && before.any() && from.first() + before.behind_last() < tag_window::width;
  }

  void set_tag(std::size_t at, std::uint8_t tag) noexcept {
    tags_[at] = tag;
    if (at < tag_window::width - 1) tags_[slot_count_ + at] = tag;
  }
  [[nodiscard]] std::size_t next_entry(std::size_t from) const noexcept {
    while (from < slot_count_ && !tag_window::is_entry(tags_[from])) ++from;
    return from;
  }

  /// A larger table; one of the same size where slots that are gone take the room.
  [[gnu::cold, gnu::noinline]] void make_room() {
    move_to(size_ * 2 >= room_in(slot_count_) ? slots_for(room_in(slot_count_) + 1) : slot_count_);
  }

  /// Puts all entries into a table of so many slots, in which they fit.
  [[gnu::noinline]] void move_to(std::size_t slots) {
    flat_table next(alloc_, hash_, equal_);
    next.open(slots);
    if constexpr (moves_safely && hashes_safely) {
      for (std::size_t at = next_entry(0); at < slot_count_; at = next_entry(at + 1)) {
        next.adopt(hash_of(slots_[at].first), std::move(const_cast<K&>(slots_[at].first)),
                   std::move(slots_[at].second));
      }
    } else {
      std::vector<std::uint64_t> hashes;
      hashes.reserve(size_);
      for (const value_type& each : *this) hashes.push_back(hash_of(each.first));
      const std::uint64_t* hash = hashes.data();
      for (std::size_t at = next_entry(0); at < slot_count_; at = next_entry(at + 1), ++hash) {
        if constexpr (moves_safely)
          next.adopt(*hash, std::move(const_cast<K&>(slots_[at].first)), std::move(slots_[at].second));
        else
          next.adopt(*hash, slots_[at].first, std::as_const(slots_[at].second));
      }
    }
    exchange_entries(next);
  }

  // A table of no slots, hashing as another one does.
  flat_table(const slot_allocator& alloc, const Hash& hash, const KeyEqual& equal)
      : hash_(hash), equal_(equal), alloc_(alloc) {}

  void open(std::size_t slots) {
    if (slots == 0) return;
    slots_ = std::to_address(traits::allocate(alloc_, units_of(slots)));
    platform::prefer_huge_pages(slots_, units_of(slots) * sizeof(value_type));
    tags_ = reinterpret_cast<std::uint8_t*>(slots_ + slots);
    std::memset(tags_, tag_window::empty, slots + tag_window::width - 1);
    slot_count_ = slots;
    room_ = room_in(slots);
  }
  template <class Key, class Value>
  void adopt(std::uint64_t hash, Key&& key, Value&& value) {
    const std::size_t at = first_not_full(hash);
    traits::construct(alloc_, slots_ + at, std::forward<Key>(key), std::forward<Value>(value));
    set_tag(at, tag_window::tag_of(hash));
    --room_;
    ++size_;
  }
  void exchange_entries(flat_table& other) noexcept {
    std::swap(slots_, other.slots_);
    std::swap(tags_, other.tags_);
    std::swap(slot_count_, other.slot_count_);
    std::swap(size_, other.size_);
    std::swap(room_, other.room_);
  }
  void release() noexcept {
    if (slot_count_ == 0) return;
    for (std::size_t at = next_entry(0); at < slot_count_; at = next_entry(at + 1))
      traits::destroy(alloc_, slots_ + at);
    traits::deallocate(alloc_, slots_, units_of(slot_count_));
  }

  value_type* slots_ = nullptr;
  std::uint8_t* tags_ = nullptr;
  std::size_t slot_count_ = 0;  // a power of two, or 0
  std::size_t size_ = 0;
  std::size_t room_ = 0;
  [[no_unique_address]] Hash hash_;
  [[no_unique_address]] KeyEqual equal_;
  [[no_unique_address]] slot_allocator alloc_;
};

}  // namespace portolan::detail
