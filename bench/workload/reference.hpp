// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a run must have left in its map, computed in one thread from what each thread executed.
//
//    thread 0   |==========|==========|====        executed: 2 whole passes and a part of a third
//    thread 1   |==========|=======
//
// A key is a number, so the reference is an array: entry i holds the stamp and length of key i, or nothing. The
// content does not depend on how threads interleaved (operation.hpp: owners, or additions only), so the streams may
// be replayed one after the other. Inserts and erases that succeeded are counted as well: the maps' answers are
// checked, not only what they hold in the end. Keys that several threads write are left to contested.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench/workload/candidate.hpp"
#include "bench/workload/contested.hpp"

namespace portolan::workload {

class reference {
 public:
  /// `executed[t]` operations of thread t's stream, begun anew at its end as often as needed.
  reference(const workload& work, std::span<const std::uint64_t> executed);

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] const outcome& writes() const noexcept { return writes_; }

  /// An empty text if `map` holds exactly this and `seen` is what its answers should have been; else the first
  /// difference, in words. Only while no thread works on the map.
  [[nodiscard]] std::string difference(subject& map, const outcome& seen) const;

 private:
  struct entry {
    std::uint64_t stamp = 0;
    std::uint32_t value_bytes = 0;
    bool present = false;
  };
  void apply(operation op, std::uint64_t write);
  void replay(unsigned thread, std::uint64_t count);
  void put(operation op, std::uint64_t write);
  [[nodiscard]] std::string differs(const content& found, std::vector<bool>& met) const;

  [[nodiscard]] std::string wrong_answers(const outcome& seen) const;
  [[nodiscard]] std::string wrong_absences(std::uint64_t count, const std::vector<bool>& met) const;

  const workload& work_;
  contested_keys contested_;
  std::vector<entry> entries_;  // nothing under a contested key
  std::uint64_t size_ = 0;
  outcome writes_;
};

}  // namespace portolan::workload
