// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A view: of each thread, how many of its events lie behind a point. Everything that orders events is one of these.
//
//   view {3, 0, 5, 0, …}   the first three events of thread 0, none of thread 1, the first five of thread 2
//
// 1. A set of events that is closed under program order is one number a thread; joining two sets is the larger number.
// 2. Eight threads of sixteen bits: one vector register, one instruction to join.
#pragma once

#include <cstdint>

namespace portolan::prove::schedule {

inline constexpr unsigned most_threads = 8;
inline constexpr unsigned most_events = 0x7FF0;  // of one thread

/// An event by its thread and its number in that thread; or the initial value of a place, which no thread wrote.
class event_id {
 public:
  constexpr event_id() noexcept = default;
  constexpr event_id(unsigned thread, unsigned index) noexcept : bits_(thread << 16 | index) {}
  [[nodiscard]] static constexpr event_id initial() noexcept { return event_id(); }

  [[nodiscard]] constexpr bool is_initial() const noexcept { return bits_ == ~std::uint32_t{0}; }
  [[nodiscard]] constexpr unsigned thread() const noexcept { return bits_ >> 16; }
  [[nodiscard]] constexpr unsigned index() const noexcept { return bits_ & 0xFFFF; }
  friend constexpr bool operator==(event_id, event_id) = default;

 private:
  std::uint32_t bits_ = ~std::uint32_t{0};
};

class view {
 public:
  [[nodiscard]] unsigned count(unsigned thread) const noexcept { return static_cast<unsigned>(counts_[thread]); }
  void set(unsigned thread, unsigned count) noexcept { counts_[thread] = static_cast<short>(count); }
  /// The initial values lie behind everything.
  [[nodiscard]] bool holds(event_id event) const noexcept {
    return event.is_initial() || count(event.thread()) > event.index();
  }
  void join(const view& other) noexcept { counts_ = counts_ > other.counts_ ? counts_ : other.counts_; }

 private:
  typedef short lanes __attribute__((vector_size(2 * most_threads)));
  lanes counts_{};
};

}  // namespace portolan::prove::schedule
