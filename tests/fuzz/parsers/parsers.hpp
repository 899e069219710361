// Everything of ours that reads bytes which somebody else wrote, behind one call.
//
//   bytes ──► parser ──► accepted: what was read keeps its own rules, and is read again as the same
//                   └──► refused:  with a sentence
//
// 1. Nothing else may come of it: no other exception, no crash, no block of memory out of proportion to the input.
// 2. A dump is guarded by checksums, which no mutation survives. `dump_blocks` puts the bytes into a dump whose
//    checksums fit, so that what lies behind them is tried too.
// 3. What a history says of a map is the same after it was written and read again, in either format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace fuzz {

enum class parser : std::uint8_t {
  dump,         // portolan::load
  dump_blocks,  // the same, behind fitting checksums
  trace,        // portolan advise --trace, every format; what portolan::recorded writes
  words,        // portolan advise --words
  baseline,     // portolan advise --baseline
  matrix,       // portolan bench matrix --baseline
  arguments,    // the command line of advise and of bench matrix, a line an argument
  promises,     // the list that portolan prove runs
  history,      // portolan check-history and prove::read_history: the first byte's lowest bit chooses EDN or JSON
};
inline constexpr std::size_t parser_count = 9;
[[nodiscard]] const char* name_of(parser which) noexcept;

/// What came of reading: what is wrong with the parser, if anything is, and whether the input was accepted.
struct reading {
  std::optional<std::string> trouble;
  bool accepted = false;
};
[[nodiscard]] reading read(parser which, std::span<const std::uint8_t> bytes);

}  // namespace fuzz
