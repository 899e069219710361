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
};

}  // namespace portolan
