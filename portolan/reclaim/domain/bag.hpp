// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Retired objects in the order of their retirement, until a rule finds that nobody reads them.
//
//   bag   oldest ─► [block | tag 7 | 63 objects] ─► [tag 9 | 63] ─► newest      open ─► [block | 17 of 63]
//
// 1. A block is filled while it is open, and sealed when full: the rule then gives it a tag. Its objects were
//    unlinked before that.
// 2. Sealed blocks stand in the order of their tags, but for those that were taken out and put back.
// 3. Everything in a bag is guarded by its lock; whoever judges or disposes takes the block out first,
//    so that no user code runs under the lock.
// 4. There is always room: where the program's memory is at its end a block is a sure page (base/sure_pages.hpp): the
//    kernel's, or one of a reserve. If that is at its end too the program is terminated: no retired object may be lost.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/reclaim/scheme.hpp>

namespace portolan::reclaim {

struct retired {
  void* object;
  dispose_function dispose;
  void* context;
  std::size_t size_bytes;
};

/// Memory that cannot be refused, of at most a page: see 4 above.
class sure_memory {
 public:
  [[nodiscard]] static sure_memory take(std::size_t size_bytes, std::size_t alignment_bytes) noexcept;
  static void give_back(void* at, bool pages, std::size_t size_bytes, std::size_t alignment_bytes) noexcept;

  void* at;
  bool pages;
};

class block {
 public:
  static constexpr std::uint32_t most_objects = platform::sizes::objects_of_a_block;

  [[nodiscard]] static block* make(std::uint32_t capacity) noexcept;
  static void unmake(block* used) noexcept;

  [[nodiscard]] bool full() const noexcept { return count_ == capacity_; }
  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  [[nodiscard]] retired* begin() noexcept { return reinterpret_cast<retired*>(this + 1); }
  [[nodiscard]] retired* end() noexcept { return begin() + count_; }
  void append(const retired& object) noexcept { begin()[count_++] = object; }
  void keep_only(std::uint32_t count) noexcept { count_ = count; }

  block* next;
  std::uint64_t tag;

 private:
  static constexpr std::size_t size_of(std::uint32_t capacity) noexcept {
    return sizeof(block) + capacity * sizeof(retired);
  }

  std::uint32_t count_;
  std::uint16_t capacity_;
  bool pages_;
};

static_assert(sizeof(block) == 24 && alignof(retired) <= alignof(block));
static_assert(sizeof(block) + block::most_objects * sizeof(retired) <= 2048 && 2048 <= platform::page_bytes);

/// The bag of one group of threads; each function ending in _locked expects the lock.
struct alignas(cache_line_bytes) bag {
  mutex lock;
  std::uint32_t sealed_blocks = 0;
  std::uint32_t look_at_blocks = least_look_at_blocks;  // judge when so many are sealed; grows while nothing goes
  std::uint32_t retired_since_tended = 0;
  block* open = nullptr;
  block* oldest = nullptr;
  block* newest = nullptr;
  std::uint64_t retired_objects = 0;
  std::uint64_t retired_bytes = 0;
  std::uint64_t kept_objects = 0;
  std::uint64_t kept_bytes = 0;

  static constexpr std::uint32_t least_look_at_blocks = 2;
  static constexpr std::uint32_t patient_look_at_blocks = platform::sizes::patient_blocks;
  static constexpr std::size_t patient_bytes = std::size_t{64} << 10;
  static constexpr std::uint32_t small_block_objects =
      platform::sizes::objects_of_a_small_block;  // what a map that erases now and then needs

  /// Puts an object into the open block, and seals that when it is full.
  template <class Rule>
  void append_locked(const retired& object) noexcept {
    if (open == nullptr) open = block::make(kept_objects == 0 ? small_block_objects : block::most_objects);
    open->append(object);
    kept_objects += 1;
    kept_bytes += object.size_bytes;
    if (open->full()) seal_locked<Rule>();
  }

  template <class Rule>
  void seal_locked() noexcept {
    if (open == nullptr) return;
    open->tag = Rule::seal();
    (newest == nullptr ? oldest : newest->next) = open;
    newest = open;
    open = nullptr;
    ++sealed_blocks;
  }

  /// The oldest sealed block, its objects no longer counted here; null if there is none.
  [[nodiscard]] block* take_oldest_locked() noexcept;

  /// Whether the oldest block shall be looked at. A look costs every running thread an interrupt, and where later blocks go
  /// later it lets all blocks go that stand here; so it waits for some company, unless that is large.
  template <class Rule>
  [[nodiscard]] bool look_is_due_locked() const noexcept {
    const bool patient = Rule::later_blocks_go_later && kept_bytes <= patient_bytes;
    return sealed_blocks >= look_at_blocks && (!patient || sealed_blocks >= patient_look_at_blocks);
  }

  /// Undoes take_oldest_locked for a block that is kept back whole.
  void put_back_locked(block* taken) noexcept;
};

}  // namespace portolan::reclaim
