// Promise: whatever merges, reads and drains run beside the additions, each addition is counted once: it is in every
// read that comes after it, and in the result of exactly one take or drain.
//
// Method: threads add 1 to a few keys that they share, in shards that they share too (fewer shards than threads), while
// others merge, take, drain, list and read. Every key's adding threads also keep, outside the map, how much they had
// added before and after each addition, so that a read can be held against bounds:
//   what was added before the read began <= read <= what will have been added when it has ended
// At the end what was taken, drained and left is added up. Each test fails under one of the mutations listed in
// docs/algorithms/aggregate_map.md.
#include <portolan/map/aggregate_map.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/promises/threads.hpp"

namespace {

using portolan::shard_by;
using promises::chance;
using promises::together;
using promises::watchdog;
using counters = portolan::aggregate_map<int, portolan::aggregate::sum<std::uint64_t>>;

constexpr int keys = 5;
using totals = std::array<std::uint64_t, keys>;

struct setting {
  counters::shards shards;
  const char* name;
};

class additions_beside_everything : public testing::TestWithParam<setting> {
 protected:
  static constexpr int adders = 3;

  // Runs `adders` threads that add, and one thread each of `others` until these have ended.
  void run(const std::vector<std::function<void()>>& others) {
    together(adders + static_cast<int>(others.size()), [&](int thread) {
      if (thread < adders) {
        add(thread);
        ++ended_;
      } else {
        while (ended_.load() < adders) others[static_cast<std::size_t>(thread - adders)]();
      }
    });
  }

