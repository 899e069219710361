// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <portolan/prove/linearize/one_key.hpp>

namespace portolan::prove::linearize {

namespace {

constexpr std::size_t long_search = 16;  // configurations, for each of the few that are carried on as they are
constexpr std::size_t many = 512;        // configurations: too many to be compared with each other

/// `hidden` can be taken at `from`, and `by` after it, which overwrites what it did. All that are hidden so at one place can
/// be taken there together: first those that put a value, then those that erase whatever is there.
bool hides(const step& hidden, const entry& from, const step& by) noexcept {
  if (hidden.does == effect::erase) return hidden.needs == before::any && by.needs == before::any;
  return hidden.does == effect::set &&
         (hidden.needs == before::any || (hidden.needs == before::present && from.present)) &&
         (by.needs == before::any || by.needs == before::present);
}

}  // namespace

template <unsigned Words>
walked key_walk<Words>::walk(std::span<const item> items, const entry& first, resting_place* why) {
  frontier_.clear();
  frontier_.add({first, {}, {}});
  open_.clear();
  pending_calls_.clear();
  calls_.clear();
  culprit_ = nullptr;
  too_wide_ = too_many_open_ = false;
  most_ = 1;
  why_ = why;
  items_ = items;
  outlook_.begin(items, first);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const operation& of = *items[i].of;
    step made;
    if (!step_of(of, made)) continue;
    at_ = i;
    bool explained = true;
    while (explained && !open_.empty() && open_.back().returned < of.call) {
      explained = close_first();
      if (explained) rest(i);
    }
    if (explained && calls_.used.empty() && of.returned < (i + 1 < items.size() ? items[i + 1].call : never)) {
      explained = alone(made, of);
      if (explained) rest(i + 1);
    } else if (explained) {
      explained = open(made, of);
    }
    if (too_many_open_) return walked::too_many_open;
    if (too_wide_) return walked::too_wide;
    if (!explained) return walked::violated;
  }
  at_ = items.size();
  while (!open_.empty()) {
    const bool explained = close_first();
    if (too_wide_) return walked::too_wide;
    if (!explained) return walked::violated;
    rest(items.size());
  }
  return walked::explained;
}

/// A call that overlaps no other.
template <unsigned Words>
bool key_walk<Words>::alone(const step& made, const operation& of) {
  if (frontier_.size() == 1) [[likely]] {
    entry& now = frontier_[0].now;
    if (!allowed(made, now)) {
      culprit_ = &of;
      return false;
    }
    now = after(made, now);
    return true;
  }
  next_.clear();
  for (one& each : frontier_) {
    if (allowed(made, each.now)) next_.add({after(made, each.now), {}, {}});
  }
  frontier_.swap(next_);
  if (frontier_.empty()) culprit_ = &of;
  return !frontier_.empty();
}

template <unsigned Words>
bool key_walk<Words>::open(const step& made, const operation& of) {
  const unsigned slot = calls_.used.first_out();
  if (slot == slot_set<Words>::slots) {
    too_many_open_ = true;
    return true;
  }
  calls_.put(slot, made, of);
  outlook_.opened(slot);
  if (of.returned == never) {
    pending_calls_.push_back({never, slot, &of});
    return true;
  }
  const auto later =
      std::find_if(open_.rbegin(), open_.rend(), [&](const open_call& other) { return other.returned > of.returned; });
  open_.insert(later.base(), {of.returned, slot, &of});
  if (!made.quiet()) return true;
  frontier_.filter([&](one& each) {
    if (allowed(made, each.now)) each.taken.put(slot);
    return true;
  });
  return true;
}

template <unsigned Words>
bool key_walk<Words>::close_first() {
  const open_call call = open_.back();
  open_.pop_back();
  if (!close(call.slot)) {
    culprit_ = call.of;
    return false;
  }
  calls_.take_out(call.slot);
  outlook_.closed(call.slot);
  return true;
}

