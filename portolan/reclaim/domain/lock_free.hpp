// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a lock_free_domain does with the objects that it is given; its picture and invariants stand in lock_free_domain.hpp.
//
//   retire ─► hand ─► seal ─► push ─► tend: take the stack, settle each block, push what is kept
//
// Only epoch.cpp and hazard.cpp include it, and programs built with PORTOLAN_STEPS.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>  // std::construct_at without the weight of <memory>

#include <portolan/base/platform.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/reclaim/domain/bag.hpp>
#include <portolan/reclaim/domain/idle.hpp>
#include <portolan/reclaim/domain/state.hpp>
#include <portolan/reclaim/lock_free_domain.hpp>

namespace portolan::reclaim {

template <class Rule>
lock_free_domain<Rule>::lock_free_domain() noexcept : idle_client(for_idle) {
  idle::join(*this);
}

template <class Rule>
lock_free_domain<Rule>::~lock_free_domain() {
  idle::leave(*this);
  dispose_of_all();
  if (padded_hand* all = hands_.observe()) free_hands(all);
}

template <class Rule>
void lock_free_domain<Rule>::retire(void* object, dispose_function dispose, void* context,
                                    std::size_t size_bytes) noexcept {
  hand& mine = own_hand();
  // relaxed: sums for the statistics.
  mine.retired_objects.fetch_add(1, platform::relaxed);
  mine.retired_bytes.fetch_add(size_bytes, platform::relaxed);  // relaxed: as above.
  // pair retire_hand: acquire, so that the block is seen as its last owner left it.
  block* open = mine.open.exchange(nullptr, platform::acquire);
  platform::step("retire: hand taken");
  if (open == nullptr) open = block::make(smallest_block_first());
  open->append({object, dispose, context, size_bytes});
  if (open->full()) {
    seal(open);
  } else {
    put_back(mine, open);
  }
  idle::wake_without_waiting();
  // relaxed: a hint when to look.
  if (sealed_blocks_.load(platform::relaxed) >= look_at_blocks_.load(platform::relaxed) && !detail::disposing) tend();
}

template <class Rule>
std::size_t lock_free_domain<Rule>::collect() noexcept {
  if (detail::disposing) return 0;
  for_each_hand([&](hand& one) {
    // pair retire_hand: acquire, so that the block is seen as its last owner left it; release, so that who puts a block
    // back sees what the timer did before it emptied the hand (4 above).
    if (block* open = one.open.exchange(nullptr, platform::acq_rel)) seal(open);
  });
  return tend();
}

template <class Rule>
reclaim_statistics lock_free_domain<Rule>::statistics() noexcept {
  reclaim_statistics sums;
  for_each_hand([&](hand& one) {
    sums.retired_objects += one.retired_objects.load(platform::relaxed);  // relaxed: figures on their own.
    sums.retired_bytes += one.retired_bytes.load(platform::relaxed);      // relaxed: as above.
  });
  sums.freed_objects = freed_objects_.load(platform::relaxed);  // relaxed: as above.
  sums.freed_bytes = freed_bytes_.load(platform::relaxed);      // relaxed: as above.
  if (sums.freed_objects > sums.retired_objects) sums.freed_objects = sums.retired_objects;
  if (sums.freed_bytes > sums.retired_bytes) sums.freed_bytes = sums.retired_bytes;
  sums.kept_back_objects = sums.retired_objects - sums.freed_objects;
  sums.kept_back_bytes = sums.retired_bytes - sums.freed_bytes;
  const reader oldest = Rule::oldest_reader();
  sums.oldest_reader_thread = oldest.thread;
  sums.oldest_reader_age_ns = oldest.age_ns;
  return sums;
}

template <class Rule>
std::uint32_t lock_free_domain<Rule>::hand_count() noexcept {
  return std::bit_ceil(platform::processor_count() < 64 ? platform::processor_count() : 64U);
}

template <class Rule>
typename lock_free_domain<Rule>::hand& lock_free_domain<Rule>::own_hand() noexcept {
  padded_hand* all = hands_.observe();
  return all == nullptr ? first_ : all[this_thread_slot() & (hand_count() - 1)].value;
}

template <class Rule>
template <class F>
void lock_free_domain<Rule>::for_each_hand(F f) noexcept {
  f(first_);
  padded_hand* all = hands_.observe();
  for (std::uint32_t i = 0; all != nullptr && i < hand_count(); ++i) f(all[i].value);
}

template <class Rule>
void lock_free_domain<Rule>::put_back(hand& mine, block* open) noexcept {
  platform::step("retire: before put back");
  block* nothing = nullptr;
  // pair retire_hand: acq_rel, so that the next owner sees the block as it is, and this thread sees what the timer
  // did before it emptied the hand (4 above); relaxed on failure: the other block is not looked at.
  if (mine.open.compare_exchange_strong(nothing, open, platform::acq_rel, platform::relaxed)) return;
  seal(open);
  if (hands_.observe() == nullptr) spread();
}

template <class Rule>
[[gnu::cold, gnu::noinline]] void lock_free_domain<Rule>::spread() noexcept {
  padded_hand* made = nullptr;
  try {
    made = static_cast<padded_hand*>(platform::allocate(hand_count() * sizeof(padded_hand), alignof(padded_hand)));
  } catch (...) {
    return;  // the first hand serves all
  }
  for (std::uint32_t i = 0; i < hand_count(); ++i) std::construct_at(made + i);
  platform::step("retire: hands made");
  padded_hand* first = nullptr;
  if (!hands_.replace(first, made)) free_hands(made);
}

template <class Rule>
void lock_free_domain<Rule>::free_hands(padded_hand* all) noexcept {
  platform::deallocate(all, hand_count() * sizeof(padded_hand), alignof(padded_hand));
}

template <class Rule>
std::uint32_t lock_free_domain<Rule>::smallest_block_first() const noexcept {
  // relaxed: a guess at a good size.
  return freed_objects_.load(platform::relaxed) == 0 && sealed_blocks_.load(platform::relaxed) == 0
             ? bag::small_block_objects
             : block::most_objects;
}

template <class Rule>
void lock_free_domain<Rule>::seal(block* open) noexcept {
  open->tag = Rule::seal();
  open->next = nullptr;
  platform::step("retire: sealed");
  push(open, open, 1);
}

template <class Rule>
void lock_free_domain<Rule>::push(block* first, block* last, std::uint32_t count) noexcept {
  // relaxed: the exchange decides.
  block* top = sealed_.load(platform::relaxed);
  do {
    last->next = top;
    // pair retire_stack: acq_rel, so that who takes the stack sees the blocks, and as in put_back; relaxed on
    // failure: the block on top is not looked at.
  } while (!sealed_.compare_exchange_weak(top, first, platform::acq_rel, platform::relaxed));
  sealed_blocks_.fetch_add(count, platform::relaxed);  // relaxed: a hint when to look.
  platform::step("retire: pushed");
}

template <class Rule>
[[gnu::noinline]] std::size_t lock_free_domain<Rule>::tend() noexcept {
  // pair retire_stack: acquire, so that the blocks are seen whole; release, as for the hands (4 above).
  block* taken = sealed_.exchange(nullptr, platform::acq_rel);
  platform::step("retire: stack taken");
  if (taken == nullptr) return 0;
  std::uint32_t count = 0;
  for (const block* each = taken; each != nullptr; each = each->next) ++count;
  sealed_blocks_.fetch_sub(count, platform::relaxed);  // relaxed: a hint when to look.

  std::size_t freed = 0;
  std::uint32_t kept_blocks = 0;
  block* kept_first = nullptr;
  block* kept_last = nullptr;
  bool looked = false;
  while (taken != nullptr) {
    block* const each = taken;
    taken = each->next;
    freed += settle(*each, looked);
    if (each->count() == 0) {
      block::unmake(each);
      continue;
    }
    each->next = kept_first;
    kept_first = each;
    if (kept_last == nullptr) kept_last = each;
    ++kept_blocks;
  }
  platform::step("retire: judged");
  // relaxed: a hint when to look; see 3 above.
  look_at_blocks_.store(kept_blocks + kept_blocks / 2 + least_look_at_blocks, platform::relaxed);
  if (kept_first != nullptr) push(kept_first, kept_last, kept_blocks);
  return freed;
}

template <class Rule>
std::size_t lock_free_domain<Rule>::settle(block& taken, bool& looked) noexcept {
  std::uint64_t read = 0;
  if (Rule::later_blocks_go_later && looked) {
    read = Rule::known_free(taken.tag) ? 0 : ~std::uint64_t{0};
  } else {
    read = Rule::judge(taken);
    looked = true;
  }
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < taken.count(); ++i) {
    if ((read >> i & 1) == 0) continue;
    const retired other = taken.begin()[kept];
    taken.begin()[kept++] = taken.begin()[i];
    taken.begin()[i] = other;
  }
  const std::size_t gone = taken.count() - kept;
  dispose_of(taken.begin() + kept, taken.end());
  taken.keep_only(kept);
  return gone;
}