  void add(int thread) {
    chance random(static_cast<std::uint64_t>(thread) + 1);
    const int additions = support::scaled(400'000);
    for (int i = 0; i < additions; ++i) {
      const auto key = static_cast<std::size_t>(random.below(keys));
      begun_[key].fetch_add(1);
      map_.add(static_cast<int>(key), 1);
      done_[key].fetch_add(1);
    }
  }

  [[nodiscard]] std::uint64_t added(int key) const { return done_[static_cast<std::size_t>(key)].load(); }
  [[nodiscard]] std::uint64_t begun(int key) const { return begun_[static_cast<std::size_t>(key)].load(); }

  counters map_{GetParam().shards};
  std::array<std::atomic<std::uint64_t>, keys> begun_{};
  std::array<std::atomic<std::uint64_t>, keys> done_{};
  std::atomic<int> ended_{0};
  watchdog guard_{"additions beside everything"};
};
INSTANTIATE_TEST_SUITE_P(stress, additions_beside_everything,
                         testing::Values(setting{{2, shard_by::thread}, "two_shards_by_thread"},
                                         setting{{32, shard_by::thread}, "a_shard_a_thread"},
                                         setting{{2, shard_by::key}, "two_shards_by_key"}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_P(additions_beside_everything, are_in_each_read_that_comes_after_them_and_reads_never_fall) {
  totals last{};
  const auto check = [&](int key, std::uint64_t before, std::uint64_t read, totals& previous) {
    ASSERT_GE(read, before) << "an addition that happened before the read is missing";
    ASSERT_LE(read, begun(key)) << "an addition was counted twice";
    ASSERT_GE(read, previous[static_cast<std::size_t>(key)]) << "the sum fell";
    previous[static_cast<std::size_t>(key)] = read;
  };
  totals listed{};
  run({[&] { map_.merge(); },
       [&] {
         for (int key = 0; key < keys; ++key) {
           const std::uint64_t before = added(key);
           check(key, before, map_.find(key).value_or(0), last);
         }
       },
       [&] {
         totals before{};
         for (int key = 0; key < keys; ++key) before[static_cast<std::size_t>(key)] = added(key);
         for (const auto& [key, total] : map_.snapshot()) {
           check(key, before[static_cast<std::size_t>(key)], total, listed);
         }
         ASSERT_LE(map_.size(), static_cast<std::size_t>(keys));
       }});
  for (int key = 0; key < keys; ++key) EXPECT_EQ(map_.find(key).value_or(0), added(key));
}

TEST_P(additions_beside_everything, are_in_exactly_one_of_the_results_that_takers_and_drainers_get) {
  totals drained{};
  totals taken{};
  run({[&] {
         for (const auto& [key, total] : map_.drain()) drained[static_cast<std::size_t>(key)] += total;
       },
       [&] {
         for (int key = 0; key < keys; ++key) taken[static_cast<std::size_t>(key)] += map_.take(key).value_or(0);
       },
       [&] { map_.merge(); }});
  for (int key = 0; key < keys; ++key) {
    const auto at = static_cast<std::size_t>(key);
    EXPECT_EQ(drained[at] + taken[at] + map_.find(key).value_or(0), added(key)) << "key " << key;
  }
}

TEST_P(additions_beside_everything, survive_a_schedule_of_merges_that_starts_and_ends_all_the_time) {
  run({[&] { map_.merge_every(std::chrono::microseconds(50)); },
       [&] {
         map_.merge_every(std::chrono::seconds(0));
         for (int key = 0; key < keys; ++key) {
           const std::uint64_t before = added(key);
           ASSERT_GE(map_.find(key).value_or(0), before);
         }
       }});
  for (int key = 0; key < keys; ++key) EXPECT_EQ(map_.find(key).value_or(0), added(key));
}

// A chain of additions by two threads: the second adds only after it saw the first one's. A read that has the second
// must have the first, for they are ordered by happens-before.
TEST_P(additions_beside_everything, are_seen_by_who_was_told_of_them) {
  const int rounds = support::scaled(100'000);
  std::atomic<int> told{0};
  together(3, [&](int thread) {
    if (thread == 0) {
      for (int i = 1; i <= rounds; ++i) {
        map_.add(0, 1);
        told.store(i, std::memory_order_release);
      }
    } else if (thread == 1) {
      for (int seen = 0; seen < rounds;) {
        seen = told.load(std::memory_order_acquire);
        ASSERT_GE(map_.find(0).value_or(0), static_cast<std::uint64_t>(seen));
        ASSERT_TRUE(seen == 0 || map_.contains(0));
        ASSERT_TRUE(seen == 0 || !map_.empty());
      }
    } else {
      while (told.load() < rounds) map_.merge();
    }
  });
}

// What failed merges leave behind is read, merged on and drained like everything else. The monoid's combine throws
// every few calls, in the merging thread alone: additions and reads go well. The adders go on until it has failed often.
struct failing_sum {
  using value_type = std::uint64_t;
  static value_type identity() noexcept { return 0; }
  static void combine(value_type& into, const value_type& from) {
    if (fails && ++calls % 3 == 0) throw 1;
    into += from;
  }
  static inline thread_local bool fails = false;
  static inline thread_local int calls = 0;
};

TEST(additions_beside_failing_merges, are_neither_lost_nor_counted_twice) {
  using failing = portolan::aggregate_map<int, failing_sum>;
  failing map(failing::shards{2, shard_by::thread});
  watchdog guard("additions beside failing merges");
  std::atomic<std::uint64_t> begun{0};
  std::atomic<std::uint64_t> done{0};
  std::atomic<int> ended{0};
  std::uint64_t drained = 0;
  std::atomic<int> failures{0};
  const int additions = support::scaled(200'000);
  together(4, [&](int thread) {
    if (thread < 2) {
      chance random(static_cast<std::uint64_t>(thread) + 7);
      for (int i = 0; i < additions || failures.load() < 20; ++i) {
        begun.fetch_add(1);
        map.add(static_cast<int>(random.below(40)), 1);
        done.fetch_add(1);
      }
      ++ended;
    } else if (thread == 2) {
      failing_sum::fails = true;
      for (int turn = 0; ended.load() < 2; ++turn) {
        try {
          if (turn % 64 == 0) {
            for (const auto& [key, total] : map.drain()) drained += total;
          } else if (turn % 8 == 0) {
            drained += map.take(turn % 40).value_or(0);
          } else {
            map.merge();
          }
        } catch (int) {
          ++failures;
        }
      }
      failing_sum::fails = false;
    } else {
      while (ended.load() < 2) {
        std::uint64_t read = 0;
        for (int key = 0; key < 40; ++key) read += map.find(key).value_or(0);
        ASSERT_LE(read, begun.load()) << "an addition was counted twice";
      }
    }
  });
  for (const auto& [key, total] : map.drain()) drained += total;
  EXPECT_EQ(drained, done.load());
}

}  // namespace
