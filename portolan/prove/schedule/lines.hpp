// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Where an access stands that brings no line along: std::atomic's operations and what the C++ library asks of the system
// are calls, and a call has an address to return to.
//
//   0x55d0c0de4711  ──►  "counter+0x4711"  ──►  counter.cpp:17      by addr2line, once something has failed
//
// One address has one name, so that two runs of a program agree on it.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>

#include <portolan/base/platform/checked.hpp>

namespace portolan::prove::schedule {

class lines {
 public:
  /// The place before this address; its line is 0.
  [[nodiscard]] platform::checked::site of(const void* return_address);
  /// The text with files and lines in place of the names given out; as it is where no addr2line is to be had.
  [[nodiscard]] std::string told(std::string text) const;

 private:
  struct known {
    std::string module;  // the path of the program or library
    std::string offset;  // in it, in hexadecimal digits
    std::string name;    // as printed
  };
  std::deque<known> known_;  // names stay where they are
  std::unordered_map<const void*, const known*> by_address_;
};

}  // namespace portolan::prove::schedule
