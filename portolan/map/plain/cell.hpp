// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The cell that holds one key or one value of a plain_map: the object itself, or one pointer to it.
//
//   in line   +-----------+        out of line   +-----+     +---------+-----------+--------+
//             |  object   |                      |  *--+---->| holders | allocator | object |
//             +-----------+                      +-----+     +---------+-----------+--------+
//
// 1. Moving a cell never throws: what might throw when moved lies out of line, and only the pointer moves.
// 2. A cell is at most 128 bytes: what is larger lies out of line (Go's limit).
// 3. What lies out of line never moves, and lives until its last holder (the cell or a handle) lets go.
// 4. What cannot be copied lies out of line, so that a visitor can always hold what it is shown.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/map/pinned.hpp>

namespace portolan::plain {

inline constexpr std::size_t largest_in_line_bytes = 128;

/// True if a T lies in the bucket itself.
template <class T>
inline constexpr bool in_line =
    sizeof(T) <= largest_in_line_bytes&& std::is_nothrow_move_constructible_v<T>&& std::is_copy_constructible_v<T>;

/// The allocator of T's that belongs to the map's allocator.
template <class Alloc, class T>
using rebound = typename std::allocator_traits<Alloc>::template rebind_alloc<T>;

/// Memory for `count` T's, without objects in it.
template <class T, class Alloc>
[[nodiscard]] T* allocate(const Alloc& alloc, std::size_t count) {
  rebound<Alloc, T> from(alloc);
  return std::allocator_traits<rebound<Alloc, T>>::allocate(from, count);
}

template <class T, class Alloc>
void deallocate(const Alloc& alloc, T* block, std::size_t count) noexcept {
  rebound<Alloc, T> from(alloc);
  std::allocator_traits<rebound<Alloc, T>>::deallocate(from, block, count);
}

/// Makes an object the way the map's allocator wants it made (a pmr string gets the map's resource).
template <class T, class Alloc, class... Args>
void construct(const Alloc& alloc, T* at, Args&&... args) {
  rebound<Alloc, T> maker(alloc);
  std::allocator_traits<rebound<Alloc, T>>::construct(maker, at, std::forward<Args>(args)...);
}

/// The object in the bucket.
template <class T, class Alloc>
class cell_in_line {
 public:
  template <class... Args>
  explicit cell_in_line(const Alloc& alloc, std::in_place_t, Args&&... args) {
    construct(alloc, &object_, std::forward<Args>(args)...);
  }
  cell_in_line(cell_in_line&& other) noexcept { std::construct_at(&object_, std::move(other.object_)); }
  cell_in_line& operator=(cell_in_line&& other) noexcept {
    std::destroy_at(&object_);
    std::construct_at(&object_, std::move(other.object_));
    return *this;
  }
  ~cell_in_line() { std::destroy_at(&object_); }

  [[nodiscard]] const T& operator*() const noexcept { return object_; }
  /// A copy, which nothing that happens to the map can change.
  [[nodiscard]] std::optional<T> hold() const { return std::optional<T>(object_); }
  /// The object as an operation returns it that removes the cell next.
  [[nodiscard]] std::optional<T> take() noexcept { return std::optional<T>(std::move(object_)); }

  static constexpr std::size_t bytes_out_of_line = 0;

 private:
  union {
    T object_;  // a union member, so that the allocator makes it and not this class
  };
};

/// A pointer to the object.
template <class T, class Alloc>
class cell_out_of_line {
  struct node {
    std::size_t holders = 1;
    Alloc alloc;
    union {
      T object;
    };
    explicit node(const Alloc& from) noexcept : alloc(from) {}
    ~node() {}
  };

 public:
  template <class... Args>
  explicit cell_out_of_line(const Alloc& alloc, std::in_place_t, Args&&... args) : node_(allocate<node>(alloc, 1)) {
    std::construct_at(node_, alloc);
    unfinished rollback{node_};
    construct(alloc, &node_->object, std::forward<Args>(args)...);
    rollback.made = nullptr;
  }
  cell_out_of_line(cell_out_of_line&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  cell_out_of_line& operator=(cell_out_of_line&& other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~cell_out_of_line() {
    if (node_ != nullptr) let_go(node_);
  }

  [[nodiscard]] const T& operator*() const noexcept { return node_->object; }
  /// A handle that keeps the object alive whatever happens to the map.
  [[nodiscard]] pinned<T> hold() const noexcept {
    ++node_->holders;
    return pinned<T>(&node_->object, node_, &let_go);
  }
  /// The object as an operation returns it that removes the cell next; a copy may throw, the cell is then untouched.
  [[nodiscard]] auto take() const {
    if constexpr (std::is_copy_constructible_v<T>) {
      return std::optional<T>(node_->object);
    } else {
      return hold();
    }
  }

  static constexpr std::size_t bytes_out_of_line = sizeof(node);

 private:
  struct unfinished {
    node* made;
    ~unfinished() {
      if (made != nullptr) free_node(made);
    }
  };
  static void free_node(node* done) noexcept {
    const Alloc alloc = done->alloc;
    std::destroy_at(done);
    deallocate(alloc, done, 1);
  }
  static void let_go(void* owner) noexcept {
    auto* const held = static_cast<node*>(owner);
    if (--held->holders != 0) return;
    std::destroy_at(&held->object);
    free_node(held);
  }

  node* node_;
};

template <class T, class Alloc>
using cell = std::conditional_t<in_line<T>, cell_in_line<T, Alloc>, cell_out_of_line<T, Alloc>>;

}  // namespace portolan::plain
