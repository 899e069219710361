// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What runs where a processor does not load 16 bytes at once.
//
// The portable engine, threads against one line: key and value that a reader sees belong together, whatever a writer
// does to the slot meanwhile. Each test fails when the version is not raised at a departure.
// The default engine on a processor with a 16-byte compare-and-swap alone, which then loads and stores as well.
#define PORTOLAN_STEPS 1
#define PORTOLAN_WORD16_BY_EXCHANGE 1
#include <portolan/map/concurrent/inline8.hpp>
#include <portolan/map/concurrent_map.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/crowd.hpp"
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
    engine::overwrite(in, 1, {key, value_of(key)});
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
    engine::overwrite(in, 1, {key, value_of(key)});
    engine::cell live{key, value_of(key)};
    ASSERT_TRUE(engine::replace(in, 1, live, engine::empty_cell()));
  });
}

TEST(Inline8, MovedSlotRefusesChanges) {
  auto lines = fresh_lines(1);
  engine::cell live{first_key, 7};
  engine::overwrite(lines[0], 0, live);
  ASSERT_TRUE(engine::replace(lines[0], 0, live, engine::moved_mark(live, 0)));
  ASSERT_FALSE(engine::replace(lines[0], 0, live, {first_key, 8}));
  EXPECT_TRUE(engine::is_moved(live)) << "what stands there is told";
  EXPECT_EQ(live.high, first_key);
}

// Each thread has keys of its own and an exact account of them, and adds to a counter that all share, while the table
// grows and shrinks under them.
TEST(Inline16ByExchange, AccountsAreExactWhileTablesGrowAndShrink) {
  constexpr std::uint64_t keys_each = 3'000;
  constexpr std::uint64_t counter = ~std::uint64_t{0} - 1;
  const auto rounds = support::scaled<std::uint64_t>(40'000);
  portolan::concurrent_map<std::uint64_t, std::uint64_t> map;
  EXPECT_FALSE(map.find(1).has_value()) << "a map that was never written lies in memory that nobody may write";
  support::run_threads(4, [&](unsigned id) {
    std::vector<std::optional<std::uint64_t>> account(keys_each);
    std::uint64_t random = id + 1;
    for (std::uint64_t round = 0; round < rounds; ++round) {
      const std::uint64_t at = support::next_random(random) % keys_each;
      const std::uint64_t key = at * 4 + id;
      const bool growing = round % (4 * keys_each) < 2 * keys_each;
      switch (support::next_random(random) % 4) {
        case 0: {
          const bool fresh = growing && !account[at];
          if (growing) {
            ASSERT_EQ(map.insert(key, round), fresh);
          }
          if (fresh) account[at] = round;
          break;
        }
        case 1:
          if (!growing) {
            ASSERT_EQ(map.erase(key), account[at].has_value());
            account[at].reset();
          }
          break;
        case 2:
          map.compute(counter, [](const std::uint64_t* now) { return portolan::assign(now ? *now + 1 : 1); });
          if (account[at]) {
            ASSERT_EQ(map.compare_exchange(key, *account[at], round), portolan::comparison::matched);
            account[at] = round;
          }
          break;
        default: ASSERT_EQ(map.find(key), account[at]);
      }
    }
    for (std::uint64_t at = 0; at < keys_each; ++at) ASSERT_EQ(map.find(at * 4 + id), account[at]);
  });
  std::uint64_t added = 0;
  for (unsigned id = 0; id < 4; ++id) {
    std::uint64_t random = id + 1;
    for (std::uint64_t round = 0; round < rounds; ++round) {
      support::next_random(random);
      added += support::next_random(random) % 4 == 2 ? 1 : 0;
    }
  }
  EXPECT_EQ(map.find(counter), added);
}

}  // namespace
