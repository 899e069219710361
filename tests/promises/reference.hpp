// A map and the reference walk through the same random operations and must tell the same story.
//
//   step → operation, key, value → map and plain_map do it → answers → must be equal
//
// An operation that the map's type does not offer is done on neither.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "numbered.hpp"
#include "tests/support/scale.hpp"
#include "threads.hpp"

namespace promises {

class side_by_side {
 public:
  side_by_side(std::unique_ptr<numbered_map> map, std::unique_ptr<numbered_map> reference, std::uint64_t seed,
               std::uint64_t keys)
      : map_(std::move(map)), reference_(std::move(reference)), lacks_(map_->lacks()), chance_(seed), keys_(keys) {}

  /// `growing`: out of 8, how many steps put rather than take away.
  void run(int steps, std::uint64_t growing) {
    for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
      const std::uint64_t key = chance_.below(keys_);
      if (chance_.below(8) < growing) {
        put(key);
      } else if (chance_.below(3) == 0) {
        look(key);
      } else {
        take(key);
      }
    }
    same_content();
  }

  void clear() {
    map_->clear();
    reference_->clear();
    same_content();
  }
  void reserve(std::size_t entries) { map_->reserve(entries); }

  /// Every entry of the one is in the other, found by asking and by walking.
  void same_content() {
    ASSERT_EQ(map_->size(), reference_->size());
    ASSERT_EQ(map_->empty(), reference_->empty());
    for (std::uint64_t key = 0; key < keys_; ++key) {
      ASSERT_EQ(map_->find(key), reference_->find(key)) << "key " << key;
      ASSERT_EQ(map_->contains(key), reference_->contains(key));
    }
    if (!lacks_.walk) {
      ASSERT_EQ(values_of(*map_), values_of(*reference_));
    }
  }

 private:
  static std::vector<std::uint64_t> values_of(const numbered_map& map) {
    std::vector<std::uint64_t> values;
    map.for_each([&](std::uint64_t number) {
      values.push_back(number);
      return true;
    });
    std::sort(values.begin(), values.end());
    return values;
  }

  void look(std::uint64_t key) {
    switch (chance_.below(3)) {
      case 0: ASSERT_EQ(map_->contains(key), reference_->contains(key)); return;
      case 1: ASSERT_EQ(map_->visit(key), reference_->visit(key)); return;
      case 2: ASSERT_EQ(map_->find(key), reference_->find(key)); return;
    }
  }

  void put(std::uint64_t key) {
    const std::uint64_t fresh = chance_.below(1000);
    switch (chance_.below(7)) {
      case 0: ASSERT_EQ(map_->insert(key, fresh), reference_->insert(key, fresh)); return;
      case 1: ASSERT_EQ(map_->try_emplace(key, fresh), reference_->try_emplace(key, fresh)); return;
      case 2:
      case 3: ASSERT_EQ(map_->insert_or_assign(key, fresh), reference_->insert_or_assign(key, fresh)); return;
      case 4: {
        if (lacks_.load_or_compute) return;
        const auto make = [&] { return fresh % 4 == 0 ? answer() : answer(fresh); };
        ASSERT_EQ(map_->load_or_compute(key, make), reference_->load_or_compute(key, make));
        return;
      }
      case 5: {
        const wish wishes[] = {{wish::kind::keep}, {wish::kind::erase}, {wish::kind::add, fresh}};
        const wish wanted = wishes[fresh % 3];
        ASSERT_EQ(map_->compute(key, wanted), reference_->compute(key, wanted));
        return;
      }
      case 6:
        if (lacks_.exchange) return;
        ASSERT_EQ(map_->exchange(key, fresh), reference_->exchange(key, fresh));
        return;
    }
  }

  void take(std::uint64_t key) {
    const std::uint64_t guess = chance_.below(2) == 0 ? reference_->find(key).value_or(7) : 5'000;
    const std::uint64_t fresh = chance_.below(1000);
    switch (chance_.below(6)) {
      case 0:
      case 1: ASSERT_EQ(map_->erase(key), reference_->erase(key)); return;
      case 2:
        if (lacks_.exchange) return;
        ASSERT_EQ(map_->extract(key), reference_->extract(key));
        return;
      case 3:
        if (lacks_.compare) return;
        ASSERT_EQ(map_->compare_erase(key, guess), reference_->compare_erase(key, guess));
        return;
      case 4:
        if (lacks_.compare) return;
        ASSERT_EQ(map_->compare_exchange(key, guess, fresh), reference_->compare_exchange(key, guess, fresh));
        return;
      case 5: {
        if (lacks_.erase_if || chance_.below(32) != 0) return;
        const auto goes = [&](std::uint64_t number) { return number % 8 == guess % 8; };
        ASSERT_EQ(map_->erase_if(goes), reference_->erase_if(goes));
        return;
      }
    }
  }

  std::unique_ptr<numbered_map> map_;
  std::unique_ptr<numbered_map> reference_;
  lacking lacks_;
  chance chance_;
  std::uint64_t keys_;
};

/// So many keys that every map grows and shrinks; where a sanitizer makes each step dear, and a bad hash makes each
/// step a walk along all of them, fewer.
inline constexpr std::uint64_t many_keys = support::sanitized ? 400 : 1'500;

/// Grows, lives on, shrinks, is cleared, grows again.
inline void tell_the_same_story(std::unique_ptr<numbered_map> map, std::uint64_t seed, std::uint64_t keys, int steps) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  side_by_side both(std::move(map), make_numbered<subject<plain>>(), seed, keys);
  both.run(steps, 7);
  both.run(steps, 4);
  both.run(steps, 1);
  both.run(steps / 4, 7);
  both.clear();
  both.reserve(seed % 200);
  both.run(steps / 4, 6);
}

}  // namespace promises
