// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What every map asks of its keys, at the door: each refusal is one sentence that says what to write instead.
//
//   key_requirements<K, Hash, KeyEqual> ─┬ K is a plain object type, no float, no address
//                                        ├ each part of K has a hash, if Hash is hash<K>
//                                        ├ each part of K has ==, if KeyEqual is equal<K>
//                                        └ Hash and KeyEqual take a const K&
//
// 1. A key that could not be found again is refused: a NaN is unequal to itself, an address is not what it points to.
// 2. Floats and addresses are let in by the name of their hash: `hash_float_bits<K>`, `hash_address<K>`.
// 3. A Hash or KeyEqual of the user's own answers for the parts of K.
// 4. The type beside the sentence names the part: `hashable_part<double, second_of_pair, std::pair<int, double>>`, or
//    for a struct `hashable_part<double, field<3, … trip::price>, trip>`.
// 5. A struct that is hashed by its fields is compared by its own ==, which must look at no fewer of them: docs/guide/keys.md.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <portolan/base/hash.hpp>

namespace portolan {

/// A type by which K's map can be searched: K, or any other if both Hash and KeyEqual are transparent and take it.
template <class Q, class K, class Hash, class KeyEqual>
concept lookup_key = std::same_as<std::remove_cvref_t<Q>, K> ||
    (detail::transparent<Hash>&& detail::transparent<KeyEqual>&&
         std::invocable<const Hash&, const std::remove_cvref_t<Q>&>&&
             std::predicate<const KeyEqual&, const K&, const std::remove_cvref_t<Q>&>);

namespace detail {

// Where a part stands in a key; these appear in compilers' messages and nowhere else.
struct whole_key;
struct first_of_pair;
struct second_of_pair;
template <std::size_t Index>
struct element_of_tuple;
struct value_of_optional;
struct element_of_array;
template <std::size_t Index>
struct element_of_key_fields;
template <std::size_t Number, auto... Name>  // counted from 1
struct field;

template <class K>
inline constexpr bool is_pair = false;
template <class T, class U>
inline constexpr bool is_pair<std::pair<T, U>> = true;

template <class K>
concept equality_exists = requires(const K& left, const K& right) {
  { left == right } -> std::convertible_to<bool>;
};

enum class refusal { none, floating, address, is_union, has_base, uncounted, unhashed };
template <class Part>
[[nodiscard]] consteval refusal refusal_of() {
  constexpr bool is_struct = std::is_class_v<Part> && std::is_aggregate_v<Part>;
  if constexpr (floating<Part>)
    return refusal::floating;
  else if constexpr (address<Part>)
    return refusal::address;
  else if constexpr (kind_of<Part>() != key_kind::none)
    return refusal::none;
  else if constexpr (std::is_union_v<Part>)
    return refusal::is_union;
  else if constexpr (is_struct && has_base<Part>)
    return refusal::has_base;
  else
    return is_struct ? refusal::uncounted : refusal::unhashed;
}

/// The address of a field of an object that does not exist: compilers print it with the field's name.
template <class T>
struct address_of {
  const T* field;
};
template <class K>
struct example_of {
  const K the;
  static const example_of key;
};
template <std::size_t I>
[[nodiscard]] constexpr auto nth_address(const auto& first, const auto&... others) {
  if constexpr (I == 0)
    return address_of<std::remove_cvref_t<decltype(first)>>{&first};
  else
    return nth_address<I - 1>(others...);
}
template <class K, std::size_t I>
[[nodiscard]] consteval auto name_of_field() {
  return with_fields(example_of<K>::key.the, [](const auto&... each) { return nth_address<I>(each...); });
}

/// Where part I stands; a field's name where there is something to say of it.
template <class K, std::size_t I, class Part>
[[nodiscard]] consteval auto place_of() {
  if constexpr (names_fields<K>)
    return std::type_identity<element_of_key_fields<I>>();
  else if constexpr (std::is_array_v<K>)
    return std::type_identity<element_of_array>();
  else if constexpr (is_optional<K>)
    return std::type_identity<value_of_optional>();
  else if constexpr (is_pair<K>)
    return std::type_identity<std::conditional_t<I == 0, first_of_pair, second_of_pair>>();
  else if constexpr (tuple_like<K>)
    return std::type_identity<element_of_tuple<I>>();
  else if constexpr (refusal_of<Part>() == refusal::none && equality_exists<Part>)
    return std::type_identity<field<I + 1>>();
  else if constexpr (requires { typename field<I + 1, name_of_field<K, I>()>; })
    return std::type_identity<field<I + 1, name_of_field<K, I>()>>();
  else
    return std::type_identity<field<I + 1>>();
}
template <class K, std::size_t I, class Part>
using place_in = typename decltype(place_of<K, I, Part>())::type;

/// A part of a key that portolan::hash takes apart: refused if it is unsafe or has no hash.
template <class Part, class Place, class Whole>
struct hashable_part {
  static constexpr refusal why = refusal_of<Part>();

