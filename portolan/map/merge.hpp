// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The entries of one map into another, while both are in use.
//
//   source ── extract(k), one instant ──► in hand ── insert(k, v), one instant ──► target
//                 ▲                          │ the key came there meanwhile
//                 └───────── insert(k, v) ◄──┘ and if it came back here, too: left_over, the caller's
//
// 1. What is taken out was won by this thread alone: two merges, or a merge and an extract, never both have it.
// 2. insert never takes another value's place: what others wrote to either map stays.
// 3. No lock of one map is held while the other is called, so merge(a, b) beside merge(b, a) cannot wait in a circle.
// 4. From its leaving source to its coming to target an entry is in neither map. Writers never see it twice; who reads
//    both maps may see it in neither, never in both.
// 5. What was taken out is in the target, in the source, or in left_over when merge returns or throws.
//
// Two guarded_maps of one type are merged under both locks: all at one instant, by the underlying map's own merge.
// A snapshot_map changes once for all entries, not once for each.
#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/base/error.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/map/fwd.hpp>
#include <portolan/map/guarded/two_maps.hpp>

namespace portolan {

/// What became of the source's entries.
template <class K, class V>
struct merged {
  std::size_t moved = 0;   ///< left the source and came to the target
  std::size_t stayed = 0;  ///< stayed in the source, or went back to it: the target has the key
  /// Entries that had no place any more: while each was in hand others put its key into both maps, or there was no
  /// memory to put it anywhere. Nearly always empty; what to do with them is yours to say.
  std::vector<std::pair<K, V>> left_over;
  std::exception_ptr failure;  ///< why it ended early, if something is left over; else merge throws it
};

namespace detail {

template <class Map>
concept publishes_drafts = requires {
  typename Map::draft;
};

template <class Target, class Source>
concept mergeable = std::is_same_v<typename Target::key_type, typename Source::key_type> &&
    std::is_same_v<typename Target::mapped_type, typename Source::mapped_type> &&
    requires(Target& target, Source& source, const typename Source::key_type& key,
             const typename Source::mapped_type& value,
             bool (*f)(const typename Source::key_type&, const typename Source::mapped_type&)) {
  source.for_each(f);
  source.extract(key);
  source.insert(key, value);
  target.insert(key, value);
  target.contains(key);
};

template <class Target, class Source>
class merging {
  using K = typename Source::key_type;
  using V = typename Source::mapped_type;
  static_assert(std::is_nothrow_move_constructible_v<K> && std::is_nothrow_move_constructible_v<V>,
                "Portolan: merge holds each entry in hand for a moment, so moving keys and values must not throw. Mark "
                "their move constructors noexcept.");
  // With a snapshot_map on either side all entries go at once.
  static constexpr bool all_at_once = publishes_drafts<Target> || publishes_drafts<Source>;

 public:
  merging(Target& target, Source& source) noexcept : target_(target), source_(source) {}
  merging(const merging&) = delete;
  merging& operator=(const merging&) = delete;

  merged<K, V> run() {
    try {
      if constexpr (publishes_drafts<Source>) {
        take_all();
      } else {
        source_.for_each([&](const K& key, const V&) {
          take(key);
          if constexpr (!all_at_once) put();
          return !result_.failure;
        });
      }
    } catch (...) {
      result_.failure = std::current_exception();
    }
    put();
    if (result_.failure && result_.left_over.empty()) std::rethrow_exception(result_.failure);
    return std::move(result_);
  }

 private:
  enum class after_failure : unsigned char { stop, go_on };

  void take(const K& key) {
    if (target_.contains(key)) {
      ++result_.stayed;
      return;
    }
    make_room(hand_.size() + 1);
    K own(key);
    auto taken = source_.extract(key);
    if (taken.has_value()) hand_.emplace_back(std::in_place, std::move(own), std::move(*taken));
  }

  // All that the target lacks, in one publish of the source.
  void take_all() {
    std::vector<K> wanted;
    source_.view().for_each(
        [&](const K& key, const V&) { target_.contains(key) ? void(++result_.stayed) : wanted.push_back(key); });
    make_room(wanted.size());
    try {
      source_.update([&](auto& next) {
        for (const K& key : wanted) {
          auto taken = next.find(key);
          if (!taken.has_value()) continue;
          next.erase(key);
          hand_.emplace_back(std::in_place, key, std::move(*taken));
        }
      });
    } catch (...) {
      hand_.clear();  // nothing was published: the source has them still
      throw;
    }
  }

