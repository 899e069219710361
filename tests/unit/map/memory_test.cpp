// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Method: an allocator that counts what it hands out stands beside the map's own figures; they must agree byte by byte
// where the map's memory comes from the allocator, whatever was inserted, replaced and erased before.
#include <portolan/map/memory.hpp>

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <portolan/base/block_pool.hpp>
#include <portolan/map/aggregate_map.hpp>
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/guarded_map.hpp>
#include <portolan/map/plain_map.hpp>
#include <portolan/map/sharded_map.hpp>
#include <portolan/map/snapshot_map.hpp>
#include <portolan/map/sync_map.hpp>

#include "../../support/scale.hpp"

namespace {

using portolan::map_memory;
using portolan::memory_listing;
using portolan::memory_of;
using portolan::memory_of_all_maps;

struct meter {
  std::atomic<std::size_t> now{0};
  std::atomic<std::size_t> ever{0};
};

template <class T>
class counting {
 public:
  using value_type = T;
  explicit counting(meter& books) noexcept : books_(&books) {}
  template <class U>
  counting(const counting<U>& other) noexcept : books_(&other.books()) {}
  [[nodiscard]] T* allocate(std::size_t count) {
    books_->now += count * sizeof(T);
    books_->ever += count * sizeof(T);
    return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{alignof(T)}));
  }
  void deallocate(T* block, std::size_t count) noexcept {
    books_->now -= count * sizeof(T);
    ::operator delete (block, std::align_val_t{alignof(T)});
  }
  [[nodiscard]] meter& books() const noexcept { return *books_; }
  template <class U>
  bool operator==(const counting<U>& other) const noexcept {
    return books_ == &other.books();
  }

 private:
  meter* books_;
};

template <class K, class V, template <class...> class Map>
using counted = Map<K, V, portolan::hash<K>, portolan::equal<K>, counting<std::pair<const K, V>>>;
template <class K, class V, class Hash, class Equal, class Alloc>
using concurrent = portolan::concurrent_map<K, V, Hash, Equal, Alloc>;

