// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What only concurrent_map has: its engines, its two reserved keys, its spill, growing and shrinking in steps.
// What it shares with the family stands in tests/promises.
#include <portolan/map/bulk.hpp>
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/portable_storage.hpp>
#include <portolan/reclaim/hazard.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/eventually.hpp"
#include "tests/support/scale.hpp"

namespace {

using portolan::concurrent_map;
using support::scaled;

template <class K, class V>
using portable_map = concurrent_map<K, V, portolan::hash<K>, portolan::equal<K>, std::allocator<std::pair<const K, V>>,
                                    portolan::epoch, portolan::portable_storage>;
template <class K, class V>
using node_map = concurrent_map<K, V, portolan::hash<K>, portolan::equal<K>, std::allocator<std::pair<const K, V>>,
                                portolan::epoch, portolan::node_storage>;

template <class Map>
concept pins = requires(const Map& map, typename Map::key_type key) {
  map.pin(key);
};

struct throwing_hash {
  std::uint64_t operator()(int key) const { return static_cast<std::uint64_t>(key); }
};
struct constant_hash {
  using is_avalanching = void;
  std::uint64_t operator()(std::uint64_t) const noexcept { return 42; }
};
struct few_lines_hash {
  using is_avalanching = void;
  std::uint64_t operator()(std::uint64_t key) const noexcept { return key % 3 << 62; }
};

TEST(concurrent_map, small_entries_live_in_lines_and_all_others_in_nodes) {
  EXPECT_FALSE((pins<concurrent_map<std::uint64_t, std::uint64_t>>));
  EXPECT_FALSE((pins<concurrent_map<int, float>>));
  EXPECT_FALSE((pins<portable_map<int, int*>>));
  EXPECT_FALSE((pins<concurrent_map<std::string, int>>)) << "a small value changes in its node";
  EXPECT_TRUE((pins<concurrent_map<std::string, std::string>>));
  EXPECT_TRUE((pins<concurrent_map<int, std::string>>));
  EXPECT_TRUE((pins<concurrent_map<int, std::array<char, 9>>>));
  EXPECT_FALSE((pins<concurrent_map<int, int, throwing_hash>>)) << "a node, since a mover must be able to hash again";
  EXPECT_TRUE((pins<node_map<int, int>>));
}

TEST(concurrent_map, an_empty_map_of_any_engine_takes_less_than_a_kibibyte) {
  EXPECT_LT((concurrent_map<std::uint64_t, std::uint64_t>().stats().bytes), 1024U);
  EXPECT_LT((portable_map<std::uint64_t, std::uint64_t>().stats().bytes), 1024U);
  EXPECT_LT((concurrent_map<std::string, std::string>().stats().bytes), 1024U);
}

template <class Map>
class inline_engines : public testing::Test {};
using inline_maps = testing::Types<concurrent_map<std::uint64_t, std::uint64_t>,
                                   portable_map<std::uint64_t, std::uint64_t>, node_map<std::uint64_t, std::uint64_t>>;
TYPED_TEST_SUITE(inline_engines, inline_maps);

// The two images that mean `moved` and `empty` in a line are keys like any other to the user.
TYPED_TEST(inline_engines, the_two_reserved_keys_are_keys_like_any_other) {
  TypeParam map;
  const std::uint64_t ones = ~std::uint64_t{0};
  for (const std::uint64_t key : {std::uint64_t{0}, ones}) {
    EXPECT_FALSE(map.contains(key));
    EXPECT_FALSE(map.erase(key));
    EXPECT_TRUE(map.insert(key, 5));
    EXPECT_FALSE(map.insert(key, 6));
    EXPECT_EQ(map.find(key), 5U);
    EXPECT_EQ(map.insert_or_assign(key, 7), portolan::assignment::assigned);
    EXPECT_EQ(map.compare_exchange(key, 7, 8), portolan::comparison::matched);
    EXPECT_EQ(map.compute(key, [](const std::uint64_t* now) { return *now + 1; }), portolan::computed::assigned);
  }
  for (std::uint64_t key = 1; key < 3000; ++key) EXPECT_TRUE(map.insert(key, key));  // 1 and 2 are no aliases of theirs
  EXPECT_EQ(map.find(0), 9U);
  EXPECT_EQ(map.find(ones), 9U);
  EXPECT_EQ(map.find(1), 1U);
  EXPECT_EQ(map.find(2), 2U);
  std::size_t seen = 0;
  std::uint64_t keys = 0;
  map.for_each([&](std::uint64_t key, std::uint64_t) {
    ++seen;
    keys ^= key;
  });
  EXPECT_EQ(keys, ones) << "the exclusive or of 1 to 2999 is 0";
  EXPECT_EQ(seen, 3001U);
  EXPECT_EQ(map.size(), 3001U);
  EXPECT_EQ(map.extract(ones), 9U);
  EXPECT_TRUE(map.erase(0));
  EXPECT_FALSE(map.contains(0));
  map.clear();
  EXPECT_EQ(map.size(), 0U);
}

TYPED_TEST(inline_engines, every_value_of_eight_bytes_is_a_value) {
  TypeParam map;
  for (const std::uint64_t value : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1}}) {
    map.insert_or_assign(7, value);
    EXPECT_EQ(map.find(7), value);
  }
}

