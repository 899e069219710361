// Promise: whatever is done to a map, in whatever order, it says and holds what the documentation says.
//
// Method: programs of random steps are run on each map and on a model (machine.hpp); ten million steps over all maps, a
// slice of that where a sanitizer looks on. A program that fails is made small and printed, with the command that
// repeats it:
//
//   PORTOLAN_FUZZ_STEPS=010000…  fuzz.maps --gtest_filter=*repeated*     one program, as printed
//   PORTOLAN_FUZZ_SEED=7         fuzz.maps                               other programs than usual
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "given.hpp"
#include "machine.hpp"
#include "tests/support/scale.hpp"

namespace fuzz {
namespace {

verdict tried(const program& what) { return run(what); }

class a_map : public testing::TestWithParam<std::uint8_t> {};

TEST_P(a_map, says_and_holds_what_it_should_whatever_the_steps) {
  constexpr std::size_t longest = 1'500;
  constexpr std::size_t in_all = support::sanitized ? 4'000'000 : 10'000'000;
  const auto steps = support::by_night<std::size_t>(10 * in_all, support::scaled<std::size_t>(in_all)) / kinds().size();
  std::size_t done = 0;
  for (std::uint64_t seed = first_seed(); done < steps; ++seed) {
    const program drawn = draw(seed, GetParam(), 20 + seed * 97 % longest);
    done += drawn.steps.size();
    if (run(drawn).trouble) {
      FAIL() << "seed " << seed << ": " << told(shrunk(drawn, tried), tried);
    }
  }
  std::printf("%zu steps\n", done);
}

std::string name_of_kind(const testing::TestParamInfo<std::uint8_t>& of) { return test_name(kinds()[of.param].name); }
INSTANTIATE_TEST_SUITE_P(of_the_family, a_map,
                         testing::Range<std::uint8_t>(0, static_cast<std::uint8_t>(kinds().size())), name_of_kind);

TEST(a_program, is_repeated_from_its_bytes) {
  const auto bytes = given_bytes();
  const program given = bytes ? decode(*bytes) : draw(3, 1, 500);
  EXPECT_FALSE(run(given).trouble) << told(given, tried);
  const program again = decode(encode(given));
  EXPECT_EQ(encode(again), encode(given));
  EXPECT_EQ(again.steps.size(), given.steps.size());
}

TEST(the_corpus, finds_nothing) {
  for (const auto& each : std::filesystem::directory_iterator("tests/fuzz/corpus/maps")) {
    std::ifstream in(each.path(), std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const program given = decode({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    EXPECT_FALSE(given.steps.empty()) << each.path();
    EXPECT_FALSE(run(given).trouble) << each.path() << ": " << told(given, tried);
  }
}

/// Does all as the map behind it, but for one fault of the kind that only a rare state shows.
class wrong_machine final : public machine {
 public:
  enum class fault { forgets_to_erase, tells_of_the_last_value, shows_a_key_no_more };
  wrong_machine(std::unique_ptr<machine> behind, fault which) : behind_(std::move(behind)), which_(which) {}

  [[nodiscard]] bool offers(op which) const override { return behind_->offers(which); }
  void perform(const call& wanted, std::uint64_t expected, answer& says) override {
    const std::size_t before = behind_->size(wanted.other);
    if (which_ == fault::forgets_to_erase && wanted.what == op::erase && before == 3) {
      says.push_back(behind_->look(wanted.other, wanted.key) ? 1 : 0);
      return;
    }
    behind_->perform(wanted, expected, says);
    if (which_ == fault::tells_of_the_last_value && wanted.what == op::exchange && before == 5 && says.size() == 2) {
      says[1] = wanted.number;
    }
  }
  [[nodiscard]] content walk(bool other) override {
    content seen = behind_->walk(other);
    if (which_ == fault::shows_a_key_no_more && seen.size() > 6) seen.erase(5);
    return seen;
  }
  [[nodiscard]] std::optional<std::uint64_t> look(bool other, std::uint64_t key) override {
    return behind_->look(other, key);
  }
  [[nodiscard]] std::size_t size(bool other) override { return behind_->size(other); }
  void read_handles() override { behind_->read_handles(); }

 private:
  std::unique_ptr<machine> behind_;
  fault which_;
};

// Who watches the watchers: a wrong map is found, and the program that shows it is a handful of steps.
TEST(a_wrong_map, is_found_and_told_in_a_few_steps) {
  for (const auto which : {wrong_machine::fault::forgets_to_erase, wrong_machine::fault::tells_of_the_last_value,
                           wrong_machine::fault::shows_a_key_no_more}) {
    const trial on_wrong = [&](const program& what) {
      wrong_machine on(kinds()[1].make(7), which);
      return run(what, on);
    };
    program drawn;
    std::uint64_t seed = 0;
    do {
      ASSERT_LT(++seed, 200U) << "not found: " << static_cast<int>(which);
      drawn = draw(seed, 1, 300);
    } while (!on_wrong(drawn).trouble);
    const program small = shrunk(drawn, on_wrong);
    EXPECT_LE(small.steps.size(), 10U) << told(small, on_wrong);
    const std::string text = told(small, on_wrong);
    EXPECT_NE(text.find("first."), std::string::npos) << text;
    EXPECT_NE(text.find("PORTOLAN_FUZZ_STEPS="), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace fuzz
