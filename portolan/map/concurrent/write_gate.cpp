// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Both sides of the gate where they are slow: who closes it, and who comes while somebody has.
#include <portolan/map/concurrent/write_gate.hpp>

#include <portolan/base/clock.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/single_flight.hpp>

namespace portolan::concurrent {

namespace {

constexpr std::uint64_t fork_patience_ns = 2'000'000;
// How long a listing keeps writers out in one try, if a section does not end; doubled each time.
constexpr std::uint64_t first_patience_ns = 1'000'000;
constexpr std::uint64_t longest_patience_ns = 64'000'000;

/// How many living maps have closed the gate. Only the forking thread counts, inside fork's own lock.
constinit std::uint32_t closers = 0;

/// Waits until no other thread's record says `inside(what)`; false: the deadline has passed.
template <class Inside>
bool everybody_left(std::uint64_t deadline_ns, Inside inside) noexcept {
  bool all = true;
  const std::uint32_t own = this_thread_slot();
  per_thread<write_gate::record>::for_each([&](std::uint32_t slot, write_gate::record& other) {
    if (slot == own) return;
    // pair section_left: acquire, so that who waited sees all that was done inside.
    while (all && inside(other.inside.load(platform::acquire))) {
      if (platform::now_ns() > deadline_ns) all = false;
      platform::yield();
    }
  });
  return all;
}

/// Makes writers look closer, and be seen inside by who calls this if they do not.
void begin_to_look(platform::atomic<std::uint32_t>& looked_after) noexcept {
  // pair write_gate: seq_cst, so that a writer sees the gate closed or is seen inside.
  looked_after.fetch_add(1, platform::seq_cst);
  // pair write_gate: heavy_fence, so that a writer sees the gate closed or is seen inside.
  platform::heavy_fence();
}

void sleep(std::uint64_t span_ns) noexcept {
  const std::uint64_t deadline_ns = deadline_after_ns(span_ns);
  const platform::atomic<std::uint32_t> never{0};
  while (platform::park_until(never, 0, deadline_ns)) {}
}

}  // namespace

// ---- a fork ----

bool write_gate::try_close() noexcept {
  if (closers == 0) {
    // pair write_gate: seq_cst, so that a writer sees the gate closed or is seen inside.
    forking_.store(1, platform::seq_cst);
    begin_to_look(looked_after_);
    const auto inside = [](std::uintptr_t what) { return what != 0; };
    if (!everybody_left(platform::now_ns() + fork_patience_ns, inside)) {
      closers = 1;
      open();
      return false;
    }
  }
  ++closers;
  return true;
}

void write_gate::open() noexcept {
  if (--closers != 0) return;
  // relaxed: who still looks closer finds the gate open.
  looked_after_.fetch_sub(1, platform::relaxed);
  // pair await: release, so that who waited outside sees the gate open.
  forking_.store(0, platform::release);
  platform::wake_all(forking_);
}

bool write_gate::try_lock_for_fork(detail::flight_board& flights) noexcept {
  if (!one_listing_.try_lock()) return false;
  if (try_close()) {
    if (flights.try_lock_all()) return true;
    open();
  }
  one_listing_.unlock();
  return false;
}

void write_gate::unlock_in_parent(detail::flight_board& flights) noexcept {
  flights.unlock_all();
  open();
  one_listing_.unlock();
}

void write_gate::unlock_in_child(detail::flight_board& flights) noexcept {
  flights.forget_others_after_fork();
  open();
  one_listing_.reset_after_fork();
}

// ---- a listing ----

void write_gate::set_phase(phase next) noexcept {
  // pair await: release, so that who waited outside, or lists a part, sees what the listing has prepared.
  phase_.store(next, platform::release);
  platform::wake_all(phase_);
}

void write_gate::begin_listing(part_lister lister) {
  // relaxed: handed on by the phase.
  lister_.store(lister, platform::relaxed);
  const auto inside = [own = name()](std::uintptr_t what) { return what == own || what == several; };
  for (std::uint64_t patience_ns = first_patience_ns;;) {
    // pair write_gate: seq_cst, so that a writer sees the gate closed or is seen inside.
    phase_.store(is_draining, platform::seq_cst);
    begin_to_look(looked_after_);
    if (everybody_left(platform::now_ns() + patience_ns, inside)) break;
    end_listing();
    refuse_wait_after_fork_inside();
    sleep(patience_ns / 4);  // whoever waited for a lock that a writer holds who waited here must get it now
    if (patience_ns < longest_patience_ns) patience_ns *= 2;
  }
}

void write_gate::let_writers_list() noexcept { set_phase(is_listing); }

void write_gate::end_listing() noexcept {
  set_phase(is_open);
  // relaxed: who still looks closer finds the gate open.
  looked_after_.fetch_sub(1, platform::relaxed);
}

// ---- a writer ----

void write_gate::section::look_closer(record& mine, std::uintptr_t before, write_gate& of, std::uintptr_t what,
                                      std::uint64_t hash, bool reserved) {
  const std::uintptr_t said = before == 0 ? what : nested(before, what);
  // pair section_left: release, so that who waits for this thread sees all that was done inside.
  const auto step_out = [&]() noexcept { mine.inside.store(before, platform::release); };
  try {
    for (;;) {
      // relaxed: a stale 0 is what the fences forbid (steps in the header).
      if (before == 0 && forking_.load(platform::relaxed) != 0) {
        step_out();
        await(forking_, [](std::uint32_t forking) { return forking == 0; });
        say(mine, said);
        continue;
      }
      if (what == keeping_house) return;
      // pair await: acquire, so that this thread sees what the listing has prepared.
      switch (static_cast<phase>(of.phase_.load(platform::acquire))) {
        case is_open: return;
        case is_listing:
          // relaxed: handed on by the phase.
          return of.lister_.load(platform::relaxed)(of, hash, reserved);
        case is_draining:
          if (before == what) return;  // inside this map since before the gate was closed: the listing waits for this
          step_out();
          await(of.phase_, [](std::uint32_t now) { return now != is_draining; });
          say(mine, said);
          continue;
      }
    }
  } catch (...) {
    step_out();
    throw;
  }
}

}  // namespace portolan::concurrent
