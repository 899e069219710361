// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Why a map cannot be copied, said by the compiler.
//
//   void serve(concurrent_map<int, int> map);   // by value: what is added there would be lost
//   serve(shared);                              // error: … use of deleted function
//                                               //   'portolan::copying_a_map_is_called_snapshot(const …&)'
//
// 1. A map has this as its first base and declares no copying or moving itself: then both compilers give the
//    name of this class as the reason, and the name is the remedy.
#pragma once

namespace portolan {

/// The first base of each map. A copy of a map is taken on purpose, by its member snapshot(); to hand the map itself
/// on, take it by reference.
class copying_a_map_is_called_snapshot {
 public:
  copying_a_map_is_called_snapshot(const copying_a_map_is_called_snapshot&) = delete;
  copying_a_map_is_called_snapshot& operator=(const copying_a_map_is_called_snapshot&) = delete;

 protected:
  copying_a_map_is_called_snapshot() = default;
  ~copying_a_map_is_called_snapshot() = default;
};

}  // namespace portolan
