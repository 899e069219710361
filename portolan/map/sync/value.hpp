// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What stands under a key of a sync_map: a pointer to a box that never changes, or, for small numbers, the value.
//
//   boxed       63 … 2           1        0               any V
//              +---------------+--------+---------+
//              |  box          | claimed| expunged|       one word; the box is where the value is, 0: none
//              +---------------+--------+---------+
//
//   in place    127 … 64  63 … 3    2       1        0    V of up to 8 bytes that can be copied as bytes
//              +---------+-----+-------+--------+---------+
//              |  value  |  0  | valued| claimed| expunged|
//              +---------+-----+-------+--------+---------+
//
//   state          boxed      in place       who may leave it
//   nil            0          0, 0           anybody, by compare-and-swap
//   value          box        4, value       anybody, by compare-and-swap
//   claimed        … | 2      … | 2          only who claimed, who holds the mutex; readers look past the claim
//   expunged       1          1, 0           only the mutex's holder, who puts the entry into the dirty table first
//   buried         box | 1    5, value       nobody: the map was cleared; a box is freed with the entry
//
// 1. A box never changes after it was stored; a new value is a new box. Who replaced it has to have it freed (`leave`).
// 2. A value in place is read and replaced whole, by 16-byte loads and exchanges (platform::word16): nothing is
//    allocated, and nobody keeps it back. Where the machine has no such word, every value is boxed.
// 3. nil ─► expunged happens only when the dirty table is made: what is nil then is left out of it.
// 4. Who finds expunged, buried or claimed and wants to write takes the mutex and looks again.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <portolan/base/platform.hpp>
#include <portolan/map/pinned.hpp>
#include <portolan/map/sync/counted.hpp>
#include <portolan/reclaim/epoch.hpp>

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

/// Values in boxes.
template <class V, class Alloc>
class boxed_values {
  using box = value_box<V, Alloc>;
  static_assert(alignof(box) >= 4, "the two low bits of a box's address carry the state");

 public:
  static constexpr std::size_t bytes_out_of_entry = sizeof(box);

  class state {
   public:
    constexpr state() noexcept = default;  // nil
    [[nodiscard]] static constexpr state expunged() noexcept { return state(expunged_bit); }

    [[nodiscard]] constexpr bool is_expunged() const noexcept { return (word_ & expunged_bit) != 0; }
    [[nodiscard]] constexpr bool is_claimed() const noexcept { return (word_ & claimed_bit) != 0; }
    /// False: a writer has to take the mutex first.
    [[nodiscard]] constexpr bool is_open() const noexcept { return (word_ & (expunged_bit | claimed_bit)) == 0; }
    /// Whether a reader finds a value: not in an entry that was buried.
    [[nodiscard]] constexpr bool has_value() const noexcept { return !is_expunged() && (word_ & ~claimed_bit) != 0; }
    [[nodiscard]] const V& value() const noexcept { return any_box()->value; }

    [[nodiscard]] constexpr state claimed() const noexcept { return state(word_ | claimed_bit); }
    [[nodiscard]] constexpr state unclaimed() const noexcept { return state(word_ & ~claimed_bit); }
    [[nodiscard]] constexpr state buried() const noexcept { return state(word_ | expunged_bit); }

    friend constexpr bool operator==(state, state) noexcept = default;

   private:
    friend boxed_values;
    static constexpr std::uintptr_t expunged_bit = 1;
    static constexpr std::uintptr_t claimed_bit = 2;

    explicit constexpr state(std::uintptr_t word) noexcept : word_(word) {}
    [[nodiscard]] box* any_box() const noexcept {
      return reinterpret_cast<box*>(word_ & ~(expunged_bit | claimed_bit));
    }

    std::uintptr_t word_ = 0;
  };
  static_assert(!state().is_expunged() && state().is_open() && !state().has_value());
  static_assert(state::expunged().is_expunged() && !state::expunged().is_open());
  static_assert(state().claimed().is_claimed() && !state().claimed().is_open() && !state().claimed().has_value());
  static_assert(state().claimed().unclaimed() == state() && state().buried() == state::expunged());

