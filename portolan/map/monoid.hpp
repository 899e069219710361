// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What an aggregate_map adds up: a value, the value that changes nothing, and how two values become one.
//
//   struct longest {
//     using value_type = std::uint64_t;
//     static value_type identity() noexcept { return 0; }
//     static void combine(value_type& into, const value_type& from) noexcept { if (from > into) into = from; }
//   };
//
//   one thread    a ──┐                 other threads    c ─┐
//                 b ──┴► combine(a, b) ─────────────────────┴► combine(combine(a, b), c)      in any order
//
// 1. combine is associative and commutative and does not change `from`; identity() combined with a value gives that
//    value. Then it makes no difference which thread added what, nor when parts were merged. "The latest value" is no
//    such thing: take concurrent_map.
// 2. A combine that may throw gets a copy to work on, so that a throw leaves the value as it was. One that is noexcept
//    works in place: say noexcept where it is true.
// 3. `record`, if there is one, takes one observation into a value: combine(value, what that observation alone makes).
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace portolan {

/// A value_type, its identity() and a combine(into, from): see 1.
template <class M>
concept monoid = requires(typename M::value_type& into, const typename M::value_type& from) {
  { M::identity() } -> std::same_as<typename M::value_type>;
  M::combine(into, from);
};

/// Whether `M::record(value, observed...)` takes an observation of these types into a value.
template <class M, class... Observed>
concept records = monoid<M> && requires(typename M::value_type& into, const Observed&... observed) {
  M::record(into, observed...);
};

namespace aggregate {

/// Adds up. Integers wrap where they do not fit; a T of your own needs `+=` and a T{} that adds nothing.
/// When not to use it: floating-point sums depend on the order of the additions in their last digits.
template <class T>
struct sum {
  using value_type = T;

  static constexpr T identity() noexcept(noexcept(T{})) { return T{}; }
  static constexpr void combine(T& into, const T& from) noexcept(noexcept(into += from)) {
    if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      into = static_cast<T>(static_cast<std::make_unsigned_t<T>>(into) + static_cast<std::make_unsigned_t<T>>(from));
    } else if constexpr (std::is_integral_v<T>) {
      into = static_cast<T>(into + from);
    } else {
      into += from;
    }
  }
  static constexpr void record(T& into, const T& observed) noexcept(noexcept(combine(into, observed))) {
    combine(into, observed);
  }
};

/// Counts: `record(key)` counts one.
struct count {
  using value_type = std::uint64_t;

  static constexpr value_type identity() noexcept { return 0; }
  static constexpr void combine(value_type& into, const value_type& from) noexcept { into += from; }
  static constexpr void record(value_type& into) noexcept { ++into; }
};

/// What min_max keeps; `least` and `greatest` say nothing while nothing was observed.
template <class T>
struct extremes {
  std::uint64_t observed = 0;
  T least{};
  T greatest{};

  friend bool operator==(const extremes&, const extremes&) = default;
};

/// The least and the greatest of what was observed, by `<`, and how many there were.
template <class T>
struct min_max {
  using value_type = extremes<T>;

  static constexpr value_type identity() noexcept(noexcept(value_type{})) { return {}; }
  static constexpr void combine(value_type& into, const value_type& from) noexcept(assigns_without_throwing) {
    if (from.observed == 0) return;
    if (into.observed == 0 || from.least < into.least) into.least = from.least;
    if (into.observed == 0 || into.greatest < from.greatest) into.greatest = from.greatest;
    into.observed += from.observed;
  }
  static constexpr void record(value_type& into, const T& observed) noexcept(assigns_without_throwing) {
    if (into.observed == 0 || observed < into.least) into.least = observed;
    if (into.observed == 0 || into.greatest < observed) into.greatest = observed;
    ++into.observed;
  }

 private:
  static constexpr bool assigns_without_throwing =
      std::is_nothrow_copy_assignable_v<T>&& noexcept(std::declval<const T&>() < std::declval<const T&>());
};

/// What a histogram keeps: how many samples fell into each bucket, and their sum (which wraps).
template <std::size_t Buckets>
struct histogram_counts {
  std::uint64_t in_bucket[Buckets]{};
  std::uint64_t sum = 0;

  [[nodiscard]] constexpr std::uint64_t samples() const noexcept {
    std::uint64_t total = 0;
    for (const std::uint64_t each : in_bucket) total += each;
    return total;
  }
  friend bool operator==(const histogram_counts&, const histogram_counts&) = default;
};

namespace detail {

/// What both histograms have in common; `Self` says which bucket is whose.
template <class Self, std::size_t Buckets>
struct buckets_of {
  using value_type = histogram_counts<Buckets>;
  static constexpr std::size_t buckets = Buckets;

  static constexpr value_type identity() noexcept { return {}; }
  static constexpr void combine(value_type& into, const value_type& from) noexcept {
    for (std::size_t i = 0; i < Buckets; ++i) into.in_bucket[i] += from.in_bucket[i];
    into.sum += from.sum;
  }
  static constexpr void record(value_type& into, const std::uint64_t& sample) noexcept {
    ++into.in_bucket[Self::bucket_of(sample)];
    into.sum += sample;
  }
  /// The bound of the bucket that holds the sample below which `share` (0 … 1) of all lie; 0 if there is none.
  static constexpr std::uint64_t quantile_bound(const value_type& counts, double share) noexcept {
    const std::uint64_t total = counts.samples();
    if (total == 0) return 0;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < Buckets; ++i) {
      below += counts.in_bucket[i];
      if (below != 0 && static_cast<double>(below) >= share * static_cast<double>(total)) return Self::bound(i);
    }
    return Self::bound(Buckets - 1);
  }
};

template <std::uint64_t... Bounds>
constexpr bool ascend() noexcept {
  const std::uint64_t bounds[] = {Bounds...};
  for (std::size_t i = 1; i < sizeof...(Bounds); ++i) {
    if (bounds[i - 1] >= bounds[i]) return false;
  }
  return true;
}

}  // namespace detail

