// Recorded runs of any map of the family, and what the checker says of them.
//
//    scenario ── threads on lanes ── numbered_map ── history ── check_linearizable
//
// 1. A run is split into rounds, each on a fresh map: what was there before is known, and the memory is bounded.
// 2. Every value that is put is another one, so that a find says which call it saw.
// 3. Listings, sizes and clears run beside the others, held to the weaker promise that the family's maps make of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <portolan/prove/linearize.hpp>

#include "tests/promises/numbered.hpp"

namespace linear {

using promises::numbered_kind;
using promises::numbered_map;

/// How often a thread does what, of 100.
struct shares {
  unsigned find = 0;
  unsigned insert = 0;
  unsigned assign = 0;
  unsigned erase = 0;
  unsigned exchange = 0;  ///< and extract, and the comparisons
};

struct scenario {
  const char* name;
  unsigned readers;  ///< threads that only find
  unsigned writers;
  std::uint64_t keys;
  shares of_writers;
  std::uint64_t preloaded = 0;  ///< of the keys, there before the threads begin
  bool one_hash = false;        ///< all keys have the same hash
  unsigned whole_map = 0;       ///< listings, sizes and clears in a round, by the first writer
  bool clears = false;
};

/// The eight families; for maps that copy themselves at each write, with fewer keys and writes.
[[nodiscard]] std::vector<scenario> scenarios(bool copies);

using maker = std::function<std::unique_ptr<numbered_map>()>;

struct outcome {
  std::uint64_t operations = 0;
  std::uint64_t overlapping = 0;  ///< the most configurations that the checker had at once
  portolan::prove::verdict worst{};
};

/// Runs until `operations` are recorded or something is found.
[[nodiscard]] outcome run(const scenario& how, const maker& make, std::uint64_t operations,
                          const portolan::prove::check_limits& limits = {});

}  // namespace linear
