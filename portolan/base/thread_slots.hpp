// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A small number for each living thread, dense and used again: the index of all that is kept per thread.
//
//   number   0    1    2    3    4  …          owner  = kernel's thread number, 0 = free
//          +----+----+----+----+----+
//   owner  |917 |918 | 0  |921 | 0  |          bound  = 4: every number ever claimed is below it
//          +----+----+----+----+----+
//
//   chunk 0 (32, static) | chunk 1 (64) | chunk 2 (128) | …      chunks are never moved or freed
//
// 1. A thread claims the lowest free number at its first use and gives it back when it ends: after all
//    C++ thread_local destructors, so that these may use whatever rests on a number.
// 2. What comes still later (a pthread key's destructor) claims anew and gives back in the next round; the
//    C library grants four. The main thread's number lives as long as the process, static destructors included.
// 3. Records per thread are never freed, only handed on: memory grows with the number of threads that
//    live at one time, never with the number that ever lived.
// 4. After fork the child's only thread keeps its number; those of the threads that are gone are free.
// Nothing here takes a lock, so nothing here can be left locked by a fork.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>  // std::construct_at without the weight of <memory>

#include <portolan/base/bits.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>

namespace portolan {

namespace detail {
[[gnu::tls_model("initial-exec")]] inline constinit thread_local std::uint32_t own_slot_plus_one = 0;
[[nodiscard]] std::uint32_t claim_slot();
}  // namespace detail

/// This thread's number; one thread-local load, after the first call of a thread.
[[nodiscard]] inline std::uint32_t this_thread_slot() {
  const std::uint32_t plus_one = detail::own_slot_plus_one;
  if (plus_one != 0) [[likely]]
    return plus_one - 1;
  return detail::claim_slot();
}

/// Every number that was ever claimed is smaller.
[[nodiscard]] std::uint32_t thread_slot_bound() noexcept;

/// The kernel's number of the thread that holds `slot`; 0 while nobody does.
[[nodiscard]] std::uint32_t thread_of_slot(std::uint32_t slot) noexcept;

/// How many numbers are held now.
[[nodiscard]] std::uint32_t thread_slots_held() noexcept;

/// Who keeps something per number and wants to know when its thread is gone. Lives for ever.
struct slot_user {
  void (*left)(std::uint32_t slot) noexcept;       ///< called by the thread that ends, number still its own
  void (*abandoned)(std::uint32_t slot) noexcept;  ///< called in a forked child for a thread that is not there
  slot_user* next = nullptr;
};
void add_slot_user(slot_user& user) noexcept;

namespace detail {

/// Called in a forked child, by its only thread.
void abandon_other_slots() noexcept;

/// Elements by number: chunk k holds 32 << k of them, chunk 0 is static.
template <class T>
class slot_array {
 public:
  static constexpr std::uint32_t first_chunk = 32;
  static constexpr std::uint32_t chunk_count = 24;

  /// The element of `slot`, or null while no thread with so high a number has asked for one.
  [[nodiscard]] T* find(std::uint32_t slot) noexcept {
    const place at = locate(slot);
    if (at.chunk == 0) return first_ + at.offset;
    T* chunk = chunks_[at.chunk].observe();
    return chunk == nullptr ? nullptr : chunk + at.offset;
  }

  /// As `find`, but makes the chunk; throws std::bad_alloc.
  [[nodiscard]] T& get(std::uint32_t slot) {
    if (T* element = find(slot)) return *element;
    const place at = locate(slot);
    const std::size_t size = first_chunk << at.chunk;
    auto* made = static_cast<T*>(platform::allocate(size * sizeof(T), alignof(T)));
    for (std::size_t i = 0; i < size; ++i) std::construct_at(made + i);
    T* chunk = nullptr;
    if (chunks_[at.chunk].replace(chunk, made)) return made[at.offset];
    platform::deallocate(made, size * sizeof(T), alignof(T));
    return chunk[at.offset];
  }

 protected:
  struct place {
    std::uint32_t chunk;
    std::uint32_t offset;
  };
  static constexpr place locate(std::uint32_t slot) noexcept {
    const std::uint32_t shifted = slot + first_chunk;
    const std::uint32_t chunk = width_in_bits(shifted / first_chunk) - 1;
    return {chunk, shifted - (first_chunk << chunk)};
  }
  static_assert(locate(0).chunk == 0 && locate(31).chunk == 0 && locate(31).offset == 31);
  static_assert(locate(32).chunk == 1 && locate(32).offset == 0);
  static_assert(locate(95).chunk == 1 && locate(95).offset == 63 && locate(96).chunk == 2);

  T first_[first_chunk]{};
  published<T*> chunks_[chunk_count]{};
};

}  // namespace detail

/// One T for each thread number: this thread finds its own with one thread-local load, others by number.
/// T is default-made once and then handed from thread to thread; `T::thread_left()` is called when one ends
/// and, in a forked child, for each thread that is not there.
template <class T>
class per_thread {
 public:
  [[nodiscard]] static T& mine() {
    if (T* own = own_) [[likely]]
      return *own;
    return attach();
  }
  /// As `mine`, but null where the thread has not asked for it yet.
  [[nodiscard]] static T* mine_if_any() noexcept { return own_; }

  /// Calls f(slot, record) for each number below the bound; records of ended threads are among them.
  template <class F>
  static void for_each(F f) {
    const std::uint32_t bound = thread_slot_bound();
    for (std::uint32_t slot = 0; slot < bound; ++slot) {
      if (T* record = records_.find(slot)) f(slot, *record);
    }
  }

 private:
  [[gnu::cold, gnu::noinline]] static T& attach() {
    T& record = records_.get(this_thread_slot());
    static_cast<void>(&registered_);
    own_ = &record;
    return record;
  }
  static void left(std::uint32_t slot) noexcept {
    own_ = nullptr;
    if (T* record = records_.find(slot)) record->thread_left();
  }
  static void abandoned(std::uint32_t slot) noexcept {
    if (T* record = records_.find(slot)) record->thread_left();
  }

  [[gnu::tls_model("initial-exec")]] static inline constinit thread_local T* own_ = nullptr;
  static inline constinit detail::slot_array<T> records_{};
  static inline constinit slot_user user_{left, abandoned};
  static inline const bool registered_ = (add_slot_user(user_), true);  // before main, where one thread runs
};

}  // namespace portolan
