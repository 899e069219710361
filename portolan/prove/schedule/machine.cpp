// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The platform of a checked program: base/platform.hpp as the checker offers it, in place of base/platform.cpp.
//
// 1. Outside the checker's threads (setup, audit, static initialisers) an access acts at once, on the memory itself.
// 2. Time, chance and thread numbers are the same in every execution.
// 3. There are no other threads: start_thread says that none could be started.
#include <cstdlib>
#include <cstring>
#include <new>
#include <portolan/base/platform.hpp>
#include <portolan/base/platform/huge_pages.hpp>
#include <portolan/base/platform/lifecycle.hpp>
#include <portolan/prove/schedule/runner.hpp>

#if !defined(PORTOLAN_CHECKED)
#error "This source belongs to programs that are built with PORTOLAN_CHECKED."
#endif

namespace portolan::platform {

namespace {

using prove::schedule::access;
using prove::schedule::ordering;
using prove::schedule::runner;

[[nodiscard]] runner* checker() noexcept {
  runner* const active = runner::active();
  return active != nullptr && active->inside() ? active : nullptr;
}

/// An access outside the checker's threads.
void touch_alone(const void* word) {
  if (runner* const active = runner::active()) active->touch_alone(word);
}

[[nodiscard]] ordering order_of(int order) noexcept {
  switch (order) {
    case __ATOMIC_RELAXED: return ordering::relaxed;
    case __ATOMIC_CONSUME:
    case __ATOMIC_ACQUIRE: return ordering::acquiring;
    case __ATOMIC_RELEASE: return ordering::releasing;
    case __ATOMIC_ACQ_REL: return ordering::both;
    case checked::light_order: return ordering::light;
    default: return ordering::sequential;
  }
}

}  // namespace

// ---- shared words ----

namespace checked {

bits load(const void* word, unsigned size_bytes, int order, site at) {
  if (runner* on = checker()) {
    const runner::visit inside;
    return on->load(const_cast<void*>(word), size_bytes, on->in_force(order_of(order), access::load, at), at);
  }
  touch_alone(word);
  bits seen;
  std::memcpy(&seen, word, size_bytes);
  return seen;
}

void store(void* word, unsigned size_bytes, bits value, int order, site at) {
  if (runner* on = checker()) {
    const runner::visit inside;
    on->store(word, size_bytes, value, on->in_force(order_of(order), access::store, at), at);
    return;
  }
  touch_alone(word);
  std::memcpy(word, &value, size_bytes);
}

bits read_modify_write(void* word, unsigned size_bytes, change makes, bits expected, bits operand, int order,
                       int failed, site at) {
  if (runner* on = checker()) {
    const runner::visit inside;
    const ordering done = on->in_force(order_of(order), access::change, at);
    const ordering lost = makes == change::compare ? on->in_force(order_of(failed), access::failed_compare, at) : done;
    return on->read_modify_write(word, size_bytes, makes, expected, operand, done, lost, at);
  }
  touch_alone(word);
  bits seen;
  std::memcpy(&seen, word, size_bytes);
  bits made = operand;
  if (makes == change::compare && seen != expected) return seen;
  if (makes == change::add) made.low = seen.low + operand.low;
  if (makes == change::bit_or) made.low = seen.low | operand.low;
  if (makes == change::bit_and) made.low = seen.low & operand.low;
  if (makes == change::bit_xor) made.low = seen.low ^ operand.low;
  if (makes == change::bit_nand) made.low = ~(seen.low & operand.low);
  std::memcpy(word, &made, size_bytes);
  return seen;
}

void fence(int order, site at) {
  if (runner* on = checker()) {
    const runner::visit inside;
    const ordering in_force = on->in_force(order_of(order), access::fence, at);
    if (in_force != ordering::relaxed) on->fence(in_force, at);
  }
}

bool planted(const char* name) {
  runner* const active = runner::active();
  if (active == nullptr) return false;
  const runner::visit inside;
  return active->is_planted(name);
}

void wait_for_change(site at) {
  if (runner* on = checker()) {
    const runner::visit inside;
    on->await(at);
  }
}

}  // namespace checked

bool asymmetric_fences() noexcept {
  const runner* const active = runner::active();
  return active == nullptr || active->fences_are_asymmetric();
}

// ---- waiting ----

void yield() noexcept {}

void park(const atomic<std::uint32_t>& word, std::uint32_t expected) noexcept {
  if (runner* on = checker()) {
    const runner::visit inside;
    on->park(const_cast<atomic<std::uint32_t>*>(&word), sizeof word, {expected, 0}, {__FILE__, __LINE__});
  }
}
/// Its time is over at once.
bool park_until(const atomic<std::uint32_t>&, std::uint32_t, std::uint64_t) noexcept { return false; }
void wake_one(const atomic<std::uint32_t>& word) noexcept {
  if (runner* on = checker()) {
    const runner::visit inside;
    on->wake(&word, checked::change::wake_one, {__FILE__, __LINE__});
  }
}
void wake_all(const atomic<std::uint32_t>& word) noexcept {
  if (runner* on = checker()) {
    const runner::visit inside;
    on->wake(&word, checked::change::wake_all, {__FILE__, __LINE__});
  }
}

// ---- memory ----

namespace {
void* take(std::size_t size_bytes, std::size_t alignment_bytes, bool may_fail) {
  if (runner* const active = runner::active(); active != nullptr && runner::in_program()) {
    const runner::visit inside;
    if (may_fail && !active->may_allocate()) throw std::bad_alloc();
    return active->allocate(size_bytes, alignment_bytes);
  }
  void* block = std::aligned_alloc(alignment_bytes < 16 ? 16 : alignment_bytes,
                                   (size_bytes + alignment_bytes + 15) / alignment_bytes * alignment_bytes);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
}  // namespace

void* allocate(std::size_t size_bytes, std::size_t alignment_bytes) { return take(size_bytes, alignment_bytes, true); }

void deallocate(void* block, std::size_t, std::size_t) noexcept {
  if (runner* const active = runner::active(); active != nullptr && active->owns(block)) {
    const runner::visit inside;
    active->deallocate(block);
    return;
  }
  std::free(block);
}

void* map_pages(std::size_t size_bytes, std::size_t) { return map_aligned(size_bytes, page_bytes); }
void* map_aligned(std::size_t size_bytes, std::size_t alignment_bytes) {
  void* pages = take(size_bytes, alignment_bytes, false);
  std::memset(pages, 0, size_bytes);
  return pages;
}
void ask_for_pages(std::size_t) {}
void unmap_pages(void* pages, std::size_t size_bytes, std::size_t) noexcept {
  deallocate(pages, size_bytes, page_bytes);
}
bool discard_pages(void*, std::size_t) noexcept { return false; }
void reuse_pages(std::size_t) noexcept {}
void discount_pages(std::size_t) noexcept {}
void prefer_huge_pages(void*, std::size_t) noexcept {}
void touch_page(void*) noexcept {}
std::size_t mapped_bytes() noexcept { return 0; }

// ---- threads, time, chance ----

std::uint32_t kernel_thread_id() noexcept {
  const runner* const on = checker();
  return on == nullptr ? 1000 : 1001 + on->thread();
}
std::uint64_t now_ns() noexcept {
  runner* const on = checker();
  return 1'000'000'000 + (on == nullptr ? 0 : on->tick());
}
std::uint64_t random_seed() noexcept { return 0x243F6A8885A308D3; }
unsigned processor_count() noexcept { return 2; }
bool start_thread(thread_handle&, const char*, void (*)(void*), void*) noexcept { return false; }
void join_thread(thread_handle) noexcept {}

void hear_of_thread_end(void (*heard)(void*), const void* argument) noexcept {
  if (runner* on = checker()) on->at_thread_end(heard, const_cast<void*>(argument));
}
void hear_of_fork(void (*)(), void (*)(), void (*)()) noexcept {}

}  // namespace portolan::platform

// The program's own `new` and `delete`: its memory is the world's while its code runs.
void* operator new(std::size_t size_bytes) { return portolan::platform::allocate(size_bytes, 16); }
void* operator new(std::size_t size_bytes, std::align_val_t alignment) {
  return portolan::platform::allocate(size_bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept {
  if (block != nullptr) portolan::platform::deallocate(block, 0, 0);
}
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }
void operator delete(void* block, std::align_val_t) noexcept { operator delete(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { operator delete(block); }
