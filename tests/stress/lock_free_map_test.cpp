// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Threads against the oracle: lock_free_map under growth, replacing, erasing and iterating, with both schemes.
// Built with PORTOLAN_STEPS: at the named places a thread sometimes yields or pauses. Which planted bugs this kills:
// docs/algorithms/lock_free_map.md.
#define PORTOLAN_STEPS 1
#include <portolan/map/lock_free_map.hpp>
#include <portolan/reclaim/hazard.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/crowd.hpp"
#include "tests/support/scale.hpp"

namespace {

using portolan::comparison;
using support::next_random;
using support::run_threads;
using support::scaled;
using key = std::uint64_t;

const support::lingering<256, 2'000> at_steps;

/// Owns memory and says its number twice: a value that is freed, or half made, shows.
class owned {
 public:
  owned(std::uint64_t n) : number_(new std::uint64_t[2]{n, ~n}) { ++alive; }
  owned(const owned& other) : owned(other.number()) {}
  owned& operator=(const owned&) = delete;
  ~owned() {
    number_[0] = number_[1] = 0xDEAD;
    delete[] number_;
    --alive;
  }
  [[nodiscard]] std::uint64_t number() const {
    EXPECT_EQ(number_[0], ~number_[1]) << "a value that is gone, or half made";
    return number_[0];
  }
  friend bool operator==(const owned& left, const owned& right) { return left.number() == right.number(); }
  static inline std::atomic<std::int64_t> alive{0};

