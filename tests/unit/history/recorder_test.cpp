// The recorder: what it writes down of each call, and of calls that do not return.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/sync_map.hpp>
#include <portolan/map/versioned_map.hpp>
#include <portolan/prove/history_recorder.hpp>
#include <portolan/prove/linearize.hpp>

#include "tests/promises/threads.hpp"
#include "tests/support/scale.hpp"

namespace {

using namespace portolan::prove;
using numbers = portolan::concurrent_map<std::uint64_t, std::uint64_t>;

std::string told(const history& all) {
  std::string text;
  for (const operation& each : all.sorted()) text += std::to_string(each.key) + ": " + described(each, all) + "\n";
  return text;
}

TEST(recorder, each_call_is_written_down_as_it_ended) {
  numbers map;
  recorder notes(1);
  lane& mine = notes.of(0);
  EXPECT_FALSE(mine.find(map, 1U));
  EXPECT_FALSE(mine.contains(map, 1U));
  EXPECT_FALSE(mine.erase(map, 1U));
  EXPECT_TRUE(mine.insert(map, 1U, 10U));
  EXPECT_FALSE(mine.insert(map, 1U, 11U));
  EXPECT_EQ(*mine.find(map, 1U), 10U);
  mine.insert_or_assign(map, 1U, 12U);
  mine.insert_or_assign(map, 2U, 20U);
  mine.exchange(map, 2U, 21U);
  mine.compare_exchange(map, std::uint64_t{2}, std::uint64_t{21}, std::uint64_t{22});
  mine.compare_exchange(map, std::uint64_t{2}, std::uint64_t{21}, std::uint64_t{23});
  mine.compare_exchange(map, std::uint64_t{3}, std::uint64_t{21}, std::uint64_t{23});
  mine.compare_erase(map, std::uint64_t{2}, std::uint64_t{22});
  mine.extract(map, 1U);
  mine.extract(map, 1U);
  mine.add(map, 4U, std::uint64_t{5});
  mine.add(map, 4U, std::uint64_t{6});
  EXPECT_TRUE(mine.contains(map, 4U));
  const history all = notes.take();
  EXPECT_EQ(
      told(all),
      "1: find → nothing there\n1: contains → nothing there\n1: erase → nothing there\n1: insert 10 → new\n"
      "1: insert 11 → was there\n1: find → 10\n1: assign 12 → replaced\n2: assign 20 → new\n2: exchange 21 → 20\n"
      "2: exchange 21 for 22 → done\n2: exchange 21 for 23 → another value\n3: exchange 21 for 23 → nothing there\n"
      "2: erase if 22 → done\n1: extract → 12\n1: extract → nothing there\n4: add 5 → 5\n4: add 6 → 11\n"
      "4: contains → yes\n");
  EXPECT_TRUE(check_linearizable(all).ok());
  EXPECT_EQ(notes.take().size(), 0U);
}

TEST(recorder, calls_of_one_lane_follow_each_other) {
  numbers map;
  recorder notes(1);
  for (std::uint64_t i = 0; i < 10'000; ++i) notes.of(0).insert(map, i % 100, i);
  const std::vector<operation> all = notes.take().sorted();
  ASSERT_EQ(all.size(), 10'000U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_LT(all[i].call, all[i].returned);
    ASSERT_TRUE(i == 0 || all[i - 1].returned < all[i].call) << "a thread's own calls never overlap";
  }
}

TEST(recorder, a_call_that_throws_stays_pending) {
  struct broken {
    bool insert(int, int) { throw std::runtime_error("no"); }
    std::optional<int> find(int) const { return {}; }
  } map;
  recorder notes(1);
  EXPECT_THROW(notes.of(0).insert(map, 1, 5), std::runtime_error);
  notes.of(0).find(map, 1);
  const history all = notes.take();
  EXPECT_EQ(told(all), "1: insert 5 …\n1: find → nothing there\n");
  EXPECT_TRUE(check_linearizable(all).ok());
}

TEST(recorder, the_whole_map_is_recorded_too) {
  portolan::sync_map<int, int> map;
  recorder notes(1);
  lane& mine = notes.of(0);
  mine.insert(map, 1, 10);
  mine.insert(map, 2, 20);
  EXPECT_EQ(mine.size(map), 2U);
  mine.for_each(map);
  mine.clear(map);
  mine.for_each(map);
  EXPECT_EQ(mine.size(map), 0U);
  history all = notes.take();
  ASSERT_EQ(all.listings.size(), 2U);
  EXPECT_EQ(all.listings[0].entries.size(), 2U);
  EXPECT_EQ(all.clearings.size(), 1U);
  ASSERT_EQ(all.countings.size(), 2U);
  EXPECT_TRUE(check_linearizable(all).ok());
  all.countings[1].size = 1;
  EXPECT_FALSE(check_linearizable(all).ok());
}

TEST(recorder, a_value_with_its_version_is_the_value) {
  portolan::versioned_map<int, int> map;
  recorder notes(1);
  notes.of(0).insert(map, 1, 10);
  notes.of(0).find(map, 1);
  EXPECT_EQ(told(notes.take()), "1: insert 10 → new\n1: find → 10\n");
}

enum class colour : unsigned char { red, green };
struct named {
  std::string text;
  friend std::uint64_t history_word(const named& name) { return std::stoull(name.text); }
};

TEST(recorder, keys_and_values_are_what_they_say) {
  static_assert(word_of(colour::green) == 1 && word_of(-1) == ~std::uint64_t{0} && word_of(true) == 1);
  EXPECT_EQ(word_of(named{"77"}), 77U);
}

TEST(recorder, a_call_of_any_system_is_put_between_two_notes) {
  recorder notes(2);
  operation& put = notes.of(0).begun(action::assign, 1, 5);
  notes.of(0).ended(put, ending::done);
  notes.of(1).rested();
  operation& got = notes.of(1).begun(action::find, 1);
  notes.of(1).ended(got, ending::hit, 6);
  EXPECT_EQ(check_linearizable(notes.take()).is, verdict::answer::violated);
}

TEST(recorder, memory_is_used_again) {
  numbers map;
  recorder notes(1);
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t i = 0; i < 9'000; ++i) notes.of(0).find(map, i);
    history all = notes.take();
    EXPECT_EQ(all.size(), 9'000U);
    EXPECT_EQ(all.pieces.size(), 3U);
    notes.reuse(std::move(all));
  }
}

// Threads on few keys, all at once: whatever they are told must have an order. Two clocks that disagreed, or an instant
// taken too early or too late, would show here as a violation.
TEST(recorder, instants_of_different_threads_agree) {
  numbers map;
  recorder notes(4);
  const unsigned calls = support::scaled(100'000U);
  promises::together(4, [&](int thread) {
    const auto id = static_cast<unsigned>(thread);
    promises::chance random(id);
    lane& mine = notes.of(id);
    for (std::uint64_t i = 0; i < calls; ++i) {
      const std::uint64_t key = random.below(3);
      switch (random.below(4)) {
        case 0: mine.exchange(map, key, i * 4 + id); break;
        case 1: mine.extract(map, key); break;
        default: mine.find(map, key);
      }
    }
  });
  const verdict seen = check_linearizable(notes.take());
  EXPECT_TRUE(seen.ok()) << seen.text();
  EXPECT_EQ(seen.operations, std::uint64_t{4} * calls);
}

}  // namespace
