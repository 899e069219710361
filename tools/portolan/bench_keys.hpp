// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// How long a map takes to be filled with some keys and to find them all; what `bench strided` and `bench floods` share.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include "portolan/base/platform.hpp"
#include "tools/portolan/bench.hpp"
#include "tools/portolan/text.hpp"

namespace portolan::tool {

// A collapse is cut short: it only has to be seen.
inline constexpr double give_up_after = 50;

struct fill_time {
  double seconds = 0;
  bool cut_short = false;
  std::string failure;
};

/// Inserts and finds `key_of(0)` to `key_of(count - 1)`, for `limit_seconds` at most; scaled up to the whole where it was
/// cut short.
template <class Key, class KeyOf>
fill_time time_fill(const keyed_map_kind<Key>& kind, std::uint64_t count, const KeyOf& key_of, double limit_seconds) {
  fill_time result;
  const auto map = kind.make();
  const std::uint64_t begin = platform::now_ns();
  const auto elapsed = [&] { return 1e-9 * static_cast<double>(platform::now_ns() - begin); };
  try {
    for (std::uint64_t i = 0; i < count; ++i) {
      map->insert(key_of(i), i);
      if (i % 64 != 63 || elapsed() < limit_seconds) continue;
      result.cut_short = true;
      result.seconds = elapsed() * static_cast<double>(count) / static_cast<double>(i + 1);
      return result;
    }
    std::uint64_t missed = 0;
    for (std::uint64_t i = 0; i < count; ++i) missed += !map->contains(key_of(i));
    if (missed != 0) result.failure = fmt::format("lost {} keys", missed);
  } catch (const std::exception&) {
    result.failure = "threw";
  }
  result.seconds = elapsed();
  return result;
}

/// The best of `times`: what the machine adds is not the map's. One is enough of a collapse.
template <class Key, class KeyOf>
fill_time best_fill(const keyed_map_kind<Key>& kind, std::uint64_t count, const KeyOf& key_of, double limit_seconds,
                    int times) {
  fill_time best = time_fill(kind, count, key_of, limit_seconds);
  for (int i = 1; i < times && !best.cut_short && best.failure.empty(); ++i) {
    best.seconds = std::min(best.seconds, time_fill(kind, count, key_of, limit_seconds).seconds);
  }
  return best;
}

/// "1.05 ×", "≥ 50 ×", "lost 3 keys".
inline std::string times_of(const fill_time& t, double ordinary_seconds) {
  if (!t.failure.empty()) return t.failure;
  return (t.cut_short ? "≥ " : "") + three_digits(t.seconds / ordinary_seconds) + " ×";
}

}  // namespace portolan::tool
