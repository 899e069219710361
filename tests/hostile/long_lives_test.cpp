// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What goes on for long: 100,000 threads, one after the other; a reader that stands still; signals without end. Memory
// follows what is, never what was; and under hazard pointers a reader that stands still holds back a bounded part.
//
// Method, of each: as many threads as that, a few at a time, each of which uses one map of the family; numbers of threads,
// records and memory are then what they were after the first tenth. A visitor that does not return for 5 seconds (by night
// 3 minutes) while another thread replaces and erases: what is kept back stays below a bound that knows no time (under
// epochs it is all that was retired: stress/stalled_reader). Signals at every moment, without SA_RESTART, into threads that
// write and wait for each other: every operation still says what it did.
//
// Not promised: to call a map from a signal handler. A handler may interrupt the thread inside that very map.
#include <pthread.h>

#include <array>
#include <chrono>
#include <csignal>

#include <portolan/base/thread_slots.hpp>
#include <portolan/reclaim/hazard.hpp>

#include "../promises/numbered.hpp"
#include "../promises/threads.hpp"
#include "children.hpp"
#include "own_memory.hpp"

namespace {

using namespace promises;
using hostile::resident_bytes;

// ---- threads in sequence ----------------------------------------------------------------------------------------------

TEST(long_lives, of_100000_threads_leave_nothing_behind) {
  const std::vector<numbered_kind> kinds = numbered_kinds(every_shared_map());
  std::vector<std::unique_ptr<numbered_map>> maps;
  for (const numbered_kind& each : kinds) maps.push_back(each.make());
  const int threads = support::by_night(1'000'000, support::scaled(support::sanitized ? 30'000 : 100'000));
  constexpr int at_a_time = 4;
  std::size_t resident = 0;
  for (int done = 0; done < threads; done += at_a_time) {
    together(at_a_time, [&](int id) {
      numbered_map& map = *maps[static_cast<std::size_t>(done + id) % maps.size()];
      const auto key = static_cast<std::uint64_t>(id);
      map.insert_or_assign(key, key);
      map.erase(key + 1);
      if (const answer found = map.find(key)) {
        EXPECT_EQ(*found, key);
      }
    });
    if (done / at_a_time == threads / at_a_time / 10) resident = resident_bytes();
  }
  EXPECT_LE(portolan::thread_slot_bound(), 2U + at_a_time);  // this thread and the library's timer besides
  for (const auto& each : maps) EXPECT_LE(each->size(), 5U);
  if (!support::sanitized) {
    EXPECT_LE(resident_bytes(), resident + (std::size_t{4} << 20));
  }
}

// ---- a reader that stands still -----------------------------------------------------------------------------------------

using slow_map_by_hazard =
    portolan::lock_free_map<std::uint64_t, std::uint64_t, portolan::hash<std::uint64_t>, portolan::equal<std::uint64_t>,
                            std::allocator<std::pair<const std::uint64_t, std::uint64_t>>, portolan::hazard>;
using nodes_by_hazard = portolan::concurrent_map<
    std::uint64_t, std::uint64_t, portolan::hash<std::uint64_t>, portolan::equal<std::uint64_t>,
    std::allocator<std::pair<const std::uint64_t, std::uint64_t>>, portolan::hazard, portolan::node_storage>;

/// A map whose reader stands in visit, and the thread that writes meanwhile.
template <class Map>
class standstill {
 public:
  standstill() {
    map_.insert(1, 1);
    reader_ = std::thread([this] {
      map_.visit(1, [this](const std::uint64_t&) {
        stands_ = true;
        while (!goes_on_.load()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      });
    });
    while (!stands_.load()) std::this_thread::yield();
  }
  /// Replaces, inserts and erases a few thousand entries.
  void write() {
    for (std::uint64_t key = 1; key < 1'000; ++key) map_.insert_or_assign(key, key);
    for (std::uint64_t key = 2; key < 1'000; ++key) map_.erase(key);
    written_ += 2 * 998;
    const std::size_t now = map_.stats().kept_back_bytes;
    most_bytes_ = now > most_bytes_ ? now : most_bytes_;
  }
  void end() {
    goes_on_ = true;
    reader_.join();
    while (map_.stats().kept_back_bytes != 0) {
      map_.insert(2, 2);
      map_.erase(2);
      std::this_thread::yield();
    }
  }
  [[nodiscard]] std::size_t most_bytes() const { return most_bytes_; }
  [[nodiscard]] std::size_t written() const { return written_; }

 private:
  Map map_;
  std::thread reader_;
  std::atomic<bool> stands_{false};
  std::atomic<bool> goes_on_{false};
  std::size_t most_bytes_ = 0;
  std::size_t written_ = 0;
};

TEST(long_lives, of_a_reader_that_stands_still_hold_back_a_bounded_part_under_hazard_pointers) {
  const watchdog guard("a reader that stands still", std::chrono::seconds(support::nightly() ? 900 : 200));
  standstill<slow_map_by_hazard> lock_free;
  standstill<nodes_by_hazard> concurrent;
  const auto begin = std::chrono::steady_clock::now();
  const auto lasts = std::chrono::seconds(support::by_night(180, 5));
  while (std::chrono::steady_clock::now() - begin < lasts) {
    lock_free.write();
    concurrent.write();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // time is what is tried here, not load
  }
  // Entries that one thread may leave unjudged, and a table or two; far below what has been retired.
  constexpr std::size_t bound_bytes = std::size_t{512} << 10;
  EXPECT_LE(lock_free.most_bytes(), bound_bytes);
  EXPECT_LE(concurrent.most_bytes(), bound_bytes);
  if (!support::sanitized) {
    EXPECT_GT(concurrent.written() * 32, 4 * bound_bytes) << "too little was retired to show a bound";
  }
  lock_free.end();
  concurrent.end();
}

// ---- signals ----------------------------------------------------------------------------------------------------------

std::atomic<std::uint64_t> signals_taken{0};
void take_signal(int) { signals_taken.fetch_add(1); }

class signals_without_end : public testing::TestWithParam<numbered_kind> {
 protected:
  watchdog guard{"a map under signals"};
};
INSTANTIATE_TEST_SUITE_P(hostile, signals_without_end, over<every_shared_map>(), numbered_names());

TEST_P(signals_without_end, change_no_answer) {
  struct sigaction taken {};
  taken.sa_handler = take_signal;  // no SA_RESTART: every wait in the kernel ends early
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGUSR1, &taken, &before), 0);
  const std::unique_ptr<numbered_map> map = GetParam().make();
  const std::uint64_t rounds = GetParam().amount(support::scaled<std::uint64_t>(4'000));
  const std::uint64_t wanted = signals_taken.load() + static_cast<std::uint64_t>(hostile::cycles()) / 3;
  std::atomic<std::uint64_t> added{0};
  constexpr int threads = 3;
  std::array<pthread_t, threads> natives{};
  std::atomic<int> running{0};
  std::atomic<int> ended{0};
  std::vector<std::thread> workers;
  for (int id = 0; id < threads; ++id) {
    workers.emplace_back([&, id] {
      natives[static_cast<std::size_t>(id)] = pthread_self();
      ++running;
      const auto own = static_cast<std::uint64_t>(id) + 1;
      for (std::uint64_t i = 0; i < rounds || signals_taken.load() < wanted; ++i) {
        const std::uint64_t key = own * 1'000'000 + i % 50;
        EXPECT_TRUE(map->insert(key, i));
        map->compute(7, {wish::kind::add, 1});  // all threads wait for each other here
        ++added;
        if (!map->lacks().load_or_compute) {
          EXPECT_EQ(map->load_or_compute(key, [] { return answer(0); }), answer(i));
        }
        EXPECT_TRUE(map->erase(key));
      }
      ++ended;
      while (running.load() > 0) std::this_thread::yield();  // alive as long as signals are sent
    });
  }
  while (running.load() < threads) std::this_thread::yield();
  while (ended.load() < threads) {
    for (const pthread_t each : natives) pthread_kill(each, SIGUSR1);
    std::this_thread::yield();
  }
  running = 0;
  for (std::thread& each : workers) each.join();
  ::sigaction(SIGUSR1, &before, nullptr);
  EXPECT_EQ(map->size(), 1U);
  EXPECT_EQ(map->find(7), added.load());
}

}  // namespace
