// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a map says about itself, in one cheap call.
#pragma once

#include <cstddef>

namespace portolan {

/// A map's figures at one moment; each is exact when the map is quiet.
struct map_statistics {
  std::size_t entries = 0;          ///< entries in the map
  std::size_t capacity = 0;         ///< entries that fit without growing
  std::size_t bytes = 0;            ///< memory in use for tables and nodes, sizeof the map included
  std::size_t tables = 0;           ///< tables that operations may still walk: above 1 while one is moved
  std::size_t displaced = 0;        ///< entries away from their home line: above 10 % of them, look at the hash
  std::size_t spilled = 0;          ///< entries outside the table because their hashes collide: look at the hash
  std::size_t growths = 0;          ///< tables begun that were larger than the one before
  std::size_t shrinks = 0;          ///< tables begun that were smaller
  std::size_t kept_back_bytes = 0;  ///< retired memory that a reader may still see
  std::size_t reserved_bytes = 0;   ///< of tables and nodes that are in use, free slots and sizeof the map included
  std::size_t used_bytes = 0;       ///< the part of them that entries fill
  std::size_t ever_bytes = 0;       ///< taken since the map was made, what was given back included

  /// Adds memory of the map itself and of what it keeps for its whole life. For the maps that fill this in.
  ///
  /// @returns   nothing
  /// @sees      nothing shared
  /// @progress  wait-free
  /// @cost      O(1)
  /// @throws    nothing
  /// @calls     nothing
  void add_own(std::size_t own_bytes) noexcept {
    bytes += own_bytes;
    reserved_bytes += own_bytes;
    ever_bytes += own_bytes;
  }
};

}  // namespace portolan
