// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Objects that several owners share and that the last of them frees: tables, nodes, values.
//
//   map ──┐
//   view ─┼─► owners = 3 │ alloc │ …          each owner drops once; who drops the last one frees
//   pin ──┘
//
// 1. `owners` is raised only by who already has a share, or by a reader whose guard keeps the object whole
//    while it is published: it never rises from 0.
// 2. The object keeps a copy of the allocator that made it: it may outlive its map.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>  // std::allocator_traits without the weight of <memory>

#include <portolan/base/platform.hpp>

namespace portolan::detail {

class counted {
 public:
  void add_owner() noexcept {
    // relaxed: who adds has a share or a guard, so the object is whole and stays so.
    owners_.fetch_add(1, platform::relaxed);
  }
  /// True for who dropped the last share and now has to free the object.
  [[nodiscard]] bool drop_owner() noexcept {
    // pair owners: release, so that what this owner did with the object comes before it is freed.
    // pair owners: acquire, so that who frees it comes after what every owner did.
    return owners_.fetch_sub(1, platform::acq_rel) == 1;
  }

 private:
  platform::atomic<std::uint32_t> owners_{1};
};

/// A node of a table (sync/table.hpp), with half of its key's hash: the two share a word, so that a node with a key and a
/// value of eight bytes each takes 24.
class hashed_node : public counted {
 public:
  explicit hashed_node(std::uint64_t whole_hash) noexcept : hash(half(whole_hash)) {}
  [[nodiscard]] static constexpr std::uint32_t half(std::uint64_t whole_hash) noexcept {
    return static_cast<std::uint32_t>(whole_hash);
  }

  const std::uint32_t hash;
};
static_assert(sizeof(hashed_node) == 8);

template <class Alloc, class T>
using rebound = typename std::allocator_traits<Alloc>::template rebind_alloc<T>;

/// A key that the map's allocator made, and the allocator: a std::pmr key has its characters in the map's resource.
template <class K, class Alloc>
class keyed {
  using traits = std::allocator_traits<rebound<Alloc, K>>;

 public:
  using allocator_type = Alloc;
  /// Then comparing keys is as cheap as comparing hashes.
  static constexpr bool key_is_a_number = std::is_integral_v<K> || std::is_enum_v<K>;

  template <class Q>
  keyed(const Alloc& from, Q&& named) : alloc(from) {
    rebound<Alloc, K> own(alloc);
    traits::construct(own, const_cast<K*>(&key), std::forward<Q>(named));
  }
  keyed(const keyed&) = delete;
  keyed& operator=(const keyed&) = delete;
  ~keyed() {
    rebound<Alloc, K> own(alloc);
    traits::destroy(own, const_cast<K*>(&key));
  }

  [[no_unique_address]] const Alloc alloc;
  union {
    const K key;  // a union member, so that the allocator makes and destroys it
  };
};

/// Allocates and constructs one T; gives the memory back if the constructor throws.
template <class T, class Alloc, class... Args>
[[nodiscard]] T* make_node(const Alloc& alloc, Args&&... args) {
  using traits = std::allocator_traits<rebound<Alloc, T>>;
  struct unfinished {
    rebound<Alloc, T> alloc;
    T* at;
    ~unfinished() {
      if (at != nullptr) traits::deallocate(alloc, at, 1);
    }
  };
  unfinished node{rebound<Alloc, T>(alloc), nullptr};
  node.at = std::to_address(traits::allocate(node.alloc, 1));
  std::construct_at(node.at, alloc, std::forward<Args>(args)...);
  return std::exchange(node.at, nullptr);
}

/// Destroys and frees what make_node made; T keeps its allocator as `alloc`.
template <class T>
void free_node(T* node) noexcept {
  auto alloc = rebound<typename T::allocator_type, T>(node->alloc);
  std::destroy_at(node);
  std::allocator_traits<decltype(alloc)>::deallocate(alloc, node, 1);
}

}  // namespace portolan::detail
