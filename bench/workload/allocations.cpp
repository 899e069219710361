// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "bench/workload/allocations.hpp"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace portolan::workload {
namespace {

// One thread's counts. Only its owner writes them, so a load and a store are enough; whoever comes after its owner
// sees them by `taken_by_somebody`, and readers of the sum want no order.
struct alignas(128) slot {
  std::atomic<bool> taken_by_somebody{false};
  std::atomic<std::uint64_t> blocks{0};
  std::atomic<std::uint64_t> blocks_given_back{0};
  std::atomic<std::uint64_t> bytes_taken{0};
  std::atomic<std::uint64_t> bytes_given_back{0};
};
constexpr std::size_t slot_count = 1024;
constinit slot slots[slot_count];
constinit slot shared_slot;  // of threads that found no slot, or that have ended but for their last destructors

constinit thread_local slot* mine = nullptr;

constinit std::atomic<bool> counting{true};

// relaxed: who switches it takes no sums across the switch
bool counted() { return counting.load(std::memory_order_relaxed); }

struct slot_return {
  ~slot_return() {
    slot* const own = mine;
    mine = &shared_slot;
    if (own != nullptr && own != &shared_slot) own->taken_by_somebody.store(false, std::memory_order_release);
  }
};

[[gnu::noinline, gnu::cold]] slot& claim_slot() {
  mine = &shared_slot;  // what the next lines allocate must not come back here
  for (slot& each : slots) {
    if (each.taken_by_somebody.load(std::memory_order_relaxed)) continue;  // relaxed: a hint; the exchange decides
    if (each.taken_by_somebody.exchange(true, std::memory_order_acquire)) continue;
    thread_local slot_return at_exit;
    (void)&at_exit;
    mine = &each;
    break;
  }
  return *mine;
}

slot& own_slot() { return mine != nullptr ? *mine : claim_slot(); }

void count(slot& in, std::atomic<std::uint64_t> slot::*what, std::uint64_t amount) {
  std::atomic<std::uint64_t>& counter = in.*what;
  if (&in == &shared_slot) {
    counter.fetch_add(amount, std::memory_order_relaxed);  // relaxed: a sum
  } else {
    counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);  // relaxed: one writer
  }
}

allocation_tally tally_of(const slot& in) {
  // relaxed: exact only while the slot's owner is quiet, as documented
  return {in.blocks.load(std::memory_order_relaxed), in.blocks_given_back.load(std::memory_order_relaxed),
          in.bytes_taken.load(std::memory_order_relaxed), in.bytes_given_back.load(std::memory_order_relaxed)};
}

[[maybe_unused]] void* take(std::size_t size_bytes, std::size_t alignment_bytes) {
  const std::size_t size = size_bytes == 0 ? 1 : size_bytes;
  void* block = nullptr;
  for (;;) {
    if (alignment_bytes <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      block = std::malloc(size);
    } else if (::posix_memalign(&block, alignment_bytes, size) != 0) {
      block = nullptr;
    }
    if (block != nullptr) break;
    std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
  if (!counted()) return block;
  slot& in = own_slot();
  count(in, &slot::blocks, 1);
  count(in, &slot::bytes_taken, ::malloc_usable_size(block));
  return block;
}

[[maybe_unused]] void give_back(void* block) noexcept {
  if (block == nullptr) return;
  if (counted()) {
    slot& in = own_slot();
    count(in, &slot::blocks_given_back, 1);
    count(in, &slot::bytes_given_back, ::malloc_usable_size(block));
  }
  std::free(block);
}

}  // namespace

void count_allocations(bool wanted) noexcept {
  counting.store(wanted, std::memory_order_relaxed);  // relaxed: as above
}

allocation_tally allocations_of_this_thread() noexcept { return tally_of(own_slot()); }

allocation_tally allocations_of_all_threads() noexcept {
  allocation_tally all = tally_of(shared_slot);
  for (const slot& each : slots) all += tally_of(each);
  return all;
}

}  // namespace portolan::workload

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define PORTOLAN_SANITIZED_NEW
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define PORTOLAN_SANITIZED_NEW
#endif
#endif
#if !defined(PORTOLAN_SANITIZED_NEW)

using portolan::workload::give_back;
using portolan::workload::take;

// The array and nothrow forms of the standard library call these.
void* operator new(std::size_t size) { return take(size, 0); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return take(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { give_back(block); }
void operator delete(void* block, std::size_t) noexcept { give_back(block); }
void operator delete(void* block, std::align_val_t) noexcept { give_back(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { give_back(block); }
void operator delete[](void* block) noexcept { give_back(block); }
void operator delete[](void* block, std::size_t) noexcept { give_back(block); }
void operator delete[](void* block, std::align_val_t) noexcept { give_back(block); }
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept { give_back(block); }
void* operator new[](std::size_t size) { return take(size, 0); }
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return take(size, static_cast<std::size_t>(alignment));
}

#endif