  /// The word of an entry.
  class cell {
   public:
    // pair entry_value: acquire, so that who finds a box sees the value in it.
    [[nodiscard]] state observe() const noexcept { return word_.load(platform::acquire); }
    // pair entry_value: release, so that who finds the box sees the value in it.
    void publish(state next) noexcept { word_.store(next, platform::release); }
    // pair entry_value: release on success, so that who finds the box sees the value in it; acquire on failure.
    [[nodiscard]] bool replace(state& seen, state next) noexcept {
      return word_.compare_exchange_strong(seen, next, platform::acq_rel, platform::acquire);
    }

   private:
    platform::atomic<state> word_{};
  };

  /// A value that is not in the map: it was not stored yet, or nobody wanted it. Freed unless it is taken.
  class fresh {
   public:
    fresh() = default;
    template <class... Args>
    explicit fresh(const Alloc& alloc, Args&&... args) : box_(make_node<box>(alloc, std::forward<Args>(args)...)) {}
    fresh(fresh&& other) noexcept : box_(std::exchange(other.box_, nullptr)) {}
    fresh& operator=(fresh&& other) noexcept {
      std::swap(box_, other.box_);
      return *this;
    }
    ~fresh() { box::drop(box_); }
    [[nodiscard]] state as_state() const noexcept { return state(reinterpret_cast<std::uintptr_t>(box_)); }
    /// It is in the map now.
    void take() noexcept { box_ = nullptr; }

   private:
    box* box_ = nullptr;
  };

  /// A reader's share of a value; empty if there was none.
  using kept = pinned<V>;
  /// Takes a share of what `seen` shows. The caller has a share or a guard.
  [[nodiscard]] static kept keep(state seen) noexcept { return seen.has_value() ? seen.any_box()->pin() : kept(); }
  [[nodiscard]] static bool is_still(state seen, const kept& held) noexcept {
    return seen.has_value() && &seen.value() == &*held;
  }
  [[nodiscard]] static pinned<V> pin(state seen, const Alloc&) noexcept { return keep(seen); }

  /// What `left` holds goes when no reader can see it.
  static void leave(epoch::domain& domain, state left) noexcept {
    if (box* const gone = left.any_box()) {
      domain.retire(
          gone, [](void* at, void*) noexcept { box::drop(at); }, nullptr, sizeof(box));
    }
  }
  /// What `last` holds goes now: its entry does.
  static void drop(state last) noexcept { box::drop(last.any_box()); }
};

#if defined(__x86_64__)
/// Values that are the entry's own word.
template <class V, class Alloc>
class values_in_place {
  using bytes = std::conditional_t<sizeof(V) == 8, std::uint64_t,
                                   std::conditional_t<sizeof(V) == 4, std::uint32_t,
                                                      std::conditional_t<sizeof(V) == 2, std::uint16_t, std::uint8_t>>>;

 public:
  static constexpr std::size_t bytes_out_of_entry = 0;

  class state {
   public:
    constexpr state() noexcept = default;  // nil
    constexpr explicit state(platform::pair16 word) noexcept : word_(word) {}
    [[nodiscard]] static constexpr state holding(V value) noexcept {
      return state({valued_bit, std::bit_cast<bytes>(value)});
    }
    [[nodiscard]] static constexpr state expunged() noexcept { return state({expunged_bit, 0}); }

    [[nodiscard]] constexpr bool is_expunged() const noexcept { return (word_.low & expunged_bit) != 0; }
    [[nodiscard]] constexpr bool is_claimed() const noexcept { return (word_.low & claimed_bit) != 0; }
    [[nodiscard]] constexpr bool is_open() const noexcept { return (word_.low & (expunged_bit | claimed_bit)) == 0; }
    [[nodiscard]] constexpr bool has_value() const noexcept {
      return (word_.low & (expunged_bit | valued_bit)) == valued_bit;
    }
    [[nodiscard]] constexpr V value() const noexcept { return std::bit_cast<V>(static_cast<bytes>(word_.high)); }
    [[nodiscard]] constexpr platform::pair16 word() const noexcept { return word_; }

