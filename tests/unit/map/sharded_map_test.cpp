// What is sharded_map's own: how many shards there are, which one a key has, and that they are apart.
#include <portolan/map/sharded_map.hpp>

#include <atomic>
#include <map>
#include <thread>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include <portolan/base/cache_line.hpp>

#include "tests/promises/threads.hpp"

namespace {

using promises::together;
using promises::watchdog;
using plain = std::unordered_map<int, int>;

/// A lock that counts how often each one of its kind was taken, by address.
class counting_lock {
 public:
  static inline std::map<const counting_lock*, int> taken;  // one thread only
  void lock() { ++taken[this]; }
  void unlock() {}
  bool try_lock() {
    ++taken[this];
    return true;
  }
};

TEST(sharded_map, rounds_the_number_of_shards_up_to_a_power_of_two) {
  using map = portolan::sharded_map<plain>;
  EXPECT_EQ(map(map::shards{1}).shard_count(), 1U);
  EXPECT_EQ(map(map::shards{5}).shard_count(), 8U);
  EXPECT_EQ(map(map::shards{64}).shard_count(), 64U);
  EXPECT_GE(map().shard_count(), 4U);
}

TEST(sharded_map, works_with_a_single_shard) {
  using map_type = portolan::sharded_map<plain>;
  map_type map(map_type::shards{1});
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(map.insert(i, i));
  EXPECT_EQ(map.find(77), 77);
  EXPECT_EQ(map.size(), 100U);
}

TEST(sharded_map, allocates_nothing_before_the_first_write) {
  using map_type = portolan::sharded_map<plain>;
  map_type map(map_type::shards{256});
  EXPECT_FALSE(map.contains(1));
  EXPECT_FALSE(map.find(1).has_value());
  map.for_each([](int, int) { FAIL(); });
  map.clear();
  EXPECT_EQ(map.stats().bytes, sizeof(map));
  EXPECT_LT(sizeof(map), 1024U);
}

// Method: every key is written once under a lock that counts. std::hash leaves an int as it is, so only the mixing can
// spread strided keys; the expectation is a third of the mean, far below chance for 4096 keys on 16 shards.
TEST(sharded_map, spreads_strided_keys_over_all_shards) {
  for (const int shift : {0, 4, 12, 16}) {
    counting_lock::taken.clear();
    using map_type = portolan::sharded_map<plain, counting_lock>;
    map_type map(map_type::shards{16});
    for (int i = 0; i < 4096; ++i) map.insert(i << shift, i);
    ASSERT_EQ(counting_lock::taken.size(), 16U);
    for (const auto& [lock, times] : counting_lock::taken) EXPECT_GT(times, 4096 / 16 / 3) << "shift " << shift;
  }
}

TEST(sharded_map, has_the_same_shards_in_each_run_with_a_fixed_seed) {
  std::vector<std::vector<int>> runs;
  for (int run = 0; run < 2; ++run) {
    using map_type = portolan::sharded_map<plain, counting_lock>;
    map_type map(portolan::map_options{.seed = 42}, map_type::shards{8});
    counting_lock::taken.clear();
    for (int i = 0; i < 100; ++i) map.insert(i, i);
    runs.emplace_back();
    for (const auto& [lock, times] : counting_lock::taken) runs.back().push_back(times);
  }
  EXPECT_EQ(runs[0], runs[1]);
}

TEST(sharded_map, keeps_padded_shards_on_lines_of_their_own_and_packed_ones_close) {
  const auto least_distance = []<portolan::shard_layout Layout>() {
    using map_type = portolan::sharded_map<plain, counting_lock, Layout>;
    counting_lock::taken.clear();
    map_type map(typename map_type::shards{8});
    for (int i = 0; i < 1000; ++i) map.insert(i, i);
    std::ptrdiff_t least = PTRDIFF_MAX;
    const counting_lock* before = nullptr;
    for (const auto& [lock, times] : counting_lock::taken) {
      if (before != nullptr) least = std::min(least, lock - before);
      before = lock;
    }
    return least;
  };
  EXPECT_GE((least_distance.operator()<portolan::shard_layout::padded>()),
            static_cast<std::ptrdiff_t>(portolan::quiet_zone_bytes));
  EXPECT_LT((least_distance.operator()<portolan::shard_layout::packed>()),
            static_cast<std::ptrdiff_t>(portolan::quiet_zone_bytes));
}

// Method: one thread stays inside compute of a key until another has written 50 keys of other shards; with one lock for
// all it never could. The other's keys are found by seed: with this one they do not share key 0's shard.
TEST(sharded_map, does_not_hold_up_other_shards) {
  const watchdog guard("other shards");
  using map_type = portolan::sharded_map<plain>;
  map_type map(portolan::map_options{.seed = 7}, map_type::shards{64});
  std::vector<int> elsewhere;
  {
    using probe_type = portolan::sharded_map<plain, counting_lock>;
    probe_type probe(portolan::map_options{.seed = 7}, probe_type::shards{64});
    probe.insert(0, 0);
    for (int key = 1; elsewhere.size() < 50; ++key) {
      counting_lock::taken.clear();
      probe.erase(0);
      probe.erase(key);
      if (counting_lock::taken.size() == 2) elsewhere.push_back(key);
    }
  }
  std::atomic<bool> entered = false;
  std::atomic<bool> written = false;
  together(2, [&](int thread) {
    if (thread == 0) {
      map.compute(0, [&](const int*) {
        entered = true;
        while (!written) std::this_thread::yield();
        return 1;
      });
    } else {
      while (!entered) std::this_thread::yield();
      for (const int key : elsewhere) map.insert(key, key);
      written = true;
    }
  });
  EXPECT_EQ(map.size(), 51U);
}

TEST(sharded_map, opens_its_shards_once_when_many_write_first) {
  using map_type = portolan::sharded_map<plain>;
  for (int round = 0; round < support::scaled(100); ++round) {
    map_type map(map_type::shards{2048});  // many, so that opening takes long
    together(4, [&](int thread) { map.insert(thread, thread); });
    ASSERT_EQ(map.size(), 4U);
  }
}

}  // namespace
