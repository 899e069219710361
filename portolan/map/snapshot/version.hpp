// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One state of a snapshot_map, and the draft of the next one.
//
//   version 7   │ a │ b │ c │ d │          immutable, owned by the map, views and older readers' guards
//                 │   │       │
//   draft       │ a │ b'│   │ d │ e │      a copy of the table; nodes that did not change are shared
//
// 1. A node (key and value together) never changes: a new value is a new node in the next version.
// 2. A draft copies nothing until it is first changed; then it is a table of its own, which nobody else knows.
// 3. What a draft drops of its own nodes it keeps until its end, so that no destructor of the user's runs while
//    the writers' mutex is held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <portolan/base/hash.hpp>
#include <portolan/map/mixin.hpp>
#include <portolan/map/pinned.hpp>
#include <portolan/map/sync/counted.hpp>
#include <portolan/map/sync/table.hpp>
#include <portolan/map/vocabulary.hpp>

namespace portolan::detail {

/// A key and its value, for as many versions as have it.
template <class K, class V, class Alloc>
class snapshot_node : public hashed_node, public keyed<K, Alloc> {
 public:
  using keyed<K, Alloc>::alloc;

  template <class Q, class... Args>
  snapshot_node(const Alloc& from, std::uint64_t hashed, Q&& named, Args&&... args)
      : hashed_node(hashed), keyed<K, Alloc>(from, std::forward<Q>(named)) {
    auto own = rebound<Alloc, V>(alloc);
    std::allocator_traits<rebound<Alloc, V>>::construct(own, &value, std::forward<Args>(args)...);
  }
  ~snapshot_node() {
    auto own = rebound<Alloc, V>(alloc);
    std::allocator_traits<rebound<Alloc, V>>::destroy(own, &value);
  }
  snapshot_node(const snapshot_node&) = delete;
  snapshot_node& operator=(const snapshot_node&) = delete;

  static void drop(void* node) noexcept {
    auto* const own = static_cast<snapshot_node*>(node);
    if (own->drop_owner()) free_node(own);
  }
  /// One more share, as a handle. The caller has a share or a guard.
  [[nodiscard]] pinned<V> pin() noexcept {
    add_owner();
    return pinned<V>(&value, this, &snapshot_node::drop);
  }
  /// The value as find gives it.
  [[nodiscard]] found<V> give() {
    if constexpr (std::is_copy_constructible_v<V>)
      return found<V>(std::as_const(value));
    else
      return pin();
  }

  union {
    V value;  // a union member, so that the allocator makes and destroys it
  };
};

/// How a map hashes and compares; shared with its views, which may outlive it.
template <class K, class Hash, class KeyEqual, class Alloc>
class lookup_rules : public counted {
 public:
  using allocator_type = Alloc;

  lookup_rules(const Alloc& from, std::uint64_t seed, Hash hash_function, KeyEqual key_equal)
      : alloc(from), hash(std::move(hash_function), seed), equal(std::move(key_equal)) {}

  static void drop(lookup_rules* rules) noexcept {
    if (rules != nullptr && rules->drop_owner()) free_node(rules);
  }
  template <class Table, class Q>
  [[nodiscard]] auto* find(const Table* in, const Q& key, std::uint64_t hashed) const {
    using node = std::remove_reference_t<decltype(*in->begin())>;
    if (in == nullptr) return static_cast<node*>(nullptr);
    return in->find(hashed, [&](const node& other) { return static_cast<bool>(equal(other.key, key)); });
  }

  [[no_unique_address]] const Alloc alloc;
  const hash_policy<K, Hash> hash;
  [[no_unique_address]] const KeyEqual equal;
};

}  // namespace portolan::detail

namespace portolan {

/// The next state of a snapshot_map while an update makes it: a map of one thread, which nobody sees until it is done.
///
/// When not to use it: anywhere but inside the callable that it is given to.
template <class K, class V, class Hash, class KeyEqual, class Alloc>
class snapshot_draft {
  using node = detail::snapshot_node<K, V, Alloc>;
  using table = detail::node_table<node, Alloc>;
  using rules = detail::lookup_rules<K, Hash, KeyEqual, Alloc>;

