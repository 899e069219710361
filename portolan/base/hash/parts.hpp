// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a key consists of, as words: the list that the keyed sum of arithmetic.hpp runs over.
//
//   pair<int, optional<string>>         →  first: 1 word | second: 1 word "is there" + 1 word, the text's hash
//   struct { int port; string host; }   →  port: 1 word | host: 1 word, the text's hash
//
// 1. The number of words is fixed by the type; equal keys give equal words, and different keys give
//    different ones but where a text or a std::hash stands for a part (then: as rarely as those collide).
// 2. A type's kind is found by its form (std::tuple_size, traits_type, allocator_type), so that
//    <tuple>, <array>, <string> and <vector> need not be included to hash them.
// 3. A type that brings a std::hash of its own keeps it: its operator== may be coarser than its bytes. One that brings
//    `key_fields()` is hashed by what that gives; only a struct that brings neither is taken apart (fields.hpp).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <type_traits>
#include <utility>

#include <portolan/base/hash/arithmetic.hpp>
#include <portolan/base/hash/fields.hpp>
#include <portolan/base/hash/text.hpp>

namespace portolan::detail {

template <class K>
concept wide_integer = std::same_as<K, int128> || std::same_as<K, uint128>;

template <class K>
concept one_word = (std::is_integral_v<K> || std::is_enum_v<K>)&&sizeof(K) <= sizeof(std::uint64_t);

/// A contiguous run of elements: data() and size().
template <class K>
concept contiguous = requires(const K& key) {
  { *key.data() } -> std::convertible_to<const std::remove_cvref_t<decltype(*key.data())>&>;
  { key.size() } -> std::convertible_to<std::size_t>;
};

template <contiguous K>
using element_of = std::remove_cvref_t<decltype(*std::declval<const K&>().data())>;

/// std::basic_string, std::basic_string_view and whoever compares characters as these do.
template <class K>
concept text = contiguous<K> && requires {
  typename K::traits_type;
} && std::same_as<typename K::traits_type, std::char_traits<element_of<K>>>;

/// std::vector, std::array and the like whose elements compare equal exactly when their bytes do.
template <class K>
concept plain_run = contiguous<K> && !text<K> &&
                    (one_word<element_of<K>> || wide_integer<element_of<K>>)&&(
                        requires { typename K::allocator_type; } || requires { std::tuple_size<K>::value; });

/// A C array of what such runs consist of.
template <class K>
concept plain_array = std::is_bounded_array_v<K> &&
    (one_word<std::remove_extent_t<K>> || wide_integer<std::remove_extent_t<K>>);

template <class K>
concept tuple_like = requires {
  std::tuple_size<K>::value;
};

/// Says itself what it is compared by: `auto key_fields() const { return std::tie(a, b); }`, or a function of that kind
/// beside it, `portolan_key_fields(const K&)`.
template <class K>
concept names_fields = requires(const K& key) {
  key.key_fields();
}
|| requires(const K& key) { portolan_key_fields(key); };

/// std::chrono::duration and time_point, which have no std::hash before C++26.
template <class K>
concept time_span = requires(const K& key) {
  typename K::period;
  { key.count() } -> std::same_as<typename K::rep>;
};
template <class K>
concept time_point = time_span<typename K::duration> && requires(const K& key) {
  { key.time_since_epoch() } -> std::same_as<typename K::duration>;
};

template <class K>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class K>
concept floating = std::is_floating_point_v<K>;

/// What holds an address and compares by it.
template <class K>
concept address = std::is_pointer_v<K> || std::is_member_pointer_v<K> || std::is_null_pointer_v<K>;

template <class K>
concept has_std_hash = !floating<K> && !address<K> && std::is_object_v<K> && std::default_initializable<std::hash<K>> &&
                       requires(const std::hash<K>& hash, const K& key) {
  { hash(key) } -> std::convertible_to<std::size_t>;
};

/// Fields are counted last, and only where nothing else says what there is.
template <class K>
concept has_parts = tuple_like<K> || std::is_bounded_array_v<K> || time_span<K> || time_point<K> || struct_of_fields<K>;

enum class key_kind { word, wide_word, text, run, optional, product, foreign, none };

template <class K>
[[nodiscard]] consteval key_kind kind_of() {
  if constexpr (wide_integer<K>)
    return key_kind::wide_word;
  else if constexpr (one_word<K>)
    return key_kind::word;
  else if constexpr (names_fields<K>)
    return key_kind::product;  // NOLINT(bugprone-branch-clone): what a class says of itself precedes its form
  else if constexpr (text<K>)
    return key_kind::text;
  else if constexpr (is_optional<K>)
    return key_kind::optional;
  else if constexpr (has_std_hash<K>)
    return key_kind::foreign;
  else if constexpr (plain_run<K> || plain_array<K>)
    return key_kind::run;
  else if constexpr (has_parts<K>)
    return key_kind::product;
  else
    return key_kind::none;
}

/// f(part, part, …) for what consists of parts.
template <class K, class F>
constexpr decltype(auto) with_parts(const K& key, F&& f) {
  const auto each = [&f]<std::size_t... I>(const auto& whole, std::index_sequence<I...>)->decltype(auto) {
    if constexpr (std::is_array_v<K>)
      return f(whole[I]...);
    else
      return f(get<I>(whole)...);
  };
  if constexpr (requires { key.key_fields(); }) {
    return with_parts(key.key_fields(), f);
  } else if constexpr (names_fields<K>) {
    return with_parts(portolan_key_fields(key), f);
  } else if constexpr (time_span<K>) {
    return f(key.count());
  } else if constexpr (time_point<K>) {
    return f(key.time_since_epoch());
  } else if constexpr (std::is_array_v<K>) {
    return each(key, std::make_index_sequence<std::extent_v<K>>{});
  } else if constexpr (tuple_like<K>) {
    return each(key, std::make_index_sequence<std::tuple_size<K>::value>{});
  } else {
    return with_fields(key, f);
  }
}

/// The types of a key's parts: those of a product, or what an optional may hold.
template <class... Parts>
struct part_list {
  static constexpr std::size_t count = sizeof...(Parts);

