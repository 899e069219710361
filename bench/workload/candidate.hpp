// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A map that can be measured, behind one interface whatever its type.
//
//    runner  ->  subject::execute(batch)   one virtual call for up to 64 operations
//                   `- driver<Adapter>     the loop over them, compiled for one map (driver.hpp)
//                         `- Adapter       the dozen lines that say how that map finds and writes (bench/peers)
//
// A candidate is a name with a factory; `all_candidates` lists those that this program was built with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/workload/operation.hpp"

namespace portolan::matrix {
class measured_map;
enum class key_form : std::uint8_t;
}  // namespace portolan::matrix

namespace portolan::workload {

/// What a run saw; a reference can compute each of these but `wrong_reads`, which must be 0.
struct outcome {
  std::uint64_t finds = 0;
  std::uint64_t hits = 0;
  std::uint64_t inserted = 0;
  std::uint64_t erased = 0;
  std::uint64_t wrong_reads = 0;  ///< finds that gave a value that nobody ever stored under the key
  outcome& operator+=(const outcome& other) noexcept;
};

/// Consecutive operations of one stream; `first_write` numbers them over the whole run, from 1 (0 is the start).
struct batch {
  const operation* first;
  std::size_t count;
  std::uint64_t first_write;
};

/// One entry of a map's content, as the reference compares it.
struct content {
  std::uint32_t key;
  std::uint64_t stamp;      ///< the value, or its first eight bytes
  std::size_t value_bytes;  ///< 8 where values are numbers
};

/// How a candidate is set up for one run.
struct setup {
  const workload& work;
  std::size_t reserve = 0;     ///< entries to make room for before the run
  unsigned shards = 0;         ///< 0: the candidate's own choice
  bool check_reads = true;     ///< each find looks at the value's tag
  double max_load_factor = 0;  ///< of ours; 0: the map's own choice
};

class subject {
 public:
  subject() = default;
  subject(const subject&) = delete;
  subject& operator=(const subject&) = delete;
  virtual ~subject() = default;
  /// The adapter that really runs, by its type: no two candidates may run the same one.
  [[nodiscard]] virtual const char* map_type() const = 0;
  virtual void enter_thread() {}  ///< once in each thread, before its first operation
  virtual void leave_thread() {}  ///< once in each thread, after its last
  virtual void execute(const batch& work, outcome& seen) = 0;
  virtual void fill(std::span<const operation> start) = 0;
  /// Calls f for each entry; only while no thread works. A key that the workload does not know gives key_count.
  virtual void contents(const std::function<void(const content&)>& f) = 0;
  [[nodiscard]] virtual std::size_t size() = 0;
  /// Memory that the map has taken out of use but cannot free yet; empty where the map does not say.
  [[nodiscard]] virtual std::optional<std::size_t> kept_back_bytes() { return std::nullopt; }
};

enum class origin : std::uint8_t { family, baseline, peer, outside };

/// Whom a map is compared with. Special: it holds not any key, or its erased slots are lost until it is rebuilt.
enum class league : std::uint8_t { general, special };

struct candidate {
  std::string name;
  enum origin origin = origin::peer;
  std::string what{};           ///< one remark behind the table's row; may be empty
  std::string paste{};          ///< the line of code that declares it, `K` and `V` standing for the types
  std::string header{};         ///< what that line needs
  bool sharded = false;         ///< `setup::shards` counts
  bool additions_only = false;  ///< stores nothing but totals
  bool numbers_only = false;    ///< replaces no value but a number as one step
  bool number_keys = false;     ///< keys are numbers, too
  enum league league = league::general;
  std::function<std::unique_ptr<subject>(const setup&)> make;
  /// The same map in the loops of `portolan bench matrix` (bench/matrix/measured.hpp); empty: it is not in the matrix.
  std::function<std::unique_ptr<matrix::measured_map>(matrix::key_form, const setup&)> measure{};
};

/// Ours first, then the baselines, then the peers, in the order of the table before it is sorted.
[[nodiscard]] std::vector<candidate> all_candidates();

}  // namespace portolan::workload
