// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <portolan/prove/linearize/step.hpp>

namespace portolan::prove::linearize {
namespace {

bool is(step& made, before needs, effect does, std::uint64_t expected = 0, std::uint64_t value = 0) noexcept {
  made = {expected, value, needs, does};
  return true;
}

bool untold(const operation& one, step& made) noexcept {
  switch (one.what) {
    case action::find:
    case action::contains: return false;
    case action::insert: return is(made, before::absent, effect::set, 0, one.argument);
    case action::assign:
    case action::exchange: return is(made, before::any, effect::set, 0, one.argument);
    case action::erase:
    case action::extract: return is(made, one.how == ending::done ? before::any : before::present, effect::erase);
    case action::compare_exchange: return is(made, before::equal, effect::set, one.seen, one.argument);
    case action::compare_erase: return is(made, before::equal, effect::erase, one.seen);
    case action::add: return is(made, before::any, effect::add, 0, one.argument);
  }
  return false;
}

bool told_of_a_comparison(const operation& one, step& made) noexcept {
  if (one.how == ending::miss) return is(made, before::absent, effect::none);
  if (one.how == ending::differed) return is(made, before::other, effect::none, one.seen);
  if (one.what == action::compare_erase) return is(made, before::equal, effect::erase, one.seen);
  return is(made, before::equal, effect::set, one.seen, one.argument);
}

}  // namespace

bool step_of(const operation& one, step& made) noexcept {
  if (one.how == ending::pending || one.how == ending::done) return untold(one, made);
  const bool hit = one.how == ending::hit;
  switch (one.what) {
    case action::find: return is(made, hit ? before::equal : before::absent, effect::none, one.seen);
    case action::contains: return is(made, hit ? before::present : before::absent, effect::none);
    case action::insert:
      return hit ? is(made, before::present, effect::none) : is(made, before::absent, effect::set, 0, one.argument);
    case action::assign: return is(made, hit ? before::present : before::absent, effect::set, 0, one.argument);
    case action::exchange: return is(made, hit ? before::equal : before::absent, effect::set, one.seen, one.argument);
    case action::erase: return hit ? is(made, before::present, effect::erase) : is(made, before::absent, effect::none);
    case action::extract:
      return hit ? is(made, before::equal, effect::erase, one.seen) : is(made, before::absent, effect::none);
    case action::compare_exchange:
    case action::compare_erase: return told_of_a_comparison(one, made);
    case action::add: return is(made, before::sum, effect::set, one.seen - one.argument, one.seen);
  }
  return false;
}

}  // namespace portolan::prove::linearize
