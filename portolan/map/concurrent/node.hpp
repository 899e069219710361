// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A node: one entry of the node engine, allocated once, never moved.
//
//    | count 4 | key size 4 | hash 8 | value | key, or the bytes of a string key |
//
// 1. Key and hash never change while the node can be reached. Nor does the value, another one is another node: unless
//    it is a small plain one (`in_place`), which is one 8-byte word that the holder of the key's home line changes.
// 2. The count is 1 for the table (given back after a grace period) and 1 for each handle. Who takes it to 0 frees.
// 3. A handle is taken only while a guard protects the node, so the count it raises is not 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/base/block_pool.hpp>
#include <portolan/base/error.hpp>
#include <portolan/base/hash.hpp>
#include <portolan/base/platform.hpp>

namespace portolan::concurrent {

/// Keys whose bytes stand in the node itself: texts of char compared by their characters.
template <class K, class KeyEqual>
concept text_key = std::is_same_v<KeyEqual, equal<K>> && requires(const K& key) {
  { key.data() } -> std::convertible_to<const char*>;
  { key.size() } -> std::convertible_to<std::size_t>;
  K(key.data(), key.size());
};

/// Values that a node can hold as one word that is read and written whole.
template <class V>
concept word_value = std::is_trivially_copyable_v<V> && sizeof(V) <= 8 && std::is_default_constructible_v<V>;

/// Compares texts without a call: by looks of one size that may overlap, 16 bytes at a time where there are as many.
[[nodiscard, gnu::always_inline]] inline bool same_text(std::string_view left, std::string_view right) noexcept {
  const std::size_t size = left.size();
  if (size != right.size()) return false;
  const char* a = left.data();
  const char* b = right.data();
  const auto difference = [&]<class Word>(std::size_t at, Word one) {
    Word other;
    __builtin_memcpy(&one, a + at, sizeof one);
    __builtin_memcpy(&other, b + at, sizeof other);
    return one ^ other;
  };
  constexpr std::uint64_t eight = 0;
  if (size >= 16) {
    for (std::size_t at = 16; at + 16 < size; at += 16) {
      if ((difference(at, eight) | difference(at + 8, eight)) != 0) return false;
    }
    return ((difference(0, eight) | difference(8, eight)) |
            (difference(size - 16, eight) | difference(size - 8, eight))) == 0;
  }
  if (size >= 8) return (difference(0, eight) | difference(size - 8, eight)) == 0;
  if (size >= 4) return (difference(0, std::uint32_t{0}) | difference(size - 4, std::uint32_t{0})) == 0;
  return size == 0 || (a[0] == b[0] && a[size / 2] == b[size / 2] && a[size - 1] == b[size - 1]);
}

template <class K, class V, class KeyEqual, class Alloc, bool InPlace>
class node {
  static_assert(!InPlace || word_value<V>);

 public:
  static constexpr bool text = text_key<K, KeyEqual>;
  /// How a key is shown to who compares it.
  using key_view = std::conditional_t<text, std::string_view, const K&>;

  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
  [[nodiscard]] key_view key() const noexcept {
    if constexpr (text) {
      return {reinterpret_cast<const char*>(this + 1), text_bytes_};
    } else {
      return key_.held;
    }
  }
  /// The key as the map's key type: a text is built anew, any other is the one in the node.
  [[nodiscard]] decltype(auto) key_object() const {
    if constexpr (text) {
      return K(key().data(), key().size());
    } else {
      return static_cast<const K&>(key_.held);
    }
  }
  [[nodiscard]] decltype(auto) value() const noexcept {
    if constexpr (InPlace) {
      // pair node_value: acquire, so that who sees the value sees all written before it.
      return of_word(value_.load(platform::acquire));
    } else {
      return static_cast<const V&>(value_.held);
    }
  }
  /// By the holder of the key's home line.
  void assign(const V& value) noexcept requires InPlace {
    // pair node_value: release, so that who sees the value sees all written before it.
    value_.store(to_word(value), platform::release);
  }

  void add_reference() noexcept {
    references_.fetch_add(1, platform::relaxed);  // relaxed: a guard already protects the node
  }
  static void release(void* raw) noexcept {
    auto* self = static_cast<node*>(raw);
    // pair node_count: acq_rel, so that who frees the node has seen all that the others did with it.
    if (self->references_.fetch_sub(1, platform::acq_rel) == 1) destroy(self, true);
  }
  /// For the reclaimer: gives the table's count back. No guard protects the node any more, so no handle can come where
  /// there is none.
  static void release_for_table(void* raw, void*) noexcept {
    auto* self = static_cast<node*>(raw);
    // pair node_count: acquire, so that who frees the node has seen all that the others did with it.
    if (self->references_.load(platform::acquire) == 1) return destroy(self, true);
    release(raw);
  }
  [[nodiscard]] std::size_t size_bytes() const noexcept {
    const std::size_t chunks = chunks_for(text_bytes_) * sizeof(chunk);
    return from_pool(chunks) ? block_pool::block_bytes(chunks) : chunks;
  }

