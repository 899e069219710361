// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a node of a versioned_map holds: a value and its version, or the memory that the key was deleted at a version.
//
//    | value V | version 8 | live |          live      an entry: found, listed, counted
//    |   –     | version 8 |  –   |          deleted   a deletion that came from outside and is not forgotten yet
//
// 1. A record is stamped with its version before anybody else can reach it, and never changes afterwards.
// 2. Value and version stand in one object, so who reads one has read the other of the same instant.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>  // std::construct_at without the weight of <memory>
#include <type_traits>
#include <utility>

namespace portolan {

/// The number of one state of one entry. A type of its own, so that no value is taken for a version. Never 0 for a state.
///
/// When not to use it: to order the states of different keys; versions count each key for itself.
struct entry_version {
  std::uint64_t number = 0;
  friend constexpr auto operator<=>(entry_version, entry_version) = default;
};

/// The version of a key that has no entry: to expect it means "only if there is none".
inline constexpr entry_version no_version{};

/// A value together with its version, both of one instant. It can be read wherever a `const V&` is wanted.
///
/// When not to use it: as the type of a value that is put in; the map itself numbers what it stores.
template <class V>
struct versioned {
  V value;
  entry_version version;

  constexpr operator const V&() const noexcept { return value; }
  friend bool operator==(const versioned&, const versioned&) = default;
};

}  // namespace portolan

namespace portolan::detail {

struct deletion_t {};

template <class V, class Alloc>
class version_record {
 public:
  // For allocators that hand themselves on to what they construct.
  using allocator_type = Alloc;

  explicit version_record(deletion_t) noexcept : deleted_at_(), live_(false) {}
  template <class Tag>
  version_record(Tag, const Alloc&, deletion_t) noexcept : version_record(deletion_t()) {}
  template <class... Args>
  explicit version_record(std::in_place_t, Args&&... args)
      : entry_{V(std::forward<Args>(args)...), no_version}, live_(true) {}
  // `Tag` is std::allocator_arg_t, whose header is dear.
  template <class Tag, class... Args>
  version_record(Tag tag, const Alloc& allocator, std::in_place_t, Args&&... args)
      : entry_{made_with(tag, allocator, std::forward<Args>(args)...), no_version}, live_(true) {}
  version_record(const version_record&) = delete;
  version_record& operator=(const version_record&) = delete;
  ~version_record() {
    if (live_) std::destroy_at(&entry_);
  }

  [[nodiscard]] bool is_live() const noexcept { return live_; }
  [[nodiscard]] entry_version version() const noexcept { return live_ ? entry_.version : deleted_at_; }
  /// Of a live record.
  [[nodiscard]] const versioned<V>& entry() const noexcept { return entry_; }
  /// The value of a live record that nobody else has seen.
  [[nodiscard]] V& unseen_value() noexcept { return entry_.value; }
  /// While nobody else can reach the record.
  void stamp(entry_version version) noexcept { (live_ ? entry_.version : deleted_at_) = version; }

 private:
  template <class Tag, class... Args>
  static V made_with(Tag tag, const Alloc& allocator, Args&&... args) {
    if constexpr (std::is_constructible_v<V, Tag, const Alloc&, Args&&...>) {
      return V(tag, allocator, std::forward<Args>(args)...);
    } else if constexpr (std::is_constructible_v<V, Args&&..., const Alloc&>) {
      return V(std::forward<Args>(args)..., allocator);
    } else {
      return V(std::forward<Args>(args)...);
    }
  }

  union {
    versioned<V> entry_;
    entry_version deleted_at_;
  };
  const bool live_;
};

}  // namespace portolan::detail
