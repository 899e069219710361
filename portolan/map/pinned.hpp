// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// An owning handle on one value of a map: it survives erase, replacement and growth, and the value that it
// shows never changes. Holding it costs one count on the node; it holds no lock.
#pragma once

#include <utility>

namespace portolan {

/// Shows one value of a map and keeps it alive. Empty if there was none.
///
/// Do not keep many for long: each keeps its node's memory. For a small value that can be copied, find gives
/// the copy. A handle may outlive its map, but not the memory resource of the map's allocator.
template <class V>
class pinned {
 public:
  using release_function = void (*)(void* owner) noexcept;

  constexpr pinned() noexcept = default;
  /// Takes over one count of `owner`, which `release` gives back.
  constexpr pinned(const V* value, void* owner, release_function release) noexcept
      : value_(value), owner_(owner), release_(release) {}
  pinned(pinned&& other) noexcept
      : value_(std::exchange(other.value_, nullptr)), owner_(other.owner_), release_(other.release_) {}
  pinned& operator=(pinned&& other) noexcept {
    pinned(std::move(other)).swap(*this);
    return *this;
  }
  pinned(const pinned&) = delete;
  pinned& operator=(const pinned&) = delete;
  ~pinned() {
    if (value_ != nullptr) release_(owner_);
  }

  [[nodiscard]] explicit operator bool() const noexcept { return value_ != nullptr; }
  [[nodiscard]] bool has_value() const noexcept { return value_ != nullptr; }
  [[nodiscard]] const V& operator*() const noexcept { return *value_; }
  [[nodiscard]] const V* operator->() const noexcept { return value_; }
  [[nodiscard]] const V& value() const noexcept { return *value_; }

  void swap(pinned& other) noexcept {
    std::swap(value_, other.value_);
    std::swap(owner_, other.owner_);
    std::swap(release_, other.release_);
  }

 private:
  const V* value_ = nullptr;
  void* owner_ = nullptr;
  release_function release_ = nullptr;
};

}  // namespace portolan
