// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// All maps of one form of keys and one size, filled once and measured in cell after cell, side by side.
//
//    fill all -> hits, misses, upserts (the keys stay) -> mixes (the size stays) -> audit -> destroy
//    repetition 1   A B C D      the order turns by one with every repetition
//    repetition 2   B C D A
//
// 1. A map that gives a wrong value, or holds something else than the run left, is struck out: its figures count no more.
// 2. Before a map is filled the machine's free memory is looked at: rather no figure than one from swapping.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/matrix/cells.hpp"
#include "bench/matrix/pinned_threads.hpp"

namespace portolan::matrix {

/// One line of the table. The first is our map.
struct entrant {
  enum class role : std::uint8_t {
    map,    ///< ours, or a peer of its league
    array,  ///< the plain array: no map, in no league
    roomy,  ///< ours again, with as low a load factor as somebody sets who has the memory: finds of the largest size
  };
  workload::candidate which;
  role is = role::map;
};
/// The load factor of `roomy`.
inline constexpr double low_load = 0.4;

struct arena_settings {
  unsigned repetitions = 5;
  double seconds = 0.1;  ///< of one run
  bool roomy = false;    ///< whether the cells are some that `roomy` takes part in
  const std::atomic<bool>* interrupted = nullptr;
};

struct size_of {
  std::string name;
  std::uint64_t entries = 0;
  double ns = 0;
};

/// What went otherwise than asked.
struct remarks {
  std::vector<std::string> left_out;  ///< not measured, and why
  std::vector<std::string> wrong;     ///< an answer or a content that cannot be
};

class arena {
 public:
  arena(key_form form, std::uint64_t entries, const std::vector<entrant>& entrants, pinned_threads& threads,
        arena_settings how, remarks& said);

  /// Appends the cell's figures; an interrupt leaves the repetitions so far.
  void measure(const cell_key& what, const key_streams& keys, std::vector<cell>& into);
  /// Whether each map holds what the operations so far left there; and what a call of size() takes, if wanted.
  void audit(std::vector<size_of>* calls);

 private:
  struct standing {
    std::unique_ptr<measured_map> map;
    std::uint64_t inserted = 0;
    std::uint64_t erased = 0;
    std::uint64_t added = 0;
  };
  void fill(std::size_t which);
  [[nodiscard]] bool takes_part(std::size_t which, const cell_key& what) const;
  [[nodiscard]] lap run_one(std::size_t which, const cell_key& what, const key_streams& keys,
                            const std::vector<std::vector<step>>& steps);
  [[nodiscard]] bool stopped() const noexcept { return how_.interrupted != nullptr && how_.interrupted->load(); }
  void strike_out(std::size_t which, const std::string& why);

  key_form form_;
  std::uint64_t entries_;
  const std::vector<entrant>& entrants_;
  pinned_threads& threads_;
  arena_settings how_;
  remarks& said_;
  workload::workload about_;
  std::vector<standing> standings_;
};

/// Runs `work(thread, begin_ns)` in some threads at once. Each lap lasts from the common beginning to its own end: with
/// more threads than processors some only begin when others have ended.
[[nodiscard]] std::vector<lap> laps_of(measured_map& map, pinned_threads& threads, unsigned count,
                                       const std::function<lap(unsigned, std::uint64_t)>& work);

/// Operations a second of the threads together, each over its own time.
[[nodiscard]] double speed_of(const std::vector<lap>& laps) noexcept;

/// Bytes that the machine can still give without swapping.
[[nodiscard]] double free_memory_bytes();
/// What `entries` take about, for a map nobody has measured yet.
[[nodiscard]] double expected_bytes(key_form form, std::uint64_t entries) noexcept;

/// Fills a fresh map of `which` from empty; the laps of the threads.
[[nodiscard]] std::vector<lap> fill_fresh(const entrant& which, const cell_key& what, pinned_threads& threads,
                                          remarks& said);

/// A find's loop with an array where the table would be: nothing can beat it.
[[nodiscard]] workload::candidate plain_array();
/// Ours with a low load factor.
[[nodiscard]] workload::candidate roomy(workload::candidate ours);

}  // namespace portolan::matrix