  template <class F>
  [[nodiscard]] static consteval std::size_t sum([[maybe_unused]] F f) {
    return (std::size_t{0} + ... + f.template operator()<Parts>());
  }
};
template <class K>
[[nodiscard]] consteval auto parts_of() {
  if constexpr (kind_of<K>() == key_kind::optional) {
    return part_list<typename K::value_type>();
  } else if constexpr (kind_of<K>() == key_kind::product) {
    constexpr auto types = [](const auto&... part) { return part_list<std::remove_cvref_t<decltype(part)>...>(); };
    return decltype(with_parts(std::declval<const K&>(), types))();
  } else {
    return part_list<>();
  }
}

/// Adds up `measure.template operator()<Part>()` over K and all parts of K.
template <class K, class Measure>
[[nodiscard]] consteval std::size_t sum_over_parts(Measure measure) {
  return measure.template operator()<K>() +
         parts_of<K>().sum([measure]<class Part>() { return sum_over_parts<Part>(measure); });
}

template <class K>
[[nodiscard]] consteval bool is_hashable() {
  return sum_over_parts<K>([]<class Part>() -> std::size_t { return kind_of<Part>() == key_kind::none ? 1 : 0; }) == 0;
}

/// Whether no part of a key says itself how it is hashed, and so may be compared otherwise than by all of its bits.
template <class K>
[[nodiscard]] consteval bool compared_by_parts() {
  return sum_over_parts<K>([]<class Part>() -> std::size_t {
           constexpr key_kind kind = kind_of<Part>();
           return names_fields<Part> || kind == key_kind::foreign || kind == key_kind::none ? 1 : 0;
         }) == 0;
}

/// The number of words that a key of this type comes to.
template <class K>
[[nodiscard]] consteval std::size_t count_words() {
  return sum_over_parts<K>([]<class Part>() -> std::size_t {
    switch (kind_of<Part>()) {
      case key_kind::product: return 0;
      case key_kind::wide_word: return 2;
      case key_kind::word:
      case key_kind::text:
      case key_kind::run:
      case key_kind::optional:  // whether it is there
      case key_kind::foreign:
      case key_kind::none: return 1;
    }
    return 0;
  });
}

/// Whether a text or a run stands somewhere in a key of this type.
template <class K>
[[nodiscard]] consteval bool holds_text() {
  return sum_over_parts<K>([]<class Part>() -> std::size_t {
           return kind_of<Part>() == key_kind::text || kind_of<Part>() == key_kind::run ? 1 : 0;
         }) != 0;
}

/// Whether hashing a key of this type can throw: only a std::hash and key_fields can.
template <class K>
[[nodiscard]] consteval bool hashes_without_throwing() {
  return sum_over_parts<K>([]<class Part>() -> std::size_t {
           if constexpr (kind_of<Part>() == key_kind::foreign) {
             return noexcept(std::hash<Part>{}(std::declval<const Part&>())) ? 0 : 1;
           } else if constexpr (requires(const Part& part) { part.key_fields(); }) {
             return noexcept(std::declval<const Part&>().key_fields()) ? 0 : 1;
           } else if constexpr (names_fields<Part>) {
             return noexcept(portolan_key_fields(std::declval<const Part&>())) ? 0 : 1;
           } else {
             return 0;
           }
         }) == 0;
}

/// Stands where a type without text needs no secret for text (0), or a run of words none for words (1).
template <int>
struct no_hash {
  explicit constexpr no_hash(secret_words&) noexcept {}
};

template <class K>
using text_hash_for = std::conditional_t<holds_text<K>(), text_hash, no_hash<0>>;

template <class Key>
[[nodiscard]] std::uint64_t hash_run(const text_hash& texts, const Key& key) noexcept {
  if constexpr (std::is_array_v<Key>)
    return texts(&key, sizeof key);
  else
    return texts(key.data(), static_cast<std::size_t>(key.size()) * sizeof(*key.data()));
}

/// Gives the words of `key` to `sum`, in order.
template <class K, class Sum, class Texts>
void add_words(Sum& sum, [[maybe_unused]] const Texts& texts, const K& key) noexcept(hashes_without_throwing<K>()) {
  constexpr key_kind kind = kind_of<K>();
  if constexpr (kind == key_kind::word) {
    sum.add(static_cast<std::uint64_t>(key));
  } else if constexpr (kind == key_kind::wide_word) {
    sum.add(low_half(static_cast<uint128>(key)));
    sum.add(high_half(static_cast<uint128>(key)));
  } else if constexpr (kind == key_kind::text || kind == key_kind::run) {
    sum.add(hash_run(texts, key));
  } else if constexpr (kind == key_kind::optional) {
    sum.add(key.has_value() ? 1 : 0);
    if (key.has_value()) {
      add_words(sum, texts, *key);
    } else {
      sum.skip(count_words<typename K::value_type>());
    }
  } else if constexpr (kind == key_kind::product) {
    with_parts(key,
               [&](const auto&... part) { (add_words<std::remove_cvref_t<decltype(part)>>(sum, texts, part), ...); });
  } else {
    sum.add(static_cast<std::uint64_t>(std::hash<K>{}(key)));
  }
}

/// The keyed sum of arithmetic.hpp over `Words` words, with a multiplier for each.
template <std::size_t Words>
class word_sum {
 public:
  explicit word_sum(secret_words& secret) noexcept {
    for (uint128& multiplier : multipliers_) multiplier = secret.next_wide();
    offset_ = secret.next_wide();
  }