 private:
  std::uint64_t* number_;
};

/// Sixteen keys to a hash: long runs of one order, in one chain.
struct crowded {
  using is_avalanching = void;
  std::uint64_t operator()(key k) const noexcept { return (k / 16) * 0x9E3779B97F4A7C15U; }
};

template <class R, class Hash>
using map_of =
    portolan::lock_free_map<key, owned, Hash, portolan::equal<key>, std::allocator<std::pair<const key, owned>>, R>;

template <class Map>
class both_schemes : public testing::Test {};
using schemes =
    testing::Types<map_of<portolan::epoch, portolan::hash<key>>, map_of<portolan::hazard, portolan::hash<key>>>;
TYPED_TEST_SUITE(both_schemes, schemes);
template <class Map>
class crowded_runs : public testing::Test {};
using crowds = testing::Types<map_of<portolan::epoch, crowded>, map_of<portolan::hazard, crowded>>;
TYPED_TEST_SUITE(crowded_runs, crowds);

std::optional<std::uint64_t> number_of(const std::optional<owned>& found) {
  return found ? std::optional(found->number()) : std::nullopt;
}

// Method: each thread owns the keys that are its number modulo the number of threads, and keeps an exact copy of what they
// hold; the map grows under them, and neighbours in the list are erased and replaced all the time. After every operation
// the answer must be the copy's. In the end nothing is left, and no value was lost or freed twice.
TYPED_TEST(both_schemes, a_thread_that_owns_its_keys_always_gets_its_own_answers) {
  constexpr unsigned threads = 4;
  for (int round = 0; round < 2; ++round) {
    TypeParam map(portolan::map_options{.seed = static_cast<std::uint64_t>(round + 1)});
    run_threads(threads, [&](unsigned id) {
      std::uint64_t random = 77 + id + static_cast<std::uint64_t>(round) * 1000;
      std::map<key, std::uint64_t> mine;
      const std::uint64_t operations = scaled(std::uint64_t{12000});
      for (std::uint64_t i = 0; i < operations; ++i) {
        const std::uint64_t range = i < operations / 2 ? 12 : 300;
        const key k = (next_random(random) % range) * threads + id;
        const std::uint64_t value = next_random(random) >> 1;
        const auto known = mine.find(k);
        const auto before = known == mine.end() ? std::nullopt : std::optional(known->second);
        switch (next_random(random) % 8) {
          case 0:
            ASSERT_EQ(map.insert(k, owned(value)), !before);
            mine.try_emplace(k, value);
            break;
          case 1:
            ASSERT_EQ(map.insert_or_assign(k, value) == portolan::assignment::inserted, !before);
            mine[k] = value;
            break;
          case 2:
            ASSERT_EQ(map.erase(k), before.has_value());
            mine.erase(k);
            break;
          case 3:
            ASSERT_EQ(number_of(map.extract(k)), before);
            mine.erase(k);
            break;
          case 4:
            ASSERT_EQ(number_of(map.exchange(k, value)), before);
            mine[k] = value;
            break;
          case 5:
            ASSERT_EQ(map.compute(k, [&](const owned* now) { return owned(now == nullptr ? 1 : now->number() + 1); }),
                      before ? portolan::computed::assigned : portolan::computed::inserted);
            mine[k] = before ? *before + 1 : 1;
            break;
          default: ASSERT_EQ(number_of(map.find(k)), before) << "key " << k;
        }
      }
      for (const auto& [k, value] : mine) ASSERT_EQ(number_of(map.extract(k)), value);
    });
    EXPECT_EQ(map.size(), 0U);
    map.for_each([](key k, const owned&) { ADD_FAILURE() << "left behind: " << k; });
  }
  EXPECT_EQ(owned::alive.load(), 0) << "lost, or freed twice";
}

// Method: one key is always there and its value only rises: one thread replaces it, by four operations. Keys of the same
// order before and behind it come and go. Readers must find it every time, and never a smaller value than before.
TYPED_TEST(crowded_runs, a_key_that_is_replaced_is_always_found_and_never_older_than_before) {
  constexpr key always = 7;
  {
    TypeParam map;
    for (key k = 0; k < 16; ++k) map.insert(k, owned(0));
    std::atomic<bool> goes_on{true};
    run_threads(4, [&](unsigned id) {
      if (id == 0) {
        const std::uint64_t rounds = scaled(std::uint64_t{12000});
        for (std::uint64_t n = 1; n < rounds; ++n) {
          switch (n % 4) {
            case 0: map.insert_or_assign(always, n); break;
            case 1: EXPECT_EQ(map.compare_exchange(always, owned(n - 1), n), comparison::matched); break;
            case 2: EXPECT_EQ(number_of(map.exchange(always, n)), n - 1); break;
            case 3: map.compute(always, [&](const owned* now) { return owned(now == nullptr ? 0 : n); }); break;
          }
        }
        goes_on = false;
      } else if (id == 1) {
        std::uint64_t random = 5;
        while (goes_on.load()) {
          const key k = next_random(random) % 40;
          if (k == always) continue;
          if (next_random(random) % 2 == 0) {
            map.erase(k);
          } else {
            map.insert_or_assign(k, std::uint64_t{1});
          }
        }
      } else {
        std::uint64_t last = 0;
        while (goes_on.load()) {
          const auto found = map.find(always);
          ASSERT_TRUE(found.has_value()) << "a key that is there was missed";
          const std::uint64_t now = found->number();
          ASSERT_GE(now, last) << "a value from before";
          last = now;
          if (id == 2) continue;
          int shown[40]{};
          map.for_each([&](key k, const owned&) { ++shown[k]; });
          ASSERT_EQ(shown[always], 1) << "a key that stays is shown once";
          for (key k = 0; k < 40; ++k) ASSERT_LE(shown[k], 1) << "shown twice: " << k;
        }
      }
    });
  }
  EXPECT_EQ(owned::alive.load(), 0) << "lost, or freed twice";
}

// Method: all threads insert, erase and replace the same few keys and count what their answers say. The sums must agree
// with what is there in the end: two successful inserts of one key have a successful erase between them.
TYPED_TEST(crowded_runs, answers_to_threads_on_the_same_keys_add_up) {
  constexpr key keys = 40;
  for (int round = 0; round < 2; ++round) {
    TypeParam map;
    std::atomic<std::int64_t> there[keys]{};
    run_threads(4, [&](unsigned id) {
      std::uint64_t random = id + 1;
      const std::uint64_t operations = scaled(std::uint64_t{15000});
      for (std::uint64_t i = 0; i < operations; ++i) {
        const key k = next_random(random) % keys;
        std::int64_t change = 0;
        switch (next_random(random) % 6) {
          case 0: change = map.insert(k, owned(i)) ? 1 : 0; break;
          case 1: change = map.erase(k) ? -1 : 0; break;
          case 2: change = map.insert_or_assign(k, i) == portolan::assignment::inserted ? 1 : 0; break;
          case 3: change = map.extract(k) ? -1 : 0; break;
          case 4: change = map.exchange(k, i) ? 0 : 1; break;
          case 5:
            switch (map.compute(k, [&](const owned* now) -> portolan::decision<owned> {
              if (now != nullptr && now->number() % 2 == 0) return portolan::erase;
              return portolan::assign(owned(i));
            })) {
              case portolan::computed::inserted: change = 1; break;
              case portolan::computed::erased: change = -1; break;
              default: break;
            }
        }
        there[k].fetch_add(change);
      }
    });
    std::map<key, int> shown;
    map.for_each([&](key k, const owned&) { ++shown[k]; });
    std::size_t entries = 0;
    for (key k = 0; k < keys; ++k) {
      EXPECT_EQ(there[k].load(), map.contains(k) ? 1 : 0) << "key " << k;
      EXPECT_EQ(shown[k], map.contains(k) ? 1 : 0) << "key " << k;
      entries += map.contains(k) ? 1U : 0U;
    }
    EXPECT_EQ(map.size(), entries);
  }
  EXPECT_EQ(owned::alive.load(), 0) << "lost, or freed twice";
}

// Method: threads insert keys of their own into an empty map, so that buckets and segments are made by many at once.
// Every key is found at once, and later through other buckets.
TYPED_TEST(both_schemes, no_key_is_lost_while_buckets_are_made_by_all) {
  constexpr unsigned threads = 4;
  for (int round = 0; round < 2; ++round) {
    TypeParam map;
    const key each = scaled(key{2500});
    run_threads(threads, [&](unsigned id) {
      std::uint64_t random = 1 + id;
      for (key i = 0; i < each; ++i) {
        const key k = i * threads + id;
        ASSERT_TRUE(map.insert(k, owned(k)));
        ASSERT_TRUE(map.contains(k));
        ASSERT_TRUE(map.contains((next_random(random) % (i + 1)) * threads + id));
      }
    });
    EXPECT_EQ(map.size(), each * threads);
    for (key k = 0; k < each * threads; ++k) ASSERT_EQ(number_of(map.find(k)), k);
    if (round % 2 == 0) map.clear();
  }
  EXPECT_EQ(owned::alive.load(), 0) << "lost, or freed twice";
}

}  // namespace
