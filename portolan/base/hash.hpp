// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// How a map turns a key into 64 bits: `hash<K>`, `equal<K>`, and the policy that seeds and mixes any hash.
//
//   K, Hash, map_options.seed → hash_policy<K, Hash> ─┬ Hash is seeded:     Hash{seed}(key)
//                                                     ├ Hash avalanches:    Hash(key) ^ secret
//                                                     └ any other Hash:     keyed sum of Hash(key)
//
// 1. All 64 bits are good: a map takes its index from the high ones and its tags from the low ones.
// 2. No key is hashed to itself: integers are multiplied by secret words, strings hashed under a secret as long
//    as a chunk of them (hash/text.hpp), and whatever std::hash says is mixed.
// 3. Each map has its own secret, so that no order of keys is bad for every map, and none for a map whose
//    order another one gave.
// 4. Keys that are equal by `equal<K>` have equal hashes, whatever type of text asks.
// How good, how fast and against whom: docs/algorithms/hashing.md. Which keys are refused: base/key.hpp.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <portolan/base/hash/characters.hpp>
#include <portolan/base/hash/parts.hpp>
#include <portolan/base/hash/seed.hpp>
#include <portolan/base/hash/text.hpp>

namespace portolan {

/// The default hash of a key: integers, enums, strings, whatever has a std::hash, and std::pair, std::tuple,
/// std::array, std::optional of these. This is the case of a type that has none: it cannot be called.
/// When not to use it: floating-point keys and addresses are opted in by name (`hash_float_bits`, `hash_address`).
template <class K>
class hash {
 public:
  hash() = default;
};

template <class K>
  requires(detail::is_hashable<K>() && !detail::text<K>)
class hash<K> {
 public:
  using is_avalanching = void;
  using is_seeded = void;
  using is_by_parts = void;  // and not a specialisation by K's author

  hash() noexcept : hash(detail::process_seed()) {}
  explicit hash(const hash_seed& seed) noexcept : hash(detail::secret_words(seed)) {}

  /// Hashes a key under this object's secret. Equal keys have equal hashes under equal seeds.
  ///
  /// @returns   64 bits, each of them good
  /// @sees      the key alone
  /// @progress  wait-free
  /// @cost      about 1 ns for an integer; O(size) for strings, read once
  /// @throws    what K's std::hash throws, where it has one of its own; else nothing
  /// @calls     K's std::hash, where it has one of its own
  [[nodiscard]] std::uint64_t operator()(const K& key) const noexcept(detail::hashes_without_throwing<K>()) {
    if constexpr (detail::kind_of<K>() == detail::key_kind::run) {
      return detail::hash_run(texts_, key);
    } else {
      typename detail::words_hash_for<K>::running sum(words_);
      detail::add_words(sum, texts_, key);
      return sum.end();
    }
  }

 private:
  explicit hash(detail::secret_words secret) noexcept : words_(secret), texts_(secret) {}

  [[no_unique_address]] detail::words_hash_for<K> words_;
  [[no_unique_address]] detail::text_hash_for<K> texts_;
};

/// The hash of strings. It takes any text of the same character, so that a std::string is found by a
/// std::string_view or a literal without being built.
template <detail::text K>
class hash<K> {
 public:
  using is_avalanching = void;
  using is_seeded = void;
  using is_transparent = void;

  hash() noexcept : hash(detail::process_seed()) {}
  explicit hash(const hash_seed& seed) noexcept : hash(detail::secret_words(seed)) {}

  /// Hashes a text under this object's secret. Texts of equal characters have equal hashes, whatever holds them.
  ///
  /// @returns   64 bits, each of them good
  /// @sees      the text alone
  /// @progress  wait-free
  /// @cost      O(size), read once; a few nanoseconds up to 64 bytes
  /// @throws    nothing
  /// @calls     no user code but the text's data() and size()
  template <detail::text_query<detail::element_of<K>> Q>
  [[nodiscard]] std::uint64_t operator()(const Q& query) const noexcept {
    const auto characters = detail::characters_of<detail::element_of<K>>(query);
    return texts_(characters.data, characters.size_bytes());
  }

 private:
  explicit hash(detail::secret_words secret) noexcept : texts_(secret) {}

