// Promise: whichever call fails inside an operation, and whichever operation, the map is then as before or as it should
// be (of many keys: each of them), goes on working, and nothing is leaked.
//
// Method: each operation of each map is run on maps of several sizes with its first allocation, hash, equality,
// construction, copy, move or visitor failing, then the second of them, … until it meets no failure any more. The
// table that is printed says how many points were tried; a dash: the operation makes no such call.
#include <algorithm>
#include <array>
#include <cstdio>
#include <initializer_list>

#include <gtest/gtest.h>

#include "given.hpp"
#include "machine.hpp"
#include "tests/support/scale.hpp"

namespace fuzz {
namespace {

using counts = std::array<long, support::fault_kinds>;
using table = std::array<counts, op_count>;

/// `entries` in the first map, as many in the second, half of them under the same keys.
program with_entries(std::uint8_t map, std::uint8_t entries) {
  program made;
  made.start.map = map;
  made.start.keys = 2;  // 256 different ones
  const auto put = [&](int from, int which) {
    for (int done = 0; done < entries; done += 60) {
      const int last = std::min(60, entries - done) - 1;
      made.steps.push_back(
          {op::insert_each, static_cast<std::uint8_t>(from + done), 7, static_cast<std::uint8_t>(last | which), 0});
    }
  };
  put(0, 0);
  put(entries / 2, 0x80);
  return made;
}

std::string name_of_kind(const testing::TestParamInfo<std::uint8_t>& of) { return test_name(kinds()[of.param].name); }

class failing_call : public testing::TestWithParam<std::uint8_t> {
 protected:
  // Fails every call of `last` in turn; adds to the table what each call was.
  static void fail_everywhere(const program& before, const step& last, counts& tried) {
    for (int nth = 1;; ++nth) {
      const failure said = run_to_failure(before, last, nth);
      ASSERT_FALSE(said.trouble) << kinds()[before.start.map].name << ", call " << nth << " of "
                                 << written(before.start, last, before.steps.size()) << " with " << before.steps.size()
                                 << " steps before:\n"
                                 << *said.trouble;
      if (!said.fired) break;
      ++tried[static_cast<std::size_t>(faults::last())];
    }
  }
  static table& all() {
    static table points{};
    return points;
  }
  static void TearDownTestSuite() {
    std::printf("%-18s", "points tried in");
    for (const char* name : support::fault_names) std::printf("%13s", name);
    for (std::size_t i = 0; i < op_count; ++i) {
      std::printf("\n%-18s", name_of(static_cast<op>(i)));
      for (const long points : all()[i]) points == 0 ? std::printf("%13s", "-") : std::printf("%13ld", points);
    }
    std::printf("\n");
  }
};

/// Where every entry is a call that may fail, more entries show nothing new.
bool walks(op what) {
  switch (what) {
    case op::for_each:
    case op::for_each_until:
    case op::snapshot:
    case op::list:
    case op::list_in_order:
    case op::erase_if:
    case op::clear:
    case op::merge:
    case op::walk_erasing:
    case op::walk_inserting:
    case op::walk_clearing:
    case op::walk_within_walk:
    case op::dump_and_load: return true;
    default: return false;
  }
}

TEST_P(failing_call, leaves_the_map_as_before_or_as_it_should_be) {
  const auto on = kinds()[GetParam()].make(1);
  const std::initializer_list<std::uint8_t> sizes{0, 1, 7, 13, 52, 150};  // before, at and after tables grow
  const std::initializer_list<std::uint8_t> keys{3, 251};                 // there, if there are so many; not there
  const std::initializer_list<std::uint8_t> choices{6, 11};               // as expected, not as expected; 7 keys, 12
  // Where every write copies the map, more entries show nothing new either.
  const std::uint8_t most = support::sanitized || on->offers(op::store_all) ? 13 : 150;
  for (const std::uint8_t entries : sizes) {
    if (entries > most || (support::sanitized && (entries == 1 || entries == 7))) continue;
    const program before = with_entries(GetParam(), entries);
    for (std::size_t i = 0; i < op_count; ++i) {
      const auto what = static_cast<op>(i);
      if (!on->offers(what) || (entries > 13 && walks(what))) continue;
      for (const std::uint8_t key : keys) {
        for (const std::uint8_t more : choices) {
          if (support::sanitized && (key == 3) != (more == 6)) continue;
          fail_everywhere(before, {what, key, 9, more, 0}, all()[i]);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(of, failing_call, testing::Range<std::uint8_t>(0, static_cast<std::uint8_t>(kinds().size())),
                         name_of_kind);

}  // namespace
}  // namespace fuzz
