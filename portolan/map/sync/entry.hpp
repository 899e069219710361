// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One key of a sync_map and the word that says what stands under it.
//
//    63 … 2           1        0
//   +---------------+--------+---------+     box       where the value is; 0: none
//   |  box          | claimed| expunged|     claimed   a compute or a listing under the map's mutex
//   +---------------+--------+---------+     expunged  not in the dirty table; only the mutex's holder may go on
//
//   state          word        who may leave it
//   nil            0           anybody, by compare-and-swap
//   value          box         anybody, by compare-and-swap
//   claimed        … | 2       only who claimed, who holds the mutex; readers look past the claim
//   expunged       1           only the mutex's holder, who puts the entry into the dirty table first
//   buried         box | 1     nobody: the map was cleared; the box is freed with the entry
//
// 1. A box never changes after it was stored; a new value is a new box.
// 2. nil ─► expunged happens only when the dirty table is made: what is nil then is left out of it.
// 3. Who finds expunged, buried or claimed and wants to write takes the mutex and looks again.
#pragma once

#include <cstdint>
#include <utility>

#include <portolan/map/pinned.hpp>
#include <portolan/map/sync/counted.hpp>

namespace portolan::detail {

/// A value that never changes, with its owners: the entry, and every handle on it.
template <class V, class Alloc>
class value_box : public counted {
 public:
  using allocator_type = Alloc;

  template <class... Args>
  explicit value_box(const Alloc& from, Args&&... args) : alloc(from) {
    auto own = rebound<Alloc, V>(alloc);
    std::allocator_traits<rebound<Alloc, V>>::construct(own, &value, std::forward<Args>(args)...);
  }
  ~value_box() {
    auto own = rebound<Alloc, V>(alloc);
    std::allocator_traits<rebound<Alloc, V>>::destroy(own, &value);
  }
  value_box(const value_box&) = delete;
  value_box& operator=(const value_box&) = delete;

  static void drop(void* box) noexcept {
    auto* const own = static_cast<value_box*>(box);
    if (own != nullptr && own->drop_owner()) free_node(own);
  }
  /// One more share, as a handle. The caller has a share or a guard.
  [[nodiscard]] pinned<V> pin() noexcept {
    add_owner();
    return pinned<V>(&value, this, &value_box::drop);
  }

  [[no_unique_address]] const Alloc alloc;
  union {
    V value;  // a union member, so that the allocator makes and destroys it
  };
};

/// The word above.
template <class Box>
class entry_state {
 public:
  constexpr entry_state() noexcept = default;  // nil
  [[nodiscard]] static entry_state holding(Box* box) noexcept {
    return entry_state(reinterpret_cast<std::uintptr_t>(box));
  }
  [[nodiscard]] static constexpr entry_state expunged() noexcept { return entry_state(expunged_bit); }

  [[nodiscard]] constexpr bool is_expunged() const noexcept { return (word_ & expunged_bit) != 0; }
  [[nodiscard]] constexpr bool is_claimed() const noexcept { return (word_ & claimed_bit) != 0; }
  /// False: a writer has to take the mutex first.
  [[nodiscard]] constexpr bool is_open() const noexcept { return (word_ & (expunged_bit | claimed_bit)) == 0; }
  /// What a reader finds: null where there is none or the entry was buried.
  [[nodiscard]] Box* box() const noexcept { return is_expunged() ? nullptr : any_box(); }
  /// What has to be freed with the entry.
  [[nodiscard]] Box* any_box() const noexcept { return reinterpret_cast<Box*>(word_ & ~(expunged_bit | claimed_bit)); }

  [[nodiscard]] constexpr entry_state claimed() const noexcept { return entry_state(word_ | claimed_bit); }
  [[nodiscard]] constexpr entry_state unclaimed() const noexcept { return entry_state(word_ & ~claimed_bit); }
  [[nodiscard]] constexpr entry_state buried() const noexcept { return entry_state(word_ | expunged_bit); }

  friend constexpr bool operator==(entry_state, entry_state) noexcept = default;

 private:
  static constexpr std::uintptr_t expunged_bit = 1;
  static constexpr std::uintptr_t claimed_bit = 2;

  explicit constexpr entry_state(std::uintptr_t word) noexcept : word_(word) {}

  std::uintptr_t word_ = 0;
};

static_assert(!entry_state<int>().is_expunged() && entry_state<int>().is_open());
static_assert(entry_state<int>::expunged().is_expunged() && !entry_state<int>::expunged().is_open());
static_assert(entry_state<int>().claimed().is_claimed() && !entry_state<int>().claimed().is_open());
static_assert(entry_state<int>().claimed().unclaimed() == entry_state<int>());
static_assert(entry_state<int>().buried() == entry_state<int>::expunged());

/// A key, its hash and its state. Its owners are the tables it stands in.
template <class K, class V, class Alloc>
class sync_entry : public counted, public keyed<K, Alloc> {
 public:
  using box_type = value_box<V, Alloc>;
  using state = entry_state<box_type>;
  static_assert(alignof(box_type) >= 4, "the two low bits of a box's address carry the state");

  template <class Q>
  sync_entry(const Alloc& from, std::uint64_t hashed, Q&& named)
      : keyed<K, Alloc>(from, std::forward<Q>(named)), hash(hashed) {}
  ~sync_entry() {
    // relaxed: the last owner is alone, and came after the others (pair owners).
    box_type::drop(state_.load(platform::relaxed).any_box());
  }
  sync_entry(const sync_entry&) = delete;
  sync_entry& operator=(const sync_entry&) = delete;

  static void drop(void* entry) noexcept {
    auto* const own = static_cast<sync_entry*>(entry);
    if (own->drop_owner()) free_node(own);
  }

  // pair entry_value: acquire, so that who finds a box sees the value in it.
  [[nodiscard]] state observe() const noexcept { return state_.load(platform::acquire); }
  // pair entry_value: release, so that who finds the box sees the value in it. Only for states that nobody else may leave.
  void publish(state next) noexcept { state_.store(next, platform::release); }
  // pair entry_value: release on success, so that who finds the box sees the value in it; acquire on failure.
  [[nodiscard]] bool replace(state& seen, state next) noexcept {
    return state_.compare_exchange_strong(seen, next, platform::acq_rel, platform::acquire);
  }

  const std::uint64_t hash;

 private:
  platform::atomic<state> state_{};
};

}  // namespace portolan::detail
