// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Threads against the oracle: concurrent_map under growth, shrinking, erasing and iterating, on every engine.
// Built with PORTOLAN_STEPS: at the named places of the protocol a thread sometimes yields or pauses, so that the
// windows which matter are met often. Which planted bugs this kills: docs/algorithms/concurrent_map.md.
#define PORTOLAN_STEPS 1
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/portable_storage.hpp>
#include <portolan/reclaim/hazard.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/crowd.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/scale.hpp"
#include "tests/support/text_number.hpp"

namespace {

using portolan::concurrent_map;
using support::next_random;
using support::run_threads;
using support::scaled;
using key = std::uint64_t;

template <class V, class Reclaimer, class Storage>
using map_of = concurrent_map<key, V, portolan::hash<key>, portolan::equal<key>,
                              std::allocator<std::pair<const key, V>>, Reclaimer, Storage>;

/// A hash that may throw keeps even small entries out of the lines: nodes whose value changes in place.
struct fallible_hash {
  std::uint64_t operator()(key k) const { return k; }
};
template <class Reclaimer>
using in_place_map = concurrent_map<key, std::uint64_t, fallible_hash, portolan::equal<key>,
                                    std::allocator<std::pair<const key, std::uint64_t>>, Reclaimer>;

/// Text keys under epochs: most writes try the home line alone.
using text = support::text_number;
template <class Storage>
using text_map = concurrent_map<text, std::uint64_t, fallible_hash, portolan::equal<text>,
                                std::allocator<std::pair<const text, std::uint64_t>>, portolan::epoch, Storage>;

const support::lingering<256, 4'000> at_steps;

template <class Map>
class every_engine : public testing::Test {};
using engines =
    testing::Types<map_of<std::uint64_t, portolan::epoch, portolan::automatic_storage>,
                   map_of<std::uint64_t, portolan::hazard, portolan::automatic_storage>,
                   map_of<std::uint64_t, portolan::epoch, portolan::portable_storage>,
                   map_of<std::uint64_t, portolan::hazard, portolan::node_storage>, in_place_map<portolan::hazard>,
                   text_map<portolan::node_storage>, text_map<portolan::automatic_storage>>;
TYPED_TEST_SUITE(every_engine, engines);

// Method: each thread owns the keys that are its number modulo the number of threads, and keeps an exact copy of what
// they hold. Others grow and shrink the table under it. After every operation the answer must be the copy's.
TYPED_TEST(every_engine, a_thread_that_owns_its_keys_always_gets_its_own_answers) {
  constexpr unsigned threads = 4;
  for (int round = 0; round < 3; ++round) {
    TypeParam map(portolan::map_options{.seed = static_cast<std::uint64_t>(round + 1)});
    run_threads(threads, [&](unsigned id) {
      std::uint64_t random = 77 + id + static_cast<std::uint64_t>(round) * 1000;
      std::map<key, std::uint64_t> mine;
      const std::uint64_t operations = scaled(std::uint64_t{25000});
      for (std::uint64_t i = 0; i < operations; ++i) {
        // The range breathes, so that the table grows and shrinks all the time.
        const std::uint64_t range = (i / 8000) % 2 == 0 ? 3000 : 40;
        const key k = (next_random(random) % range) * threads + id;
        const std::uint64_t value = next_random(random) >> 1;
        const auto known = mine.find(k);
        switch (next_random(random) % 10) {
          case 0:
          case 1:
            ASSERT_EQ(map.insert(k, value), known == mine.end());
            mine.try_emplace(k, value);
            break;
          case 2:
            ASSERT_EQ(map.insert_or_assign(k, value) == portolan::assignment::inserted, known == mine.end());
            mine[k] = value;
            break;
          case 3:
          case 4:
            ASSERT_EQ(map.erase(k), known != mine.end());
            mine.erase(k);
            break;
          case 5: {
            const auto how = map.compute(k, [&](const std::uint64_t* now) -> portolan::decision<std::uint64_t> {
              EXPECT_EQ(now != nullptr, known != mine.end());
              if (now != nullptr) {
                EXPECT_EQ(*now, known->second);
                if (*now % 3 == 0) return portolan::erase;
                return portolan::assign(*now + 1);
              }
              return portolan::assign(value);
            });
            if (known == mine.end()) {
              ASSERT_EQ(how, portolan::computed::inserted);
              mine[k] = value;
            } else if (known->second % 3 == 0) {
              ASSERT_EQ(how, portolan::computed::erased);
              mine.erase(k);
            } else {
              ASSERT_EQ(how, portolan::computed::assigned);
              ++known->second;
            }
            break;
          }
          case 6: {
            const auto taken = map.extract(k);
            ASSERT_EQ(taken.has_value(), known != mine.end());
            if (taken) {
              ASSERT_EQ(*taken, known->second);
            }
            mine.erase(k);
            break;
          }
          default: {
            const auto found = map.find(k);
            ASSERT_EQ(found.has_value(), known != mine.end()) << "key " << k;
            if (found) {
              ASSERT_EQ(*found, known->second);
            }
          }
        }
      }
      for (const auto& [k, value] : mine) ASSERT_EQ(map.find(k).value_or(0), value);
      for (const auto& [k, value] : mine) ASSERT_EQ(map.extract(k).value_or(0), value);
    });
    EXPECT_EQ(map.size(), 0U);
    map.for_each([](key k, std::uint64_t) { ADD_FAILURE() << "left behind: " << k; });
  }
}

// Method: all threads add one to shared keys, by compute, by compare_exchange and by exchange of what they found; the
// table grows meanwhile, because another part of each thread's work inserts keys that stay.
TYPED_TEST(every_engine, no_increment_is_lost_while_the_table_moves) {
  constexpr unsigned threads = 4;
  constexpr key counters = 24;
  TypeParam map;
  const std::uint64_t rounds = scaled(std::uint64_t{10000});
  for (key k = 0; k < counters; ++k) ASSERT_TRUE(map.insert(k, 0));
  std::atomic<std::uint64_t> completed[counters]{};
  run_threads(threads, [&](unsigned id) {
    std::uint64_t random = 5 + id;
    std::uint64_t last_seen[counters]{};
    for (std::uint64_t i = 0; i < rounds; ++i) {
      const key k = next_random(random) % counters;
      if (i % 2 == 0) {
        ASSERT_EQ(map.compute(k, [](const std::uint64_t* now) { return *now + 1; }), portolan::computed::assigned);
      } else {
        for (;;) {
          const std::uint64_t now = map.find(k).value();
          if (map.compare_exchange(k, now, now + 1) == portolan::comparison::matched) break;
        }
      }
      completed[k].fetch_add(1);
      const key watched = next_random(random) % counters;
      const std::uint64_t floor = completed[watched].load();
      const std::uint64_t seen = map.find(watched).value();
      ASSERT_GE(seen, floor) << "an increment that had returned was not seen";
      ASSERT_GE(seen, last_seen[watched]) << "a counter went back";
      last_seen[watched] = seen;
      map.insert(1000 + i * threads + id, i);
      if (i % 4 == 3) map.erase(1000 + (i - 2) * threads + id);
    }
  });
  for (key k = 0; k < counters; ++k) EXPECT_EQ(map.find(k).value(), completed[k].load());
}

// Method: threads insert and erase the same few keys; each key's inserts that returned true and erases that returned
// true must alternate, so their difference is 0 or 1 and tells whether the key is there.
TYPED_TEST(every_engine, exactly_one_insert_and_one_erase_win) {
  constexpr unsigned threads = 4;
  constexpr key switches = 200;
  TypeParam map;
  std::atomic<std::int64_t> balance[switches]{};
  run_threads(threads, [&](unsigned id) {
    std::uint64_t random = 99 + id;
    const std::uint64_t rounds = scaled(std::uint64_t{25000});
    for (std::uint64_t i = 0; i < rounds; ++i) {
      const key k = next_random(random) % switches;
      if (next_random(random) % 2 == 0) {
        if (map.insert(k, i)) balance[k].fetch_add(1);
      } else if (map.erase(k)) {
        balance[k].fetch_sub(1);
      }
      // Ballast that comes and goes makes the table move.
      const key ballast = 10000 + (i % 4000) * threads + id;
      if (i / 4000 % 2 == 0) {
        map.insert(ballast, i);
      } else {
        map.erase(ballast);
      }
    }
  });
  std::size_t present = 0;
  for (key k = 0; k < switches; ++k) {
    ASSERT_EQ(balance[k].load(), map.contains(k) ? 1 : 0) << "key " << k;
  }
  std::map<key, int> times;
  map.for_each([&](key k, std::uint64_t) {
    EXPECT_EQ(++times[k], 1) << "twice: " << k;
    ++present;
  });
  EXPECT_EQ(present, map.size());
}

// Method: half of the keys stay for the whole test. Writers insert and erase others, so that the table grows and
// shrinks; every for_each must show each key that stays exactly once, and none twice.
TYPED_TEST(every_engine, for_each_shows_what_stays_exactly_once_while_the_table_moves) {
  constexpr key stayers = 2000;
  TypeParam map;
  for (key k = 0; k < stayers; ++k) map.insert(k, k * 7);
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (unsigned id = 0; id < 2; ++id) {
    writers.emplace_back([&, id] {
      for (std::uint64_t round = 0; !stop.load(); ++round) {
        for (key k = 0; k < 20000 && !stop.load(); ++k) map.insert(stayers + k * 2 + id, k);
        for (key k = 0; k < 20000 && !stop.load(); ++k) map.erase(stayers + k * 2 + id);
      }
    });
  }
  const std::uint64_t walks = scaled(std::uint64_t{40});
  for (std::uint64_t walk = 0; walk < walks; ++walk) {
    std::vector<unsigned char> times(stayers + 40000, 0);
    map.for_each([&](key k, std::uint64_t value) {
      ASSERT_LT(k, times.size());
      ASSERT_EQ(++times[k], 1) << "twice: " << k;
      if (k < stayers) {
        ASSERT_EQ(value, k * 7);
      }
    });
    for (key k = 0; k < stayers; ++k) ASSERT_EQ(times[k], 1) << "missed: " << k;
  }
  stop.store(true);
  for (auto& writer : writers) writer.join();
}

// Method: readers of keys that are never erased, while the table under them is filled, grown and shrunk.
TYPED_TEST(every_engine, a_key_that_stays_is_always_found) {
  constexpr key stayers = 512;
  TypeParam map;
  for (key k = 0; k < stayers; ++k) map.insert(k * 3, k);
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (unsigned id = 0; id < 2; ++id) {
    readers.emplace_back([&, id] {
      std::uint64_t random = 31 + id;
      while (!stop.load()) {
        const key k = next_random(random) % stayers;
        const auto found = map.find(k * 3);
        ASSERT_TRUE(found.has_value()) << "lost: " << k * 3;
        ASSERT_EQ(*found, k);
        ASSERT_FALSE(map.contains(k * 3 + 1)) << "phantom";
      }
    });
  }
  const std::uint64_t rounds = scaled(std::uint64_t{4});
  for (std::uint64_t round = 0; round < rounds; ++round) {
    for (key k = 0; k < 12000; ++k) map.insert(k * 3 + 2, k);
    for (key k = 0; k < 12000; ++k) map.erase(k * 3 + 2);
  }
  stop.store(true);
  for (auto& reader : readers) reader.join();
}

// Method: one thread fills the map past a growth and stops in the middle of the move; nobody writes any more.
TYPED_TEST(every_engine, a_move_ends_by_itself_when_inserts_stop) {
  TypeParam map;
  key k = 0;
  while (map.stats().tables < 2) {
    ASSERT_LT(k, 10'000'000U) << "the table never grew in steps";
    map.insert(k, k);
    ++k;
  }
  EXPECT_TRUE(support::eventually([&] { return map.stats().tables == 1; })) << map.stats().tables;
  for (key i = 0; i < k; ++i) ASSERT_TRUE(map.contains(i));
}

}  // namespace
