// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What is lock_free_map's own: how it grows, what looking leaves alone, when compute asks again. That nobody waits is shown
// in tests/schedules.
#include <portolan/map/lock_free_map.hpp>
#include <portolan/reclaim/hazard.hpp>

#include <cstdint>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace {

using key = std::uint64_t;
using map = portolan::lock_free_map<key, key>;
using hazard_map = portolan::lock_free_map<key, key, portolan::hash<key>, portolan::equal<key>,
                                           std::allocator<std::pair<const key, key>>, portolan::hazard>;

template <class M>
concept waits_for_callables = requires(M& m) {
  m.load_or_compute(key{1}, [] { return key{1}; });
};
static_assert(!waits_for_callables<map> && !waits_for_callables<hazard_map>,
              "it would make one thread wait for another");

TEST(lock_free_map, grows_without_moving_an_entry) {
  map entries;
  entries.insert(7, 70);
  const auto handle = entries.pin(7);
  const std::size_t capacity = entries.stats().capacity;
  for (key k = 100; k < 5'100; ++k) entries.insert(k, k);
  EXPECT_GE(entries.stats().capacity, 5'000U);
  EXPECT_GE(entries.stats().growths, 5U);
  EXPECT_GT(entries.stats().capacity, capacity);
  EXPECT_EQ(&*entries.pin(7), &*handle) << "the entry stands where it stood";
  for (key k = 100; k < 5'100; ++k) ASSERT_EQ(entries.find(k), k);
}

TEST(lock_free_map, makes_nothing_for_who_looks_or_erases) {
  map entries;
  for (key k = 0; k < 100; ++k) entries.insert(k, k);
  entries.reserve(1'000'000);
  const std::size_t bytes = entries.stats().bytes;
  for (key k = 0; k < 2'000; ++k) {
    EXPECT_EQ(entries.contains(k), k < 100);
    EXPECT_FALSE(entries.erase(k + 100));
  }
  EXPECT_EQ(entries.stats().bytes, bytes);
}

TEST(lock_free_map, reserves_in_one_step_and_refuses_what_it_cannot_number) {
  map entries;
  entries.reserve(1'000'000);
  EXPECT_GE(entries.stats().capacity, 1'000'000U);
  EXPECT_LT(entries.stats().bytes, 1'024U);
  try {
    entries.reserve(std::size_t{1} << 40);
    ADD_FAILURE() << "was not refused";
  } catch (const portolan::error& refused) {
    EXPECT_EQ(refused.code(), portolan::errc::capacity);
  }
  const std::size_t capacity = entries.stats().capacity;
  entries.reserve(1);
  EXPECT_EQ(entries.stats().capacity, capacity) << "never fewer than before";
}

TEST(lock_free_map, asks_compute_again_if_the_entry_is_another_by_then) {
  map entries;
  entries.insert(1, 10);
  int asked = 0;
  const auto ended = entries.compute(1, [&](const key* now) {
    if (++asked == 1) std::thread([&] { entries.insert_or_assign(1, 20); }).join();
    return *now + 1;
  });
  EXPECT_EQ(ended, portolan::computed::assigned);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(entries.find(1), 21U);
  asked = 0;
  EXPECT_EQ(entries.compute(1,
                            [&](const key* now) -> portolan::decision<key> {
                              if (++asked == 1) std::thread([&] { entries.erase(1); }).join();
                              if (now != nullptr) return portolan::erase;
                              return portolan::assign(key{5});
                            }),
            portolan::computed::inserted);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(entries.find(1), 5U);
}

TEST(lock_free_map, leaves_a_value_with_the_caller_that_was_not_inserted) {
  portolan::lock_free_map<std::string, std::string> entries;
  entries.insert("a", "first");
  std::string second = "a text that is too long for the small buffer";
  EXPECT_FALSE(entries.try_emplace("a", std::move(second)));
  EXPECT_EQ(second, "a text that is too long for the small buffer");
}

TEST(lock_free_map, erases_only_what_the_predicate_saw) {
  map entries;
  for (key k = 0; k < 10; ++k) entries.insert(k, 1);
  const std::size_t erased = entries.erase_if([&](key k, key) {
    if (k == 3) std::thread([&] { entries.insert_or_assign(3, 2); }).join();
    return true;
  });
  EXPECT_EQ(erased, 9U);
  EXPECT_EQ(entries.find(3), 2U);
}

}  // namespace