/// The call in `slot` returns.
template <unsigned Words>
bool key_walk<Words>::close(unsigned slot) {
  if (frontier_.size() == 1 && frontier_[0].taken.holds(slot)) [[likely]] {
    frontier_[0].taken.take_out(slot);
    return true;
  }
  if (!close_all(slot)) {
    look_ahead();
    close_all(slot);
  }
  if (too_wide_) return true;
  frontier_.swap(next_);
  if (frontier_.size() > few_) thin_out();
  most_ = std::max(most_, frontier_.size());
  return !frontier_.empty();
}

/// In each configuration; false: that is a long search, and the rest of the history has not been looked at.
template <unsigned Words>
bool key_walk<Words>::close_all(unsigned slot) {
  next_.clear();
  outlook_.rank(at_);
  for (const one& each : frontier_) {
    one without = each;
    without.taken.take_out(slot);
    without.covered.take_out(slot);
    const step& made = calls_.steps[slot];
    const bool lost =
        each.covered.holds(slot) && made.does == effect::set && outlook_.still_needed(made.value, without);
    if (each.taken.holds(slot) || (each.covered.holds(slot) && !lost)) next_.add(without);
    if (!each.taken.holds(slot)) search(each, slot);
    if (visited_.size() > few_ * long_search && !outlook_.tried()) return false;
    if (next_.size() > widest_ || visited_.size() > widest_) too_wide_ = true;
    if (too_wide_) return true;
  }
  return true;
}

/// All that can happen up to the instant of the call in `slot`.
template <unsigned Words>
void key_walk<Words>::search(const one& from, unsigned slot) {
  visited_.clear();
  left_.clear();
  left_.push_back({from, {}, nobody, false, false, false});
  const std::size_t most = outlook_.tried() ? widest_ : few_ * long_search;
  while (!left_.empty() && visited_.size() <= most) {
    const reached at = left_.back();
    left_.pop_back();
    expand(at, slot);
  }
}

/// Takes each call that may be next after `at`.
template <unsigned Words>
void key_walk<Words>::expand(reached at, unsigned slot) {
  const bool free = outlook_.is_free(at.now);
  if (!free && outlook_.is_held(at.now)) return;
  if (free) {
    outlook_.settle(at.now);
    if (at.now.taken.holds(slot)) {
      at.now.taken.take_out(slot);
      next_.add(at.now);
      return;
    }
    if (const unsigned first = outlook_.at_once(at.now); first != nobody) {
      at.dominated = false;
      at.only = true;
      follow(at, first, slot);
      return;
    }
  }
  calls_.loud.each_without(at.now.taken, [&](unsigned by) {
    if (outlook_.waits(by, at.now) || (free && outlook_.is_idle(by))) return;
    follow(at, by, slot);
  });
}

/// Takes the call in `by` next, if it is allowed and nothing better is known.
template <unsigned Words>
void key_walk<Words>::follow(const reached& at, unsigned by, unsigned slot) {
  const step& made = calls_.steps[by];
  if (!allowed(made, at.now.now)) return;
  const entry result = after(made, at.now.now);
  if (calls_.pending.holds(by) && result == at.now.now) return;
  if (outlook_.ready() && at.now.now.present && !(result == at.now.now)) {
    one gone = at.now;
    gone.now = result;
    gone.taken.put(by);
    if (outlook_.still_needed(at.now.now.value, gone)) return;
  }
  if (at.dominated && better_from_before(at, by)) return;
  reached next{at.now, at.now.now, by, false, true, false};
  next.now.now = result;
  next.now.taken.put(by);
  next.now.covered.take_out(by);
  if (made.overwrites()) next.plainly = !cover(next.now, at.now.now, made);
  const bool absorbed = absorb(next.now);
  next.dominated = !absorbed && by != slot && !at.only;
  if (next.now.taken.holds(slot)) {
    next.now.taken.take_out(slot);
    next_.add(next.now);
  } else if (!outlook_.lasts(by) && visited_.add(next.now)) {
    left_.push_back(next);
  }
}

