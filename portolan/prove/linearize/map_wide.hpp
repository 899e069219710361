// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What listings, clears and sizes say of single keys.
//
//    for_each showed {1: 5, 4: 7}        key 1: find → 5    key 2: find → nothing    key 4: find → 7     each in the walk's time
//    clear                               each key: erase, told nothing
//    size → 2                            keys certainly present when it is called, give or take the changes that run meanwhile
//
// A size that is summed up while others write has some of the changes that run meanwhile, others not: of a key that one thread
// inserts and another erases at once it may have the second and not the first.
// A key is certainly present from the return of a call that left it so, if no call that may erase it overlaps that call, to
// the next call that may erase it. Certain absence likewise, from the beginning on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <portolan/prove/linearize.hpp>
#include <portolan/prove/linearize/one_key.hpp>

namespace portolan::prove::linearize {

class map_wide {
 public:
  map_wide(const history& of, const check_limits& limits);

  /// The operations that listings and clears come to.
  [[nodiscard]] const history& of_each_key() const noexcept { return made_; }
  /// Adds a violation for the first key that a listing showed twice.
  void doubled(verdict& found) const;
  /// Notes when this key is certainly there; called once a key, if sizes were recorded at all.
  void presence_of(std::span<const item> items, const entry& first);
  /// Adds a violation for the first size out of its bounds.
  void sizes(verdict& found);

 private:
  struct span_of_time {
    std::uint64_t from;
    std::uint64_t to;
  };
  /// Calls that may have inserted or erased, of all keys: how many overlap a given time.
  class overlaps {
   public:
    void note(const operation& of);
    void sort();
    [[nodiscard]] std::uint64_t with(std::uint64_t from, std::uint64_t to) const;

   private:
    std::vector<std::uint64_t> calls_{};
    std::vector<std::uint64_t> returns_{};
  };
  void expand(const check_limits& limits);

  const history& of_;
  const check_limits& limits_;
  history made_{};
  std::uint64_t keys_ = 0;
  std::vector<span_of_time> present_{};
  std::vector<span_of_time> absent_{};
  overlaps changes_{};
};

}  // namespace portolan::prove::linearize