    [[nodiscard]] constexpr state claimed() const noexcept { return state({word_.low | claimed_bit, word_.high}); }
    [[nodiscard]] constexpr state unclaimed() const noexcept { return state({word_.low & ~claimed_bit, word_.high}); }
    [[nodiscard]] constexpr state buried() const noexcept { return state({word_.low | expunged_bit, word_.high}); }

    friend constexpr bool operator==(state, state) noexcept = default;

   private:
    static constexpr std::uint64_t expunged_bit = 1;
    static constexpr std::uint64_t claimed_bit = 2;
    static constexpr std::uint64_t valued_bit = 4;

    platform::pair16 word_;
  };
  static_assert(!state().is_expunged() && state().is_open() && !state().has_value());
  static_assert(state::expunged().is_expunged() && !state::expunged().is_open());
  static_assert(state().claimed().is_claimed() && !state().claimed().is_open() && !state().claimed().has_value());
  static_assert(state().claimed().unclaimed() == state() && state().buried() == state::expunged());

  class cell {
   public:
    // pair entry_value: acquire, so that who finds a value sees what was written before it was stored.
    [[nodiscard]] state observe() const noexcept { return state(word_.load()); }
    // pair entry_value: release, so that who finds the value sees what was written before it was stored.
    void publish(state next) noexcept { word_.store(next.word()); }
    // pair entry_value: acq_rel, so that who finds the value sees what was written before it was stored.
    [[nodiscard]] bool replace(state& seen, state next) noexcept {
      platform::pair16 expected = seen.word();
      const bool replaced = word_.compare_exchange(expected, next.word());
      seen = state(expected);
      return replaced;
    }

   private:
    platform::word16 word_;
  };

  class fresh {
   public:
    fresh() = default;
    template <class... Args>
    explicit fresh(const Alloc&, Args&&... args) : value_(state::holding(V(std::forward<Args>(args)...))) {}
    [[nodiscard]] state as_state() const noexcept { return value_; }
    void take() const noexcept {}

   private:
    state value_;
  };

  class kept {
   public:
    kept() = default;
    explicit kept(state seen) noexcept : seen_(seen.unclaimed()), value_(seen.value()) {}
    [[nodiscard]] explicit operator bool() const noexcept { return seen_.has_value(); }
    [[nodiscard]] const V& operator*() const noexcept { return value_; }
    [[nodiscard]] bool is_still(state seen) const noexcept { return seen.unclaimed() == seen_; }

   private:
    state seen_;
    V value_{};
  };
  [[nodiscard]] static kept keep(state seen) noexcept { return seen.has_value() ? kept(seen) : kept(); }
  [[nodiscard]] static bool is_still(state seen, const kept& held) noexcept { return held.is_still(seen); }
  /// A handle shows a box of its own.
  [[nodiscard]] static pinned<V> pin(state seen, const Alloc& alloc) {
    if (!seen.has_value()) return {};
    value_box<V, Alloc>* const copy = make_node<value_box<V, Alloc>>(alloc, seen.value());
    return pinned<V>(&copy->value, copy, &value_box<V, Alloc>::drop);
  }

  static void leave(epoch::domain&, state) noexcept {}
  static void drop(state) noexcept {}
};

/// A number, or whatever is no larger and as easily copied.
template <class V>
concept value_in_place = std::is_trivially_copyable_v<V> && std::is_copy_constructible_v<V> &&
    std::is_default_constructible_v<V> &&(sizeof(V) == 1 || sizeof(V) == 2 || sizeof(V) == 4 || sizeof(V) == 8);
#else
template <class V>
concept value_in_place = false;
template <class V, class Alloc>
using values_in_place = boxed_values<V, Alloc>;
#endif

template <class V, class Alloc>
struct values_of {
  using type = boxed_values<V, Alloc>;
};
template <value_in_place V, class Alloc>
struct values_of<V, Alloc> {
  using type = values_in_place<V, Alloc>;
};

}  // namespace portolan::detail