template <class Done>
void wait_at_most_a_minute(Done done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!done() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

// Inserts, replaces and erases; after each part the figures and the books must agree, but for `share_unknown` once what
// earlier versions held is freed.
template <class Map, class Key>
void agrees_with_the_allocator(Key key_of, double share_unknown = 0) {
  meter books;
  {
    Map map{counting<std::pair<const typename Map::key_type, typename Map::mapped_type>>(books)};
    const auto taken_now = [&] { return books.now.load() + sizeof map; };
    const auto nearly = [&](std::size_t taken) { return static_cast<double>(taken) * (1 - share_unknown); };
    const auto check = [&](const char* when) {
      if (share_unknown > 0) {
        const std::size_t taken = taken_now();  // the timer may free at any moment from here on
        EXPECT_LE(memory_of(map).bytes_now, taken) << when;
        wait_at_most_a_minute([&] { return static_cast<double>(memory_of(map).bytes_now) >= nearly(taken_now()); });
      }
      const std::size_t before = taken_now();
      const map_memory memory = memory_of(map);
      const std::size_t after = taken_now();
      EXPECT_LE(memory.bytes_now, std::max(before, after)) << when;
      EXPECT_GE(static_cast<double>(memory.bytes_now), nearly(std::min(before, after))) << when;
      EXPECT_EQ(memory.bytes_now, memory.bytes_reserved + memory.bytes_kept_back) << when;
      EXPECT_LE(memory.bytes_used, memory.bytes_reserved) << when;
      EXPECT_LE(memory.bytes_now, memory.bytes_ever) << when;
      EXPECT_LE(memory.bytes_ever, books.ever.load() + sizeof map) << when;
      EXPECT_EQ(memory.entries, map.size()) << when;
    };
    check("empty");
    for (int i = 0; i < 300; ++i) map.insert(key_of(i), typename Map::mapped_type{});
    check("after inserting");
    const std::size_t used_full = memory_of(map).bytes_used;
    for (int i = 0; i < 300; ++i) map.insert_or_assign(key_of(i), typename Map::mapped_type{});
    check("after replacing");
    for (int i = 0; i < 290; ++i) map.erase(key_of(i));
    EXPECT_LT(memory_of(map).bytes_used, used_full / 10);
    EXPECT_EQ(memory_of(map).entries, 10U);
    EXPECT_LE(memory_of(map).bytes_ever, books.ever.load() + sizeof map);
  }
  EXPECT_EQ(books.now.load(), 0U);
}

std::uint64_t number(int i) { return static_cast<std::uint64_t>(i); }
std::string text(int i) { return "a key that is too long for a small buffer " + std::to_string(i); }

TEST(memory_of_a_map, is_what_its_allocator_handed_out) {
  agrees_with_the_allocator<counted<std::uint64_t, std::uint64_t, concurrent>>(number);
  agrees_with_the_allocator<counted<std::uint64_t, std::uint64_t, portolan::sync_map>>(number);
}

TEST(memory_of_a_map, of_a_snapshot_map_is_known_but_for_the_entries_that_only_earlier_versions_hold) {
  agrees_with_the_allocator<counted<std::uint64_t, std::uint64_t, portolan::snapshot_map>>(number, 0.01);
}

TEST(memory_of_a_map, counts_nodes_too) {
  agrees_with_the_allocator<counted<std::uint64_t, std::string, concurrent>>(number);
  agrees_with_the_allocator<counted<std::string, std::string, concurrent>>(text);
}

TEST(memory_of_a_map, ever_is_far_above_now_where_values_are_replaced_all_the_time) {
  portolan::concurrent_map<int, std::string> map;
  for (int i = 0; i < 20'000; ++i) map.insert_or_assign(1, std::to_string(i));
  const map_memory memory = memory_of(map);
  EXPECT_EQ(memory.entries, 1U);
  EXPECT_GT(memory.bytes_ever, 20'000U * sizeof(std::string));
  EXPECT_LT(memory.bytes_now, memory.bytes_ever / 10);
}

TEST(memory_of_a_map, reserved_is_far_above_used_after_erasing) {
  portolan::guarded_map<std::unordered_map<int, int>> map;
  for (int i = 0; i < 10'000; ++i) map.insert(i, i);
  const map_memory full = memory_of(map);
  for (int i = 0; i < 10'000; ++i) map.erase(i);
  const map_memory empty = memory_of(map);
  EXPECT_EQ(empty.bytes_used, 0U);
  EXPECT_GT(empty.bytes_reserved, 10'000U * sizeof(void*)) << "std::unordered_map keeps its buckets";
  EXPECT_EQ(empty.bytes_ever, full.bytes_ever);
  EXPECT_GE(full.bytes_ever, full.bytes_now);
}

const portolan::living_map* line_of(const memory_listing& all, const char* name) {
  for (const auto& one : all.maps) {
    if (std::string(one.name) == name) return &one;
  }
  return nullptr;
}

TEST(memory_of_all_maps, lists_each_living_map_with_its_name_and_the_sum) {
  const memory_listing before = memory_of_all_maps();
  portolan::concurrent_map<int, int> fares(portolan::map_options{.name = "fares"});
  portolan::sync_map<int, int> ports(portolan::map_options{.name = "ports"});
  portolan::snapshot_map<int, int> rules(portolan::map_options{.name = "rules"});
  portolan::guarded_map<std::map<int, int>, std::mutex> log(portolan::map_options{.name = "log"});
  portolan::sharded_map<std::unordered_map<int, int>> hits(portolan::map_options{.name = "hits"});
  for (int i = 0; i < 100; ++i) {
    fares.insert(i, i);
    ports.insert(i, i);
    rules.insert(i, i);
    log.insert(i, i);
    hits.insert(i, i);
  }
  const memory_listing all = memory_of_all_maps();
  EXPECT_EQ(all.maps.size(), before.maps.size() + 5);
  map_memory sum;
  for (const auto& one : all.maps) {
    EXPECT_FALSE(one.busy);
    portolan::detail::add_to(sum, one.memory);
  }
  EXPECT_EQ(sum.bytes_now, all.sum.bytes_now);
  EXPECT_EQ(sum.entries, all.sum.entries);
  const auto same = [&](const char* name, const char* type, const map_memory& own) {
    const auto* line = line_of(all, name);
    ASSERT_NE(line, nullptr) << name;
    EXPECT_STREQ(line->type, type);
    EXPECT_EQ(line->memory.entries, 100U);
    EXPECT_EQ(line->memory.bytes_reserved, own.bytes_reserved) << name;
    EXPECT_EQ(line->memory.bytes_used, own.bytes_used) << name;
    EXPECT_EQ(line->memory.bytes_ever, own.bytes_ever) << name;
  };
  same("fares", "concurrent_map", memory_of(fares));
  same("ports", "sync_map", memory_of(ports));
  same("rules", "snapshot_map", memory_of(rules));
  same("log", "guarded_map", memory_of(log));
  same("hits", "sharded_map", memory_of(hits));
}

// User code inside a map's critical section lists all maps and makes one; another thread lists meanwhile. A census that
// waited for the map's lock would wait for ever, and so would the map that is made.
TEST(memory_of_all_maps, may_be_asked_inside_a_critical_section_and_never_waits_for_one) {
  portolan::guarded_map<std::unordered_map<int, int>> guarded(portolan::map_options{.name = "held"});
  portolan::sync_map<int, int> sync;
  for (int i = 0; i < 50; ++i) guarded.insert(i, i);
  sync.insert(1, 1);
  std::atomic<int> stage{0};
  std::thread other([&] {
    while (stage.load() != 1) std::this_thread::yield();
    for (int i = 0; i < 20; ++i) {
      const memory_listing all = memory_of_all_maps();
      const auto* held = line_of(all, "held");
      ASSERT_NE(held, nullptr);
      EXPECT_FALSE(held->busy);
      EXPECT_EQ(held->memory.entries, 50U) << "as the last section left it";
    }
    stage = 2;
  });
  guarded.compute(1, [&](const int*) {
    EXPECT_FALSE(memory_of_all_maps().maps.empty());
    stage = 1;
    while (stage.load() != 2) {
      portolan::concurrent_map<int, int> made_inside;
      std::this_thread::yield();
    }
    return 7;
  });
  other.join();
  sync.compute(1, [&](const int*) {
    const memory_listing all = memory_of_all_maps();
    EXPECT_TRUE(std::any_of(all.maps.begin(), all.maps.end(), [](const auto& one) { return one.busy; }));
    return 7;
  });
}

/// Calls back while it adds, which is under the shard's lock.
struct calling_back {
  using value_type = std::uint64_t;
  static inline void (*back)() = nullptr;
  static value_type identity() noexcept { return 0; }
  static void combine(value_type& into, const value_type& from) {
    into += from;
    if (back != nullptr) back();
  }
};

// A census counts totals too, and waits neither for the addition that asks for it nor for another thread's.
TEST(memory_of_all_maps, counts_totals_and_never_waits_for_an_addition) {
  portolan::aggregate_map<int, calling_back> totals(portolan::map_options{.name = "totals"});
  for (int key = 0; key < 30; ++key) totals.add(key, 1);
  const memory_listing before = memory_of_all_maps();
  const auto* line = line_of(before, "totals");
  ASSERT_NE(line, nullptr);
  EXPECT_STREQ(line->type, "aggregate_map");
  EXPECT_FALSE(line->busy);
  EXPECT_EQ(line->memory.entries, 30U);
  static bool busy_within = false;
  static bool busy_beside = false;
  calling_back::back = [] {
    busy_within = line_of(memory_of_all_maps(), "totals")->busy;
    std::thread([] { busy_beside = line_of(memory_of_all_maps(), "totals")->busy; }).join();
  };
  totals.add(1, 1);
  calling_back::back = nullptr;
  EXPECT_TRUE(busy_within);
  EXPECT_TRUE(busy_beside);
  EXPECT_EQ(totals.find(1), 2U);
}

TEST(memory_of_all_maps, while_maps_come_go_and_are_written_lists_whole_lines) {
  std::atomic<bool> stop{false};
  portolan::concurrent_map<int, std::string> steady(portolan::map_options{.name = "steady"});
  for (int i = 0; i < 100; ++i) steady.insert(i, "x");
  std::vector<std::thread> team;
  for (int t = 0; t < 2; ++t) {
    team.emplace_back([&, t] {
      while (!stop.load()) {
        portolan::concurrent_map<int, std::string> passing(portolan::map_options{.name = "passing"});
        portolan::sync_map<int, int> other(portolan::map_options{.name = "passing"});
        for (int i = 0; i < 40; ++i) {
          passing.insert(i, "some value");
          other.insert_or_assign(i, t);
          steady.insert_or_assign(i, "y");
        }
      }
    });
  }
  for (int i = 0; i < support::scaled(300); ++i) {
    const memory_listing all = memory_of_all_maps();
    const auto* line = line_of(all, "steady");
    ASSERT_NE(line, nullptr);
    EXPECT_STREQ(line->type, "concurrent_map");
    EXPECT_EQ(line->memory.entries, 100U);
    for (const auto& one : all.maps) EXPECT_TRUE(one.busy || one.memory.bytes_now >= 100U);
  }
  stop = true;
  for (auto& one : team) one.join();
}

// ---- the pool from which nodes come ----

namespace block_pool = portolan::block_pool;

TEST(block_pool, gives_blocks_that_hold_what_was_asked_for_in_as_few_cache_lines_as_can_be) {
  for (std::size_t size = 1; size <= block_pool::largest_bytes; ++size) {
    const std::size_t whole = block_pool::block_bytes(size);
    ASSERT_GE(whole, size);
    ASSERT_LE(whole, block_pool::largest_bytes);
    std::vector<void*> taken;
    for (int i = 0; i < 200; ++i) {
      taken.push_back(block_pool::take(size));
      const auto at = reinterpret_cast<std::uintptr_t>(taken.back());
      ASSERT_EQ(at % block_pool::alignment_bytes, 0U);
      ASSERT_LE((at + size - 1) / 64 - at / 64, size <= 64 ? 0U : size <= 96 ? 1U : 2U) << size;
      std::memset(taken.back(), static_cast<int>(size), whole);
    }
    for (void* block : taken) {
      const auto* bytes = static_cast<const unsigned char*>(block);
      ASSERT_TRUE(std::all_of(bytes, bytes + whole, [&](unsigned char byte) { return byte == size; }));
    }
    for (void* block : taken) block_pool::give(block, size);
  }
}

// Method: a thread writes its number over each block that it takes; another thread finds it there when it gives the
// block back. A block that two threads had at a time shows another number; one that was lost keeps its run for ever.
TEST(block_pool, gives_no_block_to_two_threads_whoever_gives_it_back) {
  constexpr std::size_t size = 64;
  struct mark {
    std::uint64_t words[size / 8];
  };
  std::mutex lock;
  std::vector<std::pair<mark*, std::uint64_t>> in_hand;
  std::atomic<int> wrong{0};
  const std::size_t before = block_pool::region_bytes();
  for (int generation = 0; generation < 3; ++generation) {
    std::vector<std::thread> team;
    for (std::uint64_t id = 1; id <= 4; ++id) {
      team.emplace_back([&, id] {
        std::vector<std::pair<mark*, std::uint64_t>> own;
        for (std::uint64_t turn = 0; turn < static_cast<std::uint64_t>(support::scaled(200)); ++turn) {
          const std::uint64_t number = id << 32 | turn;
          for (int i = 0; i < 300; ++i) {
            auto* block = static_cast<mark*>(block_pool::take(size));
            for (std::uint64_t& word : block->words) word = number;
            own.emplace_back(block, number);
          }
          {
            const std::lock_guard hold(lock);
            own.swap(in_hand);
          }
          for (const auto& [block, written] : own) {
            for (const std::uint64_t word : block->words) wrong += static_cast<int>(word != written);
            block_pool::give(block, size);
          }
          own.clear();
        }
      });
    }
    for (auto& one : team) one.join();
  }
  EXPECT_EQ(wrong.load(), 0);
  for (const auto& each : in_hand) block_pool::give(each.first, size);
  block_pool::give_stock_back();
  EXPECT_LE(block_pool::region_bytes(), before + (std::size_t{5} << 16)) << "four free runs are kept";
}

TEST(block_pool, gives_memory_back_when_its_blocks_are_and_stocks_when_their_thread_ends) {
  constexpr std::size_t few_runs = std::size_t{5} << 16;  // four that are kept, and one more
  for (const std::size_t size : {32U, 64U, 112U}) {
    std::thread([&] {
      std::vector<void*> taken;
      const std::size_t before = block_pool::region_bytes();
      for (int i = 0; i < 240'000; ++i) taken.push_back(block_pool::take(size));
      EXPECT_GE(block_pool::region_bytes(), 240'000 * size);
      // In an order that leaves a stock whose blocks come from everywhere: each holds back its run and no more.
      for (std::size_t i = 0; i < taken.size(); ++i) std::swap(taken[i], taken[i * 7'919 % taken.size()]);
      for (void* block : taken) block_pool::give(block, size);
      EXPECT_LT(block_pool::region_bytes(), before + (std::size_t{16 << 10} / size << 16) + few_runs);
      block_pool::give_stock_back();
      EXPECT_LE(block_pool::region_bytes(), before + few_runs);
      for (int i = 0; i < 200; ++i) taken[static_cast<std::size_t>(i)] = block_pool::take(size);
      for (int i = 0; i < 200; ++i) block_pool::give(taken[static_cast<std::size_t>(i)], size);
    }).join();
    // Its stock is empty again: what it had is found by the next.
    const std::size_t kept = block_pool::region_bytes();
    std::thread([&] {
      std::vector<void*> taken;
      for (int i = 0; i < 200; ++i) taken.push_back(block_pool::take(size));
      for (void* block : taken) block_pool::give(block, size);
    }).join();
    EXPECT_EQ(block_pool::region_bytes(), kept);
  }
}

TEST(block_pool, serves_a_forked_child_while_others_take_and_give) {
  if (!support::fork_under_threads_works) GTEST_SKIP() << "the sanitizer's allocator";
  std::atomic<bool> stop{false};
  std::vector<std::thread> team;
  for (int t = 0; t < 2; ++t) {
    team.emplace_back([&] {
      std::vector<void*> taken;
      while (!stop.load()) {
        for (int i = 0; i < 400; ++i) taken.push_back(block_pool::take(48));
        for (void* block : taken) block_pool::give(block, 48);
        taken.clear();
      }
    });
  }
  for (int round = 0; round < 30; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      std::vector<void*> taken;
      for (int i = 0; i < 5'000; ++i) {
        taken.push_back(block_pool::take(48));
        std::memset(taken.back(), 0x5A, 48);
      }
      std::sort(taken.begin(), taken.end());
      const bool twice = std::adjacent_find(taken.begin(), taken.end()) != taken.end();
      for (void* block : taken) block_pool::give(block, 48);
      ::_exit(twice ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  stop = true;
  for (auto& one : team) one.join();
}

TEST(block_pool, serves_nodes_of_the_default_allocator_and_gets_them_back) {
  if (support::sanitized) GTEST_SKIP() << "nodes come from operator new there";
  const std::size_t before = block_pool::region_bytes();
  {
    portolan::concurrent_map<std::string, std::uint64_t> map;
    for (int i = 0; i < 100'000; ++i) map.insert(std::to_string(i), 1);
    EXPECT_GE(block_pool::region_bytes(), before + 3'000'000U);
    EXPECT_GE(memory_of(map).bytes_now, 3'200'000U);
  }
  EXPECT_LE(block_pool::region_bytes(), before + 1'000'000U);
}

}  // namespace
