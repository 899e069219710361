// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What both inline engines share: how a small key and value become two 8-byte images and back.
//
//    key images   0 = moved, ~0 = empty, anything else a key
//
// Keys of fewer than 8 bytes are stored plus one, so they never meet the two reserved images. An 8-byte key that
// has a reserved image lives in a side table of its own, under the images 1 and 2 (`reserved`).
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <portolan/base/hash.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/map/vocabulary.hpp>

namespace portolan::concurrent {

struct entry_image {
  static constexpr std::uint64_t moved = 0;
  static constexpr std::uint64_t empty = ~std::uint64_t{0};
};

/// Keys that are equal exactly when their bits are. A class may have an == of its own that looks at less; one that is
/// hashed field by field has promised that it looks at all of them.
template <class K, class Hash>
inline constexpr bool equal_by_bits = std::has_unique_object_representations_v<K> && !std::is_class_v<K>;
template <class K, class Hash>
  requires(std::is_same_v<Hash, hash<K>>&& requires { typename Hash::is_by_parts; })
inline constexpr bool equal_by_bits<K, Hash> =
    std::has_unique_object_representations_v<K> && detail::compared_by_parts<K>();

/// Entries that fit the inline engines: two trivially copyable words, keys equal exactly when their bits are, and a
/// hash that cannot throw, since a mover hashes the keys again.
template <class K, class V, class Hash, class KeyEqual>
inline constexpr bool fits_inline = std::is_trivially_copyable_v<K> &&
                                    sizeof(K) <= 8 && equal_by_bits<K, Hash>&& std::is_trivially_copyable_v<V> &&
                                    sizeof(V) <= 8 &&
                                    std::is_default_constructible_v<V>&& std::is_same_v<
                                        KeyEqual, equal<K>>&& std::is_nothrow_invocable_v<const Hash&, const K&>;

template <class K, class V, class Hash, class KeyEqual>
class inline_entry {
 public:
  using key_type = K;
  using mapped_type = V;
  static constexpr bool holds_nodes = false;
  static constexpr bool in_place = false;  // a value changes together with its slot
  static constexpr bool exact_marks = true;
  using cell = platform::pair16;

  static constexpr cell empty_cell() noexcept { return {entry_image::empty, 0}; }
  static constexpr bool is_empty(cell c) noexcept { return c.low == entry_image::empty; }
  static constexpr bool is_moved(cell c) noexcept { return c.low == entry_image::moved; }
  static constexpr bool is_discarded(cell c) noexcept { return c.low == entry_image::moved && c.high == 0; }
  static constexpr bool is_frozen(cell) noexcept { return false; }
  static constexpr cell moved_mark(cell live, std::uint64_t) noexcept { return {entry_image::moved, live.low}; }
  template <class Probe>
  static constexpr bool mark_may_be(cell moved, const Probe& key) noexcept {
    return moved.high == key.image;
  }

  struct probe {
    std::uint64_t hash;
    std::uint64_t image;
    bool reserved;  // lives in the side table
  };

  inline_entry(const Hash& hash, const KeyEqual&, std::uint64_t seed) : hash_(hash, seed) {}

