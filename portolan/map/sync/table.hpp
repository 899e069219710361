// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A hash table of pointers to nodes, in one block: built by one thread, then shown to all and never changed.
//
//   owners alloc mask used │ node tag │ node tag │  ·  │ node tag │ …       a power of two of slots, a word each
//                            ^ home = hash & mask, then one after the other until an empty slot
//
//   tag    bits of the node's hash, in those that its address leaves free: most walks past a node do not touch it
//
// 1. At most half of the slots are used, so a walk meets an empty one; a node stands between its home and
//    the first empty slot behind it.
// 2. Who builds a table is alone with it. Once published it is only read: `owners` is all that changes.
// 3. A table has one share of each node in it. Nodes are hashed_node's: of a hash the low half is kept. A table of more
//    than 2^32 slots would use that many of them as homes, and walk further.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <portolan/base/platform/huge_pages.hpp>
#include <portolan/map/sync/counted.hpp>

namespace portolan::detail {

template <class Node, class Alloc>
class node_table : public counted {
  /// The word above; a node of 8 bytes' alignment leaves three bits.
  class slot {
   public:
    constexpr slot() noexcept = default;
    explicit slot(Node& node) noexcept : word_(reinterpret_cast<std::uintptr_t>(&node) | tag_of(node.hash)) {}
    [[nodiscard]] bool is_empty() const noexcept { return word_ == 0; }
    [[nodiscard]] Node* node() const noexcept { return reinterpret_cast<Node*>(word_ & ~tag_bits()); }
    /// False: the node has another hash.
    [[nodiscard]] bool may_have(std::uint32_t hash) const noexcept { return (word_ & tag_bits()) == tag_of(hash); }

   private:
    static constexpr std::uintptr_t tag_bits() noexcept { return alignof(Node) - 1; }
    static constexpr std::uintptr_t tag_of(std::uint32_t hash) noexcept { return (hash >> 28) & tag_bits(); }

    std::uintptr_t word_ = 0;
  };
  using traits = std::allocator_traits<rebound<Alloc, slot>>;
  static_assert(sizeof(slot) == sizeof(Node*));

 public:
  using allocator_type = Alloc;

  /// A table in which `nodes` fit without growing.
  [[nodiscard]] static node_table* make(const Alloc& alloc, std::size_t nodes) {
    const std::size_t slots = slots_for(nodes);
    rebound<Alloc, slot> memory(alloc);
    slot* const block = std::to_address(traits::allocate(memory, header_slots() + slots));
    platform::prefer_huge_pages(block, (header_slots() + slots) * sizeof(slot));
    auto* const table = std::construct_at(reinterpret_cast<node_table*>(block), alloc, slots - 1);
    for (std::size_t i = 0; i < slots; ++i) std::construct_at(table->slots() + i);
    return table;
  }

  /// Gives one share of `table` back; the last one drops the nodes' shares and frees the block.
  static void drop(node_table* table) noexcept {
    if (table == nullptr || !table->drop_owner()) return;
    for (Node& node : *table) Node::drop(&node);
    free_block(table);
  }

  /// The node with this hash that `is_it` accepts, or null.
  template <class IsIt>
  [[nodiscard]] Node* find(std::uint64_t whole_hash, IsIt&& is_it) const {
    const std::uint32_t hash = Node::half(whole_hash);
    for (std::size_t at = hash & mask_; !slots()[at].is_empty(); at = (at + 1) & mask_) {
      if (!slots()[at].may_have(hash)) continue;
      Node* const node = slots()[at].node();
      if ((Node::key_is_a_number || node->hash == hash) && is_it(std::as_const(*node))) return node;
    }
    return nullptr;
  }

  [[nodiscard]] bool is_full() const noexcept { return (used_ + 1) * 2 > mask_ + 1; }

  /// Puts a node there, with the caller's share of it. The table must not be full.
  void put(Node& node) noexcept {
    std::size_t at = node.hash & mask_;
    while (!slots()[at].is_empty()) at = (at + 1) & mask_;
    slots()[at] = slot(node);
    ++used_;
  }