template <class Rule>
void lock_free_domain<Rule>::dispose_of(retired* first, retired* last) noexcept {
  const bool outer = detail::disposing;
  detail::disposing = true;
  std::size_t bytes = 0;
  const auto count = static_cast<std::uint64_t>(last - first);
  for (; first != last; ++first) {
    bytes += first->size_bytes;
    first->dispose(first->object, first->context);
  }
  detail::disposing = outer;
  freed_objects_.fetch_add(count, platform::relaxed);  // relaxed: sums for the statistics.
  freed_bytes_.fetch_add(bytes, platform::relaxed);    // relaxed: as above.
}

template <class Rule>
void lock_free_domain<Rule>::dispose_of_all() noexcept {
  const auto empty = [&](platform::atomic<block*>& from) {
    // pair retire_stack: acquire, so that the blocks are seen whole, here and in the hands (pair retire_hand: acquire).
    block* taken = from.exchange(nullptr, platform::acquire);
    const bool something = taken != nullptr;
    while (taken != nullptr) {
      block* const each = taken;
      taken = each->next;
      dispose_of(each->begin(), each->end());
      block::unmake(each);
    }
    return something;
  };
  for (bool again = true; again;) {
    again = empty(sealed_);
    for_each_hand([&](hand& one) { again |= empty(one.open); });
  }
}

template <class Rule>
std::size_t lock_free_domain<Rule>::collect_for_idle(idle_client& self) noexcept {
  auto& own = static_cast<lock_free_domain&>(self);
  own.collect();
  std::uint64_t retired_objects = 0;
  own.for_each_hand([&](hand& one) {
    retired_objects += one.retired_objects.load(platform::relaxed);  // relaxed: a figure on its own.
  });
  return retired_objects - own.freed_objects_.load(platform::relaxed);  // relaxed: as above.
}

}  // namespace portolan::reclaim
