// expect: hashable_part<place, portolan::detail::element_of_tuple<1
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The message names the position in the tuple that has no hash.
#include <tuple>

#include <portolan/base/key.hpp>

class place {
 public:
  friend bool operator==(const place&, const place&) = default;

 private:
  int x = 0, y = 0;
};
using key = std::tuple<int, place>;
static_assert(portolan::key_requirements<key, portolan::hash<key>, portolan::equal<key>>::hold);
