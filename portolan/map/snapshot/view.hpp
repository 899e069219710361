// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One state of a snapshot_map, held for as long as one likes.
//
//   view ──► version 7 │ a │ b │ c │        the map may be at version 9, or gone
//
// 1. A view has a share of its version and of the rules to search it: it holds no lock, no guard, and holds
//    nobody up; it keeps that version's nodes in memory, and no others.
// 2. Everything in it is of one instant: that at which it was taken.
#pragma once

#include <concepts>
#include <cstddef>
#include <utility>
#include <vector>

#include <portolan/map/snapshot/version.hpp>

namespace portolan {

/// A consistent listing of a snapshot_map. May outlive the map, not the memory resource of its allocator.
///
/// When not to use it: for one key; find on the map is cheaper. Do not keep many old ones: each keeps its version.
template <class K, class V, class Hash, class KeyEqual, class Alloc>
class snapshot_view {
  using node = detail::snapshot_node<K, V, Alloc>;
  using table = detail::node_table<node, Alloc>;
  using rules = detail::lookup_rules<K, Hash, KeyEqual, Alloc>;

  template <class Q>
  static constexpr bool names = detail::key_or_like<Q, K, Hash, KeyEqual>;

 public:
  using key_type = K;
  using mapped_type = V;
  static constexpr bool snapshot_is_of_one_instant = true;  // list.hpp

  /// A copy is another share of the same state.
  snapshot_view(const snapshot_view& other) noexcept : rules_(other.rules_), table_(other.table_) {
    rules_->add_owner();
    if (table_ != nullptr) table_->add_owner();
  }
  snapshot_view& operator=(const snapshot_view& other) noexcept {
    snapshot_view(other).exchange(*this);
    return *this;
  }
  ~snapshot_view() {
    table::drop(table_);
    rules::drop(rules_);
  }

  /// The value that was under `key`.
  ///
  /// @returns   the value, empty if the key was not there
  /// @sees      the instant at which the view was taken
  /// @progress  wait-free
  /// @cost      O(1) expected, and a copy of V
  /// @throws    what the copy, hash and equality throw
  /// @calls     hash, equality
  template <class Q = K>
    requires names<const Q&>
  [[nodiscard]] found<V> find(const Q& key) const {
    node* const at = locate(key);
    return at == nullptr ? found<V>() : at->give();
  }

  /// Whether `key` was there.
  ///
  /// @returns   true if it was
  /// @sees      the instant at which the view was taken
  /// @progress  wait-free
  /// @cost      O(1) expected
  /// @throws    what hash and equality throw
  /// @calls     hash, equality
  template <class Q = K>
    requires names<const Q&>
  [[nodiscard]] bool contains(const Q& key) const { return locate(key) != nullptr; }

  /// Calls `f` with the value that was under `key`, in place.
  ///
  /// @returns   true if the key was there
  /// @sees      the instant at which the view was taken
  /// @progress  wait-free but for `f`
  /// @cost      O(1) expected; copies nothing
  /// @throws    what `f`, hash and equality throw
  /// @calls     `f` with no lock held: it may call any operation of the map
  template <class Q = K, class F>
    requires names<const Q&> && std::invocable<F&, const V&>
  bool visit(const Q& key, F&& f) const {
    const node* const at = locate(key);
    if (at != nullptr) f(at->value);
    return at != nullptr;
  }

  /// Calls `f` with every entry, until `f` returns false if it returns a bool.
  ///
  /// @returns   nothing
  /// @sees      the instant at which the view was taken
  /// @progress  wait-free but for `f`
  /// @cost      O(n); copies nothing
  /// @throws    what `f` throws
  /// @calls     `f` with no lock held: it may call any operation of the map
  template <class F>
    requires std::invocable<F&, const K&, const V&>
  void for_each(F&& f) const {
    if (table_ == nullptr) return;
    for (const node& each : *table_) {
      if (!detail::goes_on(f, each.key, each.value)) return;
    }
  }

  /// Copies the entries out.
  ///
  /// @returns   a vector of pairs in no particular order
  /// @sees      the instant at which the view was taken
  /// @progress  wait-free
  /// @cost      O(n)
  /// @throws    what the copies throw, std::bad_alloc
  /// @calls     the copy constructors of K and V
  [[nodiscard]] std::vector<std::pair<K, V>> snapshot() const requires detail::copyable_entry<K, V> {
    std::vector<std::pair<K, V>> entries;
    entries.reserve(size());
    for_each([&](const K& key, const V& value) { entries.emplace_back(key, value); });
    return entries;
  }

  /// The number of entries.
  ///
  /// @returns   the number
  /// @sees      the instant at which the view was taken
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] std::size_t size() const noexcept { return table_ == nullptr ? 0 : table_->size(); }

  /// Whether there was no entry.
  ///
  /// @returns   true if there was none
  /// @sees      the instant at which the view was taken
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

 private:
  template <class, class, class, class, class>
  friend class snapshot_map;

  // Takes over one share of each.
  snapshot_view(rules* how, table* shared) noexcept : rules_(how), table_(shared) {}

  void exchange(snapshot_view& other) noexcept {
    std::swap(rules_, other.rules_);
    std::swap(table_, other.table_);
  }
  template <class Q>
  [[nodiscard]] node* locate(const Q& key) const {
    decltype(auto) wanted = detail::as_lookup<K, Hash, KeyEqual>(key);
    return rules_->find(table_, wanted, rules_->hash(wanted));
  }

  rules* rules_;
  table* table_;
};

}  // namespace portolan
