// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Histories of a map: what its threads asked, what they were told, and when. history_recorder.hpp writes them,
// history_files.hpp reads them, linearize.hpp says whether they could have been told so by a map whose operations each happen
// at one instant.
//
// 1. An operation's instants lie outside the call: `call` before its first access, `returned` after its last is seen by all.
//    An interval may be longer than the call, never shorter: a right map is never called wrong.
// 2. An operation that never returned is pending; it may have happened or not.
// 3. Keys and values are words: integers and enums as they are, other types through a function `history_word(const T&)` that
//    argument-dependent lookup finds, which must give different words for different values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace portolan::prove {

/// What was asked of one key. `assign` puts a value whatever was there; `add` puts a sum, absent counting as 0.
enum class action : std::uint8_t {
  find,
  contains,
  insert,
  assign,
  exchange,
  erase,
  extract,
  compare_exchange,
  compare_erase,
  add,
};

/// How it ended: what the operation said of the entry as it found it.
enum class ending : std::uint8_t {
  pending,   ///< it did not return: it may have happened or not
  hit,       ///< there was an entry; of a comparison: it matched
  differed,  ///< of a comparison: there was another value
  miss,      ///< there was no entry
  done,      ///< it happened, and said nothing of what was there
};

inline constexpr std::uint64_t never = ~std::uint64_t{0};

struct operation {
  std::uint64_t call;
  std::uint64_t returned;  ///< `never` while pending
  std::uint64_t key;
  std::uint64_t argument;  ///< the value to put; what to add
  std::uint64_t seen;      ///< the value that a hit told (of `add`: the sum); what a comparison expected
  std::uint32_t lane;
  action what;
  ending how;
  std::uint16_t unused;
};
static_assert(sizeof(operation) == 48 && std::is_trivially_copyable_v<operation>);

/// A walk over all entries, and what it showed.
struct listing {
  std::uint64_t call = 0;
  std::uint64_t returned = 0;
  std::uint32_t lane = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> entries{};
};

/// A number of entries that the map told.
struct counting {
  std::uint64_t call = 0;
  std::uint64_t returned = 0;
  std::uint32_t lane = 0;
  std::uint64_t size = 0;
};

/// All entries were to go.
struct clearing {
  std::uint64_t call = 0;
  std::uint64_t returned = 0;
  std::uint32_t lane = 0;
};

/// Operations in any order, in pieces that do not move.
class history {
 public:
  static constexpr std::size_t piece_operations = 4096;
  struct piece {
    std::unique_ptr<operation[]> operations;
    std::size_t count = 0;
  };

  /// One operation more.
  ///
  /// @returns   nothing
  /// @sees      nothing another thread changes
  /// @progress  never waits
  /// @cost      O(1)
  /// @throws    std::bad_alloc
  /// @calls     no user code
  void add(const operation& one);
  /// How many operations there are, those of the whole map not counted.
  ///
  /// @returns   the number
  /// @sees      nothing another thread changes
  /// @progress  never waits
  /// @cost      O(pieces)
  /// @throws    nothing
  /// @calls     no user code
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] std::size_t bytes() const noexcept { return pieces.size() * piece_operations * sizeof(operation); }
  /// All operations, sorted by their calls.
  ///
  /// @returns   a copy
  /// @sees      nothing another thread changes
  /// @progress  never waits
  /// @cost      O(n log n)
  /// @throws    std::bad_alloc
  /// @calls     no user code
  [[nodiscard]] std::vector<operation> sorted() const;
  /// How a key or value is written: its name if it was read from a file, else the number.
  ///
  /// @returns   the text
  /// @sees      nothing another thread changes
  /// @progress  never waits
  /// @cost      O(1)
  /// @throws    std::bad_alloc
  /// @calls     no user code
  [[nodiscard]] std::string name_of(std::uint64_t word) const;

  std::vector<piece> pieces{};
  std::vector<listing> listings{};
  std::vector<counting> countings{};
  std::vector<clearing> clearings{};
  std::vector<std::string> names{};  ///< of the words from `first_name` on
  double ticks_a_ns = 1;             ///< of the instants; 0: they count events, and say only the order
  static constexpr std::uint64_t first_name = std::uint64_t{1} << 63;
};

/// `insert 5 → new`, `find → 7`: an operation without its key.
[[nodiscard]] std::string described(const operation& one, const history& names);

/// A key or value as a word.
template <class T>
[[nodiscard]] constexpr std::uint64_t word_of(const T& value) {
  if constexpr (requires { history_word(value); }) {
    return history_word(value);
  } else {
    static_assert(
        std::is_integral_v<T> || std::is_enum_v<T>,
        "write a function `std::uint64_t history_word(const T&)` beside T that gives each value its own word");
    return static_cast<std::uint64_t>(value);
  }
}

}  // namespace portolan::prove