/// A histogram whose buckets double: samples up to First, 2·First, 4·First, …; the last bucket has no bound.
/// When not to use it: where the values of interest lie within one doubling: name the bounds (histogram_at).
template <std::size_t Buckets = 32, std::uint64_t First = 1>
struct histogram : detail::buckets_of<histogram<Buckets, First>, Buckets> {
  static_assert(Buckets >= 2 && First >= 1, "a histogram has two buckets or more, and the first one has room");
  static_assert(Buckets - 2 < 64 && First <= (UINT64_MAX >> (Buckets - 2)),
                "the bounds do not fit into 64 bits; take fewer buckets or a smaller first one");

  /// The greatest sample of a bucket.
  static constexpr std::uint64_t bound(std::size_t bucket) noexcept {
    return bucket + 1 >= Buckets ? UINT64_MAX : First << bucket;
  }
  static constexpr std::size_t bucket_of(std::uint64_t sample) noexcept {
    const std::uint64_t firsts = sample / First + (sample % First != 0 ? 1 : 0);
    const std::size_t bucket = firsts == 0 ? 0 : static_cast<std::size_t>(std::bit_width(firsts - 1));
    return bucket < Buckets ? bucket : Buckets - 1;
  }
};

/// A histogram with bounds of one's own, in ascending order; one more bucket takes what lies above the last.
template <std::uint64_t... Bounds>
struct histogram_at : detail::buckets_of<histogram_at<Bounds...>, sizeof...(Bounds) + 1> {
  static_assert(sizeof...(Bounds) >= 1, "histogram_at takes one bound or more");
  static_assert(detail::ascend<Bounds...>(),
                "the bounds of a histogram_at ascend: write the smallest first, and none twice");

  /// The greatest sample of a bucket.
  static constexpr std::uint64_t bound(std::size_t bucket) noexcept {
    return bucket < sizeof...(Bounds) ? bounds[bucket] : UINT64_MAX;
  }
  static constexpr std::size_t bucket_of(std::uint64_t sample) noexcept {
    std::size_t bucket = 0;
    while (bucket < sizeof...(Bounds) && sample > bounds[bucket]) ++bucket;
    return bucket;
  }

 private:
  static constexpr std::uint64_t bounds[] = {Bounds...};
};

}  // namespace aggregate

namespace detail {

/// Refuses what is no monoid, in sentences that say what to write instead.
template <class M>
struct monoid_requirements {
  static_assert(
      requires { typename M::value_type; },
      "Portolan: the monoid does not say what it adds up. Write `using value_type = …;` in it, or take "
      "portolan::aggregate::sum<T>.");
  static_assert(
      !requires { typename M::value_type; } ||
          requires {
            { M::identity() } -> std::same_as<typename M::value_type>;
          },
      "Portolan: the monoid has no identity. Write `static value_type identity()`: the value that changes nothing when "
      "it is combined with another.");
  static_assert(
      !requires { typename M::value_type; } ||
          requires(typename M::value_type & into, const typename M::value_type& from) { M::combine(into, from); },
      "Portolan: the monoid cannot combine. Write `static void combine(value_type& into, const value_type& from)`, "
      "whose "
      "order must not matter.");
  static constexpr bool hold = monoid<M>;
};

template <class M>
concept combines_in_place = noexcept(M::combine(std::declval<typename M::value_type&>(),
                                                std::declval<const typename M::value_type&>()));

template <class M>
struct monoid_can_fail_safely {
  using V = typename M::value_type;
  static_assert(
      std::is_nothrow_move_constructible_v<V> && std::is_nothrow_move_assignable_v<V>,
      "Portolan: moving the monoid's value_type may throw, and then an addition could be lost. Write noexcept "
      "moves, or keep the value behind a std::unique_ptr.");
  static_assert(
      combines_in_place<M> || std::is_copy_constructible_v<V>,
      "Portolan: the monoid's combine may throw and its value_type cannot be copied, so that a failed addition "
      "could not be undone. Write noexcept behind combine, or make the value_type copyable.");
  static constexpr bool hold = true;
};

/// Changes `into` by `change`, or not at all if that throws.
template <bool InPlace, class V, class Change>
constexpr void change_whole(V& into, Change change) noexcept(InPlace) {
  if constexpr (InPlace) {
    change(into);
  } else {
    V copy(std::as_const(into));
    change(copy);
    into = std::move(copy);
  }
}

}  // namespace detail
}  // namespace portolan
