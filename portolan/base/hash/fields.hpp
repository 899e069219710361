// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The fields of a struct that nobody listed: how many there are, and each of them by reference.
//
//   struct trip { std::string from; int legs[3]; long day; };
//
//   trip{any, any, any, any, any}       5 initialisers fit, 6 do not: an array takes one for each of its elements
//   trip{any, {any, any}, any}          … but only one where it stands in braces: what it takes less is its size
//   const auto& [a, b, c] = key;        so there are 3 fields
//
// 1. Only aggregates without a base class are taken apart. Everything is public there, so the fields are all there is.
// 2. A struct with a reference or a constant among its fields has no fields here, nor one with more than 32, nor one whose
//    initialisers cannot be counted: base/key.hpp says then what to write.
// 3. Nothing here looks at bytes: padding is never read.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace portolan::detail {

/// Initialises any field, whatever its type. It is never run: only asked whether it would compile.
template <class K>
struct any_field_of {
  template <class T>
    requires(!std::same_as<T, K>)
  operator T() const noexcept { __builtin_unreachable(); }
};
template <class K>
struct any_base_of {
  template <class T>
    requires(std::is_base_of_v<T, K> && !std::same_as<T, K>)
  operator T() const noexcept { __builtin_unreachable(); }
};
template <class K, std::size_t>
using nth_field_of = any_field_of<K>;

template <class K>
concept has_base = requires {
  K{any_base_of<K>{}};
};

template <class K, std::size_t... I>
[[nodiscard]] consteval bool takes(std::index_sequence<I...>) {
  return requires { K{nth_field_of<K, I>{}...}; };
}
/// The initialiser after those of `I` stands in braces, two of them; those of `J` follow.
template <class K, std::size_t... I, std::size_t... J>
[[nodiscard]] consteval bool takes_braces(std::index_sequence<I...>, std::index_sequence<J...>) {
  return requires { K{nth_field_of<K, I>{}..., {any_field_of<K>{}, any_field_of<K>{}}, nth_field_of<K, J>{}...}; };
}

/// The first number from Low on that fits, or High.
template <std::size_t Low, std::size_t High, class Fits>
[[nodiscard]] consteval std::size_t first_that_fits(Fits fits) {
  if constexpr (Low >= High)
    return High;
  else if constexpr (fits.template operator()<Low>())
    return Low;
  else
    return first_that_fits<Low + 1, High>(fits);
}
/// The last number below High that fits; Low does, and all up to that one.
template <std::size_t Low, std::size_t High, class Fits>
[[nodiscard]] consteval std::size_t last_that_fits(Fits fits) {
  constexpr std::size_t middle = Low + (High - Low) / 2;
  if constexpr (High - Low <= 1)
    return Low;
  else if constexpr (fits.template operator()<middle>())
    return last_that_fits<middle, High>(fits);
  else
    return last_that_fits<Low, middle>(fits);
}

inline constexpr std::size_t most_fields = 32;

/// The picture above, for one struct. Fields without a default need an initialiser: then few initialisers do not fit.
template <class K>
class field_count {
  static constexpr auto fit = []<std::size_t N>() { return takes<K>(std::make_index_sequence<N>()); };
  static constexpr std::size_t bound = 8 * sizeof(K) + 1;  // a field has a bit at least
  static constexpr std::size_t fewest = first_that_fits<0, (bound < most_fields ? bound : most_fields + 1)>(fit);

  template <std::size_t Before, std::size_t Left>
  [[nodiscard]] static consteval std::size_t taken_by_next() {
    constexpr auto fit_behind = []<std::size_t N>() {
      return takes_braces<K>(std::make_index_sequence<Before>(), std::make_index_sequence<N>());
    };
    constexpr std::size_t behind = first_that_fits<0, (fewest > Before ? fewest - Before : 1)>(fit_behind);
    if constexpr (fit_behind.template operator()<behind>())
      return Left - last_that_fits<behind, Left>(fit_behind);
    else
      return 1;
  }
  template <std::size_t Before, std::size_t Left>
  [[nodiscard]] static consteval std::size_t count() {
    if constexpr (Left == 0) {
      return 0;
    } else {
      constexpr std::size_t taken = taken_by_next<Before, Left>();
      return 1 + count<Before + taken, Left - taken>();
    }
  }

 public:
  [[nodiscard]] static consteval std::size_t all() {
    if constexpr (fewest >= bound || fewest > most_fields)
      return 0;
    else
      return count<0, last_that_fits<fewest, bound>(fit)>();
  }
};