/// Whether the step that led here may as well be covered by `made`: taken from where it began, it leaves the same entry, and
/// covers all that the two together cover.
template <unsigned Words>
bool key_walk<Words>::better_from_before(const reached& at, unsigned by) const {
  const step& made = calls_.steps[by];
  if (!made.overwrites() || !allowed(made, at.from) || !(at.plainly || made.needs == before::any)) return false;
  if (calls_.pending.holds(by)) return false;  // from there it may have been left out
  if (outlook_.wanted().holds(at.by) || outlook_.is_sooner(at.by, by)) return false;
  if (!calls_.pending.holds(at.by) && !hides(calls_.steps[at.by], at.from, made)) return false;
  bool covers_more = false;
  calls_.loud.each_without(at.now.taken, [&](unsigned slot) {
    covers_more |= hides(calls_.steps[slot], at.now.now, made) && !hides(calls_.steps[slot], at.from, made);
  });
  return !covers_more;
}

/// Reads the rest of the history; what is wanted is not covered any more.
template <unsigned Words>
void key_walk<Words>::look_ahead() {
  outlook_.look();
  next_.clear();
  for (one each : frontier_) {
    each.covered.take_out_all(outlook_.wanted());
    next_.add(each);
  }
  frontier_.swap(next_);
}

/// Drops the configurations that can do no more than another, after all values that nobody asks for have become one.
template <unsigned Words>
void key_walk<Words>::thin_out() {
  if (!outlook_.tried()) look_ahead();
  next_.clear();
  for (one each : frontier_) {
    if (outlook_.is_free(each)) each.now.value = outlook_.anonymous();
    next_.add(each);
  }
  if (next_.size() > many) {
    frontier_.swap(next_);
    return;
  }
  frontier_.clear();
  for (const one& each : next_) {
    const bool beaten = std::any_of(next_.begin(), next_.end(), [&](const one& other) {
      return !(other == each) && other.now == each.now && other.covered.holds_all(each.covered) &&
             other.covered.holds_difference(each.taken, other.taken);
    });
    if (!beaten) frontier_.add(each);
  }
}

/// Takes the quiet calls that the entry allows; true if there was one.
template <unsigned Words>
bool key_walk<Words>::absorb(one& at) const {
  bool any = false;
  slot_set<Words> more = at.taken;
  calls_.quiet.each_without(at.taken, [&](unsigned slot) {
    if (!allowed(calls_.steps[slot], at.now)) return;
    more.put(slot);
    any = true;
  });
  at.taken = more;
  return any;
}

/// Covers the calls that could have been taken at `from`, just before `by` overwrote it; true if there was one more.
template <unsigned Words>
bool key_walk<Words>::cover(one& at, const entry& from, const step& by) const {
  bool any = false;
  calls_.loud.each_without(at.taken, [&](unsigned slot) {
    if (calls_.pending.holds(slot) || outlook_.wanted().holds(slot) || at.covered.holds(slot)) return;
    if (!hides(calls_.steps[slot], from, by)) return;
    at.covered.put(slot);
    any = true;
  });
  return any;
}

template <unsigned Words>
void key_walk<Words>::rest(std::size_t next) {
  if (why_ == nullptr || frontier_.size() != 1 || !frontier_[0].covered.empty()) return;
  if (outlook_.ready() && frontier_[0].now.present && frontier_[0].now.value == outlook_.anonymous()) return;
  why_->next = next;
  why_->now = frontier_[0].now;
  why_->open.clear();
  for (const auto* calls : {&open_, &pending_calls_}) {
    for (const open_call& each : *calls) {
      if (!frontier_[0].taken.holds(each.slot)) why_->open.push_back(each.of);
    }
  }
}

template class key_walk<1>;
template class key_walk<8>;

}  // namespace portolan::prove::linearize
