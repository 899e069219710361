// expect: toll_in_euros
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The message says which field of a struct is a float: its name. Compilers are asked not to repeat the source.
#include <string>

#include <portolan/map/concurrent_map.hpp>

struct trip {
  std::string from;
  double toll_in_euros;
  bool operator==(const trip&) const = default;
};
portolan::concurrent_map<trip, int> trips;
