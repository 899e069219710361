// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Method of the concurrent tests: each event holds its thread's own number and its place in that thread's sequence, and
// a body that follows from both; the taker demands whole bodies, rising places, and for each gap a `lost` record before
// it that says exactly how wide it is. So a record shown too early, overwritten too early, lost without being counted or
// taken under another thread's number each fails.
#include <portolan/base/event_buffer.hpp>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "../../support/scale.hpp"

namespace {

using portolan::event_buffer;
using portolan::event_kind;
using portolan::event_view;
using portolan::first_user_kind;

constexpr std::size_t ring_bytes = 32 << 10;
constexpr std::size_t no_limit = std::size_t{1} << 30;

struct numbered {
  std::uint64_t thread;
  std::uint64_t place;
};

// A body of 16 to 207 bytes that follows from the two numbers.
std::string body_of(numbered n) {
  std::string body(sizeof n, '\0');
  std::memcpy(body.data(), &n, sizeof n);
  const std::uint64_t mixed = (n.thread * 1'000'003 + n.place) * 0x9E3779B97F4A7C15u;
  body.append(mixed % 192, static_cast<char>('a' + mixed % 26));
  return body;
}

bool note(event_buffer& into, numbered n) {
  const std::string body = body_of(n);
  return into.record(first_user_kind, static_cast<std::uint32_t>(n.place), n.place, body.data(), body.size());
}

std::uint64_t number_in(const event_view& seen) {
  std::uint64_t number = 0;
  std::memcpy(&number, seen.data, sizeof number);
  return number;
}

// Judges what a taker sees.
class judge {
 public:
  void operator()(const event_view& seen) {
    source& from = sources[seen.source];
    if (seen.kind == static_cast<std::uint16_t>(event_kind::begins)) {
      EXPECT_EQ(from.begun++, 0) << "a source begins once";
      EXPECT_EQ(from.seen, 0U);
      return;
    }
    if (seen.kind == static_cast<std::uint16_t>(event_kind::lost)) {
      from.gap += number_in(seen);
      from.lost += number_in(seen);
      return;
    }
    ASSERT_EQ(seen.kind, first_user_kind);
    ASSERT_GE(seen.size_bytes, sizeof(numbered));
    numbered n;
    std::memcpy(&n, seen.data, sizeof n);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(seen.data), seen.size_bytes), body_of(n)) << "not whole";
    EXPECT_EQ(seen.time_ns, n.place);
    if (from.seen++ == 0) from.thread = n.thread;
    EXPECT_EQ(from.thread, n.thread) << "an event of another thread";
    EXPECT_EQ(n.place, from.next + from.gap) << "source " << seen.source;
    from.next = n.place + 1;
    from.gap = 0;
  }

  struct source {
    int begun = 0;
    std::uint64_t seen = 0;
    std::uint64_t thread = 0;
    std::uint64_t next = 0;
    std::uint64_t gap = 0;
    std::uint64_t lost = 0;
  };
  std::map<std::uint32_t, source> sources;

  [[nodiscard]] std::uint64_t seen() const {
    std::uint64_t sum = 0;
    for (const auto& [number, one] : sources) sum += one.seen;
    return sum;
  }
  [[nodiscard]] std::uint64_t lost() const {
    std::uint64_t sum = 0;
    for (const auto& [number, one] : sources) sum += one.lost;
    return sum;
  }
};

