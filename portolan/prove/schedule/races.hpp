// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Plain accesses to memory that threads share: two of them, one a write, that nothing orders, are a data race.
//
//   per byte    the last write: who, and how many of its events lay behind it;   of each thread its last read
//
// 1. An access of a thread that had n events behind it happens before what another thread does if and only if that one
//    knows more than n of its events: ordering goes out with an event only.
// 2. They are no events: they branch nothing, and an execution that has no race gives them one value each.
// 3. A thread runs past a store before another one reads it, so of two accesses that are ordered the first runs first;
//    whichever of two unordered ones comes second finds the other.
// 4. Neighbouring bytes that were always used together share one record.
//
// Source of the record: C. Flanagan, S. Freund, *FastTrack*, PLDI 2009.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <portolan/prove/schedule/view.hpp>

namespace portolan::prove::schedule {

class races {
 public:
  /// A thread at a moment.
  struct moment {
    unsigned thread = 0;
    unsigned events = 0;  // behind it
    const view* knows = nullptr;
  };
  /// What an access races with.
  struct rival {
    bool found = false;
    bool wrote = false;
    unsigned thread = 0;
    unsigned events = 0;
  };

  /// Watches these bytes from now on, as well as those named before.
  void watch(const void* begin, std::size_t size_bytes);
  /// Forgets all accesses.
  void begin_execution();
  /// The bytes are another object's from now on.
  void forget(const void* begin, std::size_t size_bytes) noexcept;
  /// Notes the access, or says what it races with.
  [[nodiscard]] rival note(const moment& now, const void* begin, std::size_t size_bytes, bool writes);
  /// What an access to a shared word races with: a plain write, as that which made the object. It is not noted.
  [[nodiscard]] rival unordered_write(const moment& now, const void* begin) noexcept;
  [[nodiscard]] bool watches(const void* address) const noexcept { return area_of(address) != nullptr; }

 private:
  static constexpr std::uint8_t nobody = 0xFF;
  static constexpr std::size_t granule_bytes = 8;

  struct record {
    std::uint32_t execution = 0;  // 0: in none
    std::uint8_t bytes = 0;       // of the granule, one bit each; 0: each byte has a record of its own
    std::uint8_t writer = nobody;
    std::uint16_t written_after = 0;
    std::array<std::uint16_t, most_threads> read_after{};  // + 1; 0: has not read
  };
  struct area {
    const std::byte* begin = nullptr;
    std::size_t size_bytes = 0;
    record* records = nullptr;  // one a granule, in memory that takes no room until it is used
  };

  [[nodiscard]] const area* area_of(const void* address) const noexcept;
  [[nodiscard]] static rival note_in(record& in, const moment& now, bool writes) noexcept;
  [[nodiscard]] std::array<record, granule_bytes>& taken_apart(record& whole);

  std::vector<area> areas_;
  std::vector<std::array<record, granule_bytes>> apart_;
  std::size_t apart_count_ = 0;
  std::uint32_t execution_ = 1;
};

}  // namespace portolan::prove::schedule
