// What the checker is compared with: every order of a small history, tried on an optional number.
//
// It shares nothing with the checker but the operations themselves: what each action does and tells stands here again, as an
// ordinary map would do it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <portolan/prove/history.hpp>

namespace exhaustive {

using portolan::prove::action;
using portolan::prove::ending;
using portolan::prove::never;
using portolan::prove::operation;
using slot = std::optional<std::uint64_t>;

/// Does `one` to `now`; false: it would have told something else.
inline bool happens(const operation& one, slot& now) {
  const slot was = now;
  ending how = was ? ending::hit : ending::miss;
  std::uint64_t seen = was.value_or(0);
  bool tells_value = false;
  switch (one.what) {
    case action::find: tells_value = true; break;
    case action::contains: break;
    case action::insert:
      if (!was) now = one.argument;
      break;
    case action::assign: now = one.argument; break;
    case action::exchange:
      now = one.argument;
      tells_value = true;
      break;
    case action::erase: now.reset(); break;
    case action::extract:
      now.reset();
      tells_value = true;
      break;
    case action::compare_exchange:
    case action::compare_erase:
      if (was && *was != one.seen) how = ending::differed;
      if (was && *was == one.seen) now = one.what == action::compare_erase ? slot() : slot(one.argument);
      break;
    case action::add:
      now = was.value_or(0) + one.argument;
      how = ending::hit;
      seen = *now;
      tells_value = true;
      break;
  }
  if (one.how == ending::pending || one.how == ending::done) return true;
  return how == one.how && (!tells_value || how != ending::hit || seen == one.seen);
}

inline bool explained(const std::vector<operation>& all, std::vector<bool>& taken, const slot& now) {
  bool finished = true;
  for (std::size_t i = 0; i < all.size(); ++i) finished &= taken[i] || all[i].returned == never;
  if (finished) return true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (taken[i]) continue;
    bool first = true;  // nobody that is left had returned before it was called
    for (std::size_t j = 0; j < all.size(); ++j) first &= taken[j] || j == i || all[j].returned >= all[i].call;
    slot then = now;
    if (!first || !happens(all[i], then)) continue;
    taken[i] = true;
    if (explained(all, taken, then)) return true;
    taken[i] = false;
  }
  return false;
}

inline bool explained(const std::vector<operation>& all, const slot& now = {}) {
  std::vector<bool> taken(all.size());
  return explained(all, taken, now);
}

}  // namespace exhaustive
