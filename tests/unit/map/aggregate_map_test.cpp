// What is aggregate_map's own: totals that are the same wherever their parts stand. Under load: tests/stress.
#include <portolan/map/aggregate_map.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <portolan/map/in_key_order.hpp>

#include "tests/promises/allocators.hpp"
#include "tests/promises/threads.hpp"

namespace {

using portolan::aggregate_map;
using portolan::shard_by;
using promises::together;
using promises::watchdog;
namespace aggregate = portolan::aggregate;
using sums = aggregate_map<int, aggregate::sum<std::uint64_t>>;

// Adds from so many threads, so that so many shards have parts.
template <class Map, class Body>
void spread(Map& map, int threads, Body body) {
  together(threads, [&](int thread) { body(map, thread); });
}

class totals_of : public testing::TestWithParam<sums::shards> {
 protected:
  sums map_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(aggregate_map, totals_of,
                         testing::Values(sums::shards{1, shard_by::thread}, sums::shards{8, shard_by::thread},
                                         sums::shards{1, shard_by::key}, sums::shards{32, shard_by::key}),
                         [](const auto& each) {
                           return std::to_string(each.param.count) +
                                  (each.param.by == shard_by::key ? "_by_key" : "_by_thread");
                         });

TEST_P(totals_of, an_unused_map_are_none) {
  EXPECT_FALSE(map_.find(1));
  EXPECT_FALSE(map_.contains(1));
  EXPECT_FALSE(map_.visit(1, [](std::uint64_t) { FAIL(); }));
  EXPECT_FALSE(map_.take(1));
  EXPECT_FALSE(map_.erase(1));
  EXPECT_TRUE(map_.drain().empty());
  EXPECT_TRUE(map_.snapshot().empty());
  EXPECT_TRUE(map_.empty());
  EXPECT_EQ(map_.size(), 0U);
  map_.merge();
  map_.clear();
  EXPECT_EQ(map_.stats().entries, 0U);
}

TEST_P(totals_of, four_threads_are_the_same_before_and_after_merges) {
  spread(map_, 4, [](sums& map, int thread) {
    for (int i = 0; i < 1000; ++i) map.add(i % 10, static_cast<std::uint64_t>(thread));
  });
  for (int turn = 0; turn < 3; ++turn) {
    for (int key = 0; key < 10; ++key) EXPECT_EQ(map_.find(key), 600U) << "merged " << turn << " times";
    map_.merge();
  }
  EXPECT_EQ(map_.size(), 10U);
  EXPECT_EQ(map_.stats().waiting, 0U);
  map_.add(3, 5);
  EXPECT_EQ(map_.stats().waiting, 1U);
  EXPECT_EQ(map_.find(3), 605U);
  EXPECT_TRUE(map_.contains(3));
  EXPECT_EQ(map_.size(), 10U);
}

TEST_P(totals_of, a_key_are_taken_with_all_their_parts) {
  for (int turn = 0; turn < 2; ++turn) {
    spread(map_, 4, [](sums& map, int) { map.add(1, 1); });
    if (turn == 1) map_.merge();
    spread(map_, 4, [](sums& map, int thread) { map.add(thread % 2 + 1, 10); });
    EXPECT_EQ(map_.take(1), 24U);
    EXPECT_FALSE(map_.contains(1));
    EXPECT_FALSE(map_.take(1));
    map_.add(1, 3);
    EXPECT_EQ(map_.find(1), 3U);
    EXPECT_TRUE(map_.erase(1));
    EXPECT_FALSE(map_.erase(1));
    EXPECT_EQ(map_.take(2), 20U);
    EXPECT_TRUE(map_.empty());
  }
}

TEST_P(totals_of, a_drain_hold_each_key_once_and_begin_anew) {
  spread(map_, 4, [](sums& map, int) {
    for (int key = 0; key < 100; ++key) map.add(key, 1);
  });
  map_.merge();
  spread(map_, 4, [](sums& map, int) {
    for (int key = 50; key < 150; ++key) map.add(key, 1);
  });
  std::set<int> met;
  for (const auto& [key, total] : map_.drain()) {
    EXPECT_TRUE(met.insert(key).second);
    EXPECT_EQ(total, key < 50 || key >= 100 ? 4U : 8U);
  }
  EXPECT_EQ(met.size(), 150U);
  EXPECT_TRUE(map_.empty());
  EXPECT_TRUE(map_.drain().empty());
  map_.add(7, 1);
  EXPECT_EQ(map_.drain(), (std::vector<std::pair<int, std::uint64_t>>{{7, 1}}));
}

TEST_P(totals_of, a_listing_are_in_key_order_on_request) {
  spread(map_, 3, [](sums& map, int thread) {
    for (int key = 0; key < 5; ++key) map.add(5 * thread + key, 2);
  });
  const auto listed = portolan::in_key_order(map_);
  ASSERT_EQ(listed.size(), 15U);
  for (int key = 0; key < 15; ++key) EXPECT_EQ(listed[static_cast<std::size_t>(key)], std::pair(key, std::uint64_t{2}));
  int shown = 0;
  map_.for_each([&](int key, std::uint64_t) {
    map_.add(key, 1);  // no lock is held
    return ++shown < 4;
  });
  EXPECT_EQ(shown, 4);
}

TEST_P(totals_of, a_cleared_map_are_none_and_its_memory_is_given_back) {
  const std::size_t unused = map_.stats().bytes;
  spread(map_, 4, [](sums& map, int) {
    for (int key = 0; key < 1000; ++key) map.add(key, 1);
  });
  map_.merge();
  spread(map_, 4, [](sums& map, int) { map.add(5, 1); });
  const std::size_t full = map_.stats().bytes;
  map_.clear();
  EXPECT_TRUE(map_.empty());
  EXPECT_FALSE(map_.find(5));
  EXPECT_GT(full, unused + 1000 * sizeof(int));
  map_.add(1, 1);
  EXPECT_EQ(map_.find(1), 1U);
  // What is left: the shards, one entry and a few chains.
  EXPECT_LT(map_.stats().bytes, unused + map_.shard_count() * 256 + 256);
}

TEST(aggregate_map, has_a_power_of_two_of_shards) {
  EXPECT_EQ(sums().shard_count(), 32U);
  EXPECT_EQ(sums(sums::shards{1}).shard_count(), 1U);
  EXPECT_EQ(sums(sums::shards{3}).shard_count(), 4U);
  EXPECT_EQ(sums(sums::shards{32}).shard_count(), 32U);
}

TEST(aggregate_map, allocates_no_shard_before_the_first_addition) {
  sums map;
  EXPECT_EQ(map.stats().bytes, sizeof map);
  map.add(1, 1);
  EXPECT_GE(map.stats().bytes, sizeof map + 32 * 128);
}

// ---- monoids -----------------------------------------------------------------------------------

TEST(aggregate_map, counts) {
  aggregate_map<std::string, aggregate::count> hits;
  hits.record("/");
  hits.record(std::string("/"));
  hits.record(std::string_view("/about"));
  hits.add("/", 40);
  EXPECT_EQ(hits.find("/"), 42U);
  EXPECT_EQ(hits.find(std::string_view("/about")), 1U);
}

TEST(aggregate_map, sums_wrap_where_an_integer_ends) {
  aggregate_map<int, aggregate::sum<std::int32_t>> map;
  map.add(1, INT32_MAX);
  map.record(1, 1);
  EXPECT_EQ(map.find(1), INT32_MIN);
}

TEST(aggregate_map, keeps_the_least_and_the_greatest) {
  aggregate_map<int, aggregate::min_max<double>> map;
  together(4, [&](int thread) {
    for (int i = 0; i < 100; ++i) map.record(1, thread * 100.0 + i - 50.0);
  });
  const auto seen = map.find(1);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->observed, 400U);
  EXPECT_EQ(seen->least, -50.0);
  EXPECT_EQ(seen->greatest, 349.0);
  map.merge();
  EXPECT_EQ(map.find(1), seen);
}

// Threads that run one after the other share a shard; here the parts are joined whatever the machine does.
TEST(aggregate_map, joins_the_least_and_the_greatest_of_parts) {
  using extent = aggregate::min_max<int>;
  auto all = extent::identity();
  extent::combine(all, extent::identity());
  EXPECT_EQ(all, extent::identity());
  const auto of = [](int least, int greatest) {
    auto part = extent::identity();
    extent::record(part, greatest);
    extent::record(part, least);
    return part;
  };
  extent::combine(all, of(3, 5));
  EXPECT_EQ(all, of(3, 5));
  extent::combine(all, of(4, 4));
  EXPECT_EQ(all, (extent::value_type{4, 3, 5}));
  extent::combine(all, of(-7, 9));
  EXPECT_EQ(all, (extent::value_type{6, -7, 9}));
  extent::combine(all, extent::identity());
  EXPECT_EQ(all, (extent::value_type{6, -7, 9}));
  EXPECT_NE(all, of(-7, 9)) << "it counts what was observed";
}

TEST(histogram, of_parts_counts_the_samples_of_all) {
  using doubling = aggregate::histogram<5, 10>;
  auto all = doubling::identity();
  auto part = doubling::identity();
  for (const std::uint64_t sample : {1U, 15U, 1000U}) doubling::record(all, sample);
  for (const std::uint64_t sample : {2U, 3U, 2000U}) doubling::record(part, sample);
  doubling::combine(all, part);
  EXPECT_EQ(all.samples(), 6U);
  EXPECT_EQ(all.sum, 1U + 15U + 1000U + 2U + 3U + 2000U);
  EXPECT_EQ(all.in_bucket[0], 3U);
  EXPECT_EQ(all.in_bucket[1], 1U);
  EXPECT_EQ(all.in_bucket[4], 2U);
  EXPECT_EQ(doubling::quantile_bound(all, 1.0), UINT64_MAX) << "beyond the last bound nobody knows";
}

TEST(aggregate_map, begins_with_the_room_that_was_asked_for) {
  sums map(portolan::map_options{.capacity = 1000});
  EXPECT_GE(map.stats().capacity, 1000U);
  for (int key = 0; key < 100; ++key) map.add(key, 1);
  EXPECT_EQ(map.size(), 100U);
}

TEST(histogram, puts_each_sample_into_the_first_bucket_that_has_room_for_it) {
  using doubling = aggregate::histogram<5, 10>;  // 10, 20, 40, 80, the rest
  constexpr std::array<std::pair<std::uint64_t, std::size_t>, 12> expected{{{0, 0},
                                                                            {1, 0},
                                                                            {10, 0},
                                                                            {11, 1},
                                                                            {20, 1},
                                                                            {21, 2},
                                                                            {40, 2},
                                                                            {41, 3},
                                                                            {80, 3},
                                                                            {81, 4},
                                                                            {1000, 4},
                                                                            {UINT64_MAX, 4}}};
  for (const auto& [sample, bucket] : expected) {
    EXPECT_EQ(doubling::bucket_of(sample), bucket) << sample;
    EXPECT_LE(sample, doubling::bound(bucket));
    EXPECT_TRUE(bucket == 0 || sample > doubling::bound(bucket - 1));
  }
  using named = aggregate::histogram_at<5, 7, 100>;
  EXPECT_EQ(named::bucket_of(0), 0U);
  EXPECT_EQ(named::bucket_of(5), 0U);
  EXPECT_EQ(named::bucket_of(6), 1U);
  EXPECT_EQ(named::bucket_of(100), 2U);
  EXPECT_EQ(named::bucket_of(101), 3U);
  EXPECT_EQ(named::bound(3), UINT64_MAX);
}

TEST(histogram, is_merged_from_all_threads_and_tells_quantiles) {
  using latencies = aggregate::histogram<20>;
  aggregate_map<std::string, latencies> map;
  together(4, [&](int) {
    for (std::uint64_t sample = 1; sample <= 100; ++sample) map.record("get", sample);
  });
  const auto counts = map.find("get");
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->samples(), 400U);
  EXPECT_EQ(counts->sum, 4U * 5050U);
  EXPECT_EQ(latencies::quantile_bound(*counts, 0.5), 64U);  // the 50th of a hundred is 50
  EXPECT_EQ(latencies::quantile_bound(*counts, 0.01), 1U);
  EXPECT_EQ(latencies::quantile_bound(*counts, 1.0), 128U);
  EXPECT_EQ(latencies::quantile_bound(*counts, 0.0), 1U);
  EXPECT_EQ(latencies::quantile_bound(latencies::identity(), 0.5), 0U);
}