  /// A node under construction: its key is there, its value comes with `emplace`. Freed unless committed.
  class draft {
   public:
    template <class Q>
    draft(const Alloc& allocator, std::uint64_t hash, const Q& key) : allocator_(allocator) {
      std::size_t text_bytes = 0;
      if constexpr (text) text_bytes = size_of_text(key.size());
      node_ = std::construct_at(static_cast<node*>(take_memory(allocator_, text_bytes)), allocator_, hash, text_bytes);
      if constexpr (text) {
        __builtin_memcpy(reinterpret_cast<char*>(node_ + 1), key.data(), text_bytes);
      } else {
        try {
          construct(node_->key_.held, key);
        } catch (...) {
          free_memory(node_);
          throw;
        }
      }
    }
    draft(const draft&) = delete;
    draft& operator=(const draft&) = delete;
    ~draft() {
      if (node_ != nullptr) destroy(node_, has_value_);
    }
    template <class... Args>
    void emplace(Args&&... args) {
      if constexpr (InPlace) {
        node_->assign(V(std::forward<Args>(args)...));
      } else {
        construct(node_->value_.held, std::forward<Args>(args)...);
      }
      has_value_ = true;
    }
    [[nodiscard]] bool has_value() const noexcept { return has_value_; }
    [[nodiscard]] node* get() const noexcept { return node_; }
    /// Takes a value out again that nobody else has seen.
    [[nodiscard]] decltype(auto) taken_back() noexcept {
      if constexpr (InPlace) {
        return node_->value();
      } else {
        return std::move(node_->value_.held);
      }
    }
    void commit() noexcept { node_ = nullptr; }

   private:
    template <class T, class... Args>
    void construct(T& at, Args&&... args) {
      std::allocator_traits<Alloc>::construct(allocator_, std::addressof(at), std::forward<Args>(args)...);
    }
    Alloc allocator_;
    node* node_ = nullptr;
    bool has_value_ = false;
  };

  node(const Alloc& allocator, std::uint64_t hash, std::size_t text_bytes) noexcept
      : text_bytes_(static_cast<std::uint32_t>(text_bytes)), hash_(hash), allocator_(allocator) {}
  ~node() {}

 private:
  template <class T>
  union held_later {
    held_later() noexcept {}
    ~held_later() {}
    T held;
  };
  struct nothing {};

  [[nodiscard]] static std::size_t size_of_text(std::size_t bytes) {
    if (bytes > UINT32_MAX) [[unlikely]]
      refuse_text();
    return bytes;
  }
  [[noreturn, gnu::cold, gnu::noinline]] static void refuse_text() {
    throw error(errc::capacity, "portolan: a text key of a concurrent_map has less than 4 GiB; use a shorter one");
  }
  [[nodiscard]] static std::uint64_t to_word(const V& value) noexcept {
    std::uint64_t word = 0;
    __builtin_memcpy(&word, static_cast<const void*>(&value), sizeof(V));
    return word;
  }
  [[nodiscard]] static V of_word(std::uint64_t word) noexcept {
    V value = V();
    __builtin_memcpy(static_cast<void*>(&value), &word, sizeof(V));
    return value;
  }

  static constexpr std::size_t alignment = [] {
    std::size_t most = 16;
    if (alignof(V) > most) most = alignof(V);
    if (!text && alignof(K) > most) most = alignof(K);
    return most;
  }();
  struct alignas(alignment) chunk {
    unsigned char bytes[alignment];
  };
  using chunk_allocator = typename std::allocator_traits<Alloc>::template rebind_alloc<chunk>;
  using chunk_traits = std::allocator_traits<chunk_allocator>;

  static constexpr std::size_t chunks_for(std::size_t text_bytes) noexcept {
    return (sizeof(node) + text_bytes + sizeof(chunk) - 1) / sizeof(chunk);
  }
  static void destroy(node* self, bool with_value) noexcept {
    Alloc allocator(self->allocator_);
    if constexpr (!InPlace) {
      if (with_value) std::allocator_traits<Alloc>::destroy(allocator, std::addressof(self->value_.held));
    }
    if constexpr (!text) std::allocator_traits<Alloc>::destroy(allocator, std::addressof(self->key_.held));
    free_memory(self);
  }
  /// Whether a node of so many bytes is a block of the pool: the program's own allocators are asked for each.
  static constexpr bool from_pool(std::size_t size_bytes) noexcept {
    return std::is_same_v<chunk_allocator, std::allocator<chunk>> && alignment <= block_pool::alignment_bytes &&
           size_bytes <= block_pool::largest_bytes && !platform::under_address_sanitizer &&
           !platform::under_thread_sanitizer && !platform::under_checker;
  }
  [[nodiscard]] static void* take_memory(const Alloc& allocator, std::size_t text_bytes) {
    const std::size_t count = chunks_for(text_bytes);
    if (from_pool(count * sizeof(chunk))) return block_pool::take(count * sizeof(chunk));
    chunk_allocator chunks(allocator);
    return chunk_traits::allocate(chunks, count);
  }
  static void free_memory(node* self) noexcept {
    chunk_allocator chunks(self->allocator_);
    const std::size_t count = chunks_for(self->text_bytes_);
    std::destroy_at(self);
    if (from_pool(count * sizeof(chunk))) return block_pool::give(self, count * sizeof(chunk));
    chunk_traits::deallocate(chunks, static_cast<chunk*>(static_cast<void*>(self)), count);
  }

  platform::atomic<std::uint32_t> references_{1};
  std::uint32_t text_bytes_;
  std::uint64_t hash_;
  [[no_unique_address]] Alloc allocator_;
  std::conditional_t<InPlace, platform::atomic<std::uint64_t>, held_later<V>> value_;
  [[no_unique_address]] std::conditional_t<text, nothing, held_later<K>> key_;
};

}  // namespace portolan::concurrent
