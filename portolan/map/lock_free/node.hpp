// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// An entry: a link with a key and a value that never change. Another value is another node.
//
//   | next | order | owners | allocator | key | value |
//
// 1. One owner is the list, which gives its share back when no reader can see the node; the others are handles.
// 2. A share is added only under a guard that protects the node, or by who has one.
// 3. A node outlives its map as long as a handle holds it: it keeps its allocator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <portolan/base/platform.hpp>
#include <portolan/map/lock_free/list.hpp>
#include <portolan/map/pinned.hpp>
#include <portolan/map/sync/counted.hpp>
#include <portolan/map/vocabulary.hpp>

namespace portolan::lock_free {

template <class K, class V, class Alloc>
struct node : link, detail::counted {
  using allocator_type = Alloc;

  template <class Q, class... Args>
  node(const Alloc& allocator, std::uint64_t its_order, const Q& its_key, Args&&... args)
      : link(its_order), alloc(allocator), key(its_key), value(V(std::forward<Args>(args)...)) {}

  static node& of(link& at) noexcept { return static_cast<node&>(at); }
  static const node& of(const link& at) noexcept { return static_cast<const node&>(at); }

  static void drop(void* raw) noexcept {
    auto* self = static_cast<node*>(static_cast<link*>(raw));
    if (self->drop_owner()) detail::free_node(self);
  }
  /// For the reclaimer: gives the list's share back.
  static void drop_for_list(void* raw, void*) noexcept { drop(raw); }

  [[nodiscard]] pinned<V> pin() noexcept {
    add_owner();
    return pinned<V>(std::addressof(value), static_cast<link*>(this), &node::drop);
  }
  [[nodiscard]] found<V> give() {
    if constexpr (std::is_copy_constructible_v<V>) {
      return found<V>(std::in_place, std::as_const(value));
    } else {
      return pin();
    }
  }

  [[no_unique_address]] Alloc alloc;
  const K key;
  V value;  // const but for who made it, until it is linked
};

/// A share of a node: of one that is being made, or of one that iteration or compute looks at.
template <class Node>
class share {
 public:
  constexpr share() noexcept = default;
  /// Takes a share that is there over.
  explicit share(Node* owned) noexcept : node_(owned) {}
  /// Adds one; a guard protects the node.
  static share of(Node& shared) noexcept {
    shared.add_owner();
    return share(&shared);
  }
  share(share&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  share& operator=(share&& other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  share(const share&) = delete;
  share& operator=(const share&) = delete;
  ~share() {
    if (node_ != nullptr) Node::drop(static_cast<link*>(node_));
  }

  [[nodiscard]] explicit operator bool() const noexcept { return node_ != nullptr; }
  [[nodiscard]] Node* get() const noexcept { return node_; }
  [[nodiscard]] Node& operator*() const noexcept { return *node_; }
  [[nodiscard]] Node* operator->() const noexcept { return node_; }
  /// The share is the list's now.
  void linked() noexcept { node_ = nullptr; }

 private:
  Node* node_ = nullptr;
};

}  // namespace portolan::lock_free
