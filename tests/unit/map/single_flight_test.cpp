// One computation a key at a time, and no wait that could never end. On every map that stands on single_flight.hpp.
#include <portolan/map/single_flight.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>

#include <gtest/gtest.h>

#include <portolan/map/guarded_map.hpp>
#include <portolan/map/sharded_map.hpp>
#include <portolan/map/snapshot_map.hpp>
#include <portolan/map/sync_map.hpp>

#include "tests/promises/threads.hpp"

namespace {

using promises::together;
using promises::watchdog;

template <class Map>
class single_flight : public testing::Test {
 protected:
  Map map;
  watchdog guard{"load_or_compute"};
};
using maps =
    testing::Types<portolan::guarded_map<std::unordered_map<int, int>>, portolan::guarded_map<std::map<int, int>>,
                   portolan::sharded_map<std::unordered_map<int, int>>, portolan::sync_map<int, int>,
                   portolan::snapshot_map<int, int>>;
TYPED_TEST_SUITE(single_flight, maps);

TYPED_TEST(single_flight, runs_one_computation_for_many_callers) {
  for (int round = 0; round < support::scaled(200); ++round) {
    std::atomic<int> runs = 0;
    together(4, [&](int) {
      const auto value = this->map.load_or_compute(round, [&] {
        ++runs;
        std::this_thread::yield();
        return round + 1;
      });
      EXPECT_EQ(value, round + 1);
    });
    ASSERT_EQ(runs, 1);
  }
}

// Method: the computation of key 1 ends only after the one of key 2 has run: held up, it would never end.
TYPED_TEST(single_flight, does_not_hold_up_other_keys) {
  std::atomic<bool> second_ran = false;
  together(2, [&](int thread) {
    if (thread == 0) {
      this->map.load_or_compute(1, [&] {
        while (!second_ran) std::this_thread::yield();
        return 1;
      });
    } else {
      this->map.load_or_compute(2, [&] {
        second_ran = true;
        return 2;
      });
    }
  });
  EXPECT_EQ(this->map.size(), 2U);
}

TYPED_TEST(single_flight, wakes_the_waiters_of_a_computation_that_throws) {
  for (int round = 0; round < support::scaled(200); ++round) {
    std::atomic<int> runs = 0;
    std::atomic<int> thrown = 0;
    together(4, [&](int) {
      try {
        EXPECT_EQ(this->map.load_or_compute(round,
                                            [&] {
                                              std::this_thread::yield();
                                              if (++runs == 1) throw std::runtime_error("first");
                                              return round;
                                            }),
                  round);
      } catch (const std::runtime_error&) {
        ++thrown;
      }
    });
    ASSERT_EQ(thrown, 1);
    ASSERT_EQ(runs, 2);
  }
}

TYPED_TEST(single_flight, leaves_nothing_behind_when_it_declines) {
  EXPECT_FALSE(this->map.load_or_compute(1, []() -> std::optional<int> { return std::nullopt; }));
  EXPECT_FALSE(this->map.contains(1));
  EXPECT_EQ(this->map.load_or_compute(1, [] { return 5; }), 5);
}

TYPED_TEST(single_flight, may_compute_other_keys_on_the_way) {
  const auto fibonacci = [&](const auto& self, int n) -> int {
    return *this->map.load_or_compute(n, [&] { return n < 2 ? n : self(self, n - 1) + self(self, n - 2); });
  };
  EXPECT_EQ(fibonacci(fibonacci, 30), 832040);
}

TYPED_TEST(single_flight, refuses_to_wait_for_itself_on_one_thread) {
  try {
    this->map.load_or_compute(1, [&] { return *this->map.load_or_compute(1, [] { return 1; }); });
    FAIL() << "was not refused";
  } catch (const portolan::reentrant_call& refused) {
    EXPECT_EQ(refused.code(), portolan::errc::waits_for_itself);
    EXPECT_NE(refused.outer(), refused.inner());
  }
  EXPECT_EQ(this->map.load_or_compute(1, [] { return 2; }), 2);
}

// Method: each thread computes its own key and asks for its neighbour's from inside, after all have begun: a ring. Who
// would close it is refused, which lets the others go on.
TYPED_TEST(single_flight, refuses_to_wait_for_itself_round_three_threads_and_two_maps) {
  for (int round = 0; round < support::scaled(100); ++round) {
    TypeParam other;
    std::atomic<int> begun = 0;
    std::atomic<int> refused = 0;
    const auto map_of = [&](int key) -> TypeParam& { return key == 2 ? other : this->map; };
    together(3, [&](int thread) {
      map_of(thread).load_or_compute(round * 3 + thread, [&] {
        ++begun;
        while (begun < 3) std::this_thread::yield();
        const int next = (thread + 1) % 3;
        try {
          return *map_of(next).load_or_compute(round * 3 + next, [] { return 1; }) + 1;
        } catch (const portolan::reentrant_call& error) {
          EXPECT_EQ(error.code(), portolan::errc::waits_for_itself);
          ++refused;
          return 0;
        }
      });
    });
    ASSERT_GE(refused, 1);
  }
}

/// Whether `body` says yes in a child of a fork; one that hangs is ended by an alarm.
template <class F>
bool holds_in_a_child(F body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    ::_exit(body() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Method: a thread computes while another one forks. In the child that computation has no thread any more: who asks for
// the key leads a flight of its own, and in the parent the first one ends as if nothing had been.
TYPED_TEST(single_flight, is_nobody_s_in_the_child_of_a_fork) {
  if (!support::fork_under_threads_works) GTEST_SKIP() << "the sanitizer's allocator does not survive it";
  std::atomic<bool> begun = false;
  std::atomic<bool> may_end = false;
  std::thread other([&] {
    EXPECT_EQ(this->map.load_or_compute(1,
                                        [&] {
                                          begun = true;
                                          while (!may_end) std::this_thread::yield();
                                          return 7;
                                        }),
              7);
  });
  while (!begun) std::this_thread::yield();
  EXPECT_TRUE(holds_in_a_child([&] {
    return this->map.load_or_compute(1, [] { return 8; }) == 8 && this->map.load_or_compute(2, [] { return 9; }) == 9;
  }));
  may_end = true;
  other.join();
  EXPECT_EQ(this->map.load_or_compute(1, [] { return 8; }), 7);
}

// The thread that forks goes on in the child with the computation that it was in; there, too, it is the key's only one.
TYPED_TEST(single_flight, goes_on_in_the_child_that_its_own_thread_forked) {
  bool child_was_well = false;
  const auto first = this->map.load_or_compute(1, [&] {
    child_was_well = holds_in_a_child([&] {
      try {
        static_cast<void>(this->map.load_or_compute(1, [] { return 8; }));
      } catch (const portolan::reentrant_call& refused) {
        return refused.code() == portolan::errc::waits_for_itself &&
               this->map.load_or_compute(2, [] { return 9; }) == 9;
      }
      return false;
    });
    return 7;
  });
  EXPECT_EQ(first, 7);
  EXPECT_TRUE(child_was_well);
}

TEST(single_flight_of_texts, finds_a_computation_by_another_kind_of_text) {
  portolan::sync_map<std::string, int> map;
  const watchdog guard("texts");
  std::atomic<int> runs = 0;
  together(3, [&](int thread) {
    const auto compute = [&] {
      ++runs;
      std::this_thread::yield();
      return 7;
    };
    if (thread == 0) {
      EXPECT_EQ(map.load_or_compute("key", compute), 7);
    }
    if (thread == 1) {
      EXPECT_EQ(map.load_or_compute(std::string("key"), compute), 7);
    }
    if (thread == 2) {
      EXPECT_EQ(map.load_or_compute(std::string_view("key"), compute), 7);
    }
  });
  EXPECT_EQ(runs, 1);
}

}  // namespace
