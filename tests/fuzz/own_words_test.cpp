// Promise: in its own words, too, a map says and holds what its documentation says, whatever is done to it in whatever
// order, and whichever call inside a word fails.
//
// Method: as fuzz.maps and fuzz.failures; the subjects and their models are own_versions.cpp, own_totals.cpp and
// own_names.cpp. A program that fails is made small and printed with the command that repeats it.
#include <array>
#include <cstdio>
#include <initializer_list>

#include <gtest/gtest.h>

#include "given.hpp"
#include "own_words.hpp"
#include "tests/support/scale.hpp"

namespace fuzz {
namespace {

verdict tried(const program& what) { return run_own(what); }

std::string name_of_kind(const testing::TestParamInfo<std::uint8_t>& of) {
  return test_name(own_kinds()[of.param].name);
}

class own_words : public testing::TestWithParam<std::uint8_t> {};

TEST_P(own_words, are_kept_whatever_the_steps) {
  constexpr std::size_t longest = 1'000;
  const auto steps = support::scaled<std::size_t>(3'000'000) / own_kinds().size();
  std::size_t done = 0;
  for (std::uint64_t seed = first_seed(); done < steps; ++seed) {
    const program drawn = draw_own(seed, GetParam(), 20 + seed * 97 % longest);
    done += drawn.steps.size();
    if (run_own(drawn).trouble) {
      FAIL() << "seed " << seed << ": " << told_own(shrunk(drawn, tried), tried);
    }
  }
}

// Each word, after programs of several lengths, with its first call failing, then its second, … until none is left.
TEST_P(own_words, are_kept_whichever_call_fails) {
  const own_kind& kind = own_kinds()[GetParam()];
  const std::initializer_list<std::uint8_t> choices{6, 11, 16, 24, 133};
  long points = 0;
  for (const std::size_t before : {0U, 5U, 20U, 60U, 200U}) {
    if (support::sanitized && before > 20) break;
    program start = draw_own(before, GetParam(), before);
    start.start.failing = false;
    for (unsigned word = 0; word < kind.words.size(); ++word) {
      for (const std::uint8_t choice : choices) {
        const step last{static_cast<op>(word), choice, 9, choice, 0};
        for (int nth = 1;; ++nth) {
          const failure said = run_own_to_failure(start, last, nth);
          ASSERT_FALSE(said.trouble) << "call " << nth << " of " << kind.words[word].name << ", more " << int{choice}
                                     << ", after " << before << " steps: " << *said.trouble;
          if (!said.fired) break;
          ++points;
        }
      }
    }
  }
  std::printf("%ld points failed\n", points);
}

INSTANTIATE_TEST_SUITE_P(of, own_words, testing::Range<std::uint8_t>(0, static_cast<std::uint8_t>(own_kinds().size())),
                         name_of_kind);

TEST(a_program_of_own_words, is_repeated_from_its_bytes) {
  const auto bytes = given_bytes();
  const program given = bytes ? decode(*bytes) : draw_own(3, 0, 300);
  EXPECT_FALSE(run_own(given).trouble) << told_own(given, tried);
  EXPECT_EQ(encode(decode(encode(given))), encode(given));
}

}  // namespace
}  // namespace fuzz
