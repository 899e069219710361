// Maps with words of their own, which the family's machines (machine.hpp) do not speak: versions from outside, totals that
// threads add up, maps by name.
//
//   program ──► turn ──► subject: asks the map, asks its model, says what differs      then, now and then: audit
//
// 1. A program is that of step.hpp; the operation's byte chooses one of the subject's words.
// 2. What a map may choose (the first version of a key that comes back, the order of a listing) is taken from its answer,
//    once the model has found that it may have been chosen.
// 3. A turn that threw left the map as it was; where a word changes many keys one after the other, each of them is as it
//    was or as it should be.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "machine.hpp"

namespace fuzz {

/// What is wrong, if anything is.
using complaint = std::optional<std::string>;

/// One word of a subject and how often it is drawn.
struct own_word {
  const char* name;
  unsigned weight;
};

class subject {
 public:
  virtual ~subject() = default;
  /// Does it to the map and to the model; throws what the map throws, and has then not touched the model.
  virtual complaint turn(unsigned word, const call& wanted) = 0;
  /// After a throw.
  virtual complaint settle(unsigned, const call&) { return audit(); }
  /// Whether the map shows what the model holds, to all who look.
  virtual complaint audit() = 0;
};

struct own_kind {
  std::string name;
  std::span<const own_word> words;
  std::unique_ptr<subject> (*make)(std::uint64_t seed);
};
[[nodiscard]] const std::vector<own_kind>& own_kinds();
[[nodiscard]] std::vector<own_kind> kinds_of_versions();
[[nodiscard]] std::vector<own_kind> kinds_of_totals();
[[nodiscard]] std::vector<own_kind> kinds_of_names();

/// The kind and the word that a program's bytes choose.
[[nodiscard]] const own_kind& own_kind_of(const program& of);
[[nodiscard]] unsigned word_of(const own_kind& kind, const step& one) noexcept;

/// A program drawn from a seed.
[[nodiscard]] program draw_own(std::uint64_t seed, std::uint8_t map, std::size_t steps);
[[nodiscard]] verdict run_own(const program& what);
/// The same on a subject that the caller made; its end is not looked at.
[[nodiscard]] verdict run_own(const program& what, subject& on);
/// Runs a program, then one more step in which call number `nth` fails.
[[nodiscard]] failure run_own_to_failure(const program& before, const step& last, int nth);
[[nodiscard]] std::string told_own(const program& failing, const trial& tried);

/// Asks the map; what comes after that is the model's affair and does not fail.
template <class F>
decltype(auto) ask(F&& f) {
  struct quiet {
    ~quiet() { faults::disarm(); }
  } after;
  return f();
}

/// `wrong` unless `holds`.
[[nodiscard]] inline complaint unless(bool holds, const char* wrong) { return holds ? complaint() : complaint(wrong); }

}  // namespace fuzz
