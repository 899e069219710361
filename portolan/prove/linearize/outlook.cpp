// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <portolan/prove/linearize/outlook.hpp>

#include <algorithm>
#include <tuple>

namespace portolan::prove::linearize {
namespace {

/// Of an entry, with another value, an entry again.
bool from_entry_to_entry(const step& made) noexcept {
  return made.does == effect::set && (made.needs == before::any || made.needs == before::present);
}

}  // namespace

template <unsigned Words>
void outlook<Words>::begin(std::span<const item> items, const entry& first) {
  items_ = items;
  first_ = first;
  later_.forget();
  next_ = next_erasure_ = next_shunned_ = 0;
  wanted_ = erasures_ = shunned_ = whole_ = lasting_ = idle_ = {};
}

template <unsigned Words>
void outlook<Words>::opened(unsigned slot) {
  sooner_[slot] = {};
  if (!ready()) return;
  const step& made = calls_.steps[slot];
  fates_[slot] = {calls_.operations[slot]->returned, 0, 0, false};
  if (made.does == effect::erase) erasures_.put(slot);
  if (made.does != effect::set) return;
  const foresight::future& value = later_.find(made.value);
  if (value.shunned != 0) shunned_.put(slot);
  if (value.put_again != 0) return;
  fates_[slot] = {items_[value.soonest - 1].of->returned, value.named, value.needed,
                  value.changed == 0 && value.shunned == 0};
  if (value.needed != 0) wanted_.put(slot);
}

template <unsigned Words>
void outlook<Words>::closed(unsigned slot) {
  wanted_.take_out(slot);
  erasures_.take_out(slot);
  shunned_.take_out(slot);
}

template <unsigned Words>
void outlook<Words>::look() {
  later_.look(items_, first_);
  calls_.used.each_without({}, [&](unsigned slot) { opened(slot); });
}

template <unsigned Words>
void outlook<Words>::rank(std::size_t next) {
  next_ = next;
  if (!ready()) return;
  whole_ = lasting_ = idle_ = {};
  places_.clear();
  calls_.loud.each_without({}, [&](unsigned slot) {
    sooner_[slot] = {};
    const step& made = calls_.steps[slot];
    const fate& foreseen = fates_[slot];
    const bool whole = foreseen.simple && foreseen.named <= next;
    if (whole) whole_.put(slot);
    if (foreseen.needed > next) lasting_.put(slot);
    if (whole && foreseen.deadline == never && from_entry_to_entry(made)) idle_.put(slot);
    if (made.needs > before::present) return;  // two of these that are alike are rare
    const std::uint64_t own = calls_.operations[slot]->returned;
    places_.push_back({whole ? anonymous() : made.value, whole ? foreseen.deadline : own, slot, made.needs, made.does});
  });
  std::sort(places_.begin(), places_.end(), [](const place& a, const place& b) {
    return std::tie(a.needs, a.does, a.value, a.deadline, a.slot) <
           std::tie(b.needs, b.does, b.value, b.deadline, b.slot);
  });
  for (std::size_t i = 1; i < places_.size(); ++i) {
    if (!places_[i].alike(places_[i - 1])) continue;
    sooner_[places_[i].slot] = sooner_[places_[i - 1].slot];
    sooner_[places_[i].slot].put(places_[i - 1].slot);
  }
}

template <unsigned Words>
bool outlook<Words>::still_needed(std::uint64_t value, const one& at) const {
  if (!ready() || (at.now.present && at.now.value == value)) return false;
  const foresight::future& rest = later_.find(value);
  if (!rest.used() || rest.put > next_) return false;
  bool needed = rest.needed > next_;
  bool can_come = false;
  calls_.loud.each_without(at.taken, [&](unsigned slot) {
    const step& open = calls_.steps[slot];
    can_come |= open.does == effect::set && open.value == value;
    needed |=
        !calls_.pending.holds(slot) && !at.covered.holds(slot) && open.needs == before::equal && open.expected == value;
  });
  if (can_come) return false;
  calls_.quiet.each_without(at.taken, [&](unsigned slot) {
    needed |= calls_.steps[slot].needs == before::equal && calls_.steps[slot].expected == value;
  });
  return needed;
}

template <unsigned Words>
bool outlook<Words>::still_named(std::uint64_t value, const one& at) const {
  const foresight::future& rest = later_.find(value);
  bool named = rest.used() && rest.named > next_;
  const auto look = [&](unsigned slot) {
    const step& open = calls_.steps[slot];
    named |= (open.needs == before::equal || open.needs == before::other) && open.expected == value;
  };
  if (!named) calls_.loud.each_without(at.taken, look);
  if (!named) calls_.quiet.each_without(at.taken, look);
  return named;
}

template <unsigned Words>
bool outlook<Words>::is_free(const one& at) const {
  return ready() && at.now.present && !still_named(at.now.value, at);
}

template <unsigned Words>
bool outlook<Words>::is_held(const one& at) const {
  if (!ready() || !at.now.present) return false;
  const foresight::future& rest = later_.find(at.now.value);
  return rest.used() && rest.put_again == 0 && rest.put <= next_ && rest.needed > next_;
}

template <unsigned Words>
void outlook<Words>::settle(one& at) {
  whole_.each_without(at.taken, [&](unsigned slot) {
    if (!at.covered.holds(slot) || !changes_nothing(slot, at)) return;
    at.covered.take_out(slot);
    at.taken.put(slot);
  });
}

template <unsigned Words>
unsigned outlook<Words>::at_once(const one& at) {
  unsigned first = nobody;
  whole_.each_without(at.taken, [&](unsigned slot) {
    if (first == nobody && !at.covered.holds(slot) && changes_nothing(slot, at) && !waits(slot, at)) first = slot;
  });
  return first;
}

/// A whole cluster that leaves the entry, for all who ask later, as it was.
template <unsigned Words>
bool outlook<Words>::changes_nothing(unsigned slot, const one& at) {
  const step& made = calls_.steps[slot];
  const std::uint64_t until = fates_[slot].deadline;
  return from_entry_to_entry(made) && until != never &&
         none_between(shunned_, later_.puts_of_shunned(), next_shunned_, until, at) &&
         (made.needs == before::present || none_between(erasures_, later_.erasures(), next_erasure_, until, at));
}

/// None of these is open and not taken, or called before `until`.
template <unsigned Words>
bool outlook<Words>::none_between(const slots& open, const std::vector<std::uint32_t>& items, std::size_t& cursor,
                                  std::uint64_t until, const one& at) const {
  if (!open.none_left(at.taken, {})) return false;
  while (cursor < items.size() && items[cursor] < next_) ++cursor;
  return cursor == items.size() || items_[items[cursor]].call > until;
}

template class outlook<1>;
template class outlook<8>;

}  // namespace portolan::prove::linearize
