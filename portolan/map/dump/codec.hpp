// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// How a key or a value becomes bytes: one codec a type, found by the type alone.
//
//   numbers, enums, bool      little-endian, as many bytes as the type has            "u64" "i32" "f64" "bool"
//   std::string               its length, its characters                              "string"
//   std::vector, optional,    length or presence, then the parts by their codecs      "vector<u8>" "pair<u32,string>"
//   pair, tuple, array
//   a struct that is named    its bytes as they lie there                             "bytes16le"
//   any other                 portolan::codec<T>, specialised by its owner            what the owner calls it
//
// 1. `describe` writes the type's name into the dump; load compares it. Equal names must mean equal bytes.
// 2. `read` takes what `write` gave, no byte more or less. What it cannot read it refuses (dump_source::refuse).
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/map/dump/stream.hpp>

namespace portolan {

/// Set true for a struct of yours whose bytes may be dumped as they lie there: it holds no pointer and nothing that
/// means something in this process only. `template <> inline constexpr bool portolan::dumped_as_bytes<point> = true;`
template <class T>
inline constexpr bool dumped_as_bytes = false;

namespace detail {

template <class T>
concept dump_number = std::is_integral_v<T> || std::is_enum_v<T> || std::same_as<T, float> || std::same_as<T, double>;

/// The unsigned number of as many bytes.
template <std::size_t Bytes>
using dump_word = std::conditional_t<
    Bytes == 1, std::uint8_t,
    std::conditional_t<Bytes == 2, std::uint16_t, std::conditional_t<Bytes == 4, std::uint32_t, std::uint64_t>>>;

template <class T>
[[nodiscard]] std::string dump_name_of_number() {
  if constexpr (std::is_enum_v<T>) {
    return "enum:" + dump_name_of_number<std::underlying_type_t<T>>();
  } else {
    const char* const kind =
        std::same_as<T, bool>         ? "bool"
        : std::is_floating_point_v<T> ? "f"
        : std::same_as<T, char>       ? "char"
        : std::same_as<T, wchar_t> || std::same_as<T, char8_t> || std::same_as<T, char16_t> || std::same_as<T, char32_t>
            ? "unicode"
        : std::is_signed_v<T> ? "i"
                              : "u";
    return std::same_as<T, bool> || std::same_as<T, char> ? kind : kind + std::to_string(8 * sizeof(T));
  }
}

/// What is said about a type that has no codec, at compile time.
template <class T>
struct dumpable {
  static_assert(
      !std::is_pointer_v<T> && !std::is_member_pointer_v<T> && !std::is_null_pointer_v<T>,
      "Portolan: a dump cannot hold a pointer, which means nothing in another process. Keep the value that it "
      "points to in the map.");
  static_assert(
      !dumped_as_bytes<T> || (std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>),
      "Portolan: a type that is dumped as bytes must be trivially copyable and without padding, whose bytes "
      "are not determined (a float counts as such). Specialise portolan::codec<T> and write it field by field.");
  static_assert(
      std::is_pointer_v<T> || std::is_member_pointer_v<T> || dumped_as_bytes<T>,
      "Portolan: this type has no codec, so it cannot be dumped. Specialise portolan::codec<T>; or, if it holds "
      "plain numbers without padding and no pointer, say so: `template <> inline constexpr bool "
      "portolan::dumped_as_bytes<T> = true;`");
  static constexpr bool holds = true;
};

}  // namespace detail

/// How a T becomes bytes and comes back. Specialise it for a type of yours: `describe` names the type and the version of
/// its layout, `write` puts its parts, `read` gets them in the same order. This one is for structs dumped as bytes.
///
/// When not to use it: for types that have a codec already (see the table above); a second one would not compile.
template <class T>
struct codec {
  static_assert(detail::dumpable<T>::holds);
  static void describe(std::string& name) {
    name += "bytes" + std::to_string(sizeof(T)) + (std::endian::native == std::endian::little ? "le" : "be");
  }
  static void write(dump_sink& out, const T& value) { out.bytes(&value, sizeof value); }
  static T read(dump_source& in) {
    std::array<unsigned char, sizeof(T)> bytes;
    in.bytes(bytes.data(), bytes.size());
    return std::bit_cast<T>(bytes);
  }
};

template <detail::dump_number T>
struct codec<T> {
  using word = detail::dump_word<sizeof(T)>;
  static void describe(std::string& name) { name += detail::dump_name_of_number<T>(); }
  static void write(dump_sink& out, T value) {
    unsigned char bytes[sizeof(T)];
    const auto bits = std::bit_cast<word>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<unsigned char>(std::uint64_t{bits} >> (8 * i));
    out.bytes(bytes, sizeof bytes);
  }
  static T read(dump_source& in) {
    unsigned char bytes[sizeof(T)];
    in.bytes(bytes, sizeof bytes);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) bits |= std::uint64_t{bytes[i]} << (8 * i);
    if constexpr (std::same_as<T, bool>) {
      if (bits > 1) in.refuse("a bool is neither 0 nor 1");
      return bits != 0;
    } else {
      return std::bit_cast<T>(static_cast<word>(bits));
    }
  }
};