struct unique_names {
  using value_type = std::set<std::string>;
  static value_type identity() { return {}; }
  static void combine(value_type& into, const value_type& from) { into.insert(from.begin(), from.end()); }
  static void record(value_type& into, std::string_view name) { into.emplace(name); }
};

TEST(aggregate_map, takes_a_monoid_of_the_users_own) {
  aggregate_map<int, unique_names> map;
  together(3, [&](int thread) {
    map.record(1, thread == 0 ? "Genoa" : "Lisbon");
    map.add(1, {"Cadiz"});
  });
  EXPECT_EQ(map.find(1), (std::set<std::string>{"Cadiz", "Genoa", "Lisbon"}));
}

struct longest_owned {
  using value_type = std::unique_ptr<int>;
  static value_type identity() noexcept { return nullptr; }
  static void combine(value_type& into, const value_type& from) noexcept {
    if (from == nullptr) return;
    if (into == nullptr)
      into = std::unique_ptr<int>(new int(*from));
    else if (*into < *from)
      *into = *from;
  }
};

template <class M>
concept offers_find = requires(const M& map) {
  map.find("a");
};
template <class M>
concept offers_snapshot = requires(const M& map) {
  map.snapshot();
};
template <class M>
concept offers_record = requires(M& map) {
  map.record("a");
};

