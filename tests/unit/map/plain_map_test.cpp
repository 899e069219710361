// plain_map alone: its anatomy, and its results beside std::unordered_map's, which shares no line with it.
#include <portolan/map/plain_map.hpp>

#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <unordered_map>

#include <gtest/gtest.h>

#include "tests/support/scale.hpp"

namespace {

using portolan::plain_map;
using numbers = plain_map<std::uint64_t, std::uint64_t>;

std::uint64_t next(std::uint64_t& state) {
  state = state * 6364136223846793005U + 1442695040888963407U;
  return state >> 33;
}

TEST(plain_map, tells_what_unordered_map_tells) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    plain_map<std::string, std::string> map;
    std::unordered_map<std::string, std::string> reference;
    std::uint64_t state = seed;
    for (int step = 0; step < support::scaled(40'000); ++step) {
      const std::string key = std::to_string(next(state) % (100 * seed * seed));
      const std::string value = std::to_string(next(state));
      switch (next(state) % 4) {
        case 0: ASSERT_EQ(map.insert(key, value), reference.emplace(key, value).second); break;
        case 1:
          ASSERT_EQ(map.insert_or_assign(key, value) == portolan::assignment::inserted,
                    reference.insert_or_assign(key, value).second);
          break;
        case 2: ASSERT_EQ(map.erase(key), reference.erase(key) == 1); break;
        case 3: {
          const auto found = map.find(key);
          const auto expected = reference.find(key);
          ASSERT_EQ(found.has_value(), expected != reference.end());
          if (found) {
            ASSERT_EQ(*found, expected->second);
          }
          break;
        }
      }
      ASSERT_EQ(map.size(), reference.size());
    }
    std::unordered_map<std::string, std::string> shown;
    map.for_each(
        [&](const std::string& key, const std::string& value) { ASSERT_TRUE(shown.emplace(key, value).second); });
    EXPECT_EQ(shown, reference);
  }
}

TEST(plain_map, takes_no_memory_before_the_first_entry) {
  const numbers map;
  EXPECT_EQ(map.stats().bytes, sizeof map);
  EXPECT_EQ(map.stats().tables, 0U);
  EXPECT_FALSE(map.contains(1));
}

TEST(plain_map, grows_when_entry_417_comes_to_64_buckets) {
  numbers map;
  map.reserve(416);
  EXPECT_EQ(map.stats().capacity, 416U);
  for (std::uint64_t i = 0; i < 416; ++i) map.insert(i, i);
  EXPECT_EQ(map.stats().growths, 0U);
  EXPECT_EQ(map.stats().tables, 1U);
  map.insert(416U, 416U);
  EXPECT_EQ(map.stats().growths, 1U);
  EXPECT_EQ(map.stats().tables, 2U) << "growth is spread over later writes";
}

TEST(plain_map, moves_at_most_two_buckets_a_write) {
  numbers map;
  map.reserve(416);
  for (std::uint64_t i = 0; i <= 416; ++i) map.insert(i, i);
  int writes = 1;  // the one that began it
  while (map.stats().tables == 2) {
    map.insert_or_assign(0U, 1U);
    ASSERT_LE(++writes, 64);
  }
  EXPECT_GE(writes, 32) << "64 old buckets, two a write";
  for (std::uint64_t i = 1; i <= 416; ++i) ASSERT_EQ(map.find(i), i);
}

TEST(plain_map, closes_entries_up_when_overflow_piles_up) {
  // Rounds of filling up and thinning out leave chains behind in which few slots are used.
  struct skewed {
    using is_avalanching = void;
    std::uint64_t operator()(std::uint64_t key) const noexcept { return key % 4 + (key << 56); }
  };
  plain_map<std::uint64_t, std::uint64_t, skewed> map;
  for (std::uint64_t round = 0; round < 20; ++round) {
    for (std::uint64_t i = 0; i < 400; ++i) map.insert(round * 1000 + i, i);
    for (std::uint64_t i = 0; i < 400; ++i) {
      if (i % 50 != 0) map.erase(round * 1000 + i);
    }
  }
  EXPECT_EQ(map.size(), 160U);
  EXPECT_LE(map.stats().spilled, map.stats().capacity / 6);
  map.for_each([&](std::uint64_t key, std::uint64_t value) { EXPECT_EQ(map.find(key), value); });
}

TEST(plain_map, keeps_large_keys_and_values_out_of_line) {
  struct large {
    std::uint64_t words[17];
    bool operator==(const large&) const = default;
  };
  static_assert(!portolan::plain::in_line<large> && portolan::plain::in_line<std::string>);
  static_assert(!portolan::plain::in_line<std::unique_ptr<int>>, "a visitor must be able to hold what it is shown");
  plain_map<int, large> map;
  map.insert(1, large{{7}});
  const auto pinned = map.pin(1);
  const large* const address = &*pinned;
  for (int i = 2; i < 1000; ++i) map.insert(i, large{});
  EXPECT_EQ(&*map.pin(1), address);
  map.clear();
  EXPECT_EQ(pinned->words[0], 7U) << "the handle outlives the entry";
}