  template <class Q>
  static constexpr bool names = detail::key_or_like<Q, K, Hash, KeyEqual>;

 public:
  snapshot_draft(const rules& how, const table* base) noexcept : rules_(how), base_(base) {}
  snapshot_draft(const snapshot_draft&) = delete;
  snapshot_draft& operator=(const snapshot_draft&) = delete;
  ~snapshot_draft() {
    for (node* each : dropped_) node::drop(each);
    table::drop(own_);
  }

  /// The value under `key` in this draft.
  ///
  /// @returns   the value, empty if the key is not there
  /// @sees      what the update began with, and its own changes
  /// @progress  wait-free
  /// @cost      O(1) expected, and a copy of V
  /// @throws    what the copy, hash and equality throw
  /// @calls     hash, equality
  template <class Q = K>
    requires names<const Q&>
  [[nodiscard]] found<V> find(const Q& key) const {
    node* const at = locate(detail::as_lookup<K, Hash, KeyEqual>(key)).at;
    return at == nullptr ? found<V>() : at->give();
  }

  /// Whether `key` is in this draft.
  ///
  /// @returns   true if it is
  /// @sees      as find
  /// @progress  wait-free
  /// @cost      O(1) expected
  /// @throws    what hash and equality throw
  /// @calls     hash, equality
  template <class Q = K>
    requires names<const Q&>
  [[nodiscard]] bool contains(const Q& key) const {
    return locate(detail::as_lookup<K, Hash, KeyEqual>(key)).at != nullptr;
  }

  /// Puts a value made of `args` under `key` unless the key is there already.
  ///
  /// @returns   true if this call put it there; `args` are untouched otherwise
  /// @sees      as find
  /// @progress  wait-free
  /// @cost      O(1) expected; O(n) for the first change of a draft
  /// @throws    what making key or value throws, std::bad_alloc: the draft is as before
  /// @calls     hash, equality, the constructors of K and V
  template <class Q = K, class... Args>
    requires names<Q> && std::constructible_from<V, Args...>
  bool try_emplace(Q&& key, Args&&... args) {
    auto&& wanted = detail::as_lookup<K, Hash, KeyEqual>(std::forward<Q>(key));
    const spot at = locate(wanted);
    if (at.at != nullptr) return false;
    put(at, std::forward<decltype(wanted)>(wanted), std::forward<Args>(args)...);
    return true;
  }

  /// Puts `value` under `key` unless the key is there already.
  ///
  /// @returns   true if this call put it there; `value` is untouched otherwise
  /// @sees      as find
  /// @progress  wait-free
  /// @cost      as try_emplace
  /// @throws    as try_emplace
  /// @calls     as try_emplace
  template <class Q = K, class W = V>
  bool insert(Q&& key, W&& value) {
    return try_emplace(std::forward<Q>(key), std::forward<W>(value));
  }

  /// Puts `value` under `key`, whether or not the key is there.
  ///
  /// @returns   assignment::inserted or assignment::assigned
  /// @sees      as find
  /// @progress  wait-free
  /// @cost      as try_emplace
  /// @throws    as try_emplace
  /// @calls     as try_emplace
  template <class Q = K, class W = V>
    requires names<Q> && std::constructible_from<V, W> assignment insert_or_assign(Q&& key, W&& value) {
      auto&& wanted = detail::as_lookup<K, Hash, KeyEqual>(std::forward<Q>(key));
      const spot at = locate(wanted);
      put(at, std::forward<decltype(wanted)>(wanted), std::forward<W>(value));
      return at.at == nullptr ? assignment::inserted : assignment::assigned;
    }

