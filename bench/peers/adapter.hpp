// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a map must offer to be measured, by `portolan advise` and by `portolan bench matrix` alike: an adapter.
//
//    template <class K, class V>             K is std::uint64_t or std::string; V these, or bytes32
//    class adapter {
//      explicit adapter(const setup&);       reserve: room to make (0: begin empty); work.key_count: keys there may be
//      bool find(const K&, auto&& f);        f(const V&) once if the key is there; true if it was
//      bool insert(const K&, V);             true if this call put it there
//      void assign(const K&, V);             puts or replaces
//      bool erase(const K&);                 true if this call removed it
//      void add(const K&, std::uint64_t);    += as one step; absent counts as 0   (where V is a number or bytes32)
//      void for_each(auto&& f);              f(const K&, const V&), while no other thread works
//      std::size_t size();
//    };
//
// Used where they exist:
//      bool find(std::string_view, auto&& f)            texts are looked up without a std::string
//      std::optional<V> lookup(const K&)                a map that gives copies: its finds are these instead, and the loop has
//                                                       no branch on whether the key was there
//      void find_many(std::span<const K>, auto&& f)     f(index, const V&) for each key that is there: bulk find
//      std::size_t insert_many(std::span<const std::pair<K, V>>)   how many it put there: bulk insert
//      void reserve(std::size_t)                        room for so many entries in all
//      void fill(std::vector<std::pair<K, V>>)          the start of a workload in one step
//      bool growing()                                   entries still wait to be moved to a larger table
//      std::size_t kept_back_bytes()                    taken out of use, not freed yet
//      void enter_thread(), leave_thread()              in each thread: before its first and after its last operation
//                                                       of one run; a thread works on one map at a time
//
// A map from outside is such an adapter in a header of its own, given as --peer-header FILE:
//
//    namespace outside_peer {
//    inline constexpr const char* name = "its name in the tables";
//    inline constexpr const char* paste = "map<K, V> map;";     the line that declares it
//    inline constexpr bool special = true;                      not any key, or tombstones; without the line: general
//    inline constexpr bool only_numbers = true;                 K and V are std::uint64_t and nothing else
//    template <class K, class V> class adapter { … };
//    }
//
// Fair: give the map `shared_hash<K>` and `shared_equal<K>`, so that tables are compared and not hashes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <portolan/base/hash.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "bench/workload/candidate.hpp"

namespace portolan::workload {

/// A value of 32 bytes that counts: made from a number, added to in its first word.
struct bytes32 {
  std::uint64_t words[4] = {};

  bytes32() = default;
  bytes32(std::uint64_t number) noexcept : words{number, number, number, number} {}
  bytes32& operator+=(std::uint64_t amount) noexcept {
    words[0] += amount;
    return *this;
  }
  friend bytes32 operator+(bytes32 left, std::uint64_t amount) noexcept { return left += amount; }
  friend bool operator==(const bytes32&, const bytes32&) = default;
};
static_assert(sizeof(bytes32) == 32);

/// One hash for every map of the matrix: a number's is the folded product, as the fastest peers have it.
template <class K>
struct shared_hash {
  using is_avalanching = void;
  [[nodiscard]] std::size_t operator()(std::uint64_t key) const noexcept {
    __extension__ using wide = unsigned __int128;
    const wide product = wide{key} * 0x9E3779B97F4A7C15ull;
    return static_cast<std::size_t>(product >> 64) ^ static_cast<std::size_t>(product);
  }
};

namespace detail {
inline const portolan::hash<std::string> hash_of_texts{};
}  // namespace detail

template <>
struct shared_hash<std::string> {
  using is_avalanching = void;
  using is_transparent = void;
  [[nodiscard]] std::size_t operator()(std::string_view key) const noexcept { return detail::hash_of_texts(key); }
};

template <class K>
struct shared_equal {
  [[nodiscard]] bool operator()(const K& left, const K& right) const noexcept { return left == right; }
};
template <>
struct shared_equal<std::string> {
  using is_transparent = void;
  [[nodiscard]] bool operator()(std::string_view left, std::string_view right) const noexcept { return left == right; }
};

}  // namespace portolan::workload