template <class C, class Traits, class Alloc>
struct codec<std::basic_string<C, Traits, Alloc>> {
  using text = std::basic_string<C, Traits, Alloc>;
  static void describe(std::string& name) {
    name += "string";
    if constexpr (!std::same_as<C, char>) name += "<" + detail::dump_name_of_number<C>() + ">";
  }
  static void write(dump_sink& out, const text& value) {
    out.length(value.size());
    if constexpr (sizeof(C) == 1) {
      out.bytes(value.data(), value.size());
    } else {
      for (const C each : value) out.put(each);
    }
  }
  static text read(dump_source& in) {
    text value(in.length(), C());
    if constexpr (sizeof(C) == 1) {
      in.bytes(value.data(), value.size());
    } else {
      for (C& each : value) each = in.get<C>();
    }
    return value;
  }
};

template <class T, class Alloc>
struct codec<std::vector<T, Alloc>> {
  static_assert(!std::is_empty_v<T>,
                "Portolan: a vector of objects without state is dumped as its size: keep the size");
  static void describe(std::string& name) {
    name += "vector<";
    codec<T>::describe(name);
    name += ">";
  }
  static void write(dump_sink& out, const std::vector<T, Alloc>& value) {
    out.length(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) out.put<T>(value[i]);
  }
  static std::vector<T, Alloc> read(dump_source& in) {
    std::vector<T, Alloc> value;
    const std::size_t size = in.length();
    for (std::size_t i = 0; i < size; ++i) value.push_back(in.get<T>());
    return value;
  }
};

template <class T>
struct codec<std::optional<T>> {
  static void describe(std::string& name) {
    name += "optional<";
    codec<T>::describe(name);
    name += ">";
  }
  static void write(dump_sink& out, const std::optional<T>& value) {
    out.put(value.has_value());
    if (value.has_value()) out.put(*value);
  }
  static std::optional<T> read(dump_source& in) {
    if (!in.get<bool>()) return std::nullopt;
    return in.get<T>();
  }
};

namespace detail {

/// A pair, a tuple or an array: its parts in their order.
template <class Whole, class... Parts>
struct codec_of_parts {
  static void describe_parts(std::string& name) {
    const char* before = "<";
    ((name += std::exchange(before, ","), codec<Parts>::describe(name)), ...);
    name += sizeof...(Parts) == 0 ? "<>" : ">";
  }
  static void write(dump_sink& out, const Whole& value) {
    std::apply([&](const auto&... parts) { (out.put(parts), ...); }, value);
  }
  static Whole read(dump_source& in) { return Whole{in.get<Parts>()...}; }  // braces: from left to right
};

}  // namespace detail

template <class T, class U>
struct codec<std::pair<T, U>> : detail::codec_of_parts<std::pair<T, U>, T, U> {
  static void describe(std::string& name) {
    name += "pair";
    codec::describe_parts(name);
  }
};

template <class... T>
struct codec<std::tuple<T...>> : detail::codec_of_parts<std::tuple<T...>, T...> {
  static void describe(std::string& name) {
    name += "tuple";
    codec::describe_parts(name);
  }
};

template <class T, std::size_t Size>
struct codec<std::array<T, Size>> {
  static void describe(std::string& name) {
    name += "array<";
    codec<T>::describe(name);
    name += "," + std::to_string(Size) + ">";
  }
  static void write(dump_sink& out, const std::array<T, Size>& value) {
    for (const T& each : value) out.put(each);
  }
  static std::array<T, Size> read(dump_source& in) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<T, Size>{{(static_cast<void>(I), in.get<T>())...}};
    }
    (std::make_index_sequence<Size>{});
  }
};

}  // namespace portolan
