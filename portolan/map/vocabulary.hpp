// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The words that every map of the family shares: what an operation can end in, what a `compute` callable
// may decide, how a map is set up. An outcome is an enum or an optional, never a bool with a hidden third
// meaning.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include <portolan/map/pinned.hpp>

namespace portolan {

/// How insert_or_assign ended.
enum class assignment : std::uint8_t { inserted, assigned };

/// How compute ended; `absent`: there was no entry and the callable wanted none.
enum class computed : std::uint8_t { kept, inserted, assigned, erased, absent };

/// How compare_exchange and compare_erase ended: done, refused because the value differs, or no such key.
enum class comparison : std::uint8_t { matched, differed, absent };

/// How a map is set up; the defaults suit most.
struct map_options {
  std::size_t capacity = 0;  ///< entries that fit without growing
  std::uint64_t seed = 0;    ///< 0: a fresh secret for every map; else the same order in every run
  const char* name = "";     ///< for reports; must outlive the map
  /// Of concurrent_map: entries for each slot from which it grows, 0.05 to 0.75. 0: the map chooses by its size. A lower
  /// one makes finds faster and takes more memory.
  double max_load_factor = 0;
};

/// What find gives: a copy where V can be copied, else an owning handle.
template <class V>
using found = std::conditional_t<std::is_copy_constructible_v<V>, std::optional<V>, pinned<V>>;

namespace detail {
/// `value` if it is `there`: the bytes of such an optional, written without a branch where it is laid out as value and
/// flag. By way of reset() g++ 12 makes a branch of every later look at the flag.
template <class V>
[[nodiscard, gnu::always_inline]] inline std::optional<V> found_if(bool there, const V& value) noexcept {
  static_assert(std::is_trivially_copyable_v<std::optional<V>>);
  struct layout {
    V value;
    bool there;
  };
  const auto shows = [](const std::optional<V>& given, bool wanted) {  // seen by the compiler, not asked at run time
    unsigned char flag;
    __builtin_memcpy(&flag, reinterpret_cast<const unsigned char*>(&given) + sizeof(V), 1);
    return flag == (wanted ? 1 : 0);
  };
  if (sizeof(layout) == sizeof(std::optional<V>) && shows(value, true) && shows(std::nullopt, false)) {
    std::optional<V> result;
    const layout bytes{value, there};
    __builtin_memcpy(static_cast<void*>(&result), &bytes, sizeof(V) + 1);
    return result;
  }
  return there ? std::optional<V>(value) : std::optional<V>();
}
}  // namespace detail

struct keep_t {};
struct erase_t {};
template <class V>
struct assign_t {
  V value;
};

/// `return portolan::keep;` from a compute callable leaves the entry as it is.
inline constexpr keep_t keep{};
/// `return portolan::erase;` from a compute callable removes the entry.
inline constexpr erase_t erase{};
/// `return portolan::assign(v);` from a compute callable stores `v`.
template <class V>
[[nodiscard]] constexpr assign_t<std::decay_t<V>> assign(V&& value) {
  return {std::forward<V>(value)};
}

namespace detail {
/// A value that may be missing, in memory that is never unwritten: behind std::optional g++ 12 -O2 cannot see that a
/// missing value is not destroyed, and would warn every user of compute.
template <class V>
class written_optional {
 public:
  written_optional() noexcept = default;
  written_optional(written_optional&& other) noexcept(std::is_nothrow_move_constructible_v<V>) {
    if (other.begun_) emplace(std::move(*other));
  }
  ~written_optional() { reset(); }
  template <class... Args>
  void emplace(Args&&... args) {
    reset();
    std::construct_at(reinterpret_cast<V*>(bytes_), std::forward<Args>(args)...);
    begun_ = true;
  }
  void reset() noexcept {
    if (std::exchange(begun_, false)) std::destroy_at(operator->());
  }
  [[nodiscard]] bool has_value() const noexcept { return begun_; }
  [[nodiscard]] V* operator->() noexcept { return std::launder(reinterpret_cast<V*>(bytes_)); }
  [[nodiscard]] V& operator*() noexcept { return *operator->(); }
  [[nodiscard]] const V& operator*() const noexcept { return *std::launder(reinterpret_cast<const V*>(bytes_)); }

 private:
  alignas(V) unsigned char bytes_[sizeof(V)] = {};
  bool begun_ = false;
};
template <class V>
using light_optional = std::conditional_t<(sizeof(V) <= 256), written_optional<V>, std::optional<V>>;
}  // namespace detail

/// What a compute callable decided: keep the entry, give it a value, or erase it.
template <class V>
class decision {
 public:
  enum class kind : std::uint8_t { kept, assigned, erased };

  constexpr decision(keep_t) noexcept : kind_(kind::kept) {}
  constexpr decision(erase_t) noexcept : kind_(kind::erased) {}
  template <std::convertible_to<V> U>
  constexpr decision(assign_t<U> assigned) : kind_(kind::assigned) {
    value_.emplace(static_cast<V>(std::move(assigned.value)));
  }

  [[nodiscard]] constexpr kind what() const noexcept { return kind_; }
  /// Becomes `other`; V need not be assignable.
  constexpr void take(decision&& other) {
    kind_ = other.kind_;
    value_.reset();
    if (other.value_.has_value()) value_.emplace(std::move(*other.value_));
  }
  [[nodiscard]] constexpr V& value() noexcept { return *value_; }
  [[nodiscard]] constexpr const V& value() const noexcept { return *value_; }

 private:
  detail::light_optional<V> value_;
  kind kind_;
};

namespace detail {

template <class V, class R>
[[nodiscard]] decision<V> to_decision(R&& result) {
  using plain = std::remove_cvref_t<R>;
  if constexpr (std::is_constructible_v<decision<V>, R&&> && !std::is_same_v<plain, V>) {
    return decision<V>(std::forward<R>(result));
  } else if constexpr (std::is_same_v<plain, std::optional<V>>) {
    if (!result.has_value()) return decision<V>(erase);
    return decision<V>(assign_t<V>{std::forward<R>(result).value()});
  } else {
    static_assert(std::is_convertible_v<R&&, V>,
                  "a compute callable returns portolan::decision<V> (keep, assign(v), erase), V, or std::optional<V>");
    return decision<V>(assign_t<V>{V(std::forward<R>(result))});
  }
}

template <class V, class R>
[[nodiscard]] std::optional<V> to_loaded(R&& result) {
  if constexpr (std::is_same_v<std::remove_cvref_t<R>, std::optional<V>>) {
    return std::forward<R>(result);
  } else {
    static_assert(std::is_convertible_v<R&&, V>,
                  "a load_or_compute callable returns V, or std::optional<V> to be able to decline");
    return std::optional<V>(std::in_place, std::forward<R>(result));
  }
}

/// Calls a for_each callable; false: it asked to stop.
template <class F, class... Args>
[[nodiscard]] bool goes_on(F& f, Args&&... args) {
  if constexpr (std::is_void_v<std::invoke_result_t<F&, Args...>>) {
    f(std::forward<Args>(args)...);
    return true;
  } else {
    return static_cast<bool>(f(std::forward<Args>(args)...));
  }
}

}  // namespace detail
}  // namespace portolan
