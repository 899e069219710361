// The table that stands behind the locked maps: against std::unordered_map under every kind of hash, what is left after
// an exception, and the comparison of sixteen tags in both its forms.
#include <portolan/map/flat_hash_map.hpp>

#include <cstdint>
#include <memory>
#include <new>
#include <random>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <portolan/base/platform/tags16.hpp>
#include <portolan/map/guarded_map.hpp>

#include "tests/support/scale.hpp"

namespace {

struct same_for_all {
  std::size_t operator()(int) const noexcept { return 7; }
};
struct itself {
  std::size_t operator()(int key) const noexcept { return static_cast<std::size_t>(key); }
};
/// Believed, though all its homes are one and only its tags differ.
struct one_home {
  using is_avalanching = void;
  std::size_t operator()(int key) const noexcept { return static_cast<std::size_t>(key) << 56; }
};
/// Believed, though its tags are the two states, and homes lie side by side.
struct low_tags {
  using is_avalanching = void;
  std::size_t operator()(int key) const noexcept {
    return static_cast<std::size_t>(key % 97) | static_cast<std::size_t>(key % 2) << 56;
  }
};

template <class Hash>
class flat_hash_map : public testing::Test {};
using hashes = testing::Types<portolan::hash<int>, std::hash<int>, same_for_all, itself, one_home, low_tags>;
TYPED_TEST_SUITE(flat_hash_map, hashes);

template <class Map, class Reference>
void expect_equal(const Map& map, const Reference& reference) {
  ASSERT_EQ(map.size(), reference.size());
  std::size_t shown = 0;
  for (const auto& [key, value] : map) {
    const auto at = reference.find(key);
    ASSERT_NE(at, reference.end());
    EXPECT_EQ(value, at->second);
    ++shown;
  }
  EXPECT_EQ(shown, reference.size());
}

// Method: few keys, so that each comes and goes many times, in phases that fill, empty and churn the table.
TYPED_TEST(flat_hash_map, does_what_unordered_map_does) {
  portolan::flat_hash_map<int, std::string, TypeParam> map;
  std::unordered_map<int, std::string> reference;
  std::mt19937 chance(1);
  const int steps = static_cast<int>(support::scaled(20'000));
  for (int step = 0; step < steps; ++step) {
    const int key = static_cast<int>(chance() % 500);
    const unsigned erases = step / 2'000 % 3 == 0 ? 20 : 50;
    const auto at = map.find(key);
    ASSERT_EQ(at != map.end(), reference.contains(key));
    if (chance() % 100 < erases) {
      if (at != map.end()) map.erase(at);
      reference.erase(key);
    } else {
      const std::string value = std::to_string(step);
      EXPECT_EQ(map.try_emplace(key, value).second, reference.try_emplace(key, value).second);
    }
    if (step % 1'000 == 0) expect_equal(map, reference);
  }
  map.rehash(0);
  expect_equal(map, reference);
  const portolan::flat_hash_map<int, std::string, TypeParam> copy(map);
  map.clear();
  expect_equal(copy, reference);
  EXPECT_EQ(map.size(), 0U);
  EXPECT_EQ(map.allocated_bytes(), 0U);
}

// An erased slot is used again: without that, churn at a constant size would make the table grow for ever.
TYPED_TEST(flat_hash_map, stays_as_large_as_its_entries_need_while_they_come_and_go) {
  portolan::flat_hash_map<int, int, TypeParam> map;
  for (int i = 0; i < 100; ++i) map.try_emplace(i, i);
  const std::size_t bytes = map.allocated_bytes();
  const int rounds = static_cast<int>(support::scaled(5'000));
  for (int i = 0; i < rounds; ++i) {
    map.erase(map.find(i));
    map.try_emplace(i + 100, i);
  }
  EXPECT_EQ(map.size(), 100U);
  EXPECT_LE(map.allocated_bytes(), 2 * bytes);
}

/// Throws when its turn comes.
struct countdown {
  static inline int left = -1;
  static void count() {
    if (left == 0) throw std::runtime_error("the turn came");
    if (left > 0) --left;
  }
};
struct throwing_hash {
  std::size_t operator()(int key) const {
    countdown::count();
    return static_cast<std::size_t>(key);
  }
};
/// Neither its move nor its copy is without danger.
struct dangerous {
  explicit dangerous(int made_of) : value(made_of) { countdown::count(); }
  dangerous(const dangerous& other) : value(other.value) { countdown::count(); }
  bool operator==(const dangerous&) const = default;
  int value;
};

// Method: every insert is tried with an exception at each of its steps, growth included, until it goes through.
template <class Map, class Value>
void expect_inserts_to_be_all_or_nothing(Map& map, Value value_of) {
  for (int key = 0; key < 200; ++key) {
    for (int turn = 0;; ++turn) {
      countdown::left = turn;
      bool threw = false;
      try {
        EXPECT_TRUE(map.try_emplace(key, key).second);
      } catch (const std::runtime_error&) {
        threw = true;
      }
      countdown::left = -1;
      if (!threw) break;
      ASSERT_EQ(map.size(), static_cast<std::size_t>(key));
      ASSERT_EQ(map.find(key), map.end());
    }
    for (int before = 0; before <= key; ++before) {
      const auto at = map.find(before);
      ASSERT_NE(at, map.end()) << before << " of " << key;
      EXPECT_EQ(value_of(at->second), before);
    }
  }
}

TEST(flat_hash_map, is_as_before_when_a_hash_throws) {
  portolan::flat_hash_map<int, std::string, throwing_hash> map;
  for (int key = 0; key < 200; ++key) {
    for (int turn = 0;; ++turn) {
      countdown::left = turn;
      bool threw = false;
      try {
        EXPECT_TRUE(map.try_emplace(key, std::to_string(key)).second);
      } catch (const std::runtime_error&) {
        threw = true;
      }
      countdown::left = -1;
      if (!threw) break;
      ASSERT_EQ(map.size(), static_cast<std::size_t>(key));
    }
    for (int before = 0; before <= key; ++before) ASSERT_EQ(map.find(before)->second, std::to_string(before));
  }
}

TEST(flat_hash_map, is_as_before_when_a_value_throws_that_has_to_be_copied) {
  portolan::flat_hash_map<int, dangerous> map;
  expect_inserts_to_be_all_or_nothing(map, [](const dangerous& held) { return held.value; });
}

TEST(flat_hash_map, holds_what_can_only_be_moved) {
  portolan::flat_hash_map<std::string, std::unique_ptr<int>> map;
  for (int i = 0; i < 1'000; ++i) map.try_emplace(std::to_string(i), std::make_unique<int>(i));
  for (int i = 0; i < 1'000; i += 2) {
    const auto taken = map.extract(map.find(std::to_string(i)));
    EXPECT_EQ(taken.first, std::to_string(i));
    EXPECT_EQ(*taken.second, i);
  }
  EXPECT_EQ(map.size(), 500U);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(map.find(std::to_string(i)) != map.end(), i % 2 == 1);
}

TEST(flat_hash_map, finds_a_text_by_whatever_shows_its_characters) {
  portolan::flat_hash_map<std::string, int> map;
  map.try_emplace(std::string("Lagos"), 1);
  EXPECT_EQ(map.find(std::string_view("Lagos"))->second, 1);
  EXPECT_EQ(map.find("Accra"), map.end());
}

// Method: the value asks the map from its destructor, which would be refused with the lock held.
struct asks_when_it_dies {
  explicit asks_when_it_dies(int) {}
  asks_when_it_dies(asks_when_it_dies&& other) noexcept : map(std::exchange(other.map, nullptr)) {}
  asks_when_it_dies& operator=(asks_when_it_dies&& other) noexcept {
    std::swap(map, other.map);
    return *this;
  }
  ~asks_when_it_dies();
  portolan::guarded_map<portolan::flat_hash_map<int, asks_when_it_dies>>* map = nullptr;
  static inline int asked = 0;
};
asks_when_it_dies::~asks_when_it_dies() {
  if (map != nullptr && !map->contains(-1)) ++asked;
}

TEST(flat_hash_map, lets_a_locked_map_destroy_what_it_removed_with_no_lock_held) {
  portolan::guarded_map<portolan::flat_hash_map<int, asks_when_it_dies>> map;
  for (int i = 0; i < 10; ++i) {
    asks_when_it_dies value(i);
    value.map = &map;
    EXPECT_TRUE(map.insert(i, std::move(value)));
  }
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(map.erase(i));
  EXPECT_EQ(asks_when_it_dies::asked, 10);
}

// Method: both forms are given the same bytes, states and tags at every place among them.
TEST(tags16, is_the_same_by_vectors_and_by_arithmetic) {
  std::mt19937 chance(2);
  const int rounds = static_cast<int>(support::scaled(20'000));
  for (int round = 0; round < rounds; ++round) {
    std::uint8_t bytes[16];
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(round % 2 == 0 ? chance() : chance() % 4);
    const portolan::platform::tags16 fast(bytes);
    const portolan::platform::tags16_by_arithmetic portable(bytes);
    const auto wanted = static_cast<std::uint8_t>(round % 2 == 0 ? chance() : chance() % 4);
    std::uint32_t equal = 0;
    std::uint32_t low = 0;
    for (unsigned i = 0; i < 16; ++i) {
      equal |= static_cast<std::uint32_t>(bytes[i] == wanted) << i;
      low |= static_cast<std::uint32_t>(bytes[i] <= 1) << i;
    }
    ASSERT_EQ(fast.equal_to(wanted), equal);
    ASSERT_EQ(portable.equal_to(wanted), equal);
    ASSERT_EQ(fast.at_most_one(), low);
    ASSERT_EQ(portable.at_most_one(), low);
  }
}

}  // namespace
