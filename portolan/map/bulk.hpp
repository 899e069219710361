// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Many keys in one call, with the index of each outcome.
//
//   keys   k0 k1 … k12 k13 …       each operation is the map's own, one key after the other
//          │       └─ prefetch     where the map can (concurrent_map), memory is asked for 12 keys ahead, so that the
//          └─ find, insert, …      waits overlap
//
// 1. Each key's operation takes effect at an instant of its own: a bulk form is no transaction, and others' operations
//    come in between. For all at one instant take snapshot_map::update.
// 2. The outcome of key i is told by f(i, outcome) as soon as it is known, with no lock held: f may call the map.
// 3. What throws ends the call; what was done before stays done, and f was told of it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>

#include <portolan/base/error.hpp>
#include <portolan/map/concurrent/find_many.hpp>
#include <portolan/map/vocabulary.hpp>

namespace portolan {

namespace detail {

inline constexpr std::size_t prefetched_keys = 12;

/// Calls `act(index, element)` for each element, and has the map ask for the memory of the keys ahead of it.
template <class Map, class Range, class KeyOf, class Act>
void each_prefetched(const Map& map, Range& range, KeyOf key_of, Act act) {
  auto ahead = std::begin(range);
  const auto end = std::end(range);
  const auto look_ahead = [&] {
    if constexpr (requires { map.prefetch(key_of(*ahead)); }) {
      if (ahead != end) {
        map.prefetch(key_of(*ahead));
        ++ahead;
      }
    }
  };
  for (std::size_t i = 0; i < prefetched_keys; ++i) look_ahead();
  std::size_t index = 0;
  for (auto at = std::begin(range); at != end; ++at, ++index) {
    look_ahead();
    act(index, *at);
  }
}

/// The way to the parts of a map that finds small entries in one pass: f(i, value) or f(i) for keys[i].
struct bulk_access {
  template <class Map, class Keys, class F>
  static auto find(const Map& map, Keys keys, F f) -> decltype(Map::engine::value_of(0), map.core_.root(), void()) {
    std::uint64_t images[64];
    for (std::size_t first = 0; first < keys.size(); first += 64) {
      const std::size_t count = keys.size() - first < 64 ? keys.size() - first : 64;
      const std::uint64_t there = concurrent::find_small_batch(map.core_, &keys[first], count, images);
      for (std::size_t i = 0; i < count; ++i) {
        if ((there >> i & 1) != 0) {
          f(first + i, Map::engine::value_of(images[i]));
        } else {
          f(first + i);
        }
      }
    }
  }
};

struct tells_nobody {
  void operator()(std::size_t, auto) const noexcept {}
};

struct itself {
  const auto& operator()(const auto& key) const noexcept { return key; }
};
struct its_first {
  const auto& operator()(const auto& entry) const noexcept { return entry.first; }
};

/// What was seen in place of what is there: nothing, a value, or what find gives; V need not be assignable.
template <class Found>
void give_into(Found& into) {
  into.reset();
}
template <class Found, class Seen>
void give_into(Found& into, Seen&& seen) {
  if constexpr (!std::is_same_v<Seen, Found>) {
    into.emplace(std::forward<Seen>(seen));
  } else if constexpr (std::is_move_assignable_v<Found>) {
    into = std::forward<Seen>(seen);
  } else {
    into.reset();
    if (seen.has_value()) into.emplace(*std::forward<Seen>(seen));
  }
}

}  // namespace detail

/// Finds many keys and puts what find gives for keys[i] into results[i], in place of what was there. Allocates nothing.
///
/// @returns   how many of the keys are there
/// @sees      for each key one instant between call and return; the instants may differ
/// @progress  as find of the map
/// @cost      as find for each key; in concurrent_map up to 12 waits for memory at a time
/// @throws    as find: results before that one are set; error(errc::capacity) if there are fewer results than keys
/// @calls     as find
template <class Map>
std::size_t find_each(const Map& map, std::type_identity_t<std::span<const typename Map::key_type>> keys,
                      std::type_identity_t<std::span<found<typename Map::mapped_type>>> results) {
  if (results.size() < keys.size()) {
    throw error(errc::capacity,
                "portolan: find_each has fewer places for results than keys; make `results` as long as `keys`");
  }
  std::size_t there = 0;
  const auto put = [&](std::size_t index, auto&&... seen) {
    detail::give_into(results[index], std::forward<decltype(seen)>(seen)...);
    there += results[index].has_value() ? 1 : 0;
  };
  if constexpr (requires { detail::bulk_access::find(map, keys, put); }) {
    detail::bulk_access::find(map, keys, put);
  } else {
    detail::each_prefetched(map, keys, detail::itself(),
                            [&](std::size_t index, const auto& key) { put(index, map.find(key)); });
  }
  return there;
}

/// Calls f(i, value) for each keys[i] that is there.
///
/// @returns   how many of the keys are there
/// @sees      for each key one instant between call and return; the instants may differ
/// @progress  as visit of the map
/// @cost      as visit for each key; in concurrent_map up to 12 waits for memory at a time
/// @throws    as visit, and what `f` throws, at once
/// @calls     as visit: `f` with no lock held
template <class Map, class F>
  requires std::invocable<F&, std::size_t, const typename Map::mapped_type&> std::size_t visit_each(
      const Map& map, std::type_identity_t<std::span<const typename Map::key_type>> keys, F&& f) {
    std::size_t there = 0;
    detail::each_prefetched(map, keys, detail::itself(), [&](std::size_t index, const auto& key) {
      if (map.visit(key, [&](const typename Map::mapped_type& value) { f(index, value); })) ++there;
    });
    return there;
  }

/// Inserts each pair of a range unless its key is there, and calls f(i, inserted). What a range of move iterators gives
/// is moved from if it is inserted.
///
/// @returns   how many were inserted
/// @sees      each at one instant between call and return; who finds a value sees all written before it
/// @progress  as insert of the map
/// @cost      as insert for each entry; in concurrent_map up to 12 waits for memory at a time. In a snapshot_map each
///            is a version of its own: call its update instead
/// @throws    as insert, what `f` throws: the entries before that one are in the map
/// @calls     as insert; `f` with no lock held
template <class Map, class Entries, class F = detail::tells_nobody>
  requires std::invocable<F&, std::size_t, bool> std::size_t insert_each(Map& map, Entries&& entries, F&& f = F()) {
    std::size_t inserted = 0;
    detail::each_prefetched(map, entries, detail::its_first(), [&](std::size_t index, auto&& entry) {
      const bool came = map.insert(entry.first, std::forward<decltype(entry)>(entry).second);
      if (came) ++inserted;
      f(index, came);
    });
    return inserted;
  }

/// Puts each pair of a range under its key, whether or not that is there, and calls f(i, assignment).
///
/// @returns   how many were inserted; the others took another value's place
/// @sees      as insert_each
/// @progress  as insert_or_assign of the map
/// @cost      as insert_or_assign for each entry, else as insert_each
/// @throws    as insert_or_assign, what `f` throws: the entries before that one are in the map
/// @calls     as insert_or_assign; `f` with no lock held
template <class Map, class Entries, class F = detail::tells_nobody>
  requires std::invocable<F&, std::size_t, assignment> std::size_t insert_or_assign_each(Map& map, Entries&& entries,
                                                                                         F&& f = F()) {
    std::size_t inserted = 0;
    detail::each_prefetched(map, entries, detail::its_first(), [&](std::size_t index, auto&& entry) {
      const assignment how = map.insert_or_assign(entry.first, std::forward<decltype(entry)>(entry).second);
      if (how == assignment::inserted) ++inserted;
      f(index, how);
    });
    return inserted;
  }

/// Erases each key of a range and calls f(i, erased).
///
/// @returns   how many entries were erased
/// @sees      each at one instant between call and return
/// @progress  as erase of the map
/// @cost      as erase for each key; in concurrent_map up to 12 waits for memory at a time
/// @throws    as erase, what `f` throws: the keys before that one are erased
/// @calls     as erase; `f` with no lock held
template <class Map, class Keys, class F = detail::tells_nobody>
  requires std::invocable<F&, std::size_t, bool> std::size_t erase_each(Map& map, Keys&& keys, F&& f = F()) {
    std::size_t erased = 0;
    detail::each_prefetched(map, keys, detail::itself(), [&](std::size_t index, const auto& key) {
      const bool went = map.erase(key);
      if (went) ++erased;
      f(index, went);
    });
    return erased;
  }

}  // namespace portolan
