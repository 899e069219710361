// versioned_map among threads: every accepted version is given once, no accepted write is lost, and what a refused writer
// is told was the truth. Built with PORTOLAN_STEPS: at the named places of the protocol a thread sometimes yields or
// pauses. Which planted bugs this kills: docs/algorithms/versioned_map.md.
#define PORTOLAN_STEPS 1
#include <portolan/map/versioned_map.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <portolan/map/three_phase.hpp>

#include "tests/support/crowd.hpp"
#include "tests/support/scale.hpp"

namespace {

using portolan::acceptance;
using portolan::application;
using portolan::entry_version;
using portolan::no_version;
using portolan::versioned;
using support::next_random;
using support::run_threads;
using support::scaled;
using number_map = portolan::versioned_map<std::uint64_t, std::uint64_t>;

const support::lingering<64, 2'000> at_steps;

/// Which value was accepted under which version of one key. Nobody may be given a version twice.
class history {
 public:
  explicit history(std::size_t versions) : values_(versions) {}
  void accepted(entry_version version, std::uint64_t value) {
    ASSERT_LT(version.number, values_.size());
    ASSERT_EQ(values_[version.number].exchange(value + 1), 0U) << "version " << version.number << " was given twice";
  }
  /// After all threads have ended.
  void is_true(const versioned<std::uint64_t>& told) const {
    ASSERT_LT(told.version.number, values_.size());
    ASSERT_EQ(values_[told.version.number].load(), told.value + 1) << "a state that never was";
  }