TEST(concurrent_map, keys_of_less_than_eight_bytes_have_no_reserved_ones) {
  concurrent_map<std::uint32_t, std::int8_t> map;
  for (const std::uint32_t key : {0U, 1U, 2U, ~0U, ~0U - 1}) EXPECT_TRUE(map.insert(key, std::int8_t{-1}));
  for (const std::uint32_t key : {0U, 1U, 2U, ~0U, ~0U - 1}) EXPECT_EQ(map.find(key), std::int8_t{-1});
  EXPECT_EQ(map.size(), 5U);
}

TEST(concurrent_map, values_with_padding_are_compared_by_their_own_equality) {
  struct padded {
    char letter;
    int number;
    bool operator==(const padded&) const = default;
  };
  concurrent_map<int, padded> map;
  map.insert(1, padded{'a', 1});
  EXPECT_EQ(map.compare_exchange(1, padded{'a', 1}, padded{'b', 2}), portolan::comparison::matched);
  EXPECT_EQ(map.compare_exchange(1, padded{'a', 1}, padded{'c', 3}), portolan::comparison::differed);
  EXPECT_EQ(map.compare_erase(1, padded{'b', 2}), portolan::comparison::matched);
  EXPECT_EQ(map.compare_erase(1, padded{'b', 2}), portolan::comparison::absent);
}

template <class Map>
class bad_hashes : public testing::Test {};
template <class Hash, class Storage>
using badly_hashed =
    concurrent_map<std::uint64_t, std::uint64_t, Hash, portolan::equal<std::uint64_t>,
                   std::allocator<std::pair<const std::uint64_t, std::uint64_t>>, portolan::epoch, Storage>;
using badly_hashed_maps = testing::Types<
    badly_hashed<constant_hash, portolan::automatic_storage>, badly_hashed<constant_hash, portolan::portable_storage>,
    badly_hashed<constant_hash, portolan::node_storage>, badly_hashed<few_lines_hash, portolan::automatic_storage>,
    badly_hashed<few_lines_hash, portolan::node_storage>>;
TYPED_TEST_SUITE(bad_hashes, badly_hashed_maps);

TYPED_TEST(bad_hashes, a_hash_that_sends_all_keys_to_few_lines_is_slow_but_right_and_shows) {
  TypeParam map;
  const std::uint64_t keys = scaled(std::uint64_t{4000});
  for (std::uint64_t key = 0; key < keys; ++key) ASSERT_TRUE(map.insert(key, key * 3));
  for (std::uint64_t key = 0; key < keys; ++key) ASSERT_EQ(map.find(key), key * 3);
  ASSERT_FALSE(map.contains(keys));
  if (keys == 4000) {
    EXPECT_GT(map.stats().spilled, 1000U) << "the spill must show in the statistics";
  }
  std::vector<int> times(keys, 0);
  map.for_each([&](std::uint64_t key, std::uint64_t) { ++times[key]; });
  for (std::uint64_t key = 0; key < keys; ++key) ASSERT_EQ(times[key], 1) << key;
  for (std::uint64_t key = 0; key < keys; key += 2) ASSERT_TRUE(map.erase(key));
  for (std::uint64_t key = 0; key < keys; key += 2) ASSERT_TRUE(map.insert(key, 1));
  EXPECT_EQ(map.size(), keys);
  map.clear();
  EXPECT_EQ(map.size(), 0U);
  EXPECT_EQ(map.stats().spilled, 0U);
  EXPECT_LT(map.stats().bytes, std::size_t{4} << 20);
}