TEST(aggregate_map, of_values_that_cannot_be_copied_are_taken_and_not_found) {
  using owned = aggregate_map<std::string, longest_owned>;
  static_assert(!offers_find<owned> && !offers_snapshot<owned> && !offers_record<owned>);
  owned map;
  together(3, [&](int thread) { map.add("a", std::make_unique<int>(thread)); });
  EXPECT_TRUE(map.contains("a"));
  auto all = map.drain();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(*all[0].second, 2);
}

// The articles' aggregator: 32 shards by key, FNV-1a over the key's bytes.
struct fnv1a_32 {
  std::uint32_t operator()(std::string_view text) const noexcept {
    std::uint32_t hash = 2166136261U;
    for (const char each : text) hash = (hash ^ static_cast<unsigned char>(each)) * 16777619U;
    return hash;
  }
  using is_transparent = void;
};

TEST(aggregate_map, takes_shards_hash_and_period_as_parameters) {
  using articles = aggregate_map<std::string, aggregate::sum<std::uint64_t>, fnv1a_32>;
  articles map(articles::shards{32, shard_by::key});
  map.merge_every(std::chrono::seconds(5));
  together(4, [&](int) {
    for (int i = 0; i < 1000; ++i) map.add("qps." + std::to_string(i % 50), 1);
  });
  EXPECT_EQ(map.size(), 50U);
  EXPECT_EQ(map.find(std::string_view("qps.7")), 80U);
  EXPECT_EQ(fnv1a_32{}("a"), 0xE40C292CU);  // the value that the inventors of FNV publish
}