  /// Takes a node out that stands here; the share goes to the caller. Nodes behind it move up into the gap.
  void take(const Node& node) noexcept {
    std::size_t gap = node.hash & mask_;
    while (slots()[gap].node() != &node) gap = (gap + 1) & mask_;
    for (std::size_t at = (gap + 1) & mask_; !slots()[at].is_empty(); at = (at + 1) & mask_) {
      const std::size_t from_home = (at - slots()[at].node()->hash) & mask_;
      if (from_home < ((at - gap) & mask_)) continue;
      slots()[gap] = slots()[at];
      gap = at;
    }
    slots()[gap] = slot();
    --used_;
  }

  /// Puts `next`, of the same hash, where `node` stands; shares are exchanged with the caller.
  void replace(const Node& node, Node& next) noexcept {
    std::size_t at = node.hash & mask_;
    while (slots()[at].node() != &node) at = (at + 1) & mask_;
    slots()[at] = slot(next);
  }

  /// A larger table, for `nodes` or one more than fit, with the nodes of `table`, which is gone afterwards; nobody
  /// else may know it.
  [[nodiscard]] static node_table* grown(node_table* table, std::size_t nodes = 0) {
    const std::size_t more = table->capacity() + 1;
    node_table* const larger = make(table->alloc, nodes < more ? more : nodes);
    for (Node& node : *table) larger->put(node);
    free_block(table);
    return larger;
  }

  /// A table with a share of every node of this one, and room for `more`.
  [[nodiscard]] node_table* copy(std::size_t more) const {
    node_table* const other = make(alloc, used_ + more);
    for (Node& node : *this) {
      node.add_owner();
      if (other->mask_ != mask_) other->put(node);
    }
    if (other->mask_ == mask_) other->take_places_of(*this);
    return other;
  }

  [[nodiscard]] std::size_t size() const noexcept { return used_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return (mask_ + 1) / 2; }
  [[nodiscard]] std::size_t bytes() const noexcept { return (header_slots() + mask_ + 1) * sizeof(slot); }

  /// The nodes, in no order that means anything.
  class iterator {
   public:
    iterator(const slot* at, const slot* end) noexcept : at_(at), end_(end) { skip(); }
    [[nodiscard]] Node& operator*() const noexcept { return *at_->node(); }
    iterator& operator++() noexcept {
      ++at_;
      skip();
      return *this;
    }
    [[nodiscard]] bool operator==(const iterator& other) const noexcept { return at_ == other.at_; }

   private:
    void skip() noexcept {
      while (at_ != end_ && at_->is_empty()) ++at_;
    }
    const slot* at_;
    const slot* end_;
  };
  [[nodiscard]] iterator begin() const noexcept { return {slots(), slots() + mask_ + 1}; }
  [[nodiscard]] iterator end() const noexcept { return {slots() + mask_ + 1, slots() + mask_ + 1}; }

  node_table(const Alloc& from, std::size_t mask) noexcept : alloc(from), mask_(mask) {}

  [[no_unique_address]] const Alloc alloc;

 private:
  static constexpr std::size_t fewest_slots = 4;
  static constexpr std::size_t most_slots = std::size_t{1} << 62;
  [[nodiscard]] static constexpr std::size_t header_slots() noexcept {
    return (sizeof(node_table) + sizeof(slot) - 1) / sizeof(slot);
  }
  [[nodiscard]] static std::size_t slots_for(std::size_t nodes) noexcept {
    if (nodes > most_slots / 2) return most_slots;  // refused by the allocator, whatever it is
    return std::bit_ceil(nodes * 2 < fewest_slots ? fewest_slots : nodes * 2);
  }
  static void free_block(node_table* table) noexcept {
    rebound<Alloc, slot> memory(table->alloc);
    const std::size_t block_slots = header_slots() + table->mask_ + 1;
    std::destroy_at(table);
    traits::deallocate(memory, reinterpret_cast<slot*>(table), block_slots);
  }
  [[nodiscard]] slot* slots() noexcept { return reinterpret_cast<slot*>(this) + header_slots(); }
  [[nodiscard]] const slot* slots() const noexcept { return reinterpret_cast<const slot*>(this) + header_slots(); }

  // For an empty table of the same size, with the caller's shares.
  void take_places_of(const node_table& like) noexcept {
    for (std::size_t i = 0; i <= mask_; ++i) slots()[i] = like.slots()[i];
    used_ = like.used_;
  }

  const std::size_t mask_;
  std::size_t used_ = 0;
};

}  // namespace portolan::detail