  class running {
   public:
    explicit running(const word_sum& keys) noexcept : keys_(keys), sum_(keys.offset_) {}
    void add(std::uint64_t word) noexcept { sum_ += keys_.multipliers_[position_++] * word; }
    void skip(std::size_t words) noexcept { position_ += words; }
    [[nodiscard]] std::uint64_t end() const noexcept { return finish_sum(sum_); }

   private:
    const word_sum& keys_;
    uint128 sum_;
    std::size_t position_ = 0;
  };

 private:
  uint128 multipliers_[Words == 0 ? 1 : Words];
  uint128 offset_;
};

/// The same promise for long products: a polynomial in one secret point, then the keyed sum of its two halves.
class word_polynomial {
 public:
  explicit word_polynomial(secret_words& secret) noexcept
      : point_(secret.next_wide() & field_multiplier_mask), halves_(secret) {}

  class running {
   public:
    explicit running(const word_polynomial& keys) noexcept : keys_(keys) {}
    void add(std::uint64_t word) noexcept { value_ = field_multiply_add(value_, keys_.point_, word); }
    void skip(std::size_t words) noexcept {
      for (std::size_t i = 0; i < words; ++i) add(0);
    }
    [[nodiscard]] std::uint64_t end() const noexcept {
      word_sum<2>::running sum(keys_.halves_);
      sum.add(low_half(canonical(value_)));
      sum.add(high_half(canonical(value_)));
      return sum.end();
    }

   private:
    const word_polynomial& keys_;
    uint128 value_ = 0;
  };

 private:
  uint128 point_;
  word_sum<2> halves_;
};

inline constexpr std::size_t most_words_in_a_sum = 8;

template <class K>
using words_hash_for = std::conditional_t<
    kind_of<K>() == key_kind::run, no_hash<1>,
    std::conditional_t<(count_words<K>() <= most_words_in_a_sum), word_sum<count_words<K>()>, word_polynomial>>;

}  // namespace portolan::detail
