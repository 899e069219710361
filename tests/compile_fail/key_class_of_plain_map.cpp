// expect: this part of the key has no hash. Specialise std::hash
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A class that nobody said how to hash, and that cannot be taken apart.
#include <portolan/map/plain_map.hpp>

class place {
 public:
  place(int x, int y) : x_(x), y_(y) {}
  friend bool operator==(const place&, const place&) = default;

 private:
  int x_, y_;
};

portolan::plain_map<place, int> names;