// ---- merging on a schedule ---------------------------------------------------------------------

TEST(aggregate_map, merges_on_schedule_with_nobody_calling) {
  watchdog guard("merges on schedule");
  sums map;
  map.merge_every(std::chrono::milliseconds(1));
  for (int turn = 0; turn < 3; ++turn) {
    map.add(turn, 1);
    while (map.stats().waiting != 0) std::this_thread::yield();
  }
  EXPECT_GE(map.stats().merges, 1U);
  map.merge_every(std::chrono::milliseconds(0));
  const std::size_t merges = map.stats().merges;
  map.add(9, 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(map.stats().merges, merges);
  EXPECT_EQ(map.stats().waiting, 1U);
}

TEST(aggregate_map, starts_the_timer_thread_with_the_first_addition) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        sums map;
        if (portolan::timer_thread_id() != 0) std::_Exit(1);
        map.merge_every(std::chrono::hours(1));
        if (portolan::timer_thread_id() != 0) std::_Exit(2);
        static_cast<void>(map.find(1));
        if (portolan::timer_thread_id() != 0) std::_Exit(3);
        map.add(1, 1);
        while (portolan::timer_thread_id() == 0) std::this_thread::yield();
        std::_Exit(0);
      },
      testing::ExitedWithCode(0), "");
}

