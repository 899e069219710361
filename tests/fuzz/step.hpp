// What a machine does, one step after the other, and how bytes become it.
//
//   byte      0      1      2       3      4    5    6      7      8
//          +------+------+-------+------++----+----+-----+------+-------+----
//          | map  | keys | crowd | bias || op | key| arg | more | fault | op …     a setup, then steps of five bytes
//          +------+------+-------+------++----+----+-----+------+-------+----
//
// 1. Every sequence of bytes is a program; every program can be written as bytes. What is left over is not used.
// 2. A step that is left out changes of the others only the values that they put: shrinking is leaving out.
// 3. Key 1 is the largest number there is, key 2 the one with the highest bit alone: a map that keeps a mark for itself
//    meets it here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kinds.hpp"

namespace fuzz {

// clang-format off
#define FUZZ_OPERATIONS(X)                                                                                            \
  X(contains) X(find) X(visit) X(pin) X(unpin) X(find_many) X(visit_many) X(find_each) X(visit_each) X(measure)       \
  X(for_each) X(for_each_until) X(snapshot) X(list) X(list_in_order) X(prefetch)                                      \
  X(insert) X(try_emplace) X(insert_or_assign) X(exchange) X(compare_exchange) X(compute_keep) X(compute_erase)       \
  X(compute_assign) X(compute_optional) X(load_or_compute) X(load_declined) X(load_nested) X(load_or_store)           \
  X(compare_and_swap) X(insert_each) X(assign_each)                                                                   \
  X(erase) X(extract) X(compare_erase) X(erase_if) X(erase_each) X(clear)                                             \
  X(walk_erasing) X(walk_inserting) X(walk_clearing) X(walk_within_walk)                                              \
  X(reserve) X(shrink) X(swap) X(merge) X(dump_and_load) X(update) X(store_all) X(view) X(make_anew)
// clang-format on

enum class op : std::uint8_t {
#define X(name) name,
  FUZZ_OPERATIONS(X)
#undef X
};
#define X(name) +1
inline constexpr std::size_t op_count = 0 FUZZ_OPERATIONS(X);
#undef X
[[nodiscard]] const char* name_of(op which) noexcept;

struct step {
  op what = op::contains;
  std::uint8_t key = 0;
  std::uint8_t arg = 0;
  std::uint8_t more = 0;   // low 3 bits: the key's page; bit 7: which of the two maps
  std::uint8_t fault = 0;  // above 191, where the setup allows it: the step fails at its fault-th call
};

/// Which part of the steps puts, which takes away.
enum class bias : std::uint8_t { even, putting, taking, looking };

struct setup {
  std::uint8_t map = 0;
  std::uint8_t keys = 0;  // 8, 32, 256, 2048 different ones
  crowding crowd = crowding::none;
  bias leaning = bias::even;
  bool failing = false;
};

struct program {
  setup start;
  std::vector<step> steps;
};

/// A step with its numbers worked out: what maps and the model do.
struct call {
  op what;
  std::uint64_t key;
  std::uint64_t number;
  std::uint32_t index;  // of the key
  std::uint32_t mask;   // of indices
  std::uint8_t more;
  bool other;  // of the two maps the second

  /// Of keys, in operations on many: different ones.
  [[nodiscard]] std::uint32_t count() const noexcept {
    const std::uint32_t wanted = 1 + (more & 0x7FU) % 70;
    return wanted <= mask ? wanted : mask;
  }
  [[nodiscard]] std::uint64_t key_of(std::uint32_t i) const noexcept;
};

[[nodiscard]] std::uint64_t key_at(std::uint32_t index) noexcept;
[[nodiscard]] call call_of(const setup& start, const step& one, std::size_t position) noexcept;

/// @returns the program that the bytes are
[[nodiscard]] program decode(std::span<const std::uint8_t> bytes);
/// @returns bytes that decode to the program; the setup's leaning becomes `even`, with each op's own byte
[[nodiscard]] std::vector<std::uint8_t> encode(const program& from);
/// @returns a program drawn from a seed
[[nodiscard]] program draw(std::uint64_t seed, std::uint8_t map, std::size_t steps);
/// @returns one line that reads like C++
[[nodiscard]] std::string written(const setup& start, const step& one, std::size_t position);

}  // namespace fuzz
