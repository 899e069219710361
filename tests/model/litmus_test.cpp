// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Who checks the checker: programs of a few accesses whose executions have been counted elsewhere, under the same model.
//
// Counts: GenMC 0.10.2, RC11, symmetry reduction off, every program without loops. An execution is a graph (who read
// what, in which order the stores to a place came), not a final state.
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <portolan/base/platform.hpp>
#include <portolan/prove/schedule.hpp>
#include <set>
#include <vector>

namespace portolan {
namespace {

using platform::acq_rel;
using platform::acquire;
using platform::memory_order;
using platform::relaxed;
using platform::release;
using platform::seq_cst;
using prove::schedule::explore;
using prove::schedule::require;
using prove::schedule::tally;

platform::atomic<int> x;
platform::atomic<int> y;
platform::atomic<int> z;

using body = std::function<void()>;

body write_x(int value, memory_order order) {
  return [=] { x.store(value, order); };
}

tally executions(std::vector<body> threads) { return explore({.threads = std::move(threads)}); }

std::uint64_t count(std::vector<body> threads) {
  const tally seen = executions(std::move(threads));
  EXPECT_TRUE(seen.exhausted);
  EXPECT_EQ(seen.failure, "");
  return seen.complete;
}

TEST(litmus, store_buffering) {
  const auto sides = [](memory_order order, bool fences) {
    return std::vector<body>{[=] {
                               x.store(1, order);
                               if (fences) platform::fence(seq_cst);
                               (void)y.load(order);
                             },
                             [=] {
                               y.store(1, order);
                               if (fences) platform::fence(seq_cst);
                               (void)x.load(order);
                             }};
  };
  EXPECT_EQ(count(sides(relaxed, false)), 4U);
  EXPECT_EQ(count(sides(seq_cst, false)), 3U);
  EXPECT_EQ(count(sides(relaxed, true)), 3U);
}

TEST(litmus, an_asymmetric_pair_of_fences_forbids_store_buffering_and_two_light_ones_do_not) {
  const auto sides = [](void (*left)(), void (*right)()) {
    return std::vector<body>{[=] {
                               x.store(1, relaxed);
                               left();
                               (void)y.load(relaxed);
                             },
                             [=] {
                               y.store(1, relaxed);
                               right();
                               (void)x.load(relaxed);
                             }};
  };
  const auto light = [] { platform::light_fence(); };
  const auto heavy = [] { platform::heavy_fence(); };
  EXPECT_EQ(count(sides(light, light)), 4U);
  EXPECT_EQ(count(sides(light, heavy)), 3U);
  EXPECT_EQ(count(sides(heavy, heavy)), 3U);
  EXPECT_EQ(explore({.threads = sides(light, light)}, {.asymmetric_fences = false}).complete, 3U);
  // A heavy one elsewhere makes them no heavier.
  std::vector<body> three = sides(light, light);
  three.insert(three.begin(), heavy);
  EXPECT_EQ(count(three), 4U);
}

TEST(litmus, message_passing) {
  const auto sides = [](memory_order stored, memory_order loaded) {
    return std::vector<body>{[=] {
                               x.store(1, relaxed);
                               y.store(1, stored);
                             },
                             [=] {
                               (void)y.load(loaded);
                               (void)x.load(relaxed);
                             }};
  };
  EXPECT_EQ(count(sides(relaxed, relaxed)), 4U);
  EXPECT_EQ(count(sides(release, acquire)), 3U);
  EXPECT_EQ(count(sides(release, relaxed)), 4U);
  EXPECT_EQ(count(sides(relaxed, acquire)), 4U);
}

TEST(litmus, load_buffering_is_left_out) {
  EXPECT_EQ(count({[] {
                     (void)x.load(relaxed);
                     y.store(1, relaxed);
                   },
                   [] {
                     (void)y.load(relaxed);
                     x.store(1, relaxed);
                   }}),
            3U);
}

TEST(litmus, modification_order_is_not_the_order_of_execution) {
  std::set<int> ends;
  const auto sides = [](memory_order order) {
    return std::vector<body>{[=] {
                               x.store(1, order);
                               y.store(2, order);
                             },
                             [=] {
                               y.store(1, order);
                               x.store(2, order);
                             }};
  };
  EXPECT_EQ(count(sides(relaxed)), 4U);
  EXPECT_EQ(count(sides(seq_cst)), 3U);
  // x = 1, y = 1 in the end: each store that came first in its thread is the last of its place.
  const tally found = explore({.threads = sides(relaxed), .audit = [] {
                                 require(x.load() != 1 || y.load() != 1, "both first stores came last");
                               }});
  EXPECT_NE(found.failure, "");
}

TEST(litmus, independent_reads_of_independent_writes) {
  const auto sides = [](memory_order stored, memory_order loaded) {
    return std::vector<body>{[=] { x.store(1, stored); }, [=] { y.store(1, stored); },
                             [=] {
                               (void)x.load(loaded);
                               (void)y.load(loaded);
                             },
                             [=] {
                               (void)y.load(loaded);
                               (void)x.load(loaded);
                             }};
  };
  EXPECT_EQ(count(sides(release, acquire)), 16U);
  EXPECT_EQ(count(sides(seq_cst, seq_cst)), 15U);
}

TEST(litmus, write_to_read_causality) {
  EXPECT_EQ(count({write_x(1, relaxed),
                   [] {
                     (void)x.load(relaxed);
                     y.store(1, release);
                   },
                   [] {
                     (void)y.load(acquire);
                     (void)x.load(relaxed);
                   }}),
            7U);
}

TEST(litmus, coherence_of_two_readers) {
  const body reader = [] {
    (void)x.load(relaxed);
    (void)x.load(relaxed);
  };
  EXPECT_EQ(count({write_x(1, relaxed), write_x(2, relaxed), reader, reader}), 72U);
}

TEST(litmus, read_modify_writes_come_in_every_order) {
  const body add = [] { x.fetch_add(1, relaxed); };
  EXPECT_EQ(count({add, add, add}), 6U);
  EXPECT_EQ(count({add, add, add, add}), 24U);
  const body add_both = [] {
    x.fetch_add(1, relaxed);
    y.fetch_add(1, relaxed);
  };
  EXPECT_EQ(count({add_both, add_both}), 4U);
}

TEST(litmus, of_three_compare_exchanges_one_wins) {
  const auto swap = [](int value) {
    return [=] {
      int expected = 0;
      (void)x.compare_exchange_strong(expected, value, acq_rel, acquire);
    };
  };
  EXPECT_EQ(count({swap(1), swap(2), swap(3)}), 3U);
}

TEST(litmus, stores_to_one_place_come_in_every_order) {
  EXPECT_EQ(count({write_x(1, relaxed), write_x(2, relaxed), write_x(3, relaxed)}), 6U);
}

TEST(litmus, store_buffering_behind_many_fences) {
  const auto side = [](platform::atomic<int>& mine, platform::atomic<int>& other) {
    return [&] {
      for (int i = 0; i < 100; ++i) platform::fence(seq_cst);
      mine.store(1, relaxed);
      platform::fence(seq_cst);
      (void)other.load(relaxed);
    };
  };
  EXPECT_EQ(count({side(x, y), side(y, x)}), 3U);
}

TEST(litmus, read_to_write_causality_with_fences) {
  EXPECT_EQ(count({write_x(1, relaxed),
                   [] {
                     (void)x.load(acquire);
                     platform::fence(seq_cst);
                     (void)y.load(relaxed);
                   },
                   [] {
                     y.store(1, relaxed);
                     platform::fence(seq_cst);
                     (void)x.load(relaxed);
                   }}),
            7U);
}

TEST(litmus, the_core_of_hazard_pointers) {
  EXPECT_EQ(count({[] {
                     x.store(1, relaxed);
                     platform::fence(seq_cst);
                     (void)y.load(relaxed);
                   },
                   [] {
                     y.store(1, relaxed);
                     platform::fence(seq_cst);
                     (void)x.load(relaxed);
                     (void)z.load(relaxed);
                   },
                   [] { z.store(1, release); }}),
            6U);
}

TEST(litmus, a_release_sequence_goes_on_through_read_modify_writes_only) {
  const auto seen_late = [](body between) {
    return explore({.threads = {[=] {
                                  x.store(1, relaxed);
                                  y.store(1, release);
                                },
                                std::move(between),
                                [=] {
                                  if (y.load(acquire) == 2) require(x.load(relaxed) == 1, "the message is not there");
                                }}});
  };
  EXPECT_EQ(seen_late([] { y.fetch_add(1, relaxed); }).failure, "");
  EXPECT_NE(seen_late([] {
              if (y.load(relaxed) == 1) y.store(2, relaxed);
            }).failure,
            "");
}

TEST(litmus, a_compare_exchange_that_fails_has_its_own_order) {
  const auto passed = [](memory_order failed) {
    return explore({.threads = {[] {
                                  x.store(1, relaxed);
                                  y.store(1, release);
                                },
                                [=] {
                                  int expected = 7;
                                  if (!y.compare_exchange_strong(expected, 8, acq_rel, failed) && expected == 1) {
                                    require(x.load(relaxed) == 1, "the message is not there");
                                  }
                                }}})
        .failure;
  };
  EXPECT_EQ(passed(acquire), "");
  EXPECT_NE(passed(relaxed), "");
}

// ---- the seqlock: writers take turns by an odd version, readers look at the version twice ----

class seqlock {
 public:
  void write(int value) {
    int version = version_.load(relaxed);
    while (version % 2 != 0 || !version_.compare_exchange_strong(version, version + 1, acquire, relaxed)) {
      platform::wait_for_change();
      version = version_.load(relaxed);
    }
    platform::fence(release);
    first_.store(value, relaxed);
    second_.store(value, relaxed);
    version_.store(version + 2, release);
  }
  void read(memory_order early = acquire, bool fence = true) {
    const int version = version_.load(early);
    if (version % 2 != 0) return;
    const int first = first_.load(relaxed);
    const int second = second_.load(relaxed);
    if (fence) platform::fence(acquire);
    if (version_.load(relaxed) == version) require(first == second, "half of a write was read");
  }

