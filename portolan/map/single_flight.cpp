// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Boarding, landing and the graph of who waits for whom: the parts that do not know the key's type.
#include <portolan/map/single_flight.hpp>

namespace portolan::detail {

void flight_graph::join_locked(flight& target, flight_waiter& waiter, platform::code_address place) {
  const exclusive_lock held(lock());
  for (const flight* at = &target; at != nullptr; at = at->leader->waits_for) {
    if (at->leader == waiter.thread) throw reentrant_call(errc::waits_for_itself, at->place, place);
  }
  waiter.thread->waits_for = &target;
  waiter.next = target.waiters;
  target.waiters = &waiter;
}

void flight_graph::wake_all(flight& landed) noexcept {
  const exclusive_lock held(lock());
  for (flight_waiter* waiter = landed.waiters; waiter != nullptr;) {
    flight_waiter* const next = waiter->next;
    waiter->thread->waits_for = nullptr;
    waiter->landed.set();  // from here on the waiter may be gone
    waiter = next;
  }
  landed.waiters = nullptr;
}

void flight_graph::forget_others_after_fork() noexcept {
  lock().reset_after_fork();
  flying_thread::current().waits_for = nullptr;
}

mutex& flight_graph::lock() noexcept {
  static constinit mutex graph_lock;
  return graph_lock;
}

flight_board::~flight_board() {
  lane* const all = lanes_.observe();
  if (all == nullptr) return;
  for (std::size_t i = 0; i < lanes; ++i) std::destroy_at(all + i);
  platform::deallocate(all, size_bytes, alignof(lane));
}

bool flight_board::try_lock_all() noexcept {
  if (!opening_.try_lock()) return false;
  lane* const all = lanes_.observe();
  for (std::size_t i = 0; all != nullptr && i < lanes; ++i) {
    if (all[i].lock.try_lock()) continue;
    while (i-- > 0) all[i].lock.unlock();
    opening_.unlock();
    return false;
  }
  return true;
}

void flight_board::unlock_all() noexcept {
  lane* const all = lanes_.observe();
  for (std::size_t i = 0; all != nullptr && i < lanes; ++i) all[i].lock.unlock();
  opening_.unlock();
}

void flight_board::forget_others_after_fork() noexcept {
  flight_graph::forget_others_after_fork();
  opening_.reset_after_fork();
  lane* const all = lanes_.observe();
  if (all == nullptr) return;
  for (std::size_t i = 0; i < lanes; ++i) {
    all[i].lock.reset_after_fork();
    for (flight** link = &all[i].first; *link != nullptr;) {
      flight& at = **link;
      at.waiters = nullptr;
      if (at.leader == &flying_thread::current()) {
        link = &at.next;
      } else {
        *link = at.next;
      }
    }
  }
}

flight_board::lane* flight_board::open_lanes() {
  const exclusive_lock held(opening_);
  if (lane* const there = lanes_.observe()) return there;
  auto* const fresh = static_cast<lane*>(platform::allocate(size_bytes, alignof(lane)));
  for (std::size_t i = 0; i < lanes; ++i) std::construct_at(fresh + i);
  lanes_.publish(fresh);
  return fresh;
}

void flight_seat::land() noexcept {
  {
    const exclusive_lock held(lane_.lock);
    flight** link = &lane_.first;
    while (*link != &own_) link = &(*link)->next;
    *link = own_.next;
    // Who waits has joined under the lane's lock: after this line nobody else can.
  }
  if (own_.waiters != nullptr) flight_graph::wake_all(own_);
}

}  // namespace portolan::detail
