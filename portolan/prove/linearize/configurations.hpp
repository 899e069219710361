// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Where a map may be in the middle of a history: the entry, and which of the calls that are open have had their instant.
//
//    open calls    slot 0: assign 5    slot 1: find → 5    slot 2: erase → hit
//    configuration {entry 5, taken {0, 1}, covered {}}
//
// `covered` are calls not taken that could have been taken just before one that overwrote their effect: when such a call
// returns it need not leave a trace any more.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <portolan/prove/linearize/step.hpp>

namespace portolan::prove::linearize {

/// A set of slots, of so many words.
template <unsigned Words>
class slot_set {
 public:
  static constexpr unsigned slots = 64 * Words;

  [[nodiscard]] bool holds(unsigned slot) const noexcept { return (words_[slot / 64] >> (slot % 64) & 1) != 0; }
  void put(unsigned slot) noexcept { words_[slot / 64] |= std::uint64_t{1} << (slot % 64); }
  void take_out(unsigned slot) noexcept { words_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64)); }
  void take_out_all(const slot_set& other) noexcept {
    for (unsigned i = 0; i < Words; ++i) words_[i] &= ~other.words_[i];
  }
  [[nodiscard]] bool empty() const noexcept {
    return std::all_of(words_, words_ + Words, [](std::uint64_t word) { return word == 0; });
  }
  [[nodiscard]] bool holds_all(const slot_set& other) const noexcept {
    for (unsigned i = 0; i < Words; ++i) {
      if ((other.words_[i] & ~words_[i]) != 0) return false;
    }
    return true;
  }
  /// Each slot of this set is in one of the two.
  [[nodiscard]] bool none_left(const slot_set& a, const slot_set& b) const noexcept {
    for (unsigned i = 0; i < Words; ++i) {
      if ((words_[i] & ~a.words_[i] & ~b.words_[i]) != 0) return false;
    }
    return true;
  }
  /// Holds each slot that is in one of the two and not in both.
  [[nodiscard]] bool holds_difference(const slot_set& a, const slot_set& b) const noexcept {
    for (unsigned i = 0; i < Words; ++i) {
      if (((a.words_[i] ^ b.words_[i]) & ~words_[i]) != 0) return false;
    }
    return true;
  }
  /// The first slot that is not in the set; `slots` if all are.
  [[nodiscard]] unsigned first_out() const noexcept {
    for (unsigned i = 0; i < Words; ++i) {
      if (~words_[i] != 0) return 64 * i + static_cast<unsigned>(std::countr_one(words_[i]));
    }
    return slots;
  }
  /// Calls `f` with each slot that is in this set and not in the other.
  template <class F>
  void each_without(const slot_set& other, F&& f) const {
    for (unsigned i = 0; i < Words; ++i) {
      for (std::uint64_t left = words_[i] & ~other.words_[i]; left != 0; left &= left - 1) {
        f(64 * i + static_cast<unsigned>(std::countr_zero(left)));
      }
    }
  }
  [[nodiscard]] std::uint64_t mixed(std::uint64_t with) const noexcept {
    for (const std::uint64_t word : words_) with = (with ^ word) * 0x9E3779B97F4A7C15U + (with >> 29);
    return with;
  }
  friend bool operator==(const slot_set&, const slot_set&) = default;

 private:
  std::uint64_t words_[Words] = {};
};

template <unsigned Words>
struct configuration {
  entry now{};
  slot_set<Words> taken{};
  slot_set<Words> covered{};
  friend bool operator==(const configuration&, const configuration&) = default;
};

/// Configurations, each once; a hash table over a vector from the ninth on.
template <unsigned Words>
class configuration_set {
 public:
  using member = configuration<Words>;

  [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
  [[nodiscard]] bool empty() const noexcept { return members_.empty(); }
  [[nodiscard]] member& operator[](std::size_t at) noexcept { return members_[at]; }
  [[nodiscard]] auto begin() noexcept { return members_.begin(); }
  [[nodiscard]] auto end() noexcept { return members_.end(); }

  void clear() noexcept {
    members_.clear();
    if (indexed_) std::fill(table_.begin(), table_.end(), 0U);
    indexed_ = false;
    if (table_.size() > 1024) table_ = {};
  }
  /// False: it is there already.
  bool add(const member& one) {
    if (!indexed_) {
      if (std::find(members_.begin(), members_.end(), one) != members_.end()) return false;
      members_.push_back(one);
      if (members_.size() > 8) index_all();
      return true;
    }
    const std::size_t at = place_of(one);
    if (table_[at] != 0) return false;
    members_.push_back(one);
    table_[at] = static_cast<std::uint32_t>(members_.size());
    if (members_.size() * 2 > table_.size()) index_all();
    return true;
  }
  /// Keeps the members for which `stays` is true; `stays` may change them as long as they remain different.
  template <class Stays>
  void filter(Stays&& stays) {
    std::erase_if(members_, [&](member& one) { return !stays(one); });
    if (indexed_) index_all();
  }
  void swap(configuration_set& other) noexcept {
    members_.swap(other.members_);
    table_.swap(other.table_);
    std::swap(indexed_, other.indexed_);
  }

 private:
  void index_all() {
    indexed_ = true;
    table_.assign(std::bit_ceil(members_.size() * 4), 0U);
    for (std::size_t i = 0; i < members_.size(); ++i) table_[place_of(members_[i])] = static_cast<std::uint32_t>(i + 1);
  }
  [[nodiscard]] std::size_t place_of(const member& one) const noexcept {
    std::uint64_t mix = one.covered.mixed(one.taken.mixed(one.now.value * 2 + (one.now.present ? 1 : 0)));
    mix ^= mix >> 32;
    for (std::size_t at = mix;; ++at) {
      at &= table_.size() - 1;
      if (table_[at] == 0 || members_[table_[at] - 1] == one) return at;
    }
  }

  std::vector<member> members_{};
  std::vector<std::uint32_t> table_{};
  bool indexed_ = false;
};

}  // namespace portolan::prove::linearize
