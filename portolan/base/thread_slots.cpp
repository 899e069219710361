// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Claiming and giving back of thread numbers.
#include <portolan/base/thread_slots.hpp>

#include <portolan/base/fork.hpp>
#include <portolan/base/platform/lifecycle.hpp>

namespace portolan {

namespace {

using owner_word = platform::atomic<std::uint32_t>;

constinit detail::slot_array<owner_word> owners;
constinit platform::atomic<std::uint32_t> bound{0};
constinit platform::atomic<std::uint32_t> lowest_free{0};
constinit published<slot_user*> users{nullptr};

// `lowest_free` is a lower bound of the free numbers, else numbers would be lost to thread churn:
//
//   who gives s back    1 owner of s := 0      2 hint above s?            yes: hint := s
//   who claims          1 hint := claimed + 1  2 owner of an s passed 0?  yes: hint := s
//
// The outcome that seq_cst forbids: both look before the other has written, and s lies free below the hint.
void lower_hint_to(std::uint32_t slot) noexcept {
  // pair slot_hint: seq_cst, so that who gives a number back sees the hint above it or is seen by who raises the hint.
  std::uint32_t hint = lowest_free.load(platform::seq_cst);
  // relaxed: whoever raises the hint later than the load above sees the number free, whatever is stored or read here.
  while (slot < hint && !lowest_free.compare_exchange_weak(hint, slot, platform::relaxed)) {}
}

/// After a claim that began at `first` and passed all numbers before `claimed`.
void raise_hint_above(std::uint32_t claimed, std::uint32_t first) noexcept {
  // pair slot_hint: seq_cst, so that who gives a number back sees the hint above it or is seen here; relaxed on
  // failure: somebody has moved the hint, and answers for it.
  if (!lowest_free.compare_exchange_strong(first, claimed + 1, platform::seq_cst, platform::relaxed)) return;
  for (std::uint32_t slot = first; slot < claimed; ++slot) {
    // pair slot_hint: seq_cst, so that a number given back while the hint was low is seen here.
    if (owners.find(slot)->load(platform::seq_cst) == 0) return lower_hint_to(slot);
  }
}

void give_back(void*) {
  const std::uint32_t plus_one = detail::own_slot_plus_one;
  if (plus_one == 0) return;
  const std::uint32_t slot = plus_one - 1;
  for (slot_user* user = users.observe(); user != nullptr; user = user->next) user->left(slot);
  detail::own_slot_plus_one = 0;
  // pair slot_handover: seq_cst (release), so that the next owner sees the records as this thread left them.
  // pair slot_hint: seq_cst, so that who raises the hint sees this number free, or is seen by the next line.
  owners.find(slot)->store(0, platform::seq_cst);
  lower_hint_to(slot);
}

/// Forks are heard of before static objects are made, which may start threads.
struct hear_early {
  hear_early() noexcept { detail::install_fork_handlers(); }
};
[[gnu::init_priority(102)]] const hear_early early;

}  // namespace

std::uint32_t thread_slot_bound() noexcept {
  // relaxed: who must not miss a record has a fence before this load, and its thread has one between the bound and what
  // it tells (pairs epoch_look, hazard_look); the records themselves are published chunk by chunk.
  return bound.load(platform::relaxed);
}

std::uint32_t thread_of_slot(std::uint32_t slot) noexcept {
  const owner_word* owner = owners.find(slot);
  // relaxed: for reports; the thread may end while they are printed.
  return owner == nullptr ? 0 : owner->load(platform::relaxed);
}

std::uint32_t thread_slots_held() noexcept {
  std::uint32_t held = 0;
  for (std::uint32_t slot = 0; slot < thread_slot_bound(); ++slot) held += thread_of_slot(slot) != 0 ? 1U : 0U;
  return held;
}

void add_slot_user(slot_user& user) noexcept {
  user.next = users.observe();
  while (!users.replace(user.next, &user)) {}
}

namespace detail {

std::uint32_t claim_slot() {
  const std::uint32_t self = platform::kernel_thread_id();
  // relaxed: the loop below looks at every number above it.
  const std::uint32_t first = lowest_free.load(platform::relaxed);
  std::uint32_t slot = first;
  for (;; ++slot) {
    owner_word& owner = owners.get(slot);
    std::uint32_t nobody = 0;
    // pair slot_handover: acquire, so that the records are seen as the last owner left them; relaxed on
    // failure: a taken number is only passed by.
    if (owner.compare_exchange_strong(nobody, self, platform::acquire, platform::relaxed)) break;
  }
  raise_hint_above(slot, first);
  // relaxed: only raised here; the exchange below decides.
  std::uint32_t seen = bound.load(platform::relaxed);
  while (seen <= slot) {
    // relaxed: a number, with nothing behind it; see thread_slot_bound.
    if (bound.compare_exchange_weak(seen, slot + 1, platform::relaxed)) break;
  }
  own_slot_plus_one = slot + 1;
  platform::hear_of_thread_end(give_back, &owners);
  return slot;
}

void abandon_other_slots() noexcept {
  const std::uint32_t own = own_slot_plus_one;
  // relaxed throughout: the child has one thread.
  for (std::uint32_t slot = 0; slot < bound.load(platform::relaxed); ++slot) {
    owner_word* owner = owners.find(slot);
    if (owner == nullptr || owner->load(platform::relaxed) == 0) continue;  // relaxed: as above.
    if (slot + 1 == own) {
      owner->store(platform::kernel_thread_id(), platform::relaxed);  // relaxed: as above.
      continue;
    }
    for (slot_user* user = users.observe(); user != nullptr; user = user->next) user->abandoned(slot);
    owner->store(0, platform::relaxed);  // relaxed: as above.
  }
  lowest_free.store(0, platform::relaxed);  // relaxed: as above.
}

}  // namespace detail

}  // namespace portolan