TEST(aggregate_map, may_be_destroyed_while_its_schedule_runs) {
  watchdog guard("destroyed while merging");
  for (int i = 0; i < support::scaled(500); ++i) {
    sums map;
    map.merge_every(std::chrono::nanoseconds(1));
    for (int key = 0; key < 50; ++key) map.add(key, 1);
  }
}

// ---- what throws -------------------------------------------------------------------------------

// A sum whose combine throws when half of the work is done, and a key of which everything throws.
struct fragile_sum {
  struct value_type {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
  };
  static value_type identity() { return {}; }
  static void combine(value_type& into, const value_type& from) {
    into.first += from.first;
    promises::faults::point();
    into.second += from.second;
  }
  static void record(value_type& into) { combine(into, {1, 1}); }
};
using fragile_key = promises::fragile::type;
using fragile_map = aggregate_map<fragile_key, fragile_sum, promises::fragile_hash::of<fragile_key>,
                                  portolan::equal<fragile_key>, promises::metered<fragile_key>>;

class failing : public testing::TestWithParam<std::pair<const char*, std::function<void(fragile_map&)>>> {};
INSTANTIATE_TEST_SUITE_P(
    aggregate_map, failing,
    testing::Values(std::pair("add",
                              [](fragile_map& map) {
                                map.add(fragile_key(1), {1, 1});
                              }),
                    std::pair("add_new",
                              [](fragile_map& map) {
                                map.add(fragile_key(99), {1, 1});
                              }),
                    std::pair("record", [](fragile_map& map) { map.record(fragile_key(1)); }),
                    std::pair("merge", [](fragile_map& map) { map.merge(); }),
                    std::pair("size", [](fragile_map& map) { static_cast<void>(map.size()); }),
                    std::pair("find", [](fragile_map& map) { static_cast<void>(map.find(fragile_key(1))); }),
                    std::pair("snapshot", [](fragile_map& map) { static_cast<void>(map.snapshot()); }),
                    std::pair("take", [](fragile_map& map) { map.take(fragile_key(1)); }),
                    std::pair("erase", [](fragile_map& map) { map.erase(fragile_key(1)); }),
                    std::pair("drain", [](fragile_map& map) { static_cast<void>(map.drain()); })),
    [](const auto& each) { return std::string(each.param.first); });

// What is in the map, all keys together; both halves of every value must say the same.
std::uint64_t everything_in(fragile_map& map) {
  std::uint64_t sum = 0;
  for (const std::uint64_t key : {0U, 1U, 2U, 99U}) {
    if (const auto total = map.find(fragile_key(key))) {
      EXPECT_EQ(total->first, total->second) << "half-added";
      sum += total->first;
    }
  }
  std::uint64_t listed = 0;
  for (const auto& [key, total] : map.snapshot()) listed += total.first;
  EXPECT_EQ(sum, listed) << "find and snapshot differ";
  return sum;
}

// Method: every call of user code and every allocation fails once; parts of the keys stand in the central table and in
// three shards. Afterwards the totals are what they were, or, for what went well, what they should be.
TEST_P(failing, at_any_point_loses_nothing_and_adds_nothing_twice) {
  const std::string what = GetParam().first;
  const auto& operation = GetParam().second;
  promises::ledger books;
  std::unique_ptr<fragile_map> map;
  constexpr std::uint64_t before = 5 * 3 * 2;
  const auto prepare = [&] {
    map = std::make_unique<fragile_map>(promises::metered<fragile_key>(books));
    const auto add_all = [&](int) {
      for (std::uint64_t key = 0; key < 3; ++key) map->add(fragile_key(key), {2, 2});
    };
    together(2, add_all);
    map->merge();
    together(3, add_all);
  };
  const auto audit = [&](bool threw) {
    const bool adds = what.starts_with("add") || what == "record";
    const bool takes_one = what == "take" || what == "erase";
    const std::uint64_t after = adds ? before + 1 : takes_one ? before - 10 : what == "drain" ? 0 : before;
    EXPECT_EQ(everything_in(*map), threw ? before : after);
    map->add(fragile_key(1), {1, 1});
    map->merge();
    EXPECT_EQ(everything_in(*map), (threw ? before : after) + 1);
    map.reset();
    EXPECT_EQ(books.blocks(), 0U);
  };
  EXPECT_GT(promises::at_every_fault(
                prepare, [&] { operation(*map); }, audit),
            1);
  EXPECT_EQ(promises::fragile::type::alive.load(), 0);
}

