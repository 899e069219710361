// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <portolan/prove/schedule/graph.hpp>
#include <portolan/prove/schedule/sleepers.hpp>

namespace portolan::prove::schedule {

namespace {

/// A fence of sequential consistency, or the half of one.
[[nodiscard]] constexpr bool is_full(ordering fence) noexcept {
  return fence == ordering::sequential || fence == ordering::light;
}

}  // namespace

void graph::clear() noexcept {
  for (unsigned& count : counts_) count = 0;
  place_count_ = 0;
  next_stamp_ = 1;
  sc_count_ = 0;
  light_count_ = 0;
}

void graph::become(const graph& other) {
  for (unsigned thread = 0; thread < most_threads; ++thread) {
    if (threads_[thread].size() < other.counts_[thread]) threads_[thread].resize(other.threads_[thread].size());
    std::copy_n(other.threads_[thread].begin(), other.counts_[thread], threads_[thread].begin());
    counts_[thread] = other.counts_[thread];
  }
  place_count_ = other.place_count_;
  if (places_.size() < place_count_) places_.resize(other.places_.size());
  for (std::size_t at = 0; at < place_count_; ++at) {
    places_[at].stores.assign(other.places_[at].stores.begin(), other.places_[at].stores.end());
    places_[at].loads.assign(other.places_[at].loads.begin(), other.places_[at].loads.end());
    places_[at].initial = other.places_[at].initial;
    places_[at].size_bytes = other.places_[at].size_bytes;
  }
  next_stamp_ = other.next_stamp_;
  sc_count_ = other.sc_count_;
  light_count_ = other.light_count_;
}

place_id graph::add_place(cell initial, unsigned size_bytes) {
  if (places_.size() == place_count_) places_.emplace_back();
  place& fresh = places_[place_count_];
  fresh.stores.clear();
  fresh.loads.clear();
  fresh.initial = initial;
  fresh.size_bytes = size_bytes;
  return static_cast<place_id>(place_count_++);
}

// ---- adding ----

event_id graph::append(unsigned thread, const event& what) {
  auto& events = threads_[thread];
  const unsigned index = counts_[thread];
  if (events.size() <= index) events.resize(2 * index + 16);
  events[index] = what;
  events[index].stamp = next_stamp_++;
  ++counts_[thread];
  return {thread, index};
}

view graph::before(event_id id) const noexcept {
  return id.index() == 0 ? view() : threads_[id.thread()][id.index() - 1].hb;
}

unsigned graph::floor_of(place_id in, const view& before) const noexcept {
  const place& there = places_[in];
  unsigned floor = 0;
  for (auto position = static_cast<unsigned>(there.stores.size()); position > floor; --position) {
    if (before.holds(there.stores[position - 1])) floor = position;
  }
  for (const event_id load : there.loads) {
    if (!before.holds(load)) continue;
    floor = std::max(floor, position(at(load).source));
  }
  return floor;
}

cell graph::made_by(const event& load) const noexcept {
  const unsigned bits = 8 * places_[load.place].size_bytes;
  const auto whole = [&](std::uint64_t low) {
    return cell{bits >= 64 ? low : low & ((std::uint64_t{1} << bits) - 1), load.operand.high};
  };
  switch (load.makes) {
    case change::none: break;
    case change::exchange:
    case change::compare: return load.operand;
    case change::add: return whole(load.value.low + load.operand.low);
    case change::bit_or: return whole(load.value.low | load.operand.low);
    case change::bit_and: return whole(load.value.low & load.operand.low);
    case change::bit_xor: return whole(load.value.low ^ load.operand.low);
    case change::bit_nand: return whole(~(load.value.low & load.operand.low));
    case change::fall_asleep: return sleepers(load.value).with(static_cast<unsigned>(load.operand.low));
    case change::leave: return sleepers(load.value).without(static_cast<unsigned>(load.operand.low));
    case change::wake_one: return sleepers(load.value).without_first();
    case change::wake_all: return sleepers(load.value).without_all();
  }
  return {};
}

void graph::begin_views(event_id id) noexcept {
  event& each = at(id);
  if (id.index() == 0) {
    each.hb = each.acq = each.rel = each.porf = view();
  } else {
    const event& previous = threads_[id.thread()][id.index() - 1];
    each.hb = previous.hb;
    each.acq = previous.acq;
    each.rel = previous.rel;
    each.porf = previous.porf;
  }
  each.hb.set(id.thread(), id.index() + 1);
  each.porf.set(id.thread(), id.index() + 1);
}

void graph::connect_load(event_id id, event_id store) {
  event& load = at(id);
  const bool first_time = load.porf.count(id.thread()) == 0;
  load.source = store;
  load.value = stored(load.place, store);
  if (load.makes != change::none) {
    load.paired = load.makes != change::compare || load.value == load.expected;
    load.order = load.paired ? load.succeeded : load.failed;
  }
  begin_views(id);
  if (!store.is_initial()) {
    const event& from = at(store);
    load.porf.join(from.porf);
    load.acq.join(from.msg);
    if (acquires(load.order)) load.hb.join(from.msg);
  }
  if (first_time) {
    places_[load.place].loads.push_back(id);
    if (load.makes == change::none && load.order == ordering::sequential) ++sc_count_;
    if (load.makes != change::none && load.succeeded == ordering::sequential) ++sc_count_;
  }
}

void graph::connect_store(event_id id, unsigned position) {
  event& store = at(id);
  begin_views(id);
  store.msg = releases(store.order) ? store.hb : store.rel;
  if (store.paired) {
    const event_id read = at({id.thread(), id.index() - 1}).source;
    if (!read.is_initial()) store.msg.join(at(read).msg);
  }
  auto& stores = places_[store.place].stores;
  stores.insert(stores.begin() + (position - 1), id);
  renumber(store.place, position - 1);
  if (store.order == ordering::sequential) ++sc_count_;
}

void graph::detach_store(event_id id) noexcept {
  const event& store = at(id);
  auto& stores = places_[store.place].stores;
  stores.erase(stores.begin() + (store.position - 1));
  renumber(store.place, store.position - 1);
  if (store.order == ordering::sequential) --sc_count_;
}

void graph::connect_fence(event_id id) {
  event& fence = at(id);
  begin_views(id);
  if (acquires(fence.order)) fence.hb.join(fence.acq);
  if (releases(fence.order)) fence.rel = fence.hb;
  if (is_full(fence.order)) ++sc_count_;
  if (fence.order == ordering::light) ++light_count_;
}

bool graph::splits_a_pair(place_id in, unsigned position) const noexcept {
  // The store now at `position` would be pushed behind the new one.
  const auto& stores = places_[in].stores;
  return position <= stores.size() && at(stores[position - 1]).paired;
}

bool graph::rivals(event_id id) const noexcept {
  const event& mine = at(id);
  for (const event_id other : places_[mine.place].loads) {
    if (other != id && at(other).paired && at(other).source == mine.source) return true;
  }
  return false;
}

// ---- removing ----

void graph::renumber(place_id in, std::size_t from) noexcept {
  auto& stores = places_[in].stores;
  for (std::size_t at_position = from; at_position < stores.size(); ++at_position) {
    at(stores[at_position]).position = static_cast<unsigned>(at_position + 1);
  }
}

void graph::remove_last(unsigned thread) noexcept {
  const event_id id(thread, counts_[thread] - 1);
  event& last = at(id);
  const bool connected = last.porf.count(thread) != 0;
  if (connected && last.what == action::read) {
    auto& loads = places_[last.place].loads;
    for (std::size_t at_load = loads.size(); at_load-- > 0;) {
      if (loads[at_load] != id) continue;
      loads[at_load] = loads.back();
      loads.pop_back();
      break;
    }
    const auto order = last.makes == change::none ? last.order : last.succeeded;
    if (order == ordering::sequential) --sc_count_;
  } else if (connected && last.what == action::write) {
    detach_store(id);
  } else if (connected && is_full(last.order)) {
    --sc_count_;
    if (last.order == ordering::light) --light_count_;
  }
  last.porf = view();
  --counts_[thread];
}

void graph::cut(std::uint32_t stamp) noexcept {
  for (unsigned thread = 0; thread < most_threads; ++thread) {
    while (counts_[thread] != 0 && threads_[thread][counts_[thread] - 1].stamp > stamp) remove_last(thread);
  }
  next_stamp_ = stamp + 1;
}

void graph::keep(const view& kept) noexcept {
  for (unsigned thread = 0; thread < most_threads; ++thread) {
    while (counts_[thread] > kept.count(thread)) remove_last(thread);
  }
}

}  // namespace portolan::prove::schedule
