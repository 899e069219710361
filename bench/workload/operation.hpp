// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One operation of a workload, in eight bytes, and a whole workload: who does what to which key.
//
//     63         61 60                    32 31                    0
//    +-------------+------------------------+-----------------------+
//    |   action    |  bytes of the value    |    number of the key  |
//    +-------------+------------------------+-----------------------+
//
// A stream is read forward once, so that the harness costs one cache line for eight operations. A key is named by
// its number: a reference can then be a plain array, and a numeric key is computed (`number_key`), not looked up.
//
// What makes the final content of every run known, whatever the threads do to each other:
// 1. Either every write of a workload is an `add` (additions commute: any thread adds to any key),
// 2. or all writes to one key stand in one thread's stream (`owner_of`), in the order of the input.
// 3. or `writers_share_keys`: keys that several streams write are judged by what their last writes can have left.
// Finds stand in any stream. So each thread's executed prefix determines its keys' content (reference.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace portolan::workload {

enum class action : std::uint8_t { find, insert, assign, erase, add };
inline constexpr unsigned action_count = 5;
[[nodiscard]] const char* name_of(action what) noexcept;

class operation {
 public:
  static constexpr std::uint32_t longest_value = (std::uint32_t{1} << 29) - 1;

  constexpr operation(action what, std::uint32_t key, std::uint32_t value_bytes = 0) noexcept
      : word_(key | (std::uint64_t{value_bytes < longest_value ? value_bytes : longest_value} << 32) |
              (static_cast<std::uint64_t>(what) << 61)) {}

  [[nodiscard]] constexpr action what() const noexcept { return static_cast<action>(word_ >> 61); }
  [[nodiscard]] constexpr std::uint32_t key() const noexcept { return static_cast<std::uint32_t>(word_); }
  [[nodiscard]] constexpr std::uint32_t value_bytes() const noexcept {
    return static_cast<std::uint32_t>(word_ >> 32) & longest_value;
  }
  [[nodiscard]] constexpr bool writes() const noexcept { return what() != action::find; }

 private:
  std::uint64_t word_;
};
static_assert(sizeof(operation) == 8);
static_assert(operation(action::add, 7, 9).what() == action::add && operation(action::add, 7, 9).key() == 7);
static_assert(operation(action::erase, ~0u, 1u << 30).value_bytes() == operation::longest_value);

enum class key_kind : std::uint8_t { number, text };
enum class value_kind : std::uint8_t { number, bytes };

/// The key numbered `id` where keys are numbers: a bijection, so that neighbours lie apart.
[[nodiscard]] constexpr std::uint64_t number_key(std::uint64_t id) noexcept {
  id = (id + 1) * 0x9E3779B97F4A7C15ull;
  id ^= id >> 32;
  id *= 0xD6E8FEB86659FD93ull;
  return id ^ (id >> 32);
}

/// Undoes `number_key`.
[[nodiscard]] constexpr std::uint64_t number_of_key(std::uint64_t key) noexcept {
  key ^= key >> 32;
  key *= 0xCFEE444D8B59A89Bull;
  key ^= key >> 32;
  return key * 0xF1DE83E19937733Dull - 1;
}
static_assert(number_of_key(number_key(0)) == 0 && number_of_key(number_key(123456789)) == 123456789);

/// The thread whose stream holds all writes to a key.
[[nodiscard]] constexpr unsigned owner_of(std::uint32_t key, unsigned threads) noexcept {
  return static_cast<unsigned>((number_key(key) >> 33) % threads);
}

/// What a find must see in the upper half of every value of a key; the lower half says which write it was.
[[nodiscard]] constexpr std::uint32_t tag_of(std::uint32_t key) noexcept {
  return static_cast<std::uint32_t>(number_key(~std::uint64_t{key}) >> 32) | 1u;
}
[[nodiscard]] constexpr std::uint64_t stamp_of(std::uint32_t key, std::uint64_t write) noexcept {
  return (std::uint64_t{tag_of(key)} << 32) | static_cast<std::uint32_t>(write);
}

/// What a workload consists of, for the heading of a table.
struct facts {
  std::uint64_t operations = 0;
  std::uint64_t by_action[action_count] = {};
  std::uint64_t hottest_key_operations = 0;
  std::string hottest_key;
  double mean_value_bytes = 0;
};

/// When each thread begins its next operation.
enum class pace : std::uint8_t {
  closed,    ///< at once: as fast as the map goes
  open,      ///< at `rate_per_s` in all, whether the map keeps up or not; latency counts from the due time
  recorded,  ///< at the times of the trace; latency counts from there
};

struct workload {
  std::string title;
  key_kind keys = key_kind::number;
  value_kind values = value_kind::number;
  std::uint32_t key_count = 0;
  std::vector<std::string> texts;               ///< the keys, where they are texts
  std::vector<std::uint32_t> sorted_texts;      ///< their numbers in the order of the texts; by gather_facts
  std::vector<std::vector<operation>> streams;  ///< one a thread
  std::vector<operation> start;                 ///< inserts that come before the timed part
  bool counting = false;                        ///< every write is an `add`
  bool writers_share_keys = false;              ///< a key may be written by several streams
  bool once = false;                            ///< a run ends with the streams; else they begin anew
  enum pace pace = pace::closed;
  double rate_per_s = 0;
  std::vector<std::vector<std::uint64_t>> due_ns;  ///< beside `streams`, where the pace is recorded
  facts facts_of_it;

  [[nodiscard]] unsigned threads() const noexcept { return static_cast<unsigned>(streams.size()); }
  [[nodiscard]] std::string key_text(std::uint32_t id) const {
    return keys == key_kind::text ? texts[id] : std::to_string(id);
  }
};

/// Counts what `facts` holds from the streams, and sorts the texts: the last step of making a workload.
void gather_facts(workload& work);

}  // namespace portolan::workload