 private:
  platform::atomic<int> version_;
  platform::atomic<int> first_;
  platform::atomic<int> second_;
};
seqlock lock;

std::vector<body> seqlock_threads(int writers, int readers, int reads) {
  std::vector<body> threads;
  for (int i = 1; i <= writers; ++i) threads.emplace_back([=] { lock.write(i); });
  for (int i = 0; i < readers; ++i) {
    threads.emplace_back([=] {
      for (int at = 0; at < reads; ++at) lock.read();
    });
  }
  return threads;
}

TEST(seqlock, has_as_many_executions_as_others_counted) {
  EXPECT_EQ(count(seqlock_threads(2, 1, 2)), 392U);
  EXPECT_EQ(count(seqlock_threads(3, 1, 2)), 5436U);
  EXPECT_EQ(count(seqlock_threads(2, 2, 2)), 76832U);
  EXPECT_EQ(count(seqlock_threads(2, 2, 3)), 654368U);
}

TEST(seqlock, needs_its_fence_and_its_first_order) {
  const auto failure_of = [](memory_order early, bool fence) {
    return explore({.threads = {[] { lock.write(1); }, [] { lock.write(2); }, [=] { lock.read(early, fence); }}})
        .failure;
  };
  EXPECT_EQ(failure_of(acquire, true), "");
  EXPECT_NE(failure_of(relaxed, true), "");
  EXPECT_NE(failure_of(acquire, false), "");
}

TEST(seqlock, is_met_at_random_as_well) {
  const tally right = explore({.threads = seqlock_threads(2, 2, 3)}, {.random_runs = 20'000, .seed = 7});
  EXPECT_EQ(right.failure, "");
  EXPECT_EQ(right.complete + right.blocked + right.left, 20'000U);
  EXPECT_GT(right.complete, 5'000U);
  const tally wrong =
      explore({.threads = {[] { lock.write(1); }, [] { lock.write(2); }, [] { lock.read(acquire, false); }}},
              {.random_runs = 20'000, .seed = 7});
  EXPECT_NE(wrong.failure, "");
}

TEST(checker, threads_that_wait_for_ever_are_a_failure) {
  const body waits = [] {
    while (x.load(acquire) == 0) platform::wait_for_change();
  };
  EXPECT_NE(executions({waits, write_x(0, release)}).failure.find("wait for ever"), std::string::npos);
  EXPECT_EQ(executions({waits, write_x(1, release)}).failure, "");
}

TEST(checker, memory_that_was_given_back_is_not_touched) {
  static platform::atomic<platform::atomic<int>*> shared;
  const auto failure_of = [](bool waits) {
    return explore({.setup = [] { shared.store(new platform::atomic<int>(5)); },
                    .threads = {[] {
                                  if (auto* word = shared.exchange(nullptr, acq_rel)) {
                                    (void)word->load(relaxed);
                                    y.store(1, release);
                                  }
                                },
                                [=] {
                                  if (waits && y.load(acquire) == 0) return;
                                  delete shared.exchange(nullptr, acq_rel);
                                }},
                    .audit = [] { delete shared.load(); }})
        .failure;
  };
  EXPECT_EQ(failure_of(true), "");
  EXPECT_EQ(failure_of(false), "");  // who exchanged it out is alone with it
  EXPECT_NE(executions({[] {
              auto* const word = new platform::atomic<int>(5);
              shared.store(word, relaxed);
              delete word;
              (void)shared.load(relaxed)->load(relaxed);
            }}).failure.find("given back"),
            std::string::npos);
  const prove::schedule::program used_by_audit{.setup = [] { shared.store(new platform::atomic<int>(5)); },
                                               .threads = {[] { delete shared.load(relaxed); }},
                                               .audit = [] { (void)shared.load(relaxed)->load(relaxed); }};
  EXPECT_NE(explore(used_by_audit).failure.find("given back"), std::string::npos);
  const auto racing =
      explore({.setup = [] { shared.store(new platform::atomic<int>(5)); },
               .threads = {[] { (void)shared.load(acquire)->load(relaxed); }, [] { delete shared.load(acquire); }}});
  EXPECT_NE(racing.failure, "");
}

TEST(checker, memory_that_is_reused_at_once_shows_that_a_pointer_is_another_objects) {
  static platform::atomic<int*> shared;
  const auto failure_of = [](bool reuse) {
    return explore({.setup = [] { shared.store(new int(1)); },
                    .threads = {[] {
                                  int* seen = shared.load(acquire);
                                  if (seen == nullptr) return;
                                  const bool is_first = y.load(acquire) == 0;
                                  if (shared.compare_exchange_strong(seen, nullptr, acq_rel, relaxed)) {
                                    require(is_first == (*seen == 1), "what is taken out is what was looked at");
                                    delete seen;
                                  }
                                },
                                [] {
                                  int* const old = shared.exchange(nullptr, acq_rel);
                                  if (old == nullptr) return;
                                  delete old;
                                  y.store(1, release);
                                  shared.store(new int(2), release);
                                }},
                    .audit = [] { delete shared.load(); }},
                   {.reuse_memory = reuse})
        .failure;
  };
  EXPECT_EQ(failure_of(false), "");
  EXPECT_NE(failure_of(true).find("what was looked at"), std::string::npos);
}

TEST(checker, a_thread_that_touches_what_is_no_memory_fails) {
  static int* volatile nowhere = nullptr;
  const tally seen = executions({write_x(1, release), [] {
                                   if (x.load(acquire) == 1) *nowhere = 1;
                                 }});
  EXPECT_NE(seen.failure.find("no memory"), std::string::npos);
  EXPECT_NE(seen.failure.find("1.0"), std::string::npos);
}

TEST(checker, a_count_beside_the_lock_that_guards_it_is_not_the_lock) {
  struct guarded {
    platform::atomic<std::uint32_t> lock;
    std::uint32_t count;
  };
  static guarded both;  // eight bytes
  static_assert(sizeof(guarded) == 8);
  const body counts = [] {
    std::uint32_t free = 0;
    while (!both.lock.compare_exchange_strong(free, 1, acquire, relaxed)) {
      free = 0;
      platform::wait_for_change();
    }
    ++both.count;
    both.lock.store(0, release);
  };
  const tally seen =
      explore({.threads = {counts, counts}, .audit = [] { require(both.count == 2, "a count is lost"); }});
  EXPECT_EQ(seen.failure, "");
  EXPECT_GE(seen.complete, 2U);
}

TEST(checker, two_plain_accesses_that_nothing_orders_are_a_race) {
  static int plain = 0;
  static char bytes[4] = {};
  const auto passed_on = [](memory_order stored, memory_order loaded) {
    return executions({[=] {
                         plain = 1;
                         y.store(1, stored);
                       },
                       [=] {
                         if (y.load(loaded) == 1) require(plain == 1, "the message is not there");
                       }})
        .failure;
  };
  EXPECT_EQ(passed_on(release, acquire), "");
  for (const auto& [stored, loaded] : {std::pair{relaxed, acquire}, {release, relaxed}}) {
    EXPECT_NE(passed_on(stored, loaded).find("a data race"), std::string::npos);
  }
  const body reads = [] { require(plain != 7, "nobody writes 7"); };
  EXPECT_EQ(executions({reads, reads}).failure, "");
  EXPECT_NE(executions({reads, [] { plain = 2; }}).failure.find("a data race"), std::string::npos);
  // Neighbours in a word are objects of their own.
  EXPECT_EQ(executions({[] { bytes[0] = 1; }, [] { bytes[1] = 1; }}).failure, "");
  EXPECT_NE(executions({[] { bytes[1] = 1; }, [] { require(bytes[0] + bytes[1] != 9, "nobody writes 9"); }}).failure,
            "");
}

TEST(checker, a_word_is_not_used_before_who_made_it_has_handed_it_on) {
  struct made {
    platform::atomic<int> word{5};
  };
  static platform::atomic<made*> shared;
  const auto handed_on = [](memory_order stored) {
    return explore({.threads = {[=] { shared.store(new made, stored); },
                                [=] {
                                  if (made* const found = shared.load(acquire)) (void)found->word.load(relaxed);
                                }},
                    .audit = [] { delete shared.load(); }})
        .failure;
  };
  EXPECT_EQ(handed_on(release), "");
  EXPECT_NE(handed_on(relaxed).find("a data race"), std::string::npos);
}

TEST(checker, counts_the_blocks_that_are_in_use) {
  static int* kept = nullptr;
  const tally seen = explore({.setup = [] { kept = new int(1); },
                              .threads = {[] { delete new int(2); }, [] { delete new int(3); }},
                              .audit =
                                  [] {
                                    require(prove::schedule::blocks_in_use() == 1, "one block is in use");
                                    delete kept;
                                    require(prove::schedule::blocks_in_use() == 0, "none is");
                                  }});
  EXPECT_EQ(seen.failure, "");
  EXPECT_EQ(seen.complete, 1U);
}

TEST(checker, each_execution_begins_with_what_setup_left_and_the_caller_gets_back_what_was_before) {
  static int plain = 0;
  static thread_local int own = 0;
  const tally seen = explore({.setup = [] { plain = 3; },
                              .threads = {[] {
                                            require(own++ == 0, "a thread local of an earlier execution");
                                            x.store(1, relaxed);
                                          },
                                          [] {
                                            require(own++ == 0, "a thread local of another thread");
                                            (void)x.load(relaxed);
                                          }},
                              .audit = [] { require(plain++ == 3, "a global of an earlier execution"); }});
  EXPECT_EQ(seen.failure, "");
  EXPECT_EQ(seen.complete, 2U);
  EXPECT_EQ(plain, 0);
}

TEST(checker, a_failure_says_what_each_thread_has_done) {
  const tally seen = explore({.threads = {write_x(1, release), [] {
                                            prove::schedule::doing("look at x");
                                            require(x.load(acquire) == 0, "x is 1");
                                          }}});
  EXPECT_NE(seen.failure.find("x is 1\n"), std::string::npos);
  EXPECT_NE(seen.failure.find("thread 1\n  look at x\n  1.0"), std::string::npos);
  EXPECT_NE(seen.failure.find("from 0.0"), std::string::npos);
  EXPECT_NE(seen.failure.find("litmus_test.cpp:"), std::string::npos);
}

TEST(checker, repeats_the_execution_that_failed) {
  struct program_that_fails {
    std::vector<body> threads;
    prove::schedule::limits how;
  };
  const body waits = [] {
    while (x.load(acquire) == 0) platform::wait_for_change();
    require(y.load(relaxed) == 1, "the message is not there");
  };
  const std::vector<body> torn = {[] { lock.write(1); }, [] { lock.write(2); }, [] { lock.read(acquire, false); }};
  const std::vector<body> unordered = {[] {
                                         x.store(1, relaxed);
                                         y.store(2, relaxed);
                                       },
                                       [] {
                                         y.store(1, relaxed);
                                         x.store(2, relaxed);
                                       },
                                       [] { require(x.load(relaxed) != 1 || y.load(relaxed) != 0, "x without y"); }};
  const std::vector<body> unsent = {[] {
                                      y.store(1, relaxed);
                                      x.fetch_add(1, relaxed);
                                    },
                                    waits};
  for (const program_that_fails& each : std::vector<program_that_fails>{{torn, {}},
                                                                        {torn, {.random_runs = 20'000, .seed = 3}},
                                                                        {unordered, {}},
                                                                        {unordered, {.random_runs = 1'000}},
                                                                        {unsent, {}},
                                                                        {unsent, {.random_runs = 1'000}},
                                                                        {{waits}, {}}}) {
    const tally first = explore({.threads = each.threads}, each.how);
    ASSERT_NE(first.failure, "");
    ASSERT_NE(first.replay, "");
    const tally again = explore({.threads = each.threads}, {.replay = first.replay});
    EXPECT_EQ(again.failure, first.failure);
    EXPECT_EQ(again.replay, first.replay);
  }
}

TEST(checker, an_execution_that_the_program_has_not_is_refused) {
  const std::vector<body> threads = {write_x(1, release), [] { (void)x.load(acquire); }};
  EXPECT_EQ(explore({.threads = threads}, {.replay = "0:w1;1:r0.0"}).complete, 1U);
  EXPECT_EQ(explore({.threads = threads}, {.replay = "1:ri;0:w1"}).complete, 1U);
  for (const char* other : {"0:f", "0:ri", "1:r0.0;0:w1", "0:w1;1:x0.0@2", "2:w1", "0:w1,w2"}) {
    EXPECT_NE(explore({.threads = threads}, {.replay = other}).failure.find("not one of this program"),
              std::string::npos)
        << other;
  }
  for (const char* none : {"0", "0:", "0:w", "0:q1", "9:w1", "0:w1;", "0:x1.1", "0:r7", "1:r0.0@"}) {
    EXPECT_THROW((void)explore({.threads = threads}, {.replay = none}), std::invalid_argument) << none;
  }
}

TEST(checker, priorities_find_what_turns_at_random_hardly_meet) {
  // One thread has to come to its end before the other has begun.
  const auto noise = [] {
    for (int i = 0; i < 30; ++i) (void)z.load(relaxed);
  };
  const std::vector<body> threads = {[=] {
                                       noise();
                                       x.store(1, relaxed);
                                     },
                                     [=] {
                                       require(x.load(relaxed) == 0, "begun after the end");
                                       noise();
                                     }};
  EXPECT_EQ(explore({.threads = threads}, {.random_runs = 2'000}).failure, "");
  for (const auto& order : {threads, {threads[1], threads[0]}}) {
    EXPECT_NE(explore({.threads = order}, {.random_runs = 20, .priority_changes = 1}).failure, "");
  }
  // And what needs an old value: a writer's two stores, the second seen without the first.
  const std::vector<body> stale = {[=] {
                                     x.store(1, relaxed);
                                     y.store(1, relaxed);
                                   },
                                   [=] {
                                     noise();
                                     if (y.load(relaxed) == 1) require(x.load(relaxed) == 1, "old");
                                   }};
  EXPECT_NE(explore({.threads = stale}, {.random_runs = 2'000, .priority_changes = 3}).failure, "");
}

/// A test of tests: which lines of a program does it not need?
TEST(checker, says_which_lines_ask_for_an_order_and_weakens_one) {
  const std::vector<body> threads = {[] { lock.write(1); }, [] { lock.write(2); }, [] { lock.read(); }};
  const tally whole = explore({.threads = threads});
  EXPECT_EQ(whole.failure, "");
  ASSERT_EQ(whole.ordered.size(), 5U);  // the exchange, two fences, the last store, the first load
  std::size_t needed = 0;
  for (const auto& each : weakenings_of(whole.ordered)) {
    needed += !explore({.threads = threads}, {.weakened = each}).failure.empty();
  }
  EXPECT_EQ(needed, 5U);
}

TEST(checker, weakens_what_a_line_does_one_by_one) {
  const tally seen = explore({.threads = {[] { (void)x.exchange(y.load(acquire), acq_rel); },
                                          [] {
                                            int none = 1;
                                            (void)x.compare_exchange_strong(none, 2, release, acquire);
                                          }}});
  using prove::schedule::access;
  using prove::schedule::ordering;
  std::vector<std::pair<access, ordering>> to;
  for (const auto& each : weakenings_of(seen.ordered)) to.emplace_back(each.of.what, each.to);
  EXPECT_EQ(to, (std::vector<std::pair<access, ordering>>{{access::load, ordering::relaxed},
                                                          {access::change, ordering::acquiring},
                                                          {access::change, ordering::releasing},
                                                          {access::change, ordering::relaxed},
                                                          {access::failed_compare, ordering::relaxed}}));
}

TEST(checker, plants_one_fault_by_its_name) {
  const std::vector<body> threads = {[] {
    if (platform::checked::planted("one")) require(false, "one is planted");
    require(!platform::checked::planted("two"), "two is planted");
  }};
  const tally none = explore({.threads = threads});
  EXPECT_EQ(none.failure, "");
  EXPECT_EQ(none.planted, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(explore({.threads = threads}, {.planted = "one"}).failure.substr(0, 14), "one is planted");
  EXPECT_EQ(explore({.threads = threads}, {.planted = "two"}).failure.substr(0, 14), "two is planted");
  EXPECT_FALSE(platform::checked::planted("two"));
}

TEST(checker, a_thread_without_end_is_a_failure) {
  const tally seen = explore({.threads = {[] {
                                for (;;) x.store(1, relaxed);
                              }}});
  EXPECT_EQ(seen.failure.substr(0, 32), "a thread does more than the chec");
}

TEST(checker, refuses_a_ninth_thread) {
  EXPECT_THROW((void)executions(std::vector<body>(9, write_x(1, relaxed))), std::invalid_argument);
}

}  // namespace
}  // namespace portolan
