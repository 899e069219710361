// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The two walks of a plain_map over its buckets: one finds a key's slot, one claims a slot for a new key.
//
//   current   [ 0 ][ 1 ][ 2 ][ 3 ][ 4 ][ 5 ][ 6 ][ 7 ]     a power of two of buckets
//               |              ^               ^
//               v overflow     | both from 3   |
//             [   ]            |               |
//   old       [moved][moved][ 2 ][ 3 ]                      only while the table grows
//                           ^ next_to_move
//
// 1. An entry stands in the bucket that the low bits of its hash name, or in that bucket's chain.
// 2. While the table grows, a key's chain is the old one until that one was moved, then the current one.
// 3. A bucket of the current table is empty until the old bucket that feeds it was moved.
// 4. `rearranged` rises whenever an entry left its place: a remembered place is good while it is equal.
// Growing is in grow.hpp; it is what moves entries, nothing else does.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/map/plain/bucket.hpp>

namespace portolan::plain {

template <class K, class V, class Alloc>
struct table {
  using key_cell = cell<K, Alloc>;
  using value_cell = cell<V, Alloc>;
  using bucket_type = bucket<key_cell, value_cell>;
  using place_type = place<bucket_type>;

  /// An array of buckets; none before the first entry.
  struct array {
    bucket_type* buckets = nullptr;
    std::size_t count = 0;
    std::size_t overflows = 0;

    [[nodiscard]] bucket_type& of(std::uint64_t hash) const noexcept { return buckets[hash & (count - 1)]; }
  };

  explicit table(const Alloc& from) noexcept : alloc(from) {}
  table(const table&) = delete;
  table& operator=(const table&) = delete;
  ~table() { release_all(); }

  [[nodiscard]] bool grows() const noexcept { return old.count != 0; }

  /// The first bucket of the chain in which `hash`'s entries stand now. There must be a table.
  [[nodiscard]] bucket_type& home(std::uint64_t hash) const noexcept {
    if (grows() && !old.of(hash).was_moved()) return old.of(hash);
    return current.of(hash);
  }

  /// The place of the entry whose key `is_it` accepts, if there is one.
  template <class Equal>
  [[nodiscard]] place_type locate(std::uint64_t hash, const Equal& is_it) const {
    if (current.count == 0) return {};
    const tag wanted = tag::of(hash);
    for (const place_type at : chain(home(hash))) {
      const tag here = at.in->tags[at.slot];
      if (here == tag::free_from_here) return {};
      if (here == wanted && is_it(*at.key())) return at;
    }
    return {};
  }

  /// A free slot for an entry with this hash; may add a bucket to the chain. There must be a table.
  [[nodiscard]] place_type claim(std::uint64_t hash) {
    bucket_type* last = nullptr;
    for (const place_type at : chain(home(hash))) {
      if (at.in->tags[at.slot].is_free()) return at;
      last = at.in;
    }
    last->overflow = make_buckets(1);
    ++array_of(hash).overflows;
    return {last->overflow, 0};
  }

  /// Makes the entry in a claimed slot; if making the value throws, the key is gone again.
  template <class Q, class... Args>
  void fill(place_type at, std::uint64_t hash, Q&& key, Args&&... value) {
    std::construct_at(&at.key(), alloc, std::in_place, std::forward<Q>(key));
    unfinished rollback{&at.key()};
    std::construct_at(&at.value(), alloc, std::in_place, std::forward<Args>(value)...);
    rollback.made = nullptr;
    at.in->tags[at.slot] = tag::of(hash);
    ++entries;
  }

  /// Destroys the entry and gives its slot back.
  void remove(place_type at, std::uint64_t hash) noexcept {
    bucket_type& first = home(hash);
    ++rearranged;
    --entries;
    at.in->tags[at.slot] = tag::free;
    const key_cell key_leaves(std::move(at.key()));  // destroyed last: a destructor meets a table in order
    const value_cell value_leaves(std::move(at.value()));
    std::destroy_at(&at.key());
    std::destroy_at(&at.value());
    shorten(first, at);
  }

  /// Destroys every entry and gives all memory back.
  void release_all() noexcept {
    ++rearranged;
    entries = 0;
    next_to_move = 0;
    const array leaving[] = {std::exchange(current, array()), std::exchange(old, array())};
    for (const array& gone : leaving) release(gone);
  }

  /// Exchanges the entries with a table of an equal allocator. No remembered place is good any more, in neither.
  void exchange(table& other) noexcept {
    std::swap(current, other.current);
    std::swap(old, other.old);
    std::swap(next_to_move, other.next_to_move);
    std::swap(entries, other.entries);
    std::swap(growths, other.growths);
    ++rearranged;
    ++other.rearranged;
  }

  [[nodiscard]] bucket_type* make_buckets(std::size_t count) {
    bucket_type* const made = allocate<bucket_type>(alloc, count);
    for (std::size_t i = 0; i < count; ++i) std::construct_at(made + i);
    return made;
  }

  /// Frees the buckets behind `first`, in which no entry stands; tells how many there were.
  std::size_t release_overflow(bucket_type& first) noexcept {
    std::size_t released = 0;
    for (bucket_type* next = std::exchange(first.overflow, nullptr); next != nullptr; ++released) {
      bucket_type* const gone = std::exchange(next, next->overflow);
      deallocate(alloc, gone, 1);
    }
    return released;
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    const std::size_t buckets = current.count + current.overflows + old.count + old.overflows;
    return buckets * sizeof(bucket_type) + entries * (key_cell::bytes_out_of_line + value_cell::bytes_out_of_line);
  }

  Alloc alloc;
  array current;
  array old;
  std::size_t next_to_move = 0;
  std::size_t entries = 0;
  std::size_t growths = 0;
  std::uint64_t rearranged = 0;

 private:
  struct unfinished {
    key_cell* made;
    ~unfinished() {
      if (made != nullptr) std::destroy_at(made);
    }
  };

  [[nodiscard]] array& array_of(std::uint64_t hash) noexcept {
    return grows() && !old.of(hash).was_moved() ? old : current;
  }

  // Marks `at` and the free slots before it as free_from_here if nothing stands behind it.
  void shorten(bucket_type& first, place_type at) noexcept {
    const place_type behind = *++typename chain<bucket_type>::cursor(at);
    if (behind && behind.in->tags[behind.slot] != tag::free_from_here) return;
    while (at.in->tags[at.slot] == tag::free) {
      at.in->tags[at.slot] = tag::free_from_here;
      if (at.slot != 0) {
        --at.slot;
        continue;
      }
      if (at.in == &first) return;
      bucket_type* before = &first;
      while (before->overflow != at.in) before = before->overflow;
      at = {before, slots_per_bucket - 1};
    }
  }

  void release(const array& gone) noexcept {
    for (std::size_t i = 0; i < gone.count; ++i) {
      for (const place_type at : chain(gone.buckets[i])) {
        if (!at.in->tags[at.slot].is_entry()) continue;
        std::destroy_at(&at.value());
        std::destroy_at(&at.key());
      }
      release_overflow(gone.buckets[i]);
    }
    if (gone.count != 0) deallocate(alloc, gone.buckets, gone.count);
  }
};

}  // namespace portolan::plain
