// expect: write `auto key_fields() const { return std::tie(
// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A class that keeps its fields to itself must say what it is compared by.
#include <portolan/map/snapshot_map.hpp>

class account {
 public:
  explicit account(int number) : number_(number) {}
  bool operator==(const account&) const = default;

 private:
  int number_;
};
portolan::snapshot_map<account, int> balances;