  /// So that whatever is in hand can be handed on without memory.
  void make_room(std::size_t in_hand) {
    grow(hand_, in_hand);
    grow(result_.left_over, result_.left_over.size() + in_hand);
  }
  static void grow(auto& list, std::size_t wanted) {
    if (wanted > list.capacity()) list.reserve(wanted < 2 * list.capacity() ? 2 * list.capacity() : wanted);
  }

  // What is in hand goes to the target, what that has goes back, what came back meanwhile is left over.
  void put() noexcept {
    if (hand_.empty()) return;
    result_.moved += put_into(target_, after_failure::stop);
    result_.stayed += put_into(source_, after_failure::go_on);
    for (auto& each : hand_) {
      if (each.has_value()) result_.left_over.push_back(std::move(*each));
    }
    hand_.clear();
  }

  /// Puts what is in hand into a map, as far as that lacks it; gives how many entries it took. Copies go there, so that
  /// what fails on the way is still in hand.
  template <class Map>
  std::size_t put_into(Map& into, after_failure then) noexcept {
    if constexpr (publishes_drafts<Map>) return publish_into(into);
    std::size_t took = 0;
    for (auto& each : hand_) {
      try {
        if (!each.has_value() || !into.insert(std::as_const(each->first), std::as_const(each->second))) continue;
        each.reset();
        ++took;
      } catch (...) {
        result_.failure = std::current_exception();
        if (then == after_failure::stop) break;
      }
    }
    return took;
  }

  template <class Map>
  std::size_t publish_into(Map& into) noexcept {
    std::size_t took = 0;
    try {
      std::vector<bool> there(hand_.size());
      into.update([&](auto& next) {
        for (std::size_t i = 0; i < hand_.size(); ++i) {
          const auto& each = hand_[i];
          there[i] = each.has_value() && next.insert(each->first, each->second);
        }
      });
      for (std::size_t i = 0; i < hand_.size(); ++i) {
        if (!there[i]) continue;
        hand_[i].reset();
        ++took;
      }
    } catch (...) {
      result_.failure = std::current_exception();
    }
    return took;
  }

  Target& target_;
  Source& source_;
  std::vector<std::optional<std::pair<K, V>>> hand_;
  merged<K, V> result_;
};

template <class Map>
inline constexpr bool is_guarded = false;
template <class Map, class Lock>
inline constexpr bool is_guarded<guarded_map<Map, Lock>> = true;
template <class Target, class Source>
concept merge_under_both_locks = std::same_as<Target, Source> && is_guarded<Target>;

}  // namespace detail

/// Moves the entries of `source` whose keys `target` lacks into `target`; the others stay. The maps may be of different
/// kinds, and others may use both meanwhile. merge(map, map) does nothing.
///
/// @returns   how many moved and how many stayed; entries that had no place any more, if there were any
/// @sees      each entry leaves `source` at one instant and comes to `target` at a later one, in neither between; two
///            guarded_maps of one type: all at one instant. An entry put into `source` meanwhile may be missed
/// @progress  as for_each, extract and insert of the maps; holds no lock of one map while it waits for the other
/// @cost      O(source), a copy of each value that moves; a snapshot_map on either side: one change for all, and all
///            moving entries in memory
/// @throws    what the maps, Hash, KeyEqual and V's copy throw: each entry is then in one of the two maps. If one could
///            not even go back, merge returns instead, with it in left_over and what was thrown in failure
/// @calls     as for_each, contains, extract and insert of the maps; none of them under the other map's lock
template <class Target, class Source>
  requires detail::mergeable<Target, Source> || detail::merge_under_both_locks<Target, Source>
[[nodiscard, gnu::always_inline]] inline merged<typename Source::key_type, typename Source::mapped_type> merge(
    Target& target, Source& source) {
  merged<typename Source::key_type, typename Source::mapped_type> result;
  if constexpr (std::same_as<Target, Source>) {
    if (&target == &source) {
      result.stayed = source.size();
      return result;
    }
  }
  if constexpr (detail::merge_under_both_locks<Target, Source>) {
    if (const auto counts = detail::two_guarded_maps::merge(target, source, platform::here())) {
      result.moved = counts->moved;
      result.stayed = counts->stayed;
      return result;
    }
  }
  if constexpr (detail::mergeable<Target, Source>) {
    return detail::merging<Target, Source>(target, source).run();
  } else {
    throw error(
        errc::other_memory,
        "portolan: merge of two maps whose allocators differ, with values that cannot be copied; make both maps "
        "with equal allocators");
  }
}

}  // namespace portolan