 private:
  std::vector<std::atomic<std::uint64_t>> values_;
};

// Method: threads read a counter and write back one more, under the version that they read. Each accepted write counts;
// what a refused one is told is kept and compared at the end with what was accepted under that version.
TEST(versioned_map_stress, no_accepted_increment_is_lost_and_every_refusal_tells_the_truth) {
  constexpr unsigned threads = 4;
  constexpr std::uint64_t keys = 2;
  const auto tries = scaled<std::uint64_t>(20'000);
  number_map map;
  std::vector<std::unique_ptr<history>> accepted;
  for (std::uint64_t key = 0; key < keys; ++key) {
    accepted.push_back(std::make_unique<history>(threads * tries + 2));
    accepted[key]->accepted(map.insert(key, 0U).version, 0);
  }
  std::vector<std::atomic<std::uint64_t>> sums(keys);
  std::vector<std::vector<std::pair<std::uint64_t, versioned<std::uint64_t>>>> told(threads);
  run_threads(threads, [&](unsigned id) {
    std::uint64_t random = 77 + id;
    for (std::uint64_t i = 0; i < tries; ++i) {
      const std::uint64_t key = next_random(random) % keys;
      const auto seen = map.find(key);
      ASSERT_TRUE(seen.has_value());
      const auto ended = map.update(key, seen->version, seen->value + 1);
      switch (ended.outcome) {
        case acceptance::accepted:
          ASSERT_EQ(ended.version.number, seen->version.number + 1);
          accepted[key]->accepted(ended.version, seen->value + 1);
          ++sums[key];
          break;
        case acceptance::refused:
          ASSERT_GT(ended.version, seen->version);
          ASSERT_EQ(ended.version, ended.current->version);
          told[id].emplace_back(key, *ended.current);
          break;
        case acceptance::absent: ADD_FAILURE() << "nobody erases"; break;
      }
    }
  });
  for (std::uint64_t key = 0; key < keys; ++key) {
    EXPECT_EQ(map.find(key)->value, sums[key].load());
    EXPECT_EQ(map.find(key)->version.number, sums[key].load() + 1);
  }
  for (const auto& each : told) {
    for (const auto& [key, state] : each) accepted[key]->is_true(state);
  }
}

// Method: threads create, update and erase few keys that share floors, each with versions that it has read some time ago,
// while another thread makes the table grow and shrink. A version that comes twice in the life of a key is a failure.
TEST(versioned_map_stress, no_version_of_a_key_comes_twice_although_it_is_erased_and_created_again) {
  constexpr unsigned threads = 4;
  constexpr std::uint64_t keys = 3;
  const auto tries = scaled<std::uint64_t>(20'000);
  number_map map;
  std::vector<std::unique_ptr<history>> accepted;
  for (std::uint64_t key = 0; key < keys; ++key) accepted.push_back(std::make_unique<history>(threads * tries + 1'000));
  std::atomic<unsigned> writing{threads};
  run_threads(threads + 1, [&](unsigned id) {
    std::uint64_t random = 4'711 + id;
    if (id == threads) {
      while (writing.load() != 0) {
        for (std::uint64_t i = 0; i < 400; ++i) map.insert(1'000 + i, i);
        for (std::uint64_t i = 0; i < 400; ++i) static_cast<void>(map.erase(1'000 + i, map.find(1'000 + i)->version));
      }
      return;
    }
    std::vector<entry_version> remembered(keys);
    for (std::uint64_t i = 0; i < tries; ++i) {
      const std::uint64_t key = next_random(random) % keys;
      const std::uint64_t value = next_random(random) >> 8;
      if (next_random(random) % 4 != 0) {
        const auto seen = map.find(key);
        remembered[key] = seen ? seen->version : no_version;
      }
      if (next_random(random) % 2 == 0) {
        const auto ended = map.update(key, remembered[key], value);
        if (!ended.accepted()) continue;
        if (remembered[key] != no_version) {
          ASSERT_EQ(ended.version.number, remembered[key].number + 1);
        }
        accepted[key]->accepted(ended.version, value);
      } else if (next_random(random) % 32 == 0) {
        map.erase_if([&](std::uint64_t at, const auto&) { return at == key; });
      } else {
        static_cast<void>(map.erase(key, remembered[key]));
      }
    }
    --writing;
  });
  for (std::uint64_t key = 0; key < keys; ++key) {
    if (const auto last = map.find(key)) accepted[key]->is_true(*last);
  }
  EXPECT_LE(map.size(), keys);
}

// Method: threads raise the floors of different keys until they have met at the one word and the stripes have taken over;
// a floor that is not above what its thread has raised it to is a failure.
TEST(versioned_map_stress, a_floor_never_falls_when_stripes_take_over) {
  portolan::detail::version_floors floors;
  const auto raises = scaled<std::uint64_t>(20'000);
  run_threads(4, [&](unsigned id) {
    const std::uint64_t hash = id * 5;
    for (std::uint64_t i = 1; i <= raises || (floors.memory_bytes() == 0 && i < 1'000 * raises); ++i) {
      const std::uint64_t version = 4 * i + id;
      floors.raise(hash, {version});
      ASSERT_GT(floors.above(hash).number, version);
    }
  });
  EXPECT_GT(floors.memory_bytes(), 0U) << "the threads never met";
}

// Method: the events of each key, every third one a deletion, are dealt out to the threads in no order. At the end each
// key is as its last event says; a reader that sees a key's version go back, or a value with another's version, fails.
TEST(versioned_map_stress, events_that_come_in_any_order_leave_the_newest_state) {
  constexpr unsigned threads = 3;
  constexpr std::uint64_t keys = 16;
  const auto events = scaled<std::uint64_t>(3'000);
  const auto deletes = [](std::uint64_t version) { return version % 3 == 0; };
  number_map map;
  std::atomic<unsigned> applying{threads};
  run_threads(threads + 1, [&](unsigned id) {
    std::uint64_t random = 99 + id;
    if (id == threads) {
      std::vector<entry_version> last(keys);
      while (applying.load() != 0) {
        const std::uint64_t key = next_random(random) % keys;
        const auto seen = map.find(key);
        if (!seen) continue;
        ASSERT_GE(seen->version, last[key]) << "an older event came back";
        ASSERT_EQ(seen->value, seen->version.number * keys + key);
        ASSERT_FALSE(deletes(seen->version.number));
        last[key] = seen->version;
      }
      return;
    }
    std::vector<std::pair<std::uint64_t, std::uint64_t>> mine;
    for (std::uint64_t key = 0; key < keys; ++key) {
      for (std::uint64_t version = 1; version <= events; ++version) {
        if ((version + key) % threads == id) mine.emplace_back(key, version);
      }
    }
    for (std::size_t i = 0; i < mine.size(); ++i) {
      // Nearly in order, as a stream is whose connections race.
      const std::size_t reach = mine.size() - i < 64 * keys ? mine.size() - i : 64 * keys;
      std::swap(mine[i], mine[i + next_random(random) % reach]);
      const auto [key, version] = mine[i];
      if (deletes(version)) {
        map.apply_erase(key, {version});
      } else {
        map.apply(key, version * keys + key, {version});
      }
    }
    --applying;
  });
  std::size_t deleted = 0;
  for (std::uint64_t key = 0; key < keys; ++key) {
    const auto seen = map.find(key);
    ASSERT_EQ(seen.has_value(), !deletes(events));
    if (seen) {
      EXPECT_EQ(seen->version.number, events);
    }
    deleted += seen ? 0 : 1;
  }
  EXPECT_EQ(map.deletions(), deleted);
  EXPECT_EQ(map.size(), keys - deleted);
  map.forget_deletions({events});
  EXPECT_EQ(map.deletions(), 0U);
}

// Method: threads add to a few accounts; others drain them through the three phases. What was drained and what is left
// must be what was added: nothing removed that was not looked at, nothing looked at twice.
TEST(versioned_map_stress, three_phases_remove_exactly_what_they_looked_at) {
  constexpr std::uint64_t keys = 2;
  const auto additions = scaled<std::uint64_t>(20'000);
  number_map map;
  std::atomic<std::uint64_t> drained{0};
  std::atomic<unsigned> adding{2};
  run_threads(4, [&](unsigned id) {
    std::uint64_t random = 1 + id;
    if (id < 2) {
      for (std::uint64_t i = 0; i < additions; ++i) {
        map.update(next_random(random) % keys,
                   [](const versioned<std::uint64_t>* now) { return (now == nullptr ? 0 : now->value) + 1; });
      }
      --adding;
      return;
    }
    while (adding.load() != 0) {
      std::uint64_t looked_at = 0;
      portolan::three_phase::run(
          map, next_random(random) % keys, [] { return std::uint64_t{0}; },
          [&](const versioned<std::uint64_t>& seen) { looked_at = seen.value; });
      drained += looked_at;
    }
  });
  std::uint64_t left = 0;
  map.for_each([&](std::uint64_t, const std::uint64_t& value) { left += value; });
  EXPECT_EQ(drained.load() + left, 2 * additions);
}

}  // namespace
