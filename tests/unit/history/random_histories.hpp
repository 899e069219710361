// Small histories of one key: calls with random intervals, told as an order of their own instants tells them; in half of
// them something is then changed: an answer, a value, or when a call was.
//
// What matters to the checker differs between histories, so they come in kinds: whether each call puts a value of its own,
// whether answers tell what was there, how many calls never return, which calls there are.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "exhaustive.hpp"

namespace random_histories {

using portolan::prove::action;
using portolan::prove::ending;
using portolan::prove::never;
using portolan::prove::operation;

struct kind {
  const char* name;
  std::vector<action> calls;
  bool own_values;      ///< each call puts another value
  unsigned silent;      ///< of 100 puts and erasures, so many tell nothing
  unsigned unreturned;  ///< of 100 calls
};

inline std::vector<kind> kinds() {
  using enum action;
  const std::vector<action> all{find,  contains, insert,           assign,        exchange,
                                erase, extract,  compare_exchange, compare_erase, add};
  const std::vector<action> no_sums{find,     find,  contains, insert,           assign,       assign,
                                    exchange, erase, extract,  compare_exchange, compare_erase};
  const std::vector<action> words{find, find, insert, assign, assign, erase, contains};
  const std::vector<action> puts{find, assign, assign, erase, contains, compare_exchange};
  return {
      {"all_actions", all, false, 30, 12},
      {"no_sums", no_sums, false, 20, 12},
      {"no_sums_and_own_values", no_sums, true, 20, 6},
      {"blind", {find, assign, assign, assign, erase}, false, 50, 10},
      {"blind_with_own_values", {find, find, assign, assign, erase}, true, 100, 5},
      {"a_register", {find, assign}, true, 100, 6},
      {"a_register_that_tells", {find, assign}, true, 50, 0},
      {"map_words", words, true, 0, 5},
      {"map_words_some_silent", words, true, 50, 5},
      {"puts_and_comparisons", puts, true, 40, 8},
      {"puts_and_comparisons_that_tell", puts, true, 0, 0},
  };
}

struct history_of_a_key {
  std::vector<operation> calls{};  ///< by call
  exhaustive::slot first{};
};

class source {
 public:
  explicit source(std::uint64_t seed) : random_(seed) {}

  /// Of so many calls; on `lanes` threads that are always in a call, or, without, each call anywhere.
  history_of_a_key next(const kind& of, std::size_t count, unsigned lanes) {
    history_of_a_key made;
    if (below(4) == 0) made.first = of.own_values ? 5 : 1;
    std::vector<std::pair<std::uint64_t, operation>> timed = without_answers(of, count, lanes);
    std::stable_sort(timed.begin(), timed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    exhaustive::slot now = made.first;
    std::vector<std::uint64_t> put{1};
    for (auto& [instant, one] : timed) {
      if (of.own_values)
        one.seen = now && below(2) == 0 ? *now : put[put.size() - 1 - below(std::min<std::size_t>(3, put.size()))];
      tell(one, now, of.silent);
      if (now) put.push_back(*now);
      made.calls.push_back(one);
    }
    if (below(2) == 0) {
      for (std::uint64_t i = 1 + below(2); i > 0; --i) spoil(made.calls);
    }
    for (operation& each : made.calls) {
      if (below(100) >= of.unreturned) continue;
      each.how = ending::pending;
      each.returned = never;
    }
    std::stable_sort(made.calls.begin(), made.calls.end(),
                     [](const auto& a, const auto& b) { return a.call < b.call; });
    return made;
  }

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

 private:
  std::vector<std::pair<std::uint64_t, operation>> without_answers(const kind& of, std::size_t count, unsigned lanes) {
    std::vector<std::pair<std::uint64_t, operation>> timed;
    std::vector<std::uint64_t> returned(lanes, 0);
    const std::uint64_t span = 20 + below(40);
    const std::uint64_t width = 3 + below(20);
    for (std::size_t i = 0; i < count; ++i) {
      operation one{0,
                    0,
                    1,
                    of.own_values ? 10 + i : 1 + below(4),
                    1 + below(4),
                    static_cast<std::uint32_t>(i),
                    of.calls[below(of.calls.size())],
                    ending::done,
                    0};
      std::uint64_t instant = below(span);
      if (lanes == 0) {
        one.call = instant - std::min(instant, below(width));
        one.returned = instant + 1 + below(width);
      } else {
        std::uint64_t& lane = returned[i % lanes];
        one.call = lane + 1 + below(3);
        instant = one.call + below(width);
        lane = one.returned = instant + below(width);
      }
      timed.emplace_back(instant, one);
    }
    return timed;
  }

  /// Gives the answer that the call has at this instant, and does what it does.
  void tell(operation& one, exhaustive::slot& now, unsigned silent) {
    const bool compares = one.what == action::compare_exchange || one.what == action::compare_erase;
    const std::uint64_t sum = now.value_or(0) + one.argument;
    if (!compares) one.seen = one.what == action::add ? sum : now.value_or(0);
    for (const ending how : {ending::hit, ending::differed, ending::miss}) {
      one.how = how;
      exhaustive::slot then = now;
      if (!exhaustive::happens(one, then)) continue;
      now = then;
      break;
    }
    if ((one.what == action::assign || one.what == action::erase) && below(100) < silent) one.how = ending::done;
  }

  void spoil(std::vector<operation>& all) {
    operation& one = all[below(all.size())];
    const std::uint64_t shift = std::min(one.call, below(24));
    switch (below(4)) {
      case 0: one.seen = all[below(all.size())].argument; return;
      case 1:
        if (one.how != ending::done)
          one.how = one.how == ending::hit && one.what != action::add ? ending::miss : ending::hit;
        return;
      case 2: one.returned = one.call + (one.returned - one.call) / 2; return;
      default: one.call -= shift; one.returned -= shift;
    }
  }

  std::mt19937_64 random_;
};

}  // namespace random_histories
