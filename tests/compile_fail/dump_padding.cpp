// expect: must be trivially copyable and without padding
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Three bytes of this struct are whatever they are: two dumps of one map would differ.
#include <sstream>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/dump.hpp>

struct padded {
  char letter;
  int number;
};
template <>
inline constexpr bool portolan::dumped_as_bytes<padded> = true;
void save(const portolan::concurrent_map<int, padded>& map, std::ostream& out) { portolan::dump(map, out); }