/// A struct that is taken apart. One that cannot be assigned may have a reference, which would count as what it refers to.
template <class K>
concept struct_of_fields =
    std::is_class_v<K> && std::is_aggregate_v<K> && !has_base<K> &&
    (std::is_empty_v<K> || ((std::is_copy_assignable_v<K> || std::is_move_assignable_v<K>)&&field_count<K>::all() > 0 &&
                            field_count<K>::all() <= most_fields));

// A structured binding cannot be a pack: a line for each number of fields.
// clang-format off
#define PORTOLAN_FIELDS(count, ...) else if constexpr (fields == count) { const auto& [__VA_ARGS__] = key; return f(__VA_ARGS__); }
#define PORTOLAN_8 a0, a1, a2, a3, a4, a5, a6, a7
#define PORTOLAN_16 PORTOLAN_8, b0, b1, b2, b3, b4, b5, b6, b7
#define PORTOLAN_24 PORTOLAN_16, c0, c1, c2, c3, c4, c5, c6, c7
/// f(field, field, …)
template <struct_of_fields K, class F>
constexpr decltype(auto) with_fields([[maybe_unused]] const K& key, F&& f) {
  constexpr std::size_t fields = field_count<K>::all();
  if constexpr (fields == 0) return f();
  PORTOLAN_FIELDS(1, a0)
  PORTOLAN_FIELDS(2, a0, a1)
  PORTOLAN_FIELDS(3, a0, a1, a2)
  PORTOLAN_FIELDS(4, a0, a1, a2, a3)
  PORTOLAN_FIELDS(5, a0, a1, a2, a3, a4)
  PORTOLAN_FIELDS(6, a0, a1, a2, a3, a4, a5)
  PORTOLAN_FIELDS(7, a0, a1, a2, a3, a4, a5, a6)
  PORTOLAN_FIELDS(8, a0, a1, a2, a3, a4, a5, a6, a7)
  PORTOLAN_FIELDS(9, PORTOLAN_8, b0)
  PORTOLAN_FIELDS(10, PORTOLAN_8, b0, b1)
  PORTOLAN_FIELDS(11, PORTOLAN_8, b0, b1, b2)
  PORTOLAN_FIELDS(12, PORTOLAN_8, b0, b1, b2, b3)
  PORTOLAN_FIELDS(13, PORTOLAN_8, b0, b1, b2, b3, b4)
  PORTOLAN_FIELDS(14, PORTOLAN_8, b0, b1, b2, b3, b4, b5)
  PORTOLAN_FIELDS(15, PORTOLAN_8, b0, b1, b2, b3, b4, b5, b6)
  PORTOLAN_FIELDS(16, PORTOLAN_8, b0, b1, b2, b3, b4, b5, b6, b7)
  PORTOLAN_FIELDS(17, PORTOLAN_16, c0)
  PORTOLAN_FIELDS(18, PORTOLAN_16, c0, c1)
  PORTOLAN_FIELDS(19, PORTOLAN_16, c0, c1, c2)
  PORTOLAN_FIELDS(20, PORTOLAN_16, c0, c1, c2, c3)
  PORTOLAN_FIELDS(21, PORTOLAN_16, c0, c1, c2, c3, c4)
  PORTOLAN_FIELDS(22, PORTOLAN_16, c0, c1, c2, c3, c4, c5)
  PORTOLAN_FIELDS(23, PORTOLAN_16, c0, c1, c2, c3, c4, c5, c6)
  PORTOLAN_FIELDS(24, PORTOLAN_16, c0, c1, c2, c3, c4, c5, c6, c7)
  PORTOLAN_FIELDS(25, PORTOLAN_24, d0)
  PORTOLAN_FIELDS(26, PORTOLAN_24, d0, d1)
  PORTOLAN_FIELDS(27, PORTOLAN_24, d0, d1, d2)
  PORTOLAN_FIELDS(28, PORTOLAN_24, d0, d1, d2, d3)
  PORTOLAN_FIELDS(29, PORTOLAN_24, d0, d1, d2, d3, d4)
  PORTOLAN_FIELDS(30, PORTOLAN_24, d0, d1, d2, d3, d4, d5)
  PORTOLAN_FIELDS(31, PORTOLAN_24, d0, d1, d2, d3, d4, d5, d6)
  PORTOLAN_FIELDS(32, PORTOLAN_24, d0, d1, d2, d3, d4, d5, d6, d7)
}
// clang-format on
#undef PORTOLAN_FIELDS
#undef PORTOLAN_8
#undef PORTOLAN_16
#undef PORTOLAN_24

}  // namespace portolan::detail
