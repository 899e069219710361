// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <portolan/prove/linearize/one_key.hpp>

namespace portolan::prove::linearize {

namespace {

constexpr std::size_t many = 512;  // configurations: too many to be compared with each other

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
  used_ = quiet_ = loud_ = pending_ = {};
  culprit_ = nullptr;
  too_wide_ = too_many_open_ = false;
  most_ = 1;
  why_ = why;
  items_ = items;
  later_.forget();
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
    if (explained && used_.empty() && of.returned < (i + 1 < items.size() ? items[i + 1].call : never)) {
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
  const unsigned slot = used_.first_out();
  if (slot == slot_set<Words>::slots) {
    too_many_open_ = true;
    return true;
  }
  used_.put(slot);
  steps_[slot] = made;
  if (of.returned == never) {
    pending_.put(slot);
    loud_.put(slot);
    pending_calls_.push_back({never, slot, &of});
    return true;
  }
  const auto later =
      std::find_if(open_.rbegin(), open_.rend(), [&](const open_call& other) { return other.returned > of.returned; });
  open_.insert(later.base(), {of.returned, slot, &of});
  if (!made.quiet()) {
    loud_.put(slot);
    return true;
  }
  quiet_.put(slot);
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
  used_.take_out(call.slot);
  quiet_.take_out(call.slot);
  loud_.take_out(call.slot);
  return true;
}

/// The call in `slot` returns.
template <unsigned Words>
bool key_walk<Words>::close(unsigned slot) {
  if (frontier_.size() == 1 && frontier_[0].taken.holds(slot)) [[likely]] {
    frontier_[0].taken.take_out(slot);
    return true;
  }
  next_.clear();
  for (const one& each : frontier_) {
    one without = each;
    without.taken.take_out(slot);
    without.covered.take_out(slot);
    const bool lost =
        each.covered.holds(slot) && steps_[slot].does == effect::set && still_needed(steps_[slot].value, without);
    if (each.taken.holds(slot) || (each.covered.holds(slot) && !lost)) next_.add(without);
    if (!each.taken.holds(slot)) search(each, slot);
    if (next_.size() > widest_) too_wide_ = true;
    if (too_wide_) return true;
  }
  frontier_.swap(next_);
  if (frontier_.size() > few_) thin_out();
  most_ = std::max(most_, frontier_.size());
  return !frontier_.empty();
}

/// All that can happen up to the instant of the call in `slot`.
template <unsigned Words>
void key_walk<Words>::search(const one& from, unsigned slot) {
  visited_.clear();
  left_.clear();
  left_.push_back({from, {}, nobody, false, false});
  while (!left_.empty()) {
    const reached at = left_.back();
    left_.pop_back();
    loud_.each_without(at.now.taken, [&](unsigned by) { follow(at, by, slot); });
    if (visited_.size() > widest_) {
      too_wide_ = true;
      return;
    }
  }
}

/// Takes the call in `by` next, if it is allowed and nothing better is known.
template <unsigned Words>
void key_walk<Words>::follow(const reached& at, unsigned by, unsigned slot) {
  const step& made = steps_[by];
  if (!allowed(made, at.now.now)) return;
  const entry result = after(made, at.now.now);
  if (pending_.holds(by) && result == at.now.now) return;
  if (at.now.now.present && !(result == at.now.now)) {
    one gone = at.now;
    gone.now = result;
    gone.taken.put(by);
    if (still_needed(at.now.now.value, gone)) return;
  }
  if (at.dominated && better_from_before(at, made)) return;
  reached next{at.now, at.now.now, by, false, true};
  next.now.now = result;
  next.now.taken.put(by);
  next.now.covered.take_out(by);
  if (made.overwrites()) next.plainly = !cover(next.now, at.now.now, made);
  const bool absorbed = absorb(next.now);
  next.dominated = !absorbed && by != slot;
  if (next.now.taken.holds(slot)) {
    next.now.taken.take_out(slot);
    next_.add(next.now);
  } else if (visited_.add(next.now)) {
    left_.push_back(next);
  }
}

/// Whether the step that led here may as well be covered by `made`: taken from where it began, it leaves the same entry, and
/// covers all that the two together cover.
template <unsigned Words>
bool key_walk<Words>::better_from_before(const reached& at, const step& made) const {
  if (!made.overwrites() || !allowed(made, at.from) || !(at.plainly || made.needs == before::any)) return false;
  if (!pending_.holds(at.by) && !hides(steps_[at.by], at.from, made)) return false;
  bool covers_more = false;
  loud_.each_without(at.now.taken, [&](unsigned slot) {
    covers_more |= hides(steps_[slot], at.now.now, made) && !hides(steps_[slot], at.from, made);
  });
  return !covers_more;
}

/// Whether a call that is to come, or is open and not taken, must find `value`, which `at` does not hold and nobody will put
/// there any more.
template <unsigned Words>
bool key_walk<Words>::still_needed(std::uint64_t value, const one& at) const {
  if (!later_.ready() || (at.now.present && at.now.value == value)) return false;
  const foresight::future& rest = later_.find(value);
  if (!rest.used || rest.put > at_) return false;
  bool needed = rest.needed > at_;
  bool can_come = false;
  loud_.each_without(at.taken, [&](unsigned slot) {
    const step& open = steps_[slot];
    can_come |= open.does == effect::set && open.value == value;
    needed |= !pending_.holds(slot) && !at.covered.holds(slot) && open.needs == before::equal && open.expected == value;
  });
  if (can_come) return false;
  quiet_.each_without(at.taken, [&](unsigned slot) {
    needed |= steps_[slot].needs == before::equal && steps_[slot].expected == value;
  });
  return needed;
}

template <unsigned Words>
bool key_walk<Words>::still_named(std::uint64_t value, const one& at) const {
  const foresight::future& rest = later_.find(value);
  bool named = rest.used && rest.named > at_;
  const auto look = [&](unsigned slot) {
    const step& open = steps_[slot];
    named |= (open.needs == before::equal || open.needs == before::other) && open.expected == value;
  };
  if (!named) loud_.each_without(at.taken, look);
  if (!named) quiet_.each_without(at.taken, look);
  return named;
}

/// Drops the configurations that can do no more than another, after all values that nobody asks for have become one.
template <unsigned Words>
void key_walk<Words>::thin_out() {
  if (!later_.tried()) later_.look(items_);
  next_.clear();
  for (one each : frontier_) {
    if (each.now.present && later_.ready() && !still_named(each.now.value, each)) each.now.value = later_.anonymous();
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
  quiet_.each_without(at.taken, [&](unsigned slot) {
    if (!allowed(steps_[slot], at.now)) return;
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
  loud_.each_without(at.taken, [&](unsigned slot) {
    if (pending_.holds(slot) || at.covered.holds(slot)) return;
    if (!hides(steps_[slot], from, by)) return;
    at.covered.put(slot);
    any = true;
  });
  return any;
}

template <unsigned Words>
void key_walk<Words>::rest(std::size_t next) {
  if (why_ == nullptr || frontier_.size() != 1 || !frontier_[0].covered.empty()) return;
  if (later_.ready() && frontier_[0].now.present && frontier_[0].now.value == later_.anonymous()) return;
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