  /// Removes the entry of `key`.
  ///
  /// @returns   true if it was there
  /// @sees      as find
  /// @progress  wait-free
  /// @cost      O(1) expected; O(n) for the first change of a draft
  /// @throws    what hash and equality throw, std::bad_alloc: the draft is as before
  /// @calls     hash, equality
  template <class Q = K>
    requires names<const Q&>
  bool erase(const Q& key) {
    node* const at = locate(detail::as_lookup<K, Hash, KeyEqual>(key)).at;
    if (at != nullptr) remove(*at);
    return at != nullptr;
  }

  /// Removes every entry.
  ///
  /// @returns   nothing
  /// @sees      as find
  /// @progress  wait-free
  /// @cost      O(n)
  /// @throws    std::bad_alloc: the draft is as before
  /// @calls     nothing
  void clear() {
    table* const none = table::make(rules_.alloc, 0);
    if (own_ != nullptr) {
      struct not_needed {
        ~not_needed() { table::drop(at); }
        table* at;
      } rollback{none};
      dropped_.reserve(dropped_.size() + own_->size());
      rollback.at = nullptr;
      for (node& each : *own_) {
        each.add_owner();
        dropped_.push_back(&each);
      }
      table::drop(own_);
    }
    own_ = none;
  }

  /// Calls `f` with every entry of this draft, until `f` returns false if it returns a bool.
  ///
  /// @returns   nothing
  /// @sees      as find; `f` must not change the draft
  /// @progress  wait-free
  /// @cost      O(n)
  /// @throws    what `f` throws
  /// @calls     `f`
  template <class F>
  void for_each(F&& f) const {
    const table* const now = current();
    if (now == nullptr) return;
    for (const node& each : *now) {
      if (!detail::goes_on(f, each.key, each.value)) return;
    }
  }

  /// The number of entries in this draft.
  ///
  /// @returns   the number
  /// @sees      as find
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] std::size_t size() const noexcept { return current() == nullptr ? 0 : current()->size(); }

 private:
  template <class, class, class, class, class>
  friend class snapshot_map;

  struct spot {
    std::uint64_t hash;
    node* at;
  };

  [[nodiscard]] const table* current() const noexcept { return own_ != nullptr ? own_ : base_; }
  template <class Q>
  [[nodiscard]] spot locate(const Q& key) const {
    const std::uint64_t hash = rules_.hash(key);
    return {hash, rules_.find(current(), key, hash)};
  }

  /// A new node with this key and value, in place of `at` or beside the others.
  template <class Q, class... Args>
  node& put(spot at, Q&& key, Args&&... args) {
    struct unstored {
      ~unstored() {
        if (made != nullptr) node::drop(made);
      }
      node* made;
    } fresh{detail::make_node<node>(rules_.alloc, at.hash, std::forward<Q>(key), std::forward<Args>(args)...)};
    ensure_own(1);
    if (at.at == nullptr) {
      own_->put(*fresh.made);
    } else {
      dropped_.push_back(at.at);
      own_->replace(*at.at, *fresh.made);
    }
    return *std::exchange(fresh.made, nullptr);
  }

  void remove(node& at) {
    ensure_own(0);
    dropped_.push_back(&at);
    own_->take(at);
  }

  void ensure_own(std::size_t more) {
    if (own_ == nullptr) {
      own_ = base_ == nullptr ? table::make(rules_.alloc, more) : base_->copy(more);
    } else if (more != 0 && own_->is_full()) {
      own_ = table::grown(own_);
    }
  }

  /// The finished table; null if nothing was changed or nothing is left.
  [[nodiscard]] bool is_changed() const noexcept { return own_ != nullptr; }
  [[nodiscard]] table* take() noexcept {
    table* const finished = std::exchange(own_, nullptr);
    if (finished->size() != 0) return finished;
    table::drop(finished);
    return nullptr;
  }

  const rules& rules_;
  const table* const base_;
  table* own_ = nullptr;
  std::vector<node*> dropped_;
};

}  // namespace portolan
