// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What happens to two guarded_maps at one instant: their entries are exchanged, or those of one go into the other.
//
//   left  │ lock │ map │ ──┐ both_sections ┌── │ map │ lock │  right
//                          └─ swap or merge ─┘
//
// 1. Both locks are held alone, and neither was waited for with the other one held (map/both_sections.hpp).
// 2. Entries change hands as the underlying maps' nodes; nothing is copied. That needs equal allocators.
#pragma once

#include <cstddef>
#include <optional>

#include <portolan/base/error.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/map/both_sections.hpp>

namespace portolan::detail {

struct two_guarded_maps {
  /// How many entries went over and how many stayed; nothing if they cannot, because the allocators differ.
  struct counts {
    std::size_t moved;
    std::size_t stayed;
  };
  template <class Guarded>
  [[nodiscard]] static std::optional<counts> merge(Guarded& target, Guarded& source, platform::code_address place) {
    using map_type = typename Guarded::underlying_type;
    if constexpr (requires(map_type & into, map_type & from) { into.merge(from); }) {
      const both_sections held(target.store_.lock, target.section_owner(), source.store_.lock, source.section_owner(),
                               place);
      map_type& into = target.store_.map;
      map_type& from = source.store_.map;
      if (!same_memory(into, from)) return std::nullopt;
      // Before the first entry moves: a table that grows in the middle could fail there, with an entry in its hand.
      if constexpr (requires { into.reserve(into.size()); }) into.reserve(into.size() + from.size());
      ++target.store_.changes;
      ++source.store_.changes;
      const std::size_t before = into.size();
      into.merge(from);
      return counts{into.size() - before, from.size()};
    } else {
      return std::nullopt;
    }
  }

  template <class Guarded>
  static void swap(Guarded& left, Guarded& right, platform::code_address place) {
    if (&left == &right) return;
    const both_sections held(left.store_.lock, left.section_owner(), right.store_.lock, right.section_owner(), place);
    if (!same_memory(left.store_.map, right.store_.map)) {
      throw error(
          errc::other_memory,
          "portolan: swap of two maps whose allocators differ; entries cannot change hands without being copied: "
          "make both maps with equal allocators, or use merge");
    }
    ++left.store_.changes;
    ++right.store_.changes;
    using std::swap;
    swap(left.store_.map, right.store_.map);
  }

 private:
  template <class Map>
  [[nodiscard]] static bool same_memory(const Map& left, const Map& right) {
    return left.get_allocator() == right.get_allocator();
  }
};

}  // namespace portolan::detail
