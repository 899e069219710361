// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What may be left under keys that several threads wrote, whose writes came in an order that nobody knows.
//
//    thread 0   assign #3 ... insert #9        what was left last is an effective write of some thread, and all that
//    thread 1   assign #1 erase #4             this thread did to the key later had no effect: only an insert can have
//                                              none. So: the thread's last assign or erase, or one of its inserts after it.
//    here       #3 or #9 of thread 0, or nothing (#4 of thread 1); never #1
//
// A key that one thread wrote is not contested and is judged exactly (reference.hpp).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench/workload/candidate.hpp"

namespace portolan::workload {

class contested_keys {
 public:
  contested_keys(const workload& work, std::span<const std::uint64_t> executed);

  [[nodiscard]] bool holds(std::uint32_t key) const noexcept { return !row_.empty() && row_[key] != one_writer; }
  [[nodiscard]] std::uint64_t inserts() const noexcept { return inserts_; }
  [[nodiscard]] std::uint64_t erases() const noexcept { return erases_; }

  /// Notes that `thread` executed `op` on a key that it holds, as its write number `write`.
  void note(unsigned thread, operation op, std::uint64_t write);

  /// Whether a value may have been left there; empty, or the difference in words.
  [[nodiscard]] std::string differs(const content& found) const;
  /// Whether nothing may have been left there.
  [[nodiscard]] bool may_be_absent(std::uint32_t key) const;

 private:
  struct writer {
    std::uint64_t last = 0;  // the number of the last assign or erase; 0: there was none
    bool erased = false;
    bool has_put = false;
  };
  static constexpr std::uint32_t one_writer = ~std::uint32_t{0};
  [[nodiscard]] const writer& writer_of(unsigned thread, std::uint32_t key) const {
    return writers_[std::size_t{row_[key]} * work_.threads() + thread];
  }
  [[nodiscard]] bool may_be_left_by(unsigned thread, const content& found) const;

  const workload& work_;
  std::span<const std::uint64_t> executed_;
  std::vector<std::uint32_t> row_;  // by key: where its writers stand
  std::vector<writer> writers_;     // a row for each contested key, a place for each thread
  std::vector<bool> at_start_;
  std::uint64_t inserts_ = 0;
  std::uint64_t erases_ = 0;
};

}  // namespace portolan::workload