  static_assert(
      why != refusal::floating,
      "Portolan: this part of the key is a floating-point number, and a NaN would never be found again. Write "
      "an integer count of a unit instead, or give the map a Hash of your own with "
      "portolan::hash_float_bits.");
  static_assert(why != refusal::address,
                "Portolan: this part of the key is a raw pointer, which would be compared by its address. Write the "
                "value that it points to instead, or give the map a Hash of your own with portolan::hash_address.");
  static_assert(
      why != refusal::is_union,
      "Portolan: this part of the key is a union, which does not say which member is alive. Write std::variant, "
      "or `auto key_fields() const { return std::tie(…); }` in the class around it.");
  static_assert(why != refusal::has_base,
                "Portolan: this part of the key is a struct with a base class, which is not taken apart. Write `auto "
                "key_fields() const { return std::tie(…); }` in it, or make the base a field.");
  static_assert(
      why != refusal::uncounted,
      "Portolan: this part of the key is a struct whose fields cannot be told: a reference or a constant is among "
      "them, or there are more than 32. Write `auto key_fields() const { return std::tie(…); }` in it.");
  static_assert(
      why != refusal::unhashed,
      "Portolan: this part of the key has no hash. Specialise std::hash for its type, write `auto key_fields() "
      "const { return std::tie(…); }` in its class, or give the map a Hash.");
  static constexpr bool holds = true;
};
struct hashing {
  template <class Part, class Place, class Whole>
  using check = hashable_part<Part, Place, Whole>;
  template <class Part>
  static constexpr bool goes_on = true;
};

/// A part of a key that portolan::equal compares: refused if it has no equality.
template <class Part, class Place, class Whole>
struct comparable_part {
  static_assert(equality_exists<Part>,
                "Portolan: this part of the key has no equality. Write `friend bool operator==(const T&, const T&) = "
                "default;` in its class, or give the map a KeyEqual.");
  static constexpr bool holds = true;
};
/// A struct's own == is all that is asked of it; where it has none, a field without == may be the reason.
struct comparing {
  template <class Part, class Place, class Whole>
  using check = comparable_part<Part, Place, Whole>;
  template <class Part>
  static constexpr bool goes_on = !names_fields<Part> && (!struct_of_fields<Part> || !equality_exists<Part>);
};

/// Instantiates Rule's check for all parts of a part of a key, and for that.
template <class Rule, class Part, class Place, class Whole>
[[nodiscard]] consteval bool every_part_holds();

template <class Rule, class Whole, class... Parts, std::size_t... I>
[[nodiscard]] consteval bool all_hold(part_list<Parts...>, std::index_sequence<I...>) {
  return (true && ... && every_part_holds<Rule, Parts, place_in<Whole, I, Parts>, Whole>());
}
template <class Rule, class Part, class Place, class Whole>
consteval bool every_part_holds() {
  if constexpr (Rule::template goes_on<Part>) {
    using parts = decltype(parts_of<Part>());
    constexpr bool inside = all_hold<Rule, Part>(parts(), std::make_index_sequence<parts::count>());
    return inside && Rule::template check<Part, Place, Whole>::holds;
  } else {
    return Rule::template check<Part, Place, Whole>::holds;
  }
}

template <class Hash>
inline constexpr bool is_hash_float_bits = false;
template <class F>
inline constexpr bool is_hash_float_bits<hash_float_bits<F>> = true;
template <class Hash>
inline constexpr bool is_hash_address = false;
template <class P>
inline constexpr bool is_hash_address<hash_address<P>> = true;

/// A type that can be a key at all, whatever hashes and compares it.
template <class K, class Hash>
struct safe_key {
  static_assert(std::is_object_v<K> && !std::is_array_v<K>,
                "Portolan: a key must be an object that the map can hold, not a reference, an array or void. Write "
                "std::string for a text, std::array for an array.");
  static_assert(!std::is_const_v<K> && !std::is_volatile_v<K>,
                "Portolan: a key is const in the map anyway. Write the key's type without const or volatile.");
  static_assert(!floating<K> || is_hash_float_bits<Hash>,
                "Portolan: the key is a floating-point number, and a NaN would never be found again. Write an integer "
                "count of a unit instead, or opt in by name: Hash = portolan::hash_float_bits<K>.");
  static_assert(!address<K> || is_hash_address<Hash>,
                "Portolan: the key is a raw pointer, which would be compared by its address. Write the value that it "
                "points to (std::string for a text) instead, or opt in by name: Hash = portolan::hash_address<K>.");
  static constexpr bool takes_apart = !floating<K> && !address<K>;
  static constexpr bool holds = true;
};

template <class K, class Hash>
struct callable_hash {
  static_assert(std::invocable<const Hash&, const K&>,
                "Portolan: the Hash cannot be called with a key. Give it `std::size_t operator()(const K&) const`.");
  using result = std::remove_cvref_t<std::invoke_result_t<const Hash&, const K&>>;
  static_assert(std::is_unsigned_v<result> && sizeof(result) >= sizeof(std::uint32_t),
                "Portolan: the Hash must return an unsigned number of 32 or more bits. Write std::size_t.");
  static constexpr bool holds = true;
};

template <class K, class KeyEqual>
struct callable_equality {
  static_assert(std::predicate<const KeyEqual&, const K&, const K&>,
                "Portolan: the KeyEqual cannot be called with two keys. Give it `bool operator()(const K&, const K&) "
                "const`.");
  static constexpr bool holds = true;
};

template <class K, class Hash>
[[nodiscard]] consteval bool hash_holds() {
  if constexpr (!std::same_as<Hash, hash<K>> ||
                (kind_of<K>() == key_kind::none && std::invocable<const Hash&, const K&>))
    return callable_hash<K, Hash>::holds;
  else if constexpr (safe_key<K, Hash>::takes_apart)
    return every_part_holds<hashing, K, whole_key, K>();
  else
    return true;
}

template <class K, class KeyEqual>
[[nodiscard]] consteval bool equality_holds() {
  if constexpr (!std::same_as<KeyEqual, equal<K>>)
    return callable_equality<K, KeyEqual>::holds;
  else
    return every_part_holds<comparing, K, whole_key, K>();
}

}  // namespace detail

/// What a map asks of its key, hash and equality: `static_assert(key_requirements<K, Hash, KeyEqual>::hold);` in the
/// map's class refuses what they lack, in a sentence that says what to write instead.
template <class K, class Hash, class KeyEqual>
struct key_requirements {
  static constexpr bool hold =
      detail::safe_key<K, Hash>::holds && detail::hash_holds<K, Hash>() && detail::equality_holds<K, KeyEqual>();
};

}  // namespace portolan
