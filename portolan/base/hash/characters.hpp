// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What may be looked up where the key is a string of C: any run of C, and a C string.
//
//   std::string, std::string_view, folly::fbstring, std::vector<C> … → data(), size()
//   const C*, C[n]                                                   → up to the first C{}, as std::string_view has it
//
// Both sides of a lookup go through `characters_of`, so that equal texts are equal bytes, and equal hashes.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include <portolan/base/hash/parts.hpp>

namespace portolan::detail {

template <class C>
struct characters {
  const C* data;
  std::size_t size;

  [[nodiscard]] std::size_t size_bytes() const noexcept { return size * sizeof(C); }

  friend bool operator==(const characters& left, const characters& right) noexcept {
    return left.size == right.size &&
           (left.size == 0 || __builtin_memcmp(left.data, right.data, left.size_bytes()) == 0);
  }
};

template <class Q, class C>
concept run_of = contiguous<Q> && std::same_as<element_of<Q>, C>;

template <class Q, class C>
concept c_string_of = !run_of<Q, C> && !std::is_null_pointer_v<Q> && std::convertible_to<const Q&, const C*>;

template <class Q, class C>
concept text_query = run_of<Q, C> || c_string_of<Q, C>;

template <class C>
[[nodiscard]] constexpr std::size_t length_of(const C* text) noexcept {
  if constexpr (std::same_as<C, char>) return __builtin_strlen(text);
  std::size_t length = 0;
  while (text[length] != C{}) ++length;
  return length;
}

template <class C, text_query<C> Q>
[[nodiscard]] characters<C> characters_of(const Q& query) noexcept {
  if constexpr (run_of<Q, C>) {
    return {query.data(), static_cast<std::size_t>(query.size())};
  } else {
    const C* text = query;
    return {text, length_of(text)};
  }
}

}  // namespace portolan::detail
