// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// list() of concurrent_map, step by step: what a writer, a growing table or a fork may do between two parts.
// Built with PORTOLAN_STEPS: at the place named "part wanted" a listing stops, and the test does there what other
// threads could do. Threads without such stops, and the other maps: tests/promises/consistent_listing_test.cpp.
// Which planted bugs this kills: docs/algorithms/concurrent_map.md.
#define PORTOLAN_STEPS 1
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/list.hpp>
#include <portolan/map/portable_storage.hpp>
#include <portolan/reclaim/hazard.hpp>

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <new>
#include <thread>
#include <vector>

#include "tests/support/scale.hpp"

namespace {
thread_local std::int64_t allocations_left = -1;  // not negative: how many this thread may still make
}
// The sanitizers have an operator new of their own; there no allocation fails.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define PORTOLAN_TEST_SANITIZED 1
#endif
#endif
#if !defined(PORTOLAN_TEST_SANITIZED) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
static constexpr bool allocations_can_fail = true;
[[gnu::noinline]] void* operator new(std::size_t size) {
  const bool fails = allocations_left >= 0 && allocations_left-- == 0;
  if (void* const made = fails ? nullptr : std::malloc(size == 0 ? 1 : size)) return made;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* used) noexcept { std::free(used); }
[[gnu::noinline]] void operator delete(void* used, std::size_t) noexcept { std::free(used); }
#else
static constexpr bool allocations_can_fail = false;
#endif

namespace {

using key = std::uint64_t;
using contents = std::map<key, std::uint64_t>;

/// The lister's thread alone stops, once it has come to part `at_part`, and runs `then`.
struct stop {
  int at_part = -1;
  std::function<void()> then;
};
thread_local stop* planned = nullptr;
void step(const char* name) {
  if (planned == nullptr || std::strcmp(name, "part wanted") != 0) return;
  if (planned->at_part-- != 0) return;
  stop* const now = planned;
  planned = nullptr;  // what `then` does to the map is not stopped
  now->then();
}
struct step_setup {
  step_setup() { portolan::platform::step_hook.store(&step); }
} const install_steps;

template <class V, class Reclaimer, class Storage>
using map_of = portolan::concurrent_map<key, V, portolan::hash<key>, portolan::equal<key>,
                                        std::allocator<std::pair<const key, V>>, Reclaimer, Storage>;
/// A hash that may throw keeps even small entries out of the lines: nodes whose value changes in place.
struct fallible_hash {
  std::uint64_t operator()(key k) const { return portolan::hash<key>()(k); }
};
using in_place_map = portolan::concurrent_map<key, std::uint64_t, fallible_hash>;

template <class Map>
class listing_by_steps : public testing::Test {
 protected:
  static constexpr key entries = 3'000;

  void SetUp() override {
    for (key k = 0; k < entries; ++k) map.insert(k, k);
    map.insert(~key{0}, 1U);  // one of the two keys that small entries keep apart
    expected = now();
  }
  contents now() {
    contents seen;
    map.for_each([&](key k, std::uint64_t value) { EXPECT_TRUE(seen.emplace(k, value).second); });
    return seen;
  }
  /// Lists the map and runs `then` when the listing has come to part `part`; false: it has not so many.
  bool list_and(int part, std::function<void()> then) {
    stop here{part, std::move(then)};
    planned = &here;
    listed.clear();
    for (const auto& [k, value] : portolan::list(map)) EXPECT_TRUE(listed.emplace(k, value).second) << "twice: " << k;
    return std::exchange(planned, nullptr) == nullptr;
  }