TEST(concurrent_map, reserve_makes_room_without_growing_later) {
  concurrent_map<std::uint64_t, std::uint64_t> map;
  map.reserve(50000);
  const auto growths = map.stats().growths;
  for (std::uint64_t key = 0; key < 50000; ++key) map.insert(key, key);
  EXPECT_EQ(map.stats().growths, growths);
  for (std::uint64_t key = 0; key < 50000; ++key) ASSERT_EQ(map.find(key), key);
  for (std::uint64_t key = 0; key < 50000; ++key) map.erase(key);
  EXPECT_EQ(map.stats().shrinks, 0U) << "what was reserved is kept";
  map.clear();
  EXPECT_GT(map.stats().shrinks, 0U) << "until clear";
}

TEST(concurrent_map, memory_goes_down_when_most_entries_are_erased) {
  concurrent_map<std::uint64_t, std::uint64_t> map;
  for (std::uint64_t key = 0; key < 100000; ++key) map.insert(key, key);
  const std::size_t full_bytes = map.stats().bytes;
  for (std::uint64_t key = 100; key < 100000; ++key) map.erase(key);
  EXPECT_TRUE(support::eventually([&] { return map.stats().bytes <= full_bytes / 8; })) << map.stats().bytes;
  for (std::uint64_t key = 0; key < 100; ++key) ASSERT_EQ(map.find(key), key);
}

TEST(concurrent_map, erasing_in_the_order_of_for_each_does_not_make_the_table_grow) {
  concurrent_map<std::uint64_t, std::uint64_t> map;
  for (std::uint64_t key = 0; key < 30000; ++key) map.insert(key, key);
  const auto growths = map.stats().growths;
  map.for_each([&](std::uint64_t key, std::uint64_t) { map.erase(key); });
  EXPECT_EQ(map.size(), 0U);
  // A shrink that found its entries crowded may be taken back, but not again and again.
  EXPECT_LE(map.stats().growths, growths + 20);
}

TEST(concurrent_map, one_seed_gives_one_order) {
  const auto order = [](std::uint64_t seed) {
    concurrent_map<int, int> map(portolan::map_options{.seed = seed});
    map.reserve(200);  // in a table that grows, neighbours may change places when the timer helps to move it
    for (int key = 0; key < 100; ++key) map.insert(key, key);
    std::vector<int> keys;
    map.for_each([&](int key, int) { keys.push_back(key); });
    return keys;
  };
  EXPECT_EQ(order(7), order(7));
  EXPECT_NE(order(7), order(8));
  EXPECT_NE(order(0), order(0));
}

TEST(concurrent_map, text_keys_are_found_by_any_text) {
  concurrent_map<std::string, int> map;
  EXPECT_TRUE(map.insert("one", 1));
  EXPECT_TRUE(map.insert(std::string("two"), 2));
  EXPECT_TRUE(map.insert(std::string_view("three"), 3));
  EXPECT_EQ(map.find("two"), 2);
  EXPECT_EQ(map.find(std::string_view("one")), 1);
  EXPECT_EQ(map.find(std::string("three")), 3);
  EXPECT_TRUE(map.insert("", 0));
  EXPECT_EQ(map.find(""), 0);
  EXPECT_TRUE(map.erase(std::string_view("one")));
  const std::string long_key(100000, 'x');
  EXPECT_TRUE(map.insert(long_key, 9));
  EXPECT_EQ(map.find(std::string_view(long_key)), 9);
  std::size_t characters = 0;
  map.for_each([&](const std::string& key, int) { characters += key.size(); });
  EXPECT_EQ(characters, 3 + 5 + 0 + 100000U);
}

struct whole_string_hash {
  std::size_t operator()(const std::string& key) const { return key.size(); }
};

TEST(concurrent_map, text_keys_take_a_hash_that_knows_only_their_type) {
  concurrent_map<std::string, int, whole_string_hash> map;
  EXPECT_TRUE(map.insert("one", 1));
  EXPECT_TRUE(map.insert("two", 2));
  EXPECT_EQ(map.find("one"), 1);
  EXPECT_EQ(map.find(std::string("two")), 2);
  EXPECT_FALSE(map.contains("six"));
}

