// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Threads against one line of the portable engine: key and value that a reader sees belong together, whatever a
// writer does to the slot meanwhile. Each test fails when the version is not raised at a departure.
#include <portolan/map/concurrent/inline8.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "tests/support/scale.hpp"

namespace {

using engine = portolan::concurrent::inline8<std::uint64_t, std::uint64_t, portolan::hash<std::uint64_t>,
                                             portolan::equal<std::uint64_t>>;

// No value is ever the image of a key, so a value word that names a moved key is told from a value.
constexpr std::uint64_t value_of(std::uint64_t key) { return key | std::uint64_t{1} << 40; }
constexpr std::uint64_t first_key = 1;

void expect_whole(engine::cell seen) {
  if (engine::is_empty(seen)) return;
  if (engine::is_moved(seen)) {
    ASSERT_LT(seen.high, std::uint64_t{1} << 40) << "a mark names its key";
    return;
  }
  ASSERT_EQ(seen.high, value_of(seen.low));
}

/// Readers load one slot of `lines`, wherever the writer is, until it has done `rounds` of `change(round)`.
template <class Change>
void read_while(std::vector<engine::line>& lines, std::uint64_t rounds, Change change) {
  std::atomic<std::uint64_t> round{0};
  const auto line_of = [&](std::uint64_t at) -> engine::line& { return lines[at % lines.size()]; };
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      for (std::uint64_t at = round.load(); at < rounds; at = round.load()) expect_whole(engine::load(line_of(at), 1));
    });
  }
  for (; round.load() < rounds; ++round) change(line_of(round.load()), round.load());
  for (auto& reader : readers) reader.join();
}

std::vector<engine::line> fresh_lines(std::size_t count) {
  std::vector<engine::line> lines(count);
  for (auto& line : lines) engine::open_unshared(line);
  return lines;
}

TEST(Inline8, MovedMarkIsNeverTakenForTheValue) {
  const auto rounds = support::scaled<std::uint64_t>(200'000);
  auto lines = fresh_lines(rounds);
  read_while(lines, rounds, [](engine::line& in, std::uint64_t round) {
    const std::uint64_t key = first_key + round;
    engine::fill(in, 1, {key, value_of(key)});
    engine::cell live{key, value_of(key)};
    ASSERT_TRUE(engine::replace(in, 1, live, engine::moved_mark(live, 0)));
    ASSERT_TRUE(engine::is_moved(engine::load(in, 1)));
    ASSERT_EQ(engine::load(in, 1).high, key);
  });
}

TEST(Inline8, KeyAndValueOfOneSlotBelongTogether) {
  auto lines = fresh_lines(1);
  read_while(lines, support::scaled<std::uint64_t>(400'000), [](engine::line& in, std::uint64_t round) {
    const std::uint64_t key = first_key + round;
    engine::fill(in, 1, {key, value_of(key)});
    engine::cell live{key, value_of(key)};
    ASSERT_TRUE(engine::replace(in, 1, live, engine::empty_cell()));
  });
}

TEST(Inline8, MovedSlotRefusesChanges) {
  auto lines = fresh_lines(1);
  engine::cell live{first_key, 7};
  engine::fill(lines[0], 0, live);
  ASSERT_TRUE(engine::replace(lines[0], 0, live, engine::moved_mark(live, 0)));
  ASSERT_FALSE(engine::replace(lines[0], 0, live, {first_key, 8}));
  EXPECT_TRUE(engine::is_moved(live)) << "what stands there is told";
  EXPECT_EQ(live.high, first_key);
}

}  // namespace
