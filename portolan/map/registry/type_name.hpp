// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a map's type is called and when two types are one, without run-time type information.
//
// 1. The name is the compiler's own spelling of the type. Two types are one if their names and sizes are equal: that holds
//    across shared libraries, where the same type may have an identity object in each.
// 2. A type without a name outside its file (anonymous namespace) may share its spelling with another: there the identity
//    object's address decides, which is one a file.
#pragma once

#include <cstddef>
#include <string_view>

namespace portolan::detail {

/// A type as the registry knows it; lives as long as the program part that names the type.
struct map_type {
  std::string_view name;
  std::size_t size_bytes;

  [[nodiscard]] constexpr bool is(const map_type& other) const noexcept {
    if (this == &other) return true;
    const bool nameless = name.find("anonymous") != std::string_view::npos;
    return !nameless && size_bytes == other.size_bytes && name == other.name;
  }
};

template <class Map>
[[nodiscard]] constexpr std::string_view spelled() noexcept {
  // "… spelled() [with Map = NAME; …]" or "… spelled() [Map = NAME]"
  const std::string_view whole = __PRETTY_FUNCTION__;
  const std::size_t begin = whole.find("Map = ") + 6;
  const std::size_t alias = whole.rfind("; std::string_view = ");
  const std::size_t end = alias != std::string_view::npos ? alias : whole.size() - 1;
  return whole.substr(begin, end - begin);
}

template <class Map>
inline constexpr map_type type_of{spelled<Map>(), sizeof(Map)};

static_assert(spelled<int>() == "int" && type_of<char>.is(type_of<char>) && !type_of<char>.is(type_of<signed char>));

}  // namespace portolan::detail