TEST(concurrent_map, clear_takes_what_was_replaced_meanwhile) {
  concurrent_map<int, std::string> map;
  for (int key = 0; key < 500; ++key) map.insert(key, "first");
  std::atomic<bool> stop{false};
  std::thread replacing([&] {
    for (int key = 0; !stop.load(); key = (key + 1) % 500)
      map.compare_exchange(key, map.find(key).value_or(""), "next");
  });
  map.clear();
  stop.store(true);
  replacing.join();
  EXPECT_EQ(map.size(), 0U);
}

TEST(concurrent_map, a_hundred_entries_take_eight_kibibytes_while_the_table_grows) {
  concurrent_map<std::uint64_t, std::uint64_t> map;
  portable_map<std::uint64_t, std::uint64_t> portable;
  for (std::uint64_t key = 0; key < 100; ++key) {
    map.insert(key, key);
    portable.insert(key, key);
    if (key == 7) {
      EXPECT_LE(map.stats().bytes, 1024U);
      EXPECT_LE(portable.stats().bytes, 1024U);
    }
    EXPECT_LE(map.stats().bytes, 8192U) << key;
    EXPECT_LE(portable.stats().bytes, 8192U) << key;
  }
}

TEST(concurrent_map, a_handle_outlives_its_entry_and_its_map) {
  auto map = std::make_unique<concurrent_map<int, std::string>>();
  map->insert(1, std::string(1000, 'a'));
  const portolan::pinned<std::string> handle = map->pin(1);
  map->insert_or_assign(1, std::string(1000, 'b'));
  map->erase(1);
  for (int key = 2; key < 5000; ++key) map->insert(key, std::string(20, 'c'));
  map->clear();
  map.reset();
  ASSERT_TRUE(handle);
  EXPECT_EQ(*handle, std::string(1000, 'a'));
}

TEST(concurrent_map, bulk_find_answers_in_the_order_of_the_keys) {
  concurrent_map<std::uint64_t, std::uint64_t> map;
  std::vector<std::uint64_t> keys;
  for (std::uint64_t key = 0; key < 1000; ++key) {
    if (key % 3 != 0) map.insert(key, key + 1);
    keys.push_back(key);
  }
  const auto results = map.find(std::span<const std::uint64_t>(keys));
  ASSERT_EQ(results.size(), keys.size());
  for (std::uint64_t key = 0; key < 1000; ++key) {
    ASSERT_EQ(results[key].has_value(), key % 3 != 0);
    if (key % 3 != 0) {
      ASSERT_EQ(*results[key], key + 1);
    }
  }
}

// Method: the finds of a compute's callable run inside the guard of the compute, where the quick way is not open; while
// the table is half moved; and for the two reserved keys. Each must give what it gives outside.
template <class Map>
void find_inside_a_compute() {
  Map map;
  std::vector<std::uint64_t> keys;
  for (std::uint64_t key = 0; key < 5000; ++key) {
    if (key % 3 != 1) map.insert(key == 0 ? ~std::uint64_t{0} : key, key + 1);
    keys.push_back(key == 0 ? ~std::uint64_t{0} : key);
    if (key % 97 != 0) continue;
    std::vector<std::optional<std::uint64_t>> inside(keys.size());
    std::size_t found_inside = 0;
    map.compute(7'000'000, [&](const std::uint64_t*) {
      found_inside = portolan::find_each(std::as_const(map), keys, inside);
      for (std::size_t at = 0; at < keys.size(); ++at) {
        EXPECT_EQ(map.find(keys[at]), inside[at]) << at;
        EXPECT_EQ(map.contains(keys[at]), inside[at].has_value()) << at;
      }
      return portolan::keep;
    });
    const auto outside = map.find(std::span<const std::uint64_t>(keys));
    EXPECT_EQ(outside, inside);
    EXPECT_EQ(found_inside, map.size());
    for (std::size_t at = 0; at < keys.size(); ++at) ASSERT_EQ(inside[at].has_value(), at % 3 != 1) << at;
  }
}
TEST(concurrent_map, finds_inside_a_compute_give_what_they_give_outside) {
  find_inside_a_compute<concurrent_map<std::uint64_t, std::uint64_t>>();
  find_inside_a_compute<portable_map<std::uint64_t, std::uint64_t>>();
}