  Map map;
  contents expected;
  contents listed;
};
using engines = testing::Types<map_of<std::uint64_t, portolan::epoch, portolan::automatic_storage>,
                               map_of<std::uint64_t, portolan::hazard, portolan::automatic_storage>,
                               map_of<std::uint64_t, portolan::epoch, portolan::portable_storage>,
                               map_of<std::uint64_t, portolan::epoch, portolan::node_storage>,
                               map_of<std::uint64_t, portolan::hazard, portolan::node_storage>, in_place_map>;
TYPED_TEST_SUITE(listing_by_steps, engines);

// Whatever part the listing has come to: who then changes every entry, and adds some, changes nothing in it.
TYPED_TEST(listing_by_steps, has_nothing_of_what_is_changed_while_it_is_under_way) {
  int part = 0;
  while (this->list_and(part, [&] {
    for (key k = 0; k < this->entries; ++k) {
      switch (k % 4) {
        case 0: this->map.insert_or_assign(k, this->expected[k] + 1'000'000); break;
        case 1: this->map.erase(k); break;
        case 2:
          this->map.compute(k, [](const auto*) { return portolan::decision<std::uint64_t>(portolan::erase); });
          break;
        case 3: this->map.compare_exchange(k, this->expected[k], 5U); break;
      }
    }
    this->map.insert_or_assign(~key{0}, 2U);
    for (key k = 0; k < 100; ++k) this->map.insert(this->entries + k, 1U);
  })) {
    ASSERT_EQ(this->listed, this->expected) << "changed at part " << part;
    for (key k = 0; k < this->entries; ++k) this->map.insert_or_assign(k, k);
    this->map.insert_or_assign(~key{0}, 1U);
    for (key k = 0; k < 100; ++k) this->map.erase(this->entries + k);
    part = part < 3 ? part + 1 : part * 2;
  }
  EXPECT_GE(part, 4) << "the table has too few parts for this test";
}

// The table grows to many times its size, and shrinks to nothing, in the middle of the listing.
TYPED_TEST(listing_by_steps, is_whole_though_the_table_grows_and_shrinks_under_it) {
  ASSERT_TRUE(this->list_and(2, [&] {
    for (key k = 0; k < support::scaled(20 * this->entries); ++k) this->map.insert(1'000'000 + k, 1U);
  }));
  EXPECT_EQ(this->listed, this->expected);
  EXPECT_GT(this->map.stats().growths, 0U);
  this->expected = this->now();
  ASSERT_TRUE(this->list_and(2, [&] { this->map.clear(); }));
  EXPECT_EQ(this->listed, this->expected);
  EXPECT_EQ(this->now(), contents());
  ASSERT_TRUE(this->list_and(0, [&] { this->map.insert(1U, 1U); }));
  EXPECT_TRUE(this->listed.empty());
}

// A table is being moved when the listing begins: entries stand in the old one, in the new one, and marked in the old.
TYPED_TEST(listing_by_steps, finds_the_entries_of_a_table_that_is_half_moved) {
  for (key k = this->entries; this->map.stats().tables < 2; ++k) {
    this->map.insert(k, k);
    ASSERT_LT(k, 10'000'000U) << "the table never grew in steps";
  }
  this->expected = this->now();
  ASSERT_TRUE(this->list_and(1, [&] {
    for (key k = 0; k < 3'000; ++k) this->map.insert_or_assign(k, 7U);  // goes on with the move, and changes
  }));
  EXPECT_EQ(this->listed, this->expected);
}

// A reader is not held up by a listing that has stopped, a writer neither, nor a walk.
TYPED_TEST(listing_by_steps, holds_nobody_up_between_two_parts) {
  ASSERT_TRUE(this->list_and(1, [&] {
    std::thread other([&] {
      EXPECT_EQ(this->map.find(5U), 5U);
      EXPECT_TRUE(this->map.erase(5U));
      EXPECT_TRUE(this->map.insert(5U, 6U));
      EXPECT_EQ(this->map.find(5U), 6U);
      EXPECT_EQ(this->now().size(), this->expected.size());
    });
    other.join();
  }));
  EXPECT_EQ(this->listed, this->expected);
}

// A thread that is inside when the listing begins is waited for: what it does is in the listing. Also if it came from
// inside a compute of another map.
TYPED_TEST(listing_by_steps, waits_for_changes_that_are_in_progress) {
  TypeParam other;
  for (const bool nested : {false, true}) {
    std::atomic<bool> inside{false};
    std::atomic<bool> listing{false};
    const auto change = [&] {
      this->map.compute(5U, [&](const auto*) {
        inside = true;
        while (!listing) std::this_thread::yield();
        // The lister has begun, or is about to; both are long past its first look when this ends.
        for (int i = 0; i < 20'000; ++i) portolan::platform::pause();
        return portolan::decision<std::uint64_t>(portolan::assign(std::uint64_t{50}));
      });
    };
    std::thread writer([&] {
      if (!nested) return change();
      other.compute(1U, [&](const auto*) {
        change();
        return portolan::decision<std::uint64_t>(portolan::keep);
      });
    });
    while (!inside) std::this_thread::yield();
    std::thread lister([&] {
      listing = true;
      for (const auto& [k, value] : portolan::list(this->map)) EXPECT_EQ(value, k == 5 ? 50U : this->expected[k]);
    });
    writer.join();
    lister.join();
    this->map.insert_or_assign(5U, 5U);
  }
}

// Whichever allocation fails: the listing says so, or comes whole, and the map is open again.
TYPED_TEST(listing_by_steps, leaves_the_gate_open_without_memory) {
  if (!allocations_can_fail) GTEST_SKIP() << "the sanitizer's allocator does not fail";
  bool whole = false;
  for (std::int64_t failing = 0; !whole; failing = failing < 8 ? failing + 1 : failing * 2) {
    ASSERT_LT(failing, 1'000'000);
    allocations_left = failing;
    try {
      whole = portolan::list(this->map).size() == this->expected.size() && allocations_left >= 0;
    } catch (const std::bad_alloc&) {}
    allocations_left = -1;
    std::thread other([&] { EXPECT_EQ(this->map.insert_or_assign(5U, 5U), portolan::assignment::assigned); });
    other.join();
  }
}

// A writer that has no memory to list the part of its key goes on; it is the listing that fails.
TYPED_TEST(listing_by_steps, fails_in_place_of_the_writer_that_had_no_memory_for_it) {
  if (!allocations_can_fail) GTEST_SKIP() << "the sanitizer's allocator does not fail";
  // No part is listed yet, so the first allocation of an erase is that of its part.
  EXPECT_THROW(this->list_and(0,
                              [&] {
                                allocations_left = 0;
                                EXPECT_TRUE(this->map.erase(0U));
                                EXPECT_EQ(allocations_left, -1);
                                for (key k = 1; k < this->entries; ++k) EXPECT_TRUE(this->map.erase(k));
                              }),
               std::bad_alloc);
  planned = nullptr;
  EXPECT_EQ(portolan::list(this->map).size(), 1U);
}

// Changes of another map do not hold a listing up, and it does not hold them up: each map has its own gate.
TYPED_TEST(listing_by_steps, of_one_map_is_taken_inside_a_compute_of_another) {
  TypeParam other;
  other.compute(1U, [&](const auto*) {
    EXPECT_EQ(portolan::list(this->map).size(), this->expected.size());
    return portolan::decision<std::uint64_t>(portolan::assign(std::uint64_t{1}));
  });
  ASSERT_TRUE(this->list_and(1, [&] {
    std::thread another([&] { EXPECT_TRUE(other.insert(2U, 2U)); });
    another.join();
    // A write of the listed map from inside a compute of the other one.
    other.compute(1U, [&](const auto*) {
      this->map.insert_or_assign(9U, 90U);
      return portolan::decision<std::uint64_t>(portolan::erase);
    });
  }));
  EXPECT_EQ(this->listed, this->expected);
}

// Two threads list one map at once, others fork: the child can write and list.
TYPED_TEST(listing_by_steps, leaves_a_forked_child_an_open_gate) {
  if (!support::fork_under_threads_works)
    GTEST_SKIP() << "the sanitizer's allocator does not survive a fork under threads";
  std::atomic<bool> goes_on{true};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (goes_on) EXPECT_GE(portolan::list(this->map).size(), this->entries);
    });
  }
  threads.emplace_back([&] {
    for (key k = 0; goes_on; ++k) this->map.insert_or_assign(k % this->entries, k);
  });
  for (int fork_number = 0; fork_number < support::scaled(8); ++fork_number) {
    const pid_t child = ::fork();
    if (child == 0) {
      const bool wrote = this->map.insert(this->entries + 7, 1U);
      ::_exit(wrote && portolan::list(this->map).size() == this->map.size() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "fork " << fork_number;
  }
  goes_on = false;
  for (std::thread& each : threads) each.join();
}

}  // namespace
