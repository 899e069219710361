// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Operations in words.
#include <portolan/prove/history.hpp>

namespace portolan::prove {
namespace {

std::string asked(const operation& one, const history& names) {
  const std::string argument = names.name_of(one.argument);
  switch (one.what) {
    case action::find: return "find";
    case action::contains: return "contains";
    case action::insert: return "insert " + argument;
    case action::assign: return "assign " + argument;
    case action::exchange: return "exchange " + argument;
    case action::erase: return "erase";
    case action::extract: return "extract";
    case action::compare_exchange: return "exchange " + names.name_of(one.seen) + " for " + argument;
    case action::compare_erase: return "erase if " + names.name_of(one.seen);
    case action::add: return "add " + argument;
  }
  return "";
}

bool tells_a_value(action what) noexcept {
  return what == action::find || what == action::exchange || what == action::extract || what == action::add;
}

std::string told(const operation& one, const history& names) {
  switch (one.how) {
    case ending::pending: return " …";
    case ending::done: return "";
    case ending::differed: return " → another value";
    case ending::miss: return one.what == action::insert || one.what == action::assign ? " → new" : " → nothing there";
    case ending::hit: break;
  }
  if (tells_a_value(one.what)) return " → " + names.name_of(one.seen);
  switch (one.what) {
    case action::insert: return " → was there";
    case action::assign: return " → replaced";
    case action::contains: return " → yes";
    default: return " → done";
  }
}

}  // namespace

std::string described(const operation& one, const history& names) { return asked(one, names) + told(one, names); }

}  // namespace portolan::prove
