// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A word that threads share: std::atomic's operations under std::atomic's names, over the compilers' builtins.
//
// Why not std::atomic: its header brings strings, locks and the kernel's calls along, a third of what a map's header
// weighs; and a word of ours never waits by itself (base/wait.hpp does) and never falls back to a lock (asserted).
#pragma once

#include <cstddef>
#include <type_traits>
#if defined(PORTOLAN_CHECKED)
#include <cstring>

#include <portolan/base/platform/checked.hpp>
#endif

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

#if defined(PORTOLAN_CHECKED)
#define PORTOLAN_HERE const char *file = __builtin_FILE(), unsigned line = __builtin_LINE()

inline void fence(memory_order order, PORTOLAN_HERE) { checked::fence(static_cast<int>(order), {file, line}); }

/// As below, but each access is an event of the schedule checker.
template <class T>
class atomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
  static constexpr unsigned size = sizeof(T);  // NOLINT(bugprone-sizeof-expression): T may be a pointer

 public:
  constexpr atomic() noexcept = default;
  constexpr atomic(T value) noexcept : value_(value) {}
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  [[nodiscard]] T load(memory_order order = seq_cst, PORTOLAN_HERE) const noexcept {
    return value_of(checked::load(&value_, size, static_cast<int>(order), {file, line}));
  }
  void store(T value, memory_order order = seq_cst, PORTOLAN_HERE) noexcept {
    checked::store(&value_, size, bits_of(value), static_cast<int>(order), {file, line});
  }
  T exchange(T value, memory_order order = seq_cst, PORTOLAN_HERE) noexcept {
    return modify(checked::change::exchange, value, order, {file, line});
  }
  bool compare_exchange_strong(T& expected, T desired, memory_order done, memory_order failed, PORTOLAN_HERE) noexcept {
    const checked::bits wanted = bits_of(expected);
    const checked::bits seen =
        checked::read_modify_write(&value_, size, checked::change::compare, wanted, bits_of(desired),
                                   static_cast<int>(done), static_cast<int>(failed), {file, line});
    if (seen == wanted) return true;
    expected = value_of(seen);
    return false;
  }
  /// Without the failures for no reason that a processor may show.
  bool compare_exchange_weak(T& expected, T desired, memory_order done, memory_order failed, PORTOLAN_HERE) noexcept {
    return compare_exchange_strong(expected, desired, done, failed, file, line);
  }
  bool compare_exchange_strong(T& expected, T desired, memory_order order = seq_cst, PORTOLAN_HERE) noexcept {
    return compare_exchange_strong(expected, desired, order, without_release(order), file, line);
  }
  bool compare_exchange_weak(T& expected, T desired, memory_order order = seq_cst, PORTOLAN_HERE) noexcept {
    return compare_exchange_strong(expected, desired, order, without_release(order), file, line);
  }
  T fetch_add(T by, memory_order order = seq_cst, PORTOLAN_HERE) noexcept {
    return modify(checked::change::add, by, order, {file, line});
  }
  T fetch_sub(T by, memory_order order = seq_cst, PORTOLAN_HERE) noexcept {
    return modify(checked::change::add, static_cast<T>(T{0} - by), order, {file, line});
  }
  T fetch_or(T bits, memory_order order = seq_cst, PORTOLAN_HERE) noexcept {
    return modify(checked::change::bit_or, bits, order, {file, line});
  }
  T fetch_and(T bits, memory_order order = seq_cst, PORTOLAN_HERE) noexcept {
    return modify(checked::change::bit_and, bits, order, {file, line});
  }

 private:
  static constexpr memory_order without_release(memory_order order) noexcept {
    return order == acq_rel ? acquire : order == release ? relaxed : order;
  }
  static checked::bits bits_of(T value) noexcept {
    checked::bits bits;
    std::memcpy(&bits.low, &value, size);
    return bits;
  }
  static T value_of(checked::bits bits) noexcept {
    T value;
    std::memcpy(static_cast<void*>(&value), &bits.low, size);
    return value;
  }
  T modify(checked::change makes, T operand, memory_order order, checked::site at) noexcept {
    return value_of(checked::read_modify_write(&value_, size, makes, {}, bits_of(operand), static_cast<int>(order),
                                               static_cast<int>(order), at));
  }

  T value_{};
};

#else

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
#endif

}  // namespace portolan::platform
