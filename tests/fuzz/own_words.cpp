#include "own_words.hpp"

#include <cstdio>

#include "tests/promises/threads.hpp"

namespace fuzz {
namespace {

/// Does a program's steps to a subject.
class own_session {
 public:
  own_session(const program& what, subject& on) : what_(what), on_(on) {}

  verdict go() {
    for (std::size_t at = 0; at < what_.steps.size(); ++at) {
      const step& one = what_.steps[at];
      const bool fails = what_.start.failing && one.fault > 191;
      complaint wrong = perform(one, at, fails ? one.fault - 191 : 0);
      if (!wrong && at % 256 == 255) wrong = on_.audit();
      if (wrong) return {wrong, at};
    }
    return {on_.audit(), what_.steps.size()};
  }

  /// The step at `position`; call number `nth` fails, unless it is 0.
  complaint perform(const step& one, std::size_t position, int nth) {
    const unsigned word = word_of(own_kind_of(what_), one);
    const call wanted = call_of(what_.start, one, position);
    complaint wrong;
    bool threw = false;
    faults::arm(nth);
    try {
      wrong = on_.turn(word, wanted);
    } catch (const support::injected&) {
      threw = true;
    } catch (const std::bad_alloc&) {
      threw = true;
    }
    const bool fired = faults::fired();
    faults::disarm();
    if (threw && !fired) return "it threw, though nothing failed";
    if (threw) wrong = on_.settle(word, wanted);
    if (const char* blamed = account::wrong) return blamed;
    return wrong;
  }

 private:
  const program& what_;
  subject& on_;
};

}  // namespace

const std::vector<own_kind>& own_kinds() {
  static const std::vector<own_kind> all = [] {
    std::vector<own_kind> made;
    for (auto* each : {kinds_of_versions, kinds_of_totals, kinds_of_names}) {
      const auto some = each();
      made.insert(made.end(), some.begin(), some.end());
    }
    return made;
  }();
  return all;
}

const own_kind& own_kind_of(const program& of) { return own_kinds()[of.start.map % own_kinds().size()]; }
unsigned word_of(const own_kind& kind, const step& one) noexcept {
  return static_cast<unsigned>(static_cast<std::size_t>(one.what) % kind.words.size());
}

program draw_own(std::uint64_t seed, std::uint8_t map, std::size_t steps) {
  promises::chance chance(seed * 1'000'003 + map);
  program made;
  made.start.map = map;
  made.start.keys = static_cast<std::uint8_t>(chance.below(3));
  made.start.crowd = chance.below(4) != 0 ? crowding::none : static_cast<crowding>(chance.below(4));
  made.start.failing = chance.below(4) == 0;
  std::vector<unsigned> wheel;
  const own_kind& kind = own_kind_of(made);
  for (unsigned word = 0; word < kind.words.size(); ++word) wheel.insert(wheel.end(), kind.words[word].weight, word);
  const auto byte = [&] { return static_cast<std::uint8_t>(chance.next()); };
  for (std::size_t i = 0; i < steps; ++i) {
    made.steps.push_back({static_cast<op>(wheel[chance.below(wheel.size())]), byte(), byte(), byte(), byte()});
  }
  return made;
}

verdict run_own(const program& what, subject& on) { return own_session(what, on).go(); }

verdict run_own(const program& what) {
  const books kept(what.start.crowd);
  verdict said = run_own(what, *own_kind_of(what).make(0x5EED));
  if (!said.trouble) said.trouble = kept.trouble();
  return said;
}

failure run_own_to_failure(const program& before, const step& last, int nth) {
  const books kept(before.start.crowd);
  failure said;
  {
    const auto on = own_kind_of(before).make(0x5EED);
    own_session working(before, *on);
    said.trouble = working.go().trouble;
    if (!said.trouble) said.trouble = working.perform(last, before.steps.size(), nth);
    said.fired = faults::fired();
    if (!said.trouble) said.trouble = on->audit();
  }
  if (!said.trouble) said.trouble = kept.trouble();
  return said;
}

std::string told_own(const program& failing, const trial& tried) {
  const verdict said = tried(failing);
  if (!said.trouble) return "nothing wrong\n";
  const own_kind& kind = own_kind_of(failing);
  std::string text = kind.name + ", " + crowding_of(failing) + ":\n";
  for (std::size_t i = 0; i < failing.steps.size(); ++i) {
    const step& one = failing.steps[i];
    const call wanted = call_of(failing.start, one, i);
    char line[200];
    std::snprintf(line, sizeof line, "  %s(key %llu, number %llu, more %u);", kind.words[word_of(kind, one)].name,
                  static_cast<unsigned long long>(wanted.key), static_cast<unsigned long long>(wanted.number),
                  wanted.more);
    text += line;
    if (failing.start.failing && one.fault > 191) {
      text += "  // call " + std::to_string(one.fault - 191) + " fails";
    }
    text += '\n';
  }
  text += "step " + std::to_string(said.steps + 1) + ": " + *said.trouble + "\n";
  return text + "repeat: PORTOLAN_FUZZ_STEPS=" + in_hex(failing) + " build/release/bin/tests/fuzz.own_words\n";
}

}  // namespace fuzz