TEST(event_buffer, gives_what_was_noted_in_order_over_many_rounds_of_the_ring) {
  event_buffer buffer(ring_bytes, no_limit);
  judge seen;
  std::uint64_t place = 0;
  for (int round = 0; round < support::scaled(2'000); ++round) {
    for (int i = 0; i < 37; ++i) ASSERT_TRUE(note(buffer, {1, place++}));
    buffer.drain(seen);
    ASSERT_EQ(seen.seen(), place);
  }
  EXPECT_EQ(buffer.dropped(), 0U);
  EXPECT_EQ(seen.sources.size(), 1U);
  EXPECT_EQ(buffer.ring_bytes(), ring_bytes);
}

TEST(event_buffer, takes_bodies_from_nothing_to_the_longest_and_drops_longer_ones) {
  event_buffer buffer(ring_bytes, no_limit);
  const std::string longest(event_buffer::longest_bytes, 'x');
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{8}, std::size_t{9}, longest.size()}) {
    EXPECT_TRUE(buffer.record(first_user_kind + 3, 77, 5, longest.data(), size));
    std::size_t given = 0;
    buffer.drain([&](const event_view& seen) {
      if (seen.kind < first_user_kind) return;
      ++given;
      EXPECT_EQ(seen.kind, first_user_kind + 3);
      EXPECT_EQ(seen.detail, 77U);
      EXPECT_EQ(seen.size_bytes, size);
      EXPECT_EQ(std::string(reinterpret_cast<const char*>(seen.data), seen.size_bytes), longest.substr(0, size));
    });
    EXPECT_EQ(given, 1U);
  }
  EXPECT_FALSE(buffer.record(first_user_kind, 0, 0, longest.data(), longest.size() + 1));
  EXPECT_EQ(buffer.dropped(), 1U);
}

TEST(event_buffer, drops_what_does_not_fit_counts_it_and_tells_where_it_is_missing) {
  event_buffer buffer(ring_bytes, no_limit);
  judge seen;
  std::uint64_t place = 0;
  std::uint64_t noted = 0;
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t dropped_before = buffer.dropped();
    while (buffer.dropped() < dropped_before + 10) noted += note(buffer, {1, place++}) ? 1 : 0;
    buffer.drain(seen);
    EXPECT_EQ(seen.seen(), noted);
  }
  EXPECT_EQ(noted + buffer.dropped(), place);
  EXPECT_EQ(seen.lost(), buffer.dropped() - 10) << "the last drops have no later record to be told by";
  std::uint64_t untold = 0;
  buffer.for_each_untold_drop([&](std::uint32_t source, std::uint64_t number) {
    EXPECT_EQ(source, 1U);
    untold += number;
  });
  EXPECT_EQ(untold, 10U);
}