  template <class Q>
  [[nodiscard, gnu::always_inline]] probe make_probe(const Q& key) const {
    const K plain = static_cast<K>(key);
    const std::uint64_t image = plain_image(plain);
    return probe_of(is_stored_plainly(image) ? hash_(plain) : 0, image);
  }
  [[nodiscard, gnu::always_inline]] static probe probe_of(std::uint64_t hash, std::uint64_t image) noexcept {
    if (!is_stored_plainly(image)) [[unlikely]]
      return {0, image == entry_image::moved ? reserved_zero : reserved_ones, true};
    return {hash, image, false};
  }
  /// The parts of a probe, for who wants them in registers: the image, unless it is reserved, and the hash.
  [[nodiscard, gnu::always_inline]] static std::uint64_t plain_image(const K& key) noexcept {
    return sizeof(K) < 8 ? bits_of(key) + 1 : bits_of(key);
  }
  [[nodiscard, gnu::always_inline]] static bool is_stored_plainly(std::uint64_t image) noexcept {
    return sizeof(K) < 8 || image + 1 > 1;
  }
  [[nodiscard, gnu::always_inline]] std::uint64_t hash_of_key(const K& key) const { return hash_(key); }
  template <class Cell>
  [[nodiscard, gnu::always_inline]] static bool may_match(const Cell& seen, const probe& key) noexcept {
    return seen.low == key.image;
  }
  template <class Cell>
  [[nodiscard, gnu::always_inline]] static bool matches(const Cell& live, const probe& key) noexcept {
    return live.low == key.image;
  }
  template <class Cell>
  [[nodiscard]] std::uint64_t hash_of(const Cell& live) const {
    return hash_(key_of(live.low, false));
  }
  [[nodiscard]] static K key_of(std::uint64_t image, bool reserved) noexcept {
    if constexpr (sizeof(K) < 8) {
      image -= 1;
    } else if (reserved) {
      image = image == reserved_zero ? entry_image::moved : entry_image::empty;
    }
    alignas(K) unsigned char bytes[sizeof(K)];
    __builtin_memcpy(bytes, &image, sizeof(K));
    K key = K();
    __builtin_memcpy(static_cast<void*>(&key), bytes, sizeof(K));
    return key;
  }
  [[nodiscard, gnu::always_inline]] static V value_of(std::uint64_t image) noexcept {
    V value = V();
    __builtin_memcpy(static_cast<void*>(&value), &image, sizeof(V));
    return value;
  }
  template <class T>
  [[nodiscard, gnu::always_inline]] static std::uint64_t bits_of(const T& plain) noexcept {
    std::uint64_t image = 0;
    __builtin_memcpy(&image, static_cast<const void*>(&plain), sizeof(T));
    return image;
  }

  [[nodiscard]] const Hash& hash_function() const noexcept { return hash_.hash_function(); }
  [[nodiscard]] static KeyEqual key_eq() noexcept { return {}; }

  /// An entry under construction; the node engine's drafts are freed unless committed, these cost nothing.
  class draft {
   public:
    draft() noexcept = default;
    template <class Alloc, class Q>
    draft(const inline_entry&, const Alloc&, const probe& key, const Q&) noexcept : image_(key.image) {}
    template <class... Args>
    void emplace(Args&&... args) {
      const V value = static_cast<V>(V(std::forward<Args>(args)...));
      bits_ = bits_of(value);
      has_value_ = true;
    }
    [[nodiscard]] bool has_value() const noexcept { return has_value_; }
    [[nodiscard]] V taken_back() const noexcept { return value_of(bits_); }
    [[nodiscard]] platform::pair16 word() const noexcept { return {image_, bits_}; }
    void commit() noexcept {}

   private:
    std::uint64_t image_ = 0;
    std::uint64_t bits_ = 0;
    bool has_value_ = false;
  };
  using later_draft = detail::written_optional<draft>;

  // ---- what a cell shows ----
  template <class Cell>
  [[nodiscard, gnu::always_inline]] static V shown(const Cell& live) noexcept {
    return value_of(live.high);
  }
  template <class Cell>
  [[nodiscard, gnu::always_inline]] static std::optional<V> give(const Cell& live) noexcept {
    return std::optional<V>(value_of(live.high));
  }
  template <class Cell, class Domain>
  static void retire(Domain&, const Cell&) noexcept {}
  template <class Cell>
  [[nodiscard]] static constexpr std::int64_t bytes_of(const Cell&) noexcept {
    return 0;
  }
  /// What for_each keeps of an entry until it calls the user.
  class kept {
   public:
    template <class Cell>
    kept(const Cell& live, bool reserved) noexcept : key_(key_of(live.low, reserved)), image_(live.high) {}
    [[nodiscard]] const K& key() const noexcept { return key_; }
    [[nodiscard]] V value() const noexcept { return value_of(image_); }
    template <class Cell>
    [[nodiscard]] bool is(const Cell& live) const noexcept {
      return live.high == image_;
    }

   private:
    K key_;
    std::uint64_t image_;
  };

 private:
  static constexpr std::uint64_t reserved_zero = 1;
  static constexpr std::uint64_t reserved_ones = 2;

  [[no_unique_address]] hash_policy<K, Hash> hash_;
};

}  // namespace portolan::concurrent
