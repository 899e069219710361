// A map and what it should be, step by step.
//
//   program ──► call ──┬─► machine (a real map, map_machine.hpp)  ──► answer ─┐
//                      └─► model   (what the documentation says)  ──► answer ─┴► equal?   then, now and then: audit
//
// 1. An answer is every number that the operation told. Operations over many entries tell their count and a sum that no
//    order changes, so that equal contents give equal answers.
// 2. Audit: what a walk shows is what find finds is what size counts is what the model holds; handles show what they
//    showed; no object was used after its end; at the end nothing is left.
// 3. A step that failed (faults.hpp) left the map as it was before or as it should be after; of an operation over many
//    entries this holds for each key.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "step.hpp"

namespace fuzz {

using content = std::unordered_map<std::uint64_t, std::uint64_t>;
using answer = std::vector<std::uint64_t>;

/// Adds an entry to the count and the sum of a walk's answer.
struct tally {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  void add(std::uint64_t key, std::uint64_t number) noexcept {
    ++count;
    std::uint64_t mixed = (key ^ 0x5851F42D4C957F2D) * 0xD6E8FEB86659FD93 + number;
    mixed = (mixed ^ (mixed >> 32)) * 0xD6E8FEB86659FD93;
    sum += mixed ^ (mixed >> 29);
  }
  void tell(answer& says) const { says.insert(says.end(), {count, sum}); }
};

/// The value that compare_exchange and compare_erase expect: for even `more` the one that is there.
[[nodiscard]] std::uint64_t expected_by(const call& wanted, const content& now);

/// Whether erase_if and an erasing walk take this key away.
[[nodiscard]] constexpr bool goes(const call& wanted, std::uint64_t key) noexcept {
  return key % 4 == wanted.more / 8 % 4;
}

/// The two maps that a program works on.
class machine {
 public:
  virtual ~machine() = default;
  [[nodiscard]] virtual bool offers(op which) const = 0;
  /// Does it, and writes down what was told. `expected`: of compare_exchange and the like.
  virtual void perform(const call& wanted, std::uint64_t expected, answer& says) = 0;
  /// What a walk shows; a key that is shown twice is blamed.
  [[nodiscard]] virtual content walk(bool other) = 0;
  [[nodiscard]] virtual std::optional<std::uint64_t> look(bool other, std::uint64_t key) = 0;
  [[nodiscard]] virtual std::size_t size(bool other) = 0;
  /// Reads all handles again.
  virtual void read_handles() = 0;
};

struct kind {
  std::string name;
  std::unique_ptr<machine> (*make)(std::uint64_t seed);
};
/// Every map of the family with the kinds of keys and values that it treats differently.
[[nodiscard]] const std::vector<kind>& kinds();

/// What the maps should hold and say.
class model {
 public:
  void perform(const call& wanted, answer& says);
  [[nodiscard]] content& at(bool other) noexcept { return content_[other ? 1 : 0]; }
  [[nodiscard]] const content& at(bool other) const noexcept { return content_[other ? 1 : 0]; }

 private:
  void look(const call& wanted, answer& says);
  void put(const call& wanted, answer& says);
  void put_many(const call& wanted, answer& says);
  void take(const call& wanted, answer& says);
  void walk(const call& wanted, answer& says);
  void whole(const call& wanted, answer& says);

  content content_[2];
};

/// What went wrong, if anything did, and how many steps were done before.
struct verdict {
  std::optional<std::string> trouble;
  std::size_t steps = 0;
};
/// Runs a program on the map that it names, from its making to its end.
[[nodiscard]] verdict run(const program& what);
/// The same on maps that the caller made; their end is not looked at.
[[nodiscard]] verdict run(const program& what, machine& on);

/// Looks after everything that maps of one run make: all of it must end with them.
class books {
 public:
  explicit books(crowding crowd);
  ~books();
  books(const books&) = delete;
  books& operator=(const books&) = delete;
  [[nodiscard]] std::optional<std::string> trouble() const;

 private:
  std::int64_t objects_;
  std::int64_t blocks_;
};

/// Runs a program, then one more step in which call number `nth` fails.
struct failure {
  std::optional<std::string> trouble;
  bool fired = false;  // the step made that many calls
};
[[nodiscard]] failure run_to_failure(const program& before, const step& last, int nth);

using trial = std::function<verdict(const program&)>;
/// The smallest program found that still fails, by leaving steps out and making their numbers small.
[[nodiscard]] program shrunk(program failing, const trial& tried);
/// What to print of a failing program: its steps, what went wrong, and how to repeat it.
[[nodiscard]] std::string told(const program& failing, const trial& tried);
/// The words for how a program's keys share hashes; its bytes as they are repeated.
[[nodiscard]] std::string crowding_of(const program& of);
[[nodiscard]] std::string in_hex(const program& of);

}  // namespace fuzz
