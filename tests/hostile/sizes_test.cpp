// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Sizes that no machine has, and numbers beyond 2^32: a map refuses what cannot be had before it has begun, and its
// arithmetic is right for tables of which no part exists here.
//
// Method: every map is asked to make room for 2^40 … 2^64 entries in a child whose memory is limited: it throws, or needs
// no room, holds what it held and has not grown. The geometry of tables is a matter of numbers alone, so it is asked for
// places in tables of 2^33 to 2^44 lines and buckets, at their ends and around 2^32, and compared with wider arithmetic.
#include <sys/resource.h>

#include <limits>
#include <new>
#include <stdexcept>

#include <portolan/base/error.hpp>
#include <portolan/map/concurrent/table.hpp>
#include <portolan/map/lock_free/buckets.hpp>

#include "../promises/numbered.hpp"
#include "../promises/threads.hpp"
#include "children.hpp"
#include "own_memory.hpp"

namespace {

using namespace promises;
using hostile::resident_bytes;

class room_for_all : public testing::TestWithParam<numbered_kind> {};
INSTANTIATE_TEST_SUITE_P(hostile, room_for_all, over<subjects<every_family>>(), numbered_names());

TEST_P(room_for_all, is_refused_or_not_needed_and_leaves_the_map_as_it_was) {
  if (support::sanitized) GTEST_SKIP() << "a sanitizer needs its own address space";
  constexpr std::size_t wanted[] = {std::size_t{1} << 40, std::size_t{1} << 52, std::size_t{1} << 60,
                                    (std::size_t{1} << 63) + 1, std::numeric_limits<std::size_t>::max()};
  const auto ends = hostile::in_children(static_cast<int>(std::size(wanted)), [&](int i) {
    rlimit limit{};
    ::getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = rlim_t{4} << 30;
    if (::setrlimit(RLIMIT_AS, &limit) != 0) return false;
    const std::unique_ptr<numbered_map> map = GetParam().make();
    for (std::uint64_t key = 0; key < 100; ++key) map->insert(key, key);
    const std::size_t before = resident_bytes();
    try {
      map->reserve(wanted[i]);
    } catch (const std::bad_alloc&) {
    } catch (const std::length_error&) {
    } catch (const portolan::error& refused) {
      if (refused.code() != portolan::errc::capacity) return false;
    }
    for (std::uint64_t key = 0; key < 200; ++key) {
      if (map->insert(key, key) != (key >= 100)) return false;
    }
    return map->size() == 200 && resident_bytes() < before + (std::size_t{64} << 20);
  });
  EXPECT_EQ(ends, hostile::all_well);
}

// ---- 2^32 and more, in numbers ----------------------------------------------------------------------------------------

__extension__ typedef unsigned __int128 wide;

TEST(places_in_large_tables, are_those_of_wider_arithmetic) {
  using namespace portolan::concurrent;
  constexpr std::uint64_t hashes[] = {
      0, 1, 0x7fff'ffff'ffff'ffff, 0x8000'0000'0000'0000, ~std::uint64_t{0}, 0x0123'4567'89ab'cdef};
  for (unsigned lg = 6; lg <= 44; ++lg) {
    const table_frame frame(lg, 0, 8, true);
    EXPECT_EQ(frame.line_count(), wide{1} << lg);
    EXPECT_EQ(wide{frame.block_count()} * frame.block_lines(), wide{1} << lg);
    EXPECT_GE(table_frame::bytes_for(lg, 8, true), (wide{1} << lg) * (line_bytes + 8));
    for (const std::uint64_t hash : hashes) {
      const auto home = static_cast<std::uint64_t>((wide{hash} << lg) >> 64);
      EXPECT_EQ(frame.home_of(hash), home);
      EXPECT_EQ(frame.block_of(frame.home_of(hash)), home / 64);
      std::uint64_t met = 0;
      for (const std::size_t at : frame.probe(hash)) {
        EXPECT_EQ(at / 64, home / 64) << "a probe that leaves its block";
        met |= std::uint64_t{1} << at % 64;
      }
      EXPECT_EQ(met, ~std::uint64_t{0}) << "a probe that misses a line";
    }
  }
}

TEST(places_in_large_tables, of_split_ordered_buckets_are_where_their_parents_lead) {
  using portolan::lock_free::reversed;
  for (unsigned lg = 3; lg < 34; ++lg) {
    for (const std::uint64_t number :
         {std::uint64_t{1} << lg, (std::uint64_t{2} << lg) - 1, (std::uint64_t{3} << lg) / 2}) {
      std::uint64_t bits = 0;
      for (unsigned i = 0; i < 64; ++i) bits |= (number >> i & 1) << (63 - i);
      EXPECT_EQ(reversed(number), bits);
      EXPECT_GT(reversed(number), reversed(number & ~std::bit_floor(number))) << "before its parent";
    }
  }
}

// ---- a key of more than 4 GiB -----------------------------------------------------------------------------------------

TEST(a_text_of_more_than_4_gib, is_refused_as_a_key) {
  if (!support::nightly() || support::sanitized) GTEST_SKIP() << "takes 5 GiB; by night";
  portolan::concurrent_map<std::string, int> map;
  const std::string text((std::size_t{1} << 32) + 20, 'x');
  try {
    map.insert(text, 1);
    FAIL() << "a key whose size is kept in 32 bits";
  } catch (const portolan::error& refused) {
    EXPECT_EQ(refused.code(), portolan::errc::capacity);
  }
  EXPECT_FALSE(map.contains(text));
  EXPECT_TRUE(map.empty());
}

}  // namespace