TEST(event_buffer, of_many_threads_and_a_taker_that_is_too_slow_tells_each_gap_exactly) {
  constexpr std::uint64_t threads = 4;
  const std::uint64_t each = support::scaled(200'000U);
  event_buffer buffer(ring_bytes, no_limit);
  judge seen;
  std::atomic<std::uint64_t> running{threads};
  std::vector<std::thread> team;
  for (std::uint64_t t = 0; t < threads; ++t) {
    team.emplace_back([&, t] {
      for (std::uint64_t place = 0; place < each; ++place) {
        static_cast<void>(note(buffer, {t, place}));
        if (place % 512 == 0) std::this_thread::yield();
      }
      --running;
    });
  }
  while (running.load() != 0) {
    buffer.await_events(portolan::platform::now_ns() + 1'000'000);
    buffer.drain(seen);
  }
  for (auto& one : team) one.join();
  buffer.drain(seen);
  EXPECT_EQ(seen.sources.size(), threads);
  EXPECT_EQ(buffer.sources(), threads);
  EXPECT_EQ(seen.seen() + buffer.dropped(), threads * each);
  std::uint64_t untold = 0;
  buffer.for_each_untold_drop([&](std::uint32_t, std::uint64_t number) { untold += number; });
  EXPECT_EQ(seen.lost() + untold, buffer.dropped());
}

// Two threads take turns at filling a lane that the taker empties meanwhile: the tightest way round the ring.
TEST(event_buffer, that_is_nearly_full_all_the_time_never_shows_a_record_that_is_not_whole) {
  const std::uint64_t each = support::scaled(400'000U);
  event_buffer buffer(ring_bytes, no_limit);
  judge seen;
  std::atomic<bool> done{false};
  std::thread taker([&] {
    while (!done.load()) buffer.drain(seen);
  });
  std::uint64_t noted = 0;
  for (std::uint64_t place = 0; place < each; ++place) noted += note(buffer, {9, place}) ? 1 : 0;
  done = true;
  taker.join();
  buffer.drain(seen);
  EXPECT_EQ(seen.seen(), noted);
  EXPECT_EQ(noted + buffer.dropped(), each);
}

TEST(event_buffer, gives_each_thread_a_source_of_its_own_although_their_lanes_are_used_again) {
  event_buffer buffer(ring_bytes, no_limit);
  judge seen;
  constexpr std::uint64_t threads = 200;
  for (std::uint64_t t = 0; t < threads; ++t) {
    std::thread([&] {
      for (std::uint64_t place = 0; place < 3; ++place) EXPECT_TRUE(note(buffer, {t, place}));
    }).join();
    if (t % 50 == 0) buffer.drain(seen);
  }
  buffer.drain(seen);
  EXPECT_EQ(seen.sources.size(), threads);
  EXPECT_EQ(seen.seen(), 3 * threads);
  EXPECT_LE(buffer.ring_bytes(), 4 * ring_bytes) << "rings follow the threads that live at one time";
}

TEST(event_buffer, counts_the_drops_of_a_thread_that_ends_for_that_thread) {
  event_buffer buffer(ring_bytes, no_limit);
  judge seen;
  std::thread([&] {
    for (std::uint64_t place = 0; buffer.dropped() < 100; ++place) static_cast<void>(note(buffer, {1, place}));
  }).join();
  buffer.drain(seen);
  std::thread([&] { EXPECT_TRUE(note(buffer, {2, 0})); }).join();
  buffer.drain(seen);
  ASSERT_EQ(seen.sources.size(), 2U);
  EXPECT_EQ(seen.sources[1].lost, 100U);
  EXPECT_EQ(seen.sources[2].lost, 0U);
}

TEST(event_buffer, stays_below_its_limit_and_counts_what_threads_without_a_ring_drop) {
  event_buffer buffer(ring_bytes, ring_bytes);
  ASSERT_TRUE(note(buffer, {0, 0}));
  std::thread([&] {
    for (std::uint64_t place = 0; place < 50; ++place) EXPECT_FALSE(note(buffer, {1, place}));
  }).join();
  EXPECT_EQ(buffer.ring_bytes(), ring_bytes);
  EXPECT_EQ(buffer.dropped(), 50U);
  judge seen;
  buffer.drain(seen);
  EXPECT_EQ(seen.seen(), 1U);
  std::uint64_t untold = 0;
  buffer.for_each_untold_drop([&](std::uint32_t source, std::uint64_t number) {
    EXPECT_EQ(source, 0U);
    untold += number;
  });
  EXPECT_EQ(untold, 50U);
}

TEST(event_buffer, closed_drops_and_counts_everything) {
  event_buffer buffer(ring_bytes, no_limit);
  ASSERT_TRUE(note(buffer, {1, 0}));
  buffer.close();
  EXPECT_FALSE(note(buffer, {1, 1}));
  EXPECT_FALSE(buffer.forked());
  EXPECT_EQ(buffer.dropped(), 1U);
  judge seen;
  buffer.drain(seen);
  EXPECT_EQ(seen.seen(), 1U);
}

TEST(event_buffer, a_nudge_or_a_half_full_lane_ends_the_wait) {
  event_buffer buffer(ring_bytes, no_limit);
  const std::uint64_t for_ever = portolan::platform::now_ns() + 600'000'000'000;
  buffer.nudge();
  buffer.await_events(for_ever);
  std::thread noting([&] {
    for (std::uint64_t place = 0; buffer.dropped() == 0; ++place) static_cast<void>(note(buffer, {1, place}));
  });
  buffer.await_events(for_ever);
  noting.join();
}

TEST(event_buffer, is_silent_in_the_child_of_a_fork_and_goes_on_in_the_parent) {
  event_buffer buffer(ring_bytes, no_limit);
  ASSERT_TRUE(note(buffer, {1, 0}));
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    bool right = !note(buffer, {1, 1}) && buffer.forked() && buffer.dropped() == 0;
    event_buffer own(ring_bytes, no_limit);
    right = right && note(own, {2, 0}) && !own.forked();
    std::size_t seen = 0;
    own.drain([&](const event_view& one) { seen += one.kind >= first_user_kind ? 1 : 0; });
    _exit(right && seen == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ASSERT_TRUE(note(buffer, {1, 1}));
  judge seen;
  buffer.drain(seen);
  EXPECT_EQ(seen.seen(), 2U);
}

}  // namespace