TEST(concurrent_map, a_low_load_factor_gives_each_entry_more_slots) {
  const std::uint64_t entries = support::sanitized ? 6'000 : 30'000;  // asked after each 16, and slow to answer
  for (const double load : {0.05, 0.25, 0.5, 0.75}) {
    concurrent_map<std::uint64_t, std::uint64_t> map(portolan::map_options{.max_load_factor = load});
    concurrent_map<std::uint64_t, std::uint64_t> reserved(
        portolan::map_options{.capacity = 3000, .max_load_factor = load});
    const auto slots = [](const auto& which) { return static_cast<double>(which.stats().bytes) / 16; };
    const std::size_t room = reserved.stats().capacity;
    ASSERT_GE(room, 3000U);
    EXPECT_GE(slots(reserved) * load, static_cast<double>(room));
    for (std::uint64_t key = 1; key <= room; ++key) reserved.insert(key, key);
    EXPECT_EQ(reserved.stats().growths, 0U) << "grew although there was room";
    // One insert in 64, by its hash, looks at the size: 2,000 in a row without a look do not happen. While a table is being
    // moved the next growth waits, for a mover too that the processor has been taken from.
    std::uint64_t crowded = 0;
    for (std::uint64_t key = 1; key <= entries; ++key) {
      map.insert(key, key);
      if (key % 16 != 0) continue;
      const bool within = slots(map) * load >= static_cast<double>(key);
      crowded = within || map.stats().tables > 1 ? 0 : crowded + 16;
      ASSERT_LE(crowded, 2'000U) << load;
    }
    map.reserve(60'000);
    EXPECT_GE(map.stats().capacity, 60'000U);
    for (std::uint64_t key = 4; key <= entries; ++key) map.erase(key);
    map.shrink_to_fit();
    EXPECT_GE(map.stats().capacity, 3U);
    EXPECT_LE(map.stats().capacity, 300U);
    for (std::uint64_t key = 1; key <= 10; ++key) EXPECT_EQ(map.contains(key), key <= 3);
  }
}

TEST(concurrent_map, refuses_load_factors_that_no_table_has) {
  for (const double load : {-1.0, 0.04, 0.76, 1.0, std::numeric_limits<double>::quiet_NaN()}) {
    try {
      concurrent_map<std::uint64_t, std::uint64_t> map(portolan::map_options{.max_load_factor = load});
      ADD_FAILURE() << load;
    } catch (const portolan::error& refused) {
      EXPECT_EQ(refused.code(), portolan::errc::capacity);
    }
  }
}

// Method: one thread holds a line inside compute while others insert enough to grow the table several times; the move
// waits for that line only, and everything else goes on.
TEST(concurrent_map, a_slow_compute_holds_up_its_line_and_not_the_map) {
  concurrent_map<std::uint64_t, std::uint64_t> map;
  map.insert(1, 1);
  std::atomic<bool> inside{false};
  std::atomic<bool> leave{false};
  std::thread slow([&] {
    map.compute(1, [&](const std::uint64_t* now) {
      inside.store(true);
      while (!leave.load()) std::this_thread::yield();
      return *now + 1;
    });
  });
  while (!inside.load()) std::this_thread::yield();
  EXPECT_EQ(map.find(1), 1U) << "readers never wait";
  EXPECT_EQ(map.insert_or_assign(1, 10), portolan::assignment::assigned) << "assignments do not wait for a compute";
  leave.store(true);
  slow.join();
  EXPECT_EQ(map.find(1), 11U) << "the callable was asked again about the value that came between";
}

TEST(concurrent_map, hazard_pointers_serve_as_reclaimer) {
  concurrent_map<std::string, std::string, portolan::hash<std::string>, portolan::equal<std::string>,
                 std::allocator<std::pair<const std::string, std::string>>, portolan::hazard>
      map;
  for (int i = 0; i < 3000; ++i) map.insert_or_assign(std::to_string(i % 500), std::string(50, 'x'));
  EXPECT_EQ(map.size(), 500U);
  EXPECT_EQ(map.find("17"), std::string(50, 'x'));
}

}  // namespace
