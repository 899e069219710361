// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <portolan/prove/schedule/explorer.hpp>

namespace portolan::prove::schedule {

std::uint32_t explorer::draw(std::uint32_t below) noexcept {
  // xorshift64*, S. Vigna
  state_ ^= state_ >> 12;
  state_ ^= state_ << 25;
  state_ ^= state_ >> 27;
  const std::uint64_t word = state_ * 0x2545F4914F6CDD1Dull >> 32;
  return static_cast<std::uint32_t>(word * below >> 32);
}

explorer::frame& explorer::push_frame() {
  if (frames_.size() == depth_) frames_.push_back(std::make_unique<frame>());
  frame& fresh = *frames_[depth_++];
  fresh.work.clear();
  return fresh;
}

void explorer::start() {
  depth_ = 0;
  push_frame().at.clear();
  next_given_ = 0;
  given_now_ = nullptr;
  final_positions_.clear();
  strayed_.reset();
  if (moments_ != 0) priorities_.begin_run(moments_, [this](unsigned below) { return draw(below); });
}

// ---- one branch in place of all ----

void explorer::take_all() noexcept {
  mode_ = mode::all;
  moments_ = 0;
}

void explorer::take_random(std::uint64_t seed, unsigned moments) noexcept {
  mode_ = mode::random;
  state_ = seed * 2 + 1;
  moments_ = moments;
}

void explorer::take_given(std::vector<choice> given) {
  mode_ = mode::given;
  moments_ = 0;
  given_ = std::move(given);
}

unsigned explorer::turn_among(const unsigned* ready, unsigned count) {
  if (mode_ != mode::random) return ready[0];
  return moments_ != 0 ? priorities_.first_of(ready, count) : ready[draw(count)];
}

unsigned explorer::given_thread() const noexcept {
  return mode_ == mode::given && next_given_ < given_.size() ? given_[next_given_].thread : most_threads;
}

const choice* explorer::given_for(unsigned thread, action what) {
  given_now_ = nullptr;
  if (next_given_ == given_.size()) return nullptr;
  const choice& next = given_[next_given_];
  if (next.thread != thread || next.what != what) {
    strayed_ = next_given_;
    return nullptr;
  }
  ++next_given_;
  given_now_ = &next;
  return given_now_;
}

std::optional<unsigned> explorer::chosen_for(event_id load, unsigned floor, unsigned newest) {
  const graph& now = top().at;
  const event& what = now.at(load);
  unsigned choice = newest;
  if (mode_ == mode::given) {
    const auto* const given = given_for(load.thread(), action::read);
    if (given == nullptr) return strayed_ ? std::nullopt : std::optional(newest);
    const event_id source = given->source;
    const bool is_there =
        source.is_initial() || (source.index() < now.count(source.thread()) && now.at(source).what == action::write &&
                                now.at(source).place == what.place);
    if (!is_there || now.position(source) < floor) {
      strayed_ = next_given_ - 1;
      return std::nullopt;
    }
    return now.position(source);
  }
  if (moments_ != 0 && !priorities_.may_be_stale()) return newest;
  do {
    choice = floor + draw(newest - floor + 1);
  } while (is_taken(what, now.store_at(what.place, choice), choice));
  return choice;
}

std::optional<unsigned> explorer::chosen_for_store(event_id store, unsigned floor, unsigned last) {
  const graph& now = top().at;
  const place_id in = now.at(store).place;
  unsigned choice = last;
  if (mode_ == mode::given) {
    const auto* const given = given_for(store.thread(), action::write);
    if (given == nullptr) return strayed_ ? std::nullopt : std::optional(last);
    choice = 1;
    for (const auto& [other, position] : final_positions_) {
      if (now.at(other).place == in && position < given->position) ++choice;
    }
    final_positions_.emplace_back(store, given->position);
    if (choice <= floor || choice > last || now.splits_a_pair(in, choice)) {
      strayed_ = next_given_ - 1;
      return std::nullopt;
    }
    return choice;
  }
  if (moments_ != 0 && !priorities_.may_be_stale()) return last;
  do {
    choice = floor + 1 + draw(last - floor);
  } while (now.splits_a_pair(in, choice));
  return choice;
}

// ---- events ----

bool explorer::add_load(unsigned thread, const event& load) {
  graph& now = top().at;
  const event_id id = now.append(thread, load);
  const unsigned newest = static_cast<unsigned>(now.place_at(load.place).stores.size());
  const unsigned floor = now.floor_of(load.place, now.before(id));
  unsigned choice = newest;
  if (mode_ == mode::all) {
    for (unsigned position = floor; position < newest; ++position) {
      top().work.push_back({branch::load, id, now.store_at(load.place, position)});
    }
  } else {
    const auto chosen = chosen_for(id, floor, newest);
    if (!chosen) return false;
    choice = *chosen;
  }
  now.connect_load(id, now.store_at(load.place, choice));
  if (given_now_ != nullptr && given_now_->paired != now.at(id).paired) strayed_ = next_given_ - 1;
  if (now.at(id).paired && !complete_pair(id)) return false;
  if (moments_ != 0) priorities_.step(thread);
  return choice == newest || now.sequentially_consistent();
}

bool explorer::is_taken(const event& load, event_id store, unsigned position) const {
  if (load.makes == change::none) return false;
  const graph& now = this->now();
  const bool happens = load.makes != change::compare || now.stored(load.place, store) == load.expected;
  return happens && now.splits_a_pair(load.place, position + 1);
}

bool explorer::complete_pair(event_id load) {
  graph& now = top().at;
  const event from = now.at(load);
  event store;
  store.what = action::write;
  store.order = from.succeeded;
  store.paired = true;
  store.place = from.place;
  store.at = from.at;
  store.value = now.made_by(from);
  const event_id id = now.append(load.thread(), store);
  const bool rivals = now.rivals(load);
  now.connect_store(id, now.position(from.source) + 1);
  if (mode_ == mode::all) note_revisits(id);
  if (given_now_ != nullptr) final_positions_.emplace_back(id, given_now_->position);
  return !rivals && (id == now.last_store(from.place) || now.sequentially_consistent());
}

bool explorer::add_store(unsigned thread, const event& store) {
  graph& now = top().at;
  const event_id id = now.append(thread, store);
  const unsigned last = static_cast<unsigned>(now.place_at(store.place).stores.size()) + 1;
  const unsigned floor = now.floor_of(store.place, now.before(id));
  unsigned choice = last;
  if (mode_ == mode::all) {
    for (unsigned position = floor + 1; position < last; ++position) {
      if (!now.splits_a_pair(store.place, position)) {
        top().work.push_back({branch::store, id, event_id::initial(), position});
      }
    }
  } else {
    const auto chosen = chosen_for_store(id, floor, last);
    if (!chosen) return false;
    choice = *chosen;
  }
  now.connect_store(id, choice);
  if (mode_ == mode::all) note_revisits(id);
  if (moments_ != 0) priorities_.step(thread);
  return choice == last || now.sequentially_consistent();
}

void explorer::add_fence(unsigned thread, const event& fence) {
  graph& now = top().at;
  now.connect_fence(now.append(thread, fence));
  if (mode_ == mode::given) (void)given_for(thread, action::fence);
  if (moments_ != 0) priorities_.step(thread);
}

// ---- branches ----

bool explorer::next() {
  while (depth_ != 0) {
    if (top().work.empty()) {
      --depth_;
      continue;
    }
    const item chosen = top().work.back();
    top().work.pop_back();
    if (take(chosen)) return true;
  }
  return false;
}

bool explorer::take(const item& chosen) {
  graph& now = top().at;
  now.cut(now.at(chosen.event).stamp);
  switch (chosen.what) {
    case branch::load: now.connect_load(chosen.event, chosen.other); break;
    case branch::store:
      now.detach_store(chosen.event);
      now.connect_store(chosen.event, chosen.position);
      break;
    case branch::revisit: return revisit(chosen.event, chosen.other);
  }
  return complete_pairs() && now.sequentially_consistent();
}

bool explorer::complete_pairs() {
  graph& now = top().at;
  for (unsigned thread = 0; thread < most_threads; ++thread) {
    if (now.count(thread) == 0) continue;
    const event_id last(thread, now.count(thread) - 1);
    if (now.at(last).what == action::read && now.at(last).paired && !complete_pair(last)) return false;
  }
  return true;
}

bool explorer::revisit(event_id store, event_id load) {
  const graph& before = top().at;
  graph& now = push_frame().at;
  now.become(before);
  const std::uint32_t stamp = now.at(load).stamp;
  view kept = now.at(store).porf;
  for (unsigned thread = 0; thread < most_threads; ++thread) {
    unsigned count = kept.count(thread);
    while (count < now.count(thread) && now.at({thread, count}).stamp <= stamp) ++count;
    kept.set(thread, count);
  }
  now.keep(kept);
  // The store's place in mo is chosen anew, behind all that the load may not overlook.
  const place_id in = now.at(store).place;
  now.detach_store(store);
  const unsigned last = static_cast<unsigned>(now.place_at(in).stores.size()) + 1;
  const unsigned floor = std::max(now.floor_of(in, now.before(store)), now.floor_of(in, now.before(load)));
  positions_.clear();
  if (now.at(store).paired) {
    const event_id half(store.thread(), store.index() - 1);
    const unsigned position = now.position(now.at(half).source) + 1;
    if (position > floor && !now.splits_a_pair(in, position)) positions_.push_back(position);
  } else {
    for (unsigned position = floor + 1; position <= last; ++position) {
      if (!now.splits_a_pair(in, position)) positions_.push_back(position);
    }
  }
  if (positions_.empty()) {
    --depth_;
    return false;
  }
  const unsigned choice = positions_.back();
  positions_.pop_back();
  for (const unsigned position : positions_) {
    top().work.push_back({branch::store, store, event_id::initial(), position});
  }
  now.connect_store(store, choice);
  now.connect_load(load, store);
  return complete_pairs() && now.sequentially_consistent();
}

void explorer::note_revisits(event_id store) {
  const graph& now = top().at;
  view behind = now.at(store).porf;
  behind.set(store.thread(), store.index());
  for (const event_id load : now.place_at(now.at(store).place).loads) {
    if (!behind.holds(load) && may_revisit(store, behind, load)) {
      top().work.push_back({branch::revisit, store, load});
    }
  }
}

bool explorer::may_revisit(event_id store, const view& behind_store, event_id load) const {
  const graph& now = this->now();
  if (!added_last(load, behind_store)) return false;
  const std::uint32_t stamp = now.at(load).stamp;
  for (unsigned thread = 0; thread < most_threads; ++thread) {
    for (unsigned index = now.count(thread); index-- > 0;) {
      const event_id id(thread, index);
      if (now.at(id).stamp <= stamp || behind_store.holds(id)) break;
      if (id != store && !added_last(id, behind_store)) return false;
    }
  }
  return true;
}

bool explorer::added_last(event_id id, const view& behind_store) const {
  const graph& now = this->now();
  const event& each = now.at(id);
  if (each.what == action::fence) return true;
  const auto was_there = [&](event_id other) {
    return other.is_initial() || now.at(other).stamp <= each.stamp || behind_store.holds(other);
  };
  const graph::place& place = now.place_at(each.place);
  event_id newest = id;
  if (each.what == action::write) {
    for (const event_id load : place.loads) {
      if (now.at(load).source == id && was_there(load)) return false;
    }
  } else {
    newest = each.source;
    if (!was_there(newest)) return false;
  }
  for (std::size_t later = now.position(newest); later < place.stores.size(); ++later) {
    if (was_there(place.stores[later])) return false;
  }
  return true;
}

}  // namespace portolan::prove::schedule