TEST(plain_map, walks_over_a_growing_and_shrinking_map_as_go_does) {
  numbers map;
  for (std::uint64_t i = 0; i < 300; ++i) map.insert(i, i);
  for (int round = 0; round < 20; ++round) {
    std::map<std::uint64_t, int> shown;
    map.for_each([&](std::uint64_t key, std::uint64_t) {
      ++shown[key];
      map.erase(key + 100'000);
      if (key < 300) map.insert(key + 1'000 * static_cast<std::uint64_t>(round + 1), 0U);
    });
    for (std::uint64_t i = 0; i < 300; ++i) ASSERT_EQ(shown[i], 1) << i << " stayed and is shown once";
    for (const auto& [key, times] : shown) ASSERT_LE(times, 1) << key;
  }
}

TEST(plain_map, an_erased_entry_is_not_shown_any_more) {
  numbers map;
  for (std::uint64_t i = 0; i < 100; ++i) map.insert(i, i);
  std::set<std::uint64_t> erased;
  map.for_each([&](std::uint64_t key, std::uint64_t) {
    ASSERT_FALSE(erased.contains(key));
    map.erase((key + 50) % 100);
    erased.insert((key + 50) % 100);
  });
}

TEST(plain_map, a_walk_ends_when_the_map_is_cleared_in_it) {
  numbers map;
  for (std::uint64_t i = 0; i < 1000; ++i) map.insert(i, i);
  int shown = 0;
  map.for_each([&](std::uint64_t, std::uint64_t) {
    ++shown;
    map.clear();
  });
  EXPECT_EQ(shown, 1);
}

TEST(plain_map, each_map_and_each_walk_has_an_order_of_its_own) {
  const auto order_of = [](const numbers& map) {
    std::vector<std::uint64_t> keys;
    map.for_each([&](std::uint64_t key, std::uint64_t) { keys.push_back(key); });
    return keys;
  };
  numbers one;
  numbers other;
  for (std::uint64_t i = 0; i < 200; ++i) {
    one.insert(i, i);
    other.insert(i, i);
  }
  EXPECT_NE(order_of(one), order_of(other));
  EXPECT_NE(order_of(one), order_of(one));
}

TEST(plain_map, a_fixed_seed_gives_the_same_order_in_each_run) {
  const auto order = [] {
    numbers map(portolan::map_options{.seed = 7});
    std::vector<std::uint64_t> keys;
    for (std::uint64_t i = 0; i < 200; ++i) map.insert(i, i);
    map.for_each([&](std::uint64_t key, std::uint64_t) { keys.push_back(key); });
    return keys;
  };
  EXPECT_EQ(order(), order());
}

TEST(plain_map, an_entry_that_erase_ifs_callable_changed_stays) {
  numbers map;
  map.insert(1U, 10U);
  map.insert(2U, 20U);
  EXPECT_EQ(map.erase_if([&](std::uint64_t key, std::uint64_t) {
    if (key == 1) map.insert_or_assign(1U, 11U);
    return true;
  }),
            1U);
  EXPECT_EQ(map.find(1), 11U);
}

TEST(plain_map, compute_may_read_the_map_and_not_write_to_it) {
  numbers map;
  map.insert(1U, 1U);
  EXPECT_EQ(map.compute(2U, [&](const std::uint64_t*) { return map.find(1).value() + 1; }),
            portolan::computed::inserted);
  EXPECT_THROW(map.compute(2U,
                           [&](const std::uint64_t*) {
                             map.erase(1U);
                             return 5U;
                           }),
               portolan::reentrant_call);
  EXPECT_EQ(map.find(2), 2U);
  EXPECT_EQ(map.find(1), 1U);
}

// Growth meets a hash that throws: the write succeeds, nothing is lost, a later write moves the bucket.
TEST(plain_map, a_hash_that_throws_while_buckets_move_loses_nothing) {
  static int calls_left = -1;
  struct throwing {
    std::uint64_t operator()(std::uint64_t key) const {
      if (calls_left == 0) throw std::runtime_error("hash");
      if (calls_left > 0) --calls_left;
      return key;
    }
  };
  for (int allowed = 1; allowed < 12; ++allowed) {
    calls_left = -1;
    plain_map<std::uint64_t, std::uint64_t, throwing> map;
    for (std::uint64_t i = 0; i < 13; ++i) map.insert(i, i);
    calls_left = allowed;
    EXPECT_TRUE(map.insert(13U, 13U));
    calls_left = -1;
    for (std::uint64_t i = 0; i < 14; ++i) ASSERT_EQ(map.find(i), i);
    for (std::uint64_t i = 14; i < 100; ++i) map.insert(i, i);
    for (std::uint64_t i = 0; i < 100; ++i) ASSERT_EQ(map.find(i), i);
  }
}

}  // namespace