TEST(aggregate_map, counts_scheduled_merges_that_failed_and_tries_again) {
  struct refusing {
    using value_type = int;
    static int identity() noexcept { return 0; }
    static void combine(int& into, const int& from) {
      if (refuses().load()) throw 1;
      into += from;
    }
    static std::atomic<bool>& refuses() {
      static std::atomic<bool> now{false};
      return now;
    }
  };
  watchdog guard("failing merges");
  aggregate_map<int, refusing> map;
  map.add(1, 1);
  map.merge();
  map.add(1, 2);
  refusing::refuses() = true;
  map.merge_every(std::chrono::milliseconds(1));
  while (map.stats().failed_merges < 2) std::this_thread::yield();
  EXPECT_EQ(map.stats().waiting, 1U);
  EXPECT_TRUE(map.contains(1));
  refusing::refuses() = false;
  while (map.stats().waiting != 0) std::this_thread::yield();
  EXPECT_EQ(map.find(1), 3);
}

// ---- re-entry and fork -------------------------------------------------------------------------

struct calling_back {
  using value_type = int;
  static int identity() noexcept { return 0; }
  static void combine(int& into, const int& from) {
    if (back) std::exchange(back, nullptr)();
    into += from;
  }
  static inline std::function<void()> back;
};

TEST(aggregate_map, refuses_calls_from_inside_combine) {
  watchdog guard("re-entry inside combine");
  aggregate_map<int, calling_back> map;
  aggregate_map<int, calling_back> other;
  map.add(1, 1);
  map.merge();
  const std::vector<std::pair<const char*, std::function<void()>>> calls{
      {"add", [&] { map.add(2, 1); }},
      {"find", [&] { static_cast<void>(map.find(2)); }},
      {"take", [&] { map.take(2); }},
      {"drain", [&] { static_cast<void>(map.drain()); }},
      {"merge", [&] { map.merge(); }},
      {"clear", [&] { map.clear(); }},
      {"size", [&] { static_cast<void>(map.size()); }},
      {"merge_every", [&] { map.merge_every(std::chrono::seconds(1)); }},
  };
  for (const auto& [name, call] : calls) {
    SCOPED_TRACE(name);
    calling_back::back = call;
    EXPECT_THROW(map.add(1, 5), portolan::reentrant_call);
    EXPECT_EQ(map.find(1), 1);
    map.add(1, 0);
    calling_back::back = call;
    EXPECT_THROW(map.merge(), portolan::reentrant_call);
    calling_back::back = call;
    EXPECT_THROW(static_cast<void>(map.find(1)), portolan::reentrant_call);
    calling_back::back = nullptr;
    EXPECT_EQ(map.find(1), 1);
    map.merge();
  }
  calling_back::back = [&] { other.add(1, 7); };
  map.add(1, 1);
  EXPECT_EQ(other.find(1), 7);
  EXPECT_EQ(map.find(1), 2);
}

TEST(aggregate_map, works_in_the_child_of_a_fork_under_adders_and_merges) {
  if (!support::fork_under_threads_works)
    GTEST_SKIP() << "the sanitizer's allocator does not survive a fork under threads";
  watchdog guard("fork under adders");
  auto map = std::make_unique<sums>(sums::shards{2, shard_by::thread});
  map->merge_every(std::chrono::microseconds(100));
  std::atomic<bool> goes_on{true};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; goes_on.load(); ++i) {
        map->add(i % 100, 1);
        if (i % 1000 == 0) static_cast<void>(map->find(i % 100));
      }
    });
  }
  int well = 0;
  constexpr int forks = 30;
  for (int i = 0; i < forks; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);
      std::uint64_t sum = 0;
      for (const auto& [key, total] : map->snapshot()) sum += total;
      map->add(1000, 5);
      map->merge_every(std::chrono::microseconds(50));
      bool good = map->find(1000) == 5U;
      for (const auto& [key, total] : map->drain()) sum -= total;
      good = good && sum == std::uint64_t{0} - 5 && map->empty();
      map.reset();
      ::_exit(good ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) ++well;
  }
  goes_on = false;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(well, forks);
}

}  // namespace
