// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A hash table of one thread's time: keys and what was added up for each, in nodes that go from table to table.
//
//   buckets_ │ · │ ●─► node ─► node │ · │ ●─► node │         a power of two of chains, by the low bits of the hash
//                      next hash key value
//
// 1. Linking a node cannot fail: an empty table has one chain without any memory, and growing is only tried. So
//    what a merge has in its hands always finds a place.
// 2. A node stands in one table or chain at a time, and keeps its hash: all tables of a map hash alike.
// 3. Nothing here is shared: who calls holds the lock that guards the table.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>  // std::construct_at without the weight of <memory>
#include <utility>

#include <portolan/map/sync/counted.hpp>

namespace portolan::detail {

template <class K, class V, class Alloc>
struct tally {
  using allocator_type = Alloc;

  template <class Q>
  tally(const Alloc& from, std::uint64_t hashed, Q&& named, V&& initial)
      : alloc(from), hash(hashed), key(std::forward<Q>(named)), value(std::move(initial)) {}

  [[no_unique_address]] const Alloc alloc;
  tally* next = nullptr;
  const std::uint64_t hash;
  K key;
  V value;
};

/// Nodes that left a map; frees them when it ends. Whoever holds a lock declares it before the lock.
template <class Node>
class departed {
 public:
  departed() = default;
  ~departed() {
    while (first_ != nullptr) free_node(std::exchange(first_, first_->next));
  }
  departed(const departed&) = delete;
  departed& operator=(const departed&) = delete;

  void take(Node& node) noexcept { node.next = std::exchange(first_, &node); }

 private:
  Node* first_ = nullptr;
};

template <class Node>
class tally_table {
  using Alloc = typename Node::allocator_type;
  using traits = std::allocator_traits<rebound<Alloc, Node*>>;

 public:
  explicit tally_table(const Alloc& alloc) noexcept : alloc_(alloc) {}
  tally_table(const tally_table&) = delete;
  tally_table& operator=(const tally_table&) = delete;
  ~tally_table() {
    departed<Node> last;
    take_all(last);
    release_buckets();
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return (buckets_ == nullptr ? 0 : (mask_ + 1) * sizeof(Node*)) + size_ * sizeof(Node);
  }

  /// The node with this hash that `is_it` accepts, or null.
  template <class IsIt>
  [[nodiscard]] Node* find(std::uint64_t hash, const IsIt& is_it) const {
    for (Node* node = chains()[hash & mask_]; node != nullptr; node = node->next) {
      if (node->hash == hash && is_it(std::as_const(*node))) return node;
    }
    return nullptr;
  }

  void link(Node& node) noexcept {
    if (size_ > mask_) [[unlikely]]
      try_to_grow();
    put(node);
  }

  /// Takes a node out that stands here.
  void unlink(Node& node) noexcept {
    Node** at = &chains()[node.hash & mask_];
    while (*at != &node) at = &(*at)->next;
    *at = node.next;
    --size_;
  }

  /// Hands every node on, in no order; `receive` links it elsewhere, or throws, and then it and the rest stay.
  template <class Receive>
  void hand_over(Receive receive) {
    for (std::size_t i = 0; size_ != 0 && i <= mask_; ++i) {
      while (Node* const node = chains()[i]) {
        Node* const next = node->next;
        receive(*node);
        chains()[i] = next;
        --size_;
      }
    }
  }

  void take_all(departed<Node>& into) noexcept {
    hand_over([&](Node& node) noexcept { into.take(node); });
  }

  /// Gives the chains' memory back; the table is empty.
  void release_buckets() noexcept {
    if (buckets_ == nullptr) return;
    rebound<Alloc, Node*> memory(alloc_);
    traits::deallocate(memory, buckets_, mask_ + 1);
    buckets_ = nullptr;
    mask_ = 0;
  }

  template <class F>
  void for_each(F f) const {
    for (std::size_t i = 0; i <= mask_; ++i) {
      for (Node* node = chains()[i]; node != nullptr; node = node->next) f(*node);
    }
  }

  void swap(tally_table& other) noexcept {
    std::swap(only_, other.only_);
    std::swap(buckets_, other.buckets_);
    std::swap(mask_, other.mask_);
    std::swap(size_, other.size_);
  }

  /// Chains for so many nodes; throws what the allocator throws.
  void reserve(std::size_t nodes) {
    if (nodes <= mask_ + 1) return;
    const std::size_t count = std::bit_ceil(nodes < fewest_buckets ? fewest_buckets : nodes);
    rebound<Alloc, Node*> memory(alloc_);
    Node** const fresh = std::to_address(traits::allocate(memory, count));
    for (std::size_t i = 0; i < count; ++i) std::construct_at(fresh + i, nullptr);
    tally_table before(alloc_);
    swap(before);
    buckets_ = fresh;
    mask_ = count - 1;
    before.hand_over([this](Node& node) noexcept { put(node); });
  }

 private:
  static constexpr std::size_t fewest_buckets = 8;

  void put(Node& node) noexcept {
    node.next = std::exchange(chains()[node.hash & mask_], &node);
    ++size_;
  }

  [[gnu::cold, gnu::noinline]] void try_to_grow() noexcept {
    try {
      reserve(2 * size_ + 1);
    } catch (...) {}  // longer chains will do, until there is memory
  }

  [[nodiscard]] Node** chains() noexcept { return buckets_ == nullptr ? &only_ : buckets_; }
  [[nodiscard]] Node* const* chains() const noexcept { return buckets_ == nullptr ? &only_ : buckets_; }

  [[no_unique_address]] const Alloc alloc_;
  Node* only_ = nullptr;      // the one chain of a table without memory
  Node** buckets_ = nullptr;  // or mask_ + 1 of them
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
};

}  // namespace portolan::detail
