// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A word that threads share: std::atomic's operations under std::atomic's names, over the compilers' builtins.
//
// Why not std::atomic: its header brings strings, locks and the kernel's calls along, a third of what a map's header
// weighs; and a word of ours never waits by itself (base/wait.hpp does) and never falls back to a lock (asserted).
#pragma once

#include <cstddef>
#include <type_traits>

namespace portolan::platform {

enum class memory_order : int {
  relaxed = __ATOMIC_RELAXED,
  acquire = __ATOMIC_ACQUIRE,
  release = __ATOMIC_RELEASE,
  acq_rel = __ATOMIC_ACQ_REL,
  seq_cst = __ATOMIC_SEQ_CST,
};
inline constexpr memory_order relaxed = memory_order::relaxed;
inline constexpr memory_order acquire = memory_order::acquire;
inline constexpr memory_order release = memory_order::release;
inline constexpr memory_order acq_rel = memory_order::acq_rel;
inline constexpr memory_order seq_cst = memory_order::seq_cst;

/// A fence between this thread's earlier and later accesses.
[[gnu::always_inline]] inline void fence(memory_order order) noexcept {
  __atomic_thread_fence(static_cast<int>(order));
}

template <class T>
class atomic {
  static_assert(std::is_trivially_copyable_v<T>);
  static constexpr std::size_t size = sizeof(T);  // NOLINT(bugprone-sizeof-expression): T may be a pointer
  static_assert(__atomic_always_lock_free(size, nullptr));

 public:
  constexpr atomic() noexcept = default;
  constexpr atomic(T value) noexcept : value_(value) {}
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  [[nodiscard, gnu::always_inline]] T load(memory_order order = seq_cst) const noexcept {
    T seen;
    __atomic_load(&value_, &seen, static_cast<int>(order));
    return seen;
  }
  [[gnu::always_inline]] void store(T value, memory_order order = seq_cst) noexcept {
    __atomic_store(&value_, &value, static_cast<int>(order));
  }
  [[gnu::always_inline]] T exchange(T value, memory_order order = seq_cst) noexcept {
    T seen;
    __atomic_exchange(&value_, &value, &seen, static_cast<int>(order));
    return seen;
  }
  [[gnu::always_inline]] bool compare_exchange_strong(T& expected, T desired, memory_order done,
                                                      memory_order failed) noexcept {
    return __atomic_compare_exchange(&value_, &expected, &desired, false, static_cast<int>(done),
                                     static_cast<int>(failed));
  }
  [[gnu::always_inline]] bool compare_exchange_weak(T& expected, T desired, memory_order done,
                                                    memory_order failed) noexcept {
    return __atomic_compare_exchange(&value_, &expected, &desired, true, static_cast<int>(done),
                                     static_cast<int>(failed));
  }
  [[gnu::always_inline]] bool compare_exchange_strong(T& expected, T desired, memory_order order = seq_cst) noexcept {
    return compare_exchange_strong(expected, desired, order, without_release(order));
  }
  [[gnu::always_inline]] bool compare_exchange_weak(T& expected, T desired, memory_order order = seq_cst) noexcept {
    return compare_exchange_weak(expected, desired, order, without_release(order));
  }
  [[gnu::always_inline]] T fetch_add(T by, memory_order order = seq_cst) noexcept {
    return __atomic_fetch_add(&value_, by, static_cast<int>(order));
  }
  [[gnu::always_inline]] T fetch_sub(T by, memory_order order = seq_cst) noexcept {
    return __atomic_fetch_sub(&value_, by, static_cast<int>(order));
  }
  [[gnu::always_inline]] T fetch_or(T bits, memory_order order = seq_cst) noexcept {
    return __atomic_fetch_or(&value_, bits, static_cast<int>(order));
  }
  [[gnu::always_inline]] T fetch_and(T bits, memory_order order = seq_cst) noexcept {
    return __atomic_fetch_and(&value_, bits, static_cast<int>(order));
  }

 private:
  static constexpr memory_order without_release(memory_order order) noexcept {
    return order == acq_rel ? acquire : order == release ? relaxed : order;
  }

  T value_{};
};

}  // namespace portolan::platform