  detail::text_hash texts_;
};

/// The default equality: K's own operator==.
template <class K>
class equal {
 public:
  /// Compares two keys by `==`. Keys that are equal have equal hashes under `hash<K>`.
  ///
  /// @returns   whether they are equal
  /// @sees      the keys alone
  /// @progress  that of K's operator==
  /// @cost      that of K's operator==
  /// @throws    what K's operator== throws
  /// @calls     K's operator== once
  [[nodiscard]] constexpr bool operator()(const K& left, const K& right) const
      noexcept(noexcept(left == right)) requires requires {
    { left == right } -> std::convertible_to<bool>;
  }
  { return left == right; }
};

/// The equality of strings, for any two texts of the same character.
template <detail::text K>
class equal<K> {
 public:
  using is_transparent = void;

  /// Compares two texts by their characters. A C string ends before its first null character.
  ///
  /// @returns   whether they are equal
  /// @sees      the texts alone
  /// @progress  wait-free
  /// @cost      O(size), O(1) if the sizes differ
  /// @throws    nothing
  /// @calls     no user code but data() and size()
  template <detail::text_query<detail::element_of<K>> L, detail::text_query<detail::element_of<K>> R>
  [[nodiscard]] bool operator()(const L& left, const R& right) const noexcept {
    using character = detail::element_of<K>;
    return detail::characters_of<character>(left) == detail::characters_of<character>(right);
  }
};

/// The equality of floating-point keys: `==`, but a NaN equals every NaN, so that it can be found again.
template <detail::floating K>
class equal<K> {
 public:
  /// Compares two numbers; -0.0 equals 0.0, and a NaN equals every NaN. Fits `hash_float_bits<K>`.
  ///
  /// @returns   whether they are equal
  /// @sees      the numbers alone
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] constexpr bool operator()(K left, K right) const noexcept {
    return left == right || (left != left && right != right);
  }
};

/// Opts in to floating-point keys: equal only when they were computed in the very same way.
/// When not to use it: for measured or computed numbers; round them to an integer count of a unit first.
/// With `equal<F>` a NaN finds every NaN; with std::equal_to it finds none, and what was put under it stays.
template <class F>
  requires(std::same_as<F, float> || std::same_as<F, double>)
class hash_float_bits {
 public:
  using is_avalanching = void;
  using is_seeded = void;

  hash_float_bits() = default;
  explicit hash_float_bits(const hash_seed& seed) noexcept : bits_(seed) {}

  /// Hashes a number by its bits. -0.0 is hashed as 0.0 and each NaN as the same one, as `equal<F>` compares them.
  ///
  /// @returns   64 bits, each of them good
  /// @sees      the number alone
  /// @progress  wait-free
  /// @cost      about 1 ns
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] std::uint64_t operator()(F number) const noexcept {
    constexpr std::uint64_t not_a_number = ~std::uint64_t{0};  // the bits of a NaN, of none that stands for another
    if (number != number) return bits_(not_a_number);
    const double wide = number == 0 ? 0.0 : static_cast<double>(number);
    std::uint64_t bits;
    __builtin_memcpy(&bits, &wide, sizeof bits);
    return bits_(bits);
  }

 private:
  hash<std::uint64_t> bits_;
};

/// Opts in to keys that are addresses: two pointers are the same key when they point to the same place.
/// When not to use it: for what the pointer points to (a text: use std::string), or where the place may be freed and
/// handed out again while its key is still in the map.
template <class P>
  requires std::is_pointer_v<P>
class hash_address {
 public:
  using is_avalanching = void;
  using is_seeded = void;

  hash_address() = default;
  explicit hash_address(const hash_seed& seed) noexcept : bits_(seed) {}

  /// Hashes where a pointer points to. What stands there is not read.
  ///
  /// @returns   64 bits, each of them good
  /// @sees      the pointer alone
  /// @progress  wait-free
  /// @cost      about 1 ns
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] std::uint64_t operator()(P pointer) const noexcept {
    return bits_(reinterpret_cast<std::uintptr_t>(pointer));
  }

 private:
  hash<std::uint64_t> bits_;
};

/// A hash that takes its secret from the map: it says `using is_seeded = void` and is made from a `hash_seed`.
template <class Hash>
concept seeded_hash = requires {
  typename Hash::is_seeded;
}
&&std::constructible_from<Hash, const hash_seed&>;

