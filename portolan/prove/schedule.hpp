// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The schedule checker: runs a small program once for each execution that C++20's memory model allows it, on the code that
// ships.
//
//   auto* map = …;                                     what is linked with portolan::prove (and so compiled with
//   program two{.setup = [&] { map = new …; },         PORTOLAN_CHECKED, -fsanitize=thread) has its std::atomic,
//               .threads = {[&] { map->insert(1, 1); }, std::mutex, platform::atomic, fences, waits and memory from
//                           [&] { map->erase(1); }},    the checker
//               .audit = [&] { require(map->size() …, "size"); delete map; }};
//   tally seen = explore(two);                         seen.failure is empty, seen.exhausted is true: proved for this program
//
// 1. A program is deterministic but for what its loads read: no clock, no chance, no input. What it changes lies in its
//    global objects, its thread locals and what it allocates; all of this is put back before each execution.
// 2. Not searched: load buffering (an execution in which program order and reads-from form a cycle), failures of a weak
//    compare-exchange and wake-ups for no reason, timed waits that are woken before their time is over.
// 3. A failure is: what `require` or the library's own checks say, two plain accesses that race, memory used after it was
//    given back, threads that wait or sleep for ever.
// 4. A loop that waits calls `platform::wait_for_change` (spin_wait does) or std::this_thread::yield in an iteration that
//    has changed nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace portolan::prove::schedule {

/// What is run; each part may be empty.
struct program {
  std::function<void()> setup{};                 ///< before the threads; seen by all of them
  std::function<void()> prepare{};               ///< in each thread after setup: what a thread does once and for all
  std::vector<std::function<void()>> threads{};  ///< at most 8
  std::function<void()> audit{};                 ///< after the threads, of each execution that came to its end
};

/// A line of the program.
struct place {
  const char* file = "";
  unsigned line = 0;
  friend bool operator==(const place& left, const place& right) noexcept {
    return left.line == right.line && std::strcmp(left.file, right.file) == 0;
  }
  friend bool operator<(const place& left, const place& right) noexcept {
    const int files = std::strcmp(left.file, right.file);
    return files != 0 ? files < 0 : left.line < right.line;
  }
};

/// C++'s orders, and that of the cheap half of an asymmetric pair of fences.
enum class ordering : std::uint8_t { relaxed, acquiring, releasing, both, sequential, light };
/// `change` is a read-modify-write, or a compare that succeeds.
enum class access : std::uint8_t { load, store, change, failed_compare, fence };

/// What asks for an order in a line of the program. Accesses of one line that do the same and ask for the same are one.
struct ordered_access {
  place at{};
  access what = access::load;
  ordering asks = ordering::relaxed;
  friend bool operator==(const ordered_access&, const ordered_access&) = default;
  friend bool operator<(const ordered_access& left, const ordered_access& right) noexcept {
    if (!(left.at == right.at)) return left.at < right.at;
    return left.what != right.what ? left.what < right.what : left.asks < right.asks;
  }
};
/// That it gets another one: does it matter? A fence that gets `relaxed` is none.
struct weakening {
  ordered_access of{};
  ordering to = ordering::relaxed;
};

struct limits {
  std::uint64_t executions = ~std::uint64_t{0};  ///< of all kinds; then `exhausted` stays false
  std::uint64_t random_runs = 0;                 ///< not 0: so many runs with random choices in place of all executions
  std::uint64_t seed = 1;                        ///< of the random choices
  unsigned priority_changes = 0;  ///< not 0: random runs have priorities that change so often, at most 16
  std::string replay{};           ///< not empty: the one execution that tally.replay names, and no other
  bool thread_ends = false;       ///< what the library does when a thread ends belongs to the program
  bool reuse_memory = false;  ///< who gives memory back gets the same again: a pointer may be another object's by then
  bool asymmetric_fences = true;  ///< false: as on a machine without membarrier
  weakening weakened{};           ///< of which no line is 0: nothing is
  const char* planted = nullptr;  ///< for which name platform::checked::planted is true
};

/// What was run and found.
struct tally {
  std::uint64_t complete = 0;           ///< executions that came to their end and passed the audit
  std::uint64_t blocked = 0;            ///< a thread waited for a change that came in another execution
  std::uint64_t left = 0;               ///< begun, but against the model
  bool exhausted = false;               ///< there is no other execution
  std::vector<ordered_access> ordered;  ///< what asked for an order, each once
  std::vector<std::string> planted;     ///< the names that platform::checked::planted was asked for, each once
  std::string failure;                  ///< what failed first, and what each thread had done; empty: nothing did
  std::string replay;                   ///< the execution that failed
};

/// Runs the program. One call at a time in a process.
///
/// @returns   how many executions there were, whether these are all, and the first that failed
/// @sees      nothing of earlier calls
/// @progress  ends where every execution of the program does; a loop that waits by other means than (4) never ends
/// @cost      about a microsecond for each execution of ten accesses; memory for the longest one
/// @throws    std::bad_alloc, std::invalid_argument: more threads than 8, or a replay that is none; nothing was run
/// @calls     the program's functions, in fibers of the calling thread
tally explore(const program& of, const limits& within = {});

/// Each way to make one of these weaker by a step; a fence goes. What a program does not need of its orders is found by
/// running it with each: `explore(program, {.weakened = each})`.
///
/// @returns   acquire and release become relaxed, acquire-and-release either half, sequential what stands below it
/// @sees      nothing else
/// @progress  never waits
/// @cost      one vector
/// @throws    std::bad_alloc
/// @calls     nothing
[[nodiscard]] std::vector<weakening> weakenings_of(const std::vector<ordered_access>& all);

/// Inside a program: fails the execution, and with it the whole call of explore, where `holds` is false.
///
/// @returns   only if `holds` is true
/// @sees      nothing
/// @progress  never waits
/// @cost      one comparison
/// @throws    nothing: the execution is left where it is
/// @calls     nothing
void require(bool holds, const char* what);

/// Inside a program: says which operation the thread begins; a failure is printed with it. The text is not copied.
///
/// @returns   nothing
/// @sees      nothing
/// @progress  never waits
/// @cost      one word is noted
/// @throws    std::bad_alloc
/// @calls     nothing
void doing(const char* operation);

/// Inside a program: how many blocks of memory it has allocated and not given back, since its setup began.
///
/// @returns   the number
/// @sees      what this thread and all whose memory it could have been handed have done
/// @progress  never waits
/// @cost      one load
/// @throws    nothing
/// @calls     nothing
[[nodiscard]] std::size_t blocks_in_use() noexcept;

/// Inside a program: of the calling thread's allocations the next `more` succeed, all others throw std::bad_alloc. The
/// kernel's pages are always there. Outside a program it does nothing.
///
/// @returns   nothing
/// @sees      nothing shared
/// @progress  never waits
/// @cost      one store
/// @throws    nothing
/// @calls     nothing
void fail_allocations_after(std::uint64_t more) noexcept;

}  // namespace portolan::prove::schedule
