// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a recorded map passes on without a word: operations on the map as a whole, which say nothing about any key.
// Each is as Map's operation of the same name, in everything, and absent where Map lacks it.
#pragma once

#include <cstddef>

namespace portolan::record {

/// `Self` offers map().
template <class Self, class Map>
class whole_map {
 public:
  /// As Map's for_each. Passed on, and not noted.
  ///
  /// @returns  as Map's for_each
  /// @sees     as Map's for_each
  /// @progress as Map's for_each
  /// @cost     as Map's for_each
  /// @throws   as Map's for_each
  /// @calls    as Map's for_each
  template <class F>
    requires requires(const Map& m, F& f) { m.for_each(f); }
  [[gnu::always_inline]] void for_each(F&& f) const { its().for_each(f); }
  /// As Map's snapshot. Passed on, and not noted.
  ///
  /// @returns  as Map's snapshot
  /// @sees     as Map's snapshot
  /// @progress as Map's snapshot
  /// @cost     as Map's snapshot
  /// @throws   as Map's snapshot
  /// @calls    as Map's snapshot
  [[nodiscard]] auto snapshot() const requires requires(const Map& m) { m.snapshot(); }
  { return its().snapshot(); }
  /// As Map's size. Passed on, and not noted.
  ///
  /// @returns  as Map's size
  /// @sees     as Map's size
  /// @progress as Map's size
  /// @cost     as Map's size
  /// @throws   as Map's size
  /// @calls    as Map's size
  [[nodiscard]] std::size_t size() const requires requires(const Map& m) { m.size(); }
  { return its().size(); }
  /// As Map's empty. Passed on, and not noted.
  ///
  /// @returns  as Map's empty
  /// @sees     as Map's empty
  /// @progress as Map's empty
  /// @cost     as Map's empty
  /// @throws   as Map's empty
  /// @calls    as Map's empty
  [[nodiscard]] bool empty() const requires requires(const Map& m) { m.empty(); }
  { return its().empty(); }
  /// As Map's clear. Passed on, and not noted.
  ///
  /// @returns  as Map's clear
  /// @sees     as Map's clear
  /// @progress as Map's clear
  /// @cost     as Map's clear
  /// @throws   as Map's clear
  /// @calls    as Map's clear
  void clear() requires requires(Map& m) { m.clear(); }
  { its().clear(); }
  /// As Map's reserve. Passed on, and not noted.
  ///
  /// @returns  as Map's reserve
  /// @sees     as Map's reserve
  /// @progress as Map's reserve
  /// @cost     as Map's reserve
  /// @throws   as Map's reserve
  /// @calls    as Map's reserve
  void reserve(std::size_t entries) requires requires(Map& m) { m.reserve(entries); }
  { its().reserve(entries); }
  /// As Map's shrink_to_fit. Passed on, and not noted.
  ///
  /// @returns  as Map's shrink_to_fit
  /// @sees     as Map's shrink_to_fit
  /// @progress as Map's shrink_to_fit
  /// @cost     as Map's shrink_to_fit
  /// @throws   as Map's shrink_to_fit
  /// @calls    as Map's shrink_to_fit
  void shrink_to_fit() requires requires(Map& m) { m.shrink_to_fit(); }
  { its().shrink_to_fit(); }
  /// As Map's stats. Passed on, and not noted.
  ///
  /// @returns  as Map's stats
  /// @sees     as Map's stats
  /// @progress as Map's stats
  /// @cost     as Map's stats
  /// @throws   as Map's stats
  /// @calls    as Map's stats
  [[nodiscard]] auto stats() const requires requires(const Map& m) { m.stats(); }
  { return its().stats(); }
  /// As Map's memory. Passed on, and not noted.
  ///
  /// @returns  as Map's memory
  /// @sees     as Map's memory
  /// @progress as Map's memory
  /// @cost     as Map's memory
  /// @throws   as Map's memory
  /// @calls    as Map's memory
  [[nodiscard]] auto memory() const requires requires(const Map& m) { m.memory(); }
  { return its().memory(); }
  /// As Map's begin. Passed on, and not noted.
  ///
  /// @returns  as Map's begin
  /// @sees     as Map's begin
  /// @progress as Map's begin
  /// @cost     as Map's begin
  /// @throws   as Map's begin
  /// @calls    as Map's begin
  [[nodiscard]] auto begin() const requires requires(const Map& m) { m.begin(); }
  { return its().begin(); }
  /// As Map's end. Passed on, and not noted.
  ///
  /// @returns  as Map's end
  /// @sees     as Map's end
  /// @progress as Map's end
  /// @cost     as Map's end
  /// @throws   as Map's end
  /// @calls    as Map's end
  [[nodiscard]] auto end() const requires requires(const Map& m) { m.end(); }
  { return its().end(); }
  /// As Map's begin. Passed on, and not noted.
  ///
  /// @returns  as Map's begin
  /// @sees     as Map's begin
  /// @progress as Map's begin
  /// @cost     as Map's begin
  /// @throws   as Map's begin
  /// @calls    as Map's begin
  [[nodiscard]] auto begin() requires requires(Map& m) { m.begin(); }
  { return its().begin(); }
  /// As Map's end. Passed on, and not noted.
  ///
  /// @returns  as Map's end
  /// @sees     as Map's end
  /// @progress as Map's end
  /// @cost     as Map's end
  /// @throws   as Map's end
  /// @calls    as Map's end
  [[nodiscard]] auto end() requires requires(Map& m) { m.end(); }
  { return its().end(); }

 protected:
  whole_map() = default;
  ~whole_map() = default;

 private:
  [[nodiscard]] Map& its() noexcept { return static_cast<Self&>(*this).map(); }
  [[nodiscard]] const Map& its() const noexcept { return static_cast<const Self&>(*this).map(); }
};

}  // namespace portolan::record
