// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A pointer (or small value) through which one thread hands finished work to others: who observes it sees
// everything that was written before it was published. The pairing is the type; nothing else reads or
// writes the word.
#pragma once

#include <portolan/base/platform.hpp>

namespace portolan {

template <class T>
class published {
 public:
  constexpr published() noexcept = default;
  constexpr explicit published(T value) noexcept : value_(value) {}
  published(const published&) = delete;
  published& operator=(const published&) = delete;

  // pair published: acquire, so that who observes the value sees what was written before it was published.
  [[nodiscard]] T observe() const noexcept { return value_.load(platform::acquire); }

  // pair published: release, so that who observes the value sees what was written before it was published.
  void publish(T value) noexcept { value_.store(value, platform::release); }

  // pair published: release on success; acquire on failure, so that the loser sees the winner's work. No value comes back
  // once it was replaced: who succeeds has observed the one that he replaces, or it was the first one.
  [[nodiscard]] bool replace(T& expected, T desired) noexcept {
    return value_.compare_exchange_strong(expected, desired, platform::release, platform::acquire);
  }

  /// The word itself, for a reader's guard to protect what it points to.
  [[nodiscard]] const platform::atomic<T>& word() const noexcept { return value_; }

 private:
  platform::atomic<T> value_{};
};

}  // namespace portolan