/// A hash whose 64 bits are all good already: it says `using is_avalanching = void`. It is believed.
template <class Hash, class K>
concept avalanching_hash = requires {
  typename Hash::is_avalanching;
}
&&sizeof(std::invoke_result_t<const Hash&, const K&>) >= sizeof(std::uint64_t);

namespace detail {

template <class T>
concept transparent = requires {
  typename T::is_transparent;
};

/// What becomes of the hash that a user's or std's hash returned.
struct keep_hash {
  explicit keep_hash(const hash_seed&) noexcept {}
  [[nodiscard]] std::uint64_t operator()(std::uint64_t hashed) const noexcept { return hashed; }
};

struct mask_hash {
  explicit mask_hash(const hash_seed& seed) noexcept : mask(secret_words(seed).next()) {}
  [[nodiscard]] std::uint64_t operator()(std::uint64_t hashed) const noexcept { return hashed ^ mask; }
  std::uint64_t mask;
};

using mix_hash = hash<std::uint64_t>;

template <class K, class Hash>
[[nodiscard]] Hash seed_hash(Hash hash, [[maybe_unused]] const hash_seed& seed) {
  if constexpr (seeded_hash<Hash>)
    return Hash(seed);
  else
    return hash;
}

}  // namespace detail

/// What a map hashes with: any Hash, made fit for a table, under a secret of the map's own.
///
/// A seeded Hash is made anew from the map's secret: what the given one was seeded with is not used. A constant
/// Hash stays constant: its keys are found by comparing them all.
template <class K, class Hash>
class hash_policy {
 public:
  /// Makes Hash fit under the seed that `fixed_seed` stands for. It is map_options.seed: 0 draws a fresh secret, any
  /// other number gives the same hashes in each run.
  ///
  /// @returns   nothing
  /// @sees      nothing shared but the counter of seeds
  /// @progress  wait-free
  /// @cost      O(1): under 1 µs for a secret of strings
  /// @throws    what Hash's move throws
  /// @calls     Hash's move
  hash_policy(Hash hash, std::uint64_t fixed_seed) : hash_policy(std::move(hash), make_seed(fixed_seed)) {}
  hash_policy(Hash hash, const hash_seed& seed) : hash_(detail::seed_hash<K>(std::move(hash), seed)), finisher_(seed) {}

  /// Hashes a key. Equal keys have equal hashes in one map.
  ///
  /// @returns   64 bits, each of them good if different keys have different hashes under Hash
  /// @sees      the key alone
  /// @progress  that of Hash
  /// @cost      that of Hash, and about 1 ns where it is neither seeded nor avalanching
  /// @throws    what Hash throws
  /// @calls     Hash once
  [[nodiscard]] std::uint64_t operator()(const K& key) const
      noexcept(std::is_nothrow_invocable_v<const Hash&, const K&>) {
    return finisher_(static_cast<std::uint64_t>(hash_(key)));
  }

  /// Hashes what a transparent Hash takes for a key. It has the hash of the key that it equals.
  ///
  /// @returns   as for a key
  /// @sees      `query` alone
  /// @progress  that of Hash
  /// @cost      that of Hash, and about 1 ns where it is neither seeded nor avalanching
  /// @throws    what Hash throws
  /// @calls     Hash once
  template <class Q>
    requires(!std::same_as<Q, K> && detail::transparent<Hash> && std::invocable<const Hash&, const Q&>)
  [[nodiscard]] std::uint64_t operator()(const Q& query) const
      noexcept(std::is_nothrow_invocable_v<const Hash&, const Q&>) {
    return finisher_(static_cast<std::uint64_t>(hash_(query)));
  }

  /// Gives the hash that is called. A seeded one carries this map's secret.
  ///
  /// @returns   the hash
  /// @sees      nothing shared
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] const Hash& hash_function() const noexcept { return hash_; }

 private:
  using finisher =
      std::conditional_t<seeded_hash<Hash>, detail::keep_hash,
                         std::conditional_t<avalanching_hash<Hash, K>, detail::mask_hash, detail::mix_hash>>;

  [[no_unique_address]] Hash hash_;
  [[no_unique_address]] finisher finisher_;
};

}  // namespace portolan
