// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a trace keeps of a key and of a value: a key's number, text or hash; a value's size.
//
//   integers, enumerations up to 64 bits   the number            std::string and whatever turns into a string_view   the text
//   everything else                        the map's hash of it
//
// A key must be kept before the operation: it may lie in what the operation moves, erases or lets user code change.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <portolan/base/hash.hpp>
#include <portolan/observe/record/recorder.hpp>

namespace portolan::record {

template <class K>
concept number_key = (std::integral<K> || std::is_enum_v<K>)&&sizeof(K) <= sizeof(std::uint64_t);
template <class K>
concept text_key = std::convertible_to<const K&, std::string_view>;

/// The hash that a map finds its keys by; portolan::hash where it has none.
template <class Map>
struct hasher_of {
  using type = portolan::hash<typename Map::key_type>;
};
template <class Map>
  requires requires { typename Map::hasher; }
struct hasher_of<Map> {
  using type = typename Map::hasher;
};
template <class Map>
  requires requires { typename Map::underlying_type::hasher; }
struct hasher_of<Map> {
  using type = typename Map::underlying_type::hasher;
};

/// What the heading of a trace says of keys.
template <class K>
[[nodiscard]] constexpr const char* form_of() noexcept {
  return number_key<K> ? "number" : text_key<K> ? "text" : "hash";
}

/// The bytes of a key, named by a K or something like it; a text's lie where the caller has them.
template <class Map, class Q>
[[nodiscard]] key_bytes bytes_of_key(const Q& key) {
  using K = typename Map::key_type;
  if constexpr (number_key<K> && std::is_convertible_v<const Q&, K>) {
    const K own = static_cast<K>(key);
    constexpr bool has_sign = std::is_signed_v<K> || std::is_enum_v<K>;
    return {has_sign ? key_form::signed_number : key_form::unsigned_number,
            has_sign ? static_cast<std::uint64_t>(static_cast<std::int64_t>(own)) : static_cast<std::uint64_t>(own)};
  } else if constexpr (text_key<K> && std::is_convertible_v<const Q&, std::string_view>) {
    return {key_form::text, 0, std::string_view(key)};
  } else {
    using hasher = typename hasher_of<Map>::type;
    static_assert(std::is_default_constructible_v<hasher>,
                  "Portolan: a recorded map's keys are numbers, texts, or have a hash that can be made from nothing");
    if constexpr (std::is_invocable_v<const hasher&, const Q&>) {
      return {key_form::hash, static_cast<std::uint64_t>(hasher()(key))};
    } else {
      return {key_form::hash, static_cast<std::uint64_t>(hasher()(K(key)))};
    }
  }
}

/// A key's bytes that outlive the key.
class kept_key {
 public:
  explicit kept_key(const key_bytes& of) noexcept : key_(of) {
    if (of.form != key_form::text) return;
    if (of.text.size() <= sizeof text_) {
      __builtin_memcpy(text_, of.text.data(), of.text.size());
      key_.text = std::string_view(text_, of.text.size());
    } else {
      key_ = recorder::long_text(of.text);
    }
  }
  kept_key(const kept_key&) = delete;
  kept_key& operator=(const kept_key&) = delete;

  [[nodiscard]] const key_bytes& bytes() const noexcept { return key_; }

 private:
  key_bytes key_;
  char text_[recorder::longest_text];
};

template <class V>
concept sized_value = requires(const V& value) {
  value.size();
  *value.data();
};

/// What a value's own data come to: of a text or vector its elements, else the object.
template <class V>
[[nodiscard]] std::size_t value_bytes(const V& value) noexcept {
  if constexpr (sized_value<V>) {
    return value.size() * sizeof(*value.data());
  } else {
    return sizeof(V);
  }
}

/// The same of a V that is to be made of these arguments; no_value_bytes where only making it would tell.
template <class V, class... Args>
[[nodiscard]] std::size_t value_bytes_of(const Args&... args) noexcept {
  if constexpr (!sized_value<V>) {
    return sizeof(V);
  } else if constexpr (sizeof...(Args) == 0) {
    return 0;
  } else if constexpr (sizeof...(Args) == 1 && (sized_value<Args> && ...)) {
    return (value_bytes(args) + ...);
  } else if constexpr (sizeof...(Args) == 1 && (std::is_convertible_v<const Args&, std::string_view> && ...)) {
    return (std::string_view(args).size() + ...);
  } else {
    return no_value_bytes;
  }
}

}  // namespace portolan::record
