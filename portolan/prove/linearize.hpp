// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Is a history linearizable: could each operation have happened at one instant between its call and its return?
//
//   const verdict seen = check_linearizable(notes.take());        history_recorder.hpp records
//   if (!seen.ok()) std::puts(seen.text().c_str());               and draw (history_drawing.hpp) shows it
//
// 1. A map is linearizable if each of its keys is (Herlihy and Wing, 1990: locality), so each is checked by itself.
// 2. The answer is exact. `violated` comes with a part of the history that no order explains; `explained` was shown for every
//    operation; where the search would need more room than it was given, the answer is `unknown`, never a guess.
// 3. Operations of the whole map are held to the weaker promise that the family's maps make. A listing: each entry that it
//    showed was there at an instant of the walk, each key that it did not show was missing at one, none is shown twice. A
//    clear: each entry was erased at an instant of the call. A size: what was there when it was called, with some of the
//    changes that ran meanwhile.
// 4. Time is O(n log n) where few calls on one key overlap; memory is the history, 28 bytes an operation, and one key's
//    operations; listings cost an operation for each key of the history.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <portolan/prove/history.hpp>

namespace portolan::prove {

struct check_limits {
  std::size_t configurations = 1 << 17;  ///< of one key at one moment; beyond, the key is unknown
  std::size_t violations = 8;            ///< of so many keys at most; then the check ends
  /// What was under every key before the first operation.
  bool present_at_first = false;
  std::uint64_t value_at_first = 0;
  /// A listing may leave out a key that was changed during the walk, though it was there throughout (sync_map).
  bool listing_may_miss_changed_keys = false;
  /// A size is the number of entries at one instant of its call (a map under one lock; snapshot_map).
  bool sizes_are_of_one_instant = false;
};

/// Why a key's operations cannot be explained.
struct violation {
  enum class kind { order, listed_twice, size } what = kind::order;
  std::uint64_t key = 0;
  bool present = false;  ///< what was there when `core` begins
  std::uint64_t value = 0;
  std::vector<operation> core{};     ///< no order explains these; nothing can be left out of them. By call
  std::size_t culprit = 0;           ///< of `core`: the first call that no order allows
  std::vector<operation> context{};  ///< what led there, for the reader
  std::string sentence{};
};

struct verdict {
  enum class answer { explained, violated, unknown } is = answer::explained;
  std::uint64_t operations = 0;
  std::uint64_t keys = 0;
  std::uint64_t unknown_keys = 0;
  std::size_t most_configurations = 0;  ///< at one moment of one key
  std::uint64_t bytes = 0;              ///< used besides the history
  std::vector<violation> violations{};
  std::string why_unknown{};

  [[nodiscard]] bool ok() const noexcept { return is == answer::explained; }
  /// The answer in sentences.
  [[nodiscard]] std::string text() const;
};

/// Checks a whole history; see above.
///
/// @returns   what was found; the first violations, made as small as they get
/// @sees      the history as it is
/// @progress  never waits
/// @cost      100 to 200 ns an operation where few overlap; exponential at worst, ended by `limits`
/// @throws    std::bad_alloc
/// @calls     no user code
[[nodiscard]] verdict check_linearizable(const history& of, const check_limits& limits = {});

}  // namespace portolan::prove
