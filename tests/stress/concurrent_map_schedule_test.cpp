// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Scripted schedules of concurrent_map: a thread is stopped at a named place of the protocol, and what another thread
// could do meanwhile is done there. What each of these kills: docs/algorithms/concurrent_map.md.
//
// A script runs on the thread that the place stops, or on another that it waits for, wherever the operation must not
// wait; what may have to wait runs on threads which the script leaves some time and which are joined when the stopped
// one has gone on.
#define PORTOLAN_STEPS 1
#include <portolan/map/concurrent_map.hpp>
#include <portolan/reclaim/hazard.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using portolan::concurrent_map;
using key = std::uint64_t;

/// Sends keys to the homes 0, 1, 2 …, eight keys to each.
struct crowded {
  std::size_t operator()(key k) const noexcept { return k / 8; }
};
/// The lines of a hash are known: its high bits, here those of the key.
struct plain {
  using is_avalanching = void;
  std::size_t operator()(key k) const noexcept { return k << 54 | k; }
};
/// One hash for all.
struct constant {
  std::size_t operator()(key) const noexcept { return 7; }
};

/// An equality that the map does not know: such keys stand in nodes, whose small values change in place.
struct same_number {
  bool operator()(key a, key b) const noexcept { return a == b; }
};

template <class R, class S, class Equal = portolan::equal<key>>
struct variant {
  template <class Hash, class Alloc = std::allocator<std::pair<const key, key>>>
  using map = concurrent_map<key, key, Hash, Equal, Alloc, R, S>;
  static constexpr bool in_place = std::is_same_v<Equal, same_number>;
  static constexpr bool nodes = in_place || std::is_same_v<S, portolan::node_storage>;
};
using variants = testing::Types<
    variant<portolan::epoch, portolan::automatic_storage>, variant<portolan::hazard, portolan::automatic_storage>,
    variant<portolan::epoch, portolan::portable_storage>, variant<portolan::hazard, portolan::portable_storage>,
    variant<portolan::epoch, portolan::node_storage>, variant<portolan::hazard, portolan::node_storage>,
    variant<portolan::epoch, portolan::automatic_storage, same_number>,
    variant<portolan::hazard, portolan::automatic_storage, same_number>>;
template <class V>
class scripted : public testing::Test {};
TYPED_TEST_SUITE(scripted, variants);

/// Runs `act(place)` at each named place that this thread passes while the script lives; not inside itself.
class script {
 public:
  explicit script(std::function<void(std::string_view)> act) : act_(std::move(act)) {
    current = this;
    portolan::platform::step_hook.store(&script::reached);
  }
  ~script() { current = nullptr; }
  script(const script&) = delete;
  script& operator=(const script&) = delete;

 private:
  static void reached(const char* place) {
    script* const now = std::exchange(current, nullptr);
    if (now == nullptr) return;
    now->act_(place);
    current = now;
  }
  static inline thread_local script* current = nullptr;
  std::function<void(std::string_view)> act_;
};

/// Threads whose work may have to wait for the stopped one.
class others {
 public:
  ~others() { join(); }
  void run(std::function<void()> work) {
    ++running_;
    threads_.emplace_back([this, work = std::move(work)] {
      work();
      --running_;
    });
  }
  /// Lets them come as far as they can: until all are through, or some time has passed.
  void leave_time() {
    for (int i = 0; i < 40 && running_.load() != 0; ++i) std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  void join() {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::atomic<int> running_{0};
  std::vector<std::thread> threads_;
};

/// What another thread does that does not wait for the stopped one.
template <class F>
void elsewhere(F work) {
  std::thread(work).join();
}

template <class Map>
void expect_same(Map& map, const std::map<key, key>& oracle, key bound, std::string_view when) {
  for (key k = 0; k < bound; ++k) {
    const auto known = oracle.find(k);
    const auto found = map.find(k);
    ASSERT_EQ(found.has_value(), known != oracle.end()) << "key " << k << " " << when;
    if (found) {
      ASSERT_EQ(*found, known->second) << "key " << k << " " << when;
    }
  }
}

template <class Map>
std::map<key, key> fill(Map& map, key count) {
  std::map<key, key> oracle;
  for (key k = 0; k < count; ++k) {
    EXPECT_TRUE(map.insert(k, k + 1000));
    oracle[k] = k + 1000;
  }
  return oracle;
}

// Method: the mover is stopped after a copy, and before it marks the old entry. Then a third of the keys is erased, a
// third assigned; every find must say so at once, and after the move. Each copy is stopped at once, map by map.
TYPED_TEST(scripted, a_copy_is_not_believed_before_its_original_is_marked) {
  constexpr key keys = 24;
  for (int stop_at = 1; stop_at <= static_cast<int>(keys); stop_at += 1) {
    typename TypeParam::template map<crowded> map(portolan::map_options{.capacity = 64, .seed = 3});
    std::map<key, key> oracle = fill(map, keys);
    others writers;
    int copies = 0;
    {
      const script stops([&](std::string_view place) {
        if (place == "line closed" && (copies < stop_at || !TypeParam::nodes))
          expect_same(map, oracle, keys + 4, "with a line closed");
        if (place != "copied" || ++copies != stop_at) return;
        expect_same(map, oracle, keys + 4, "after a copy");
        const auto change = [&] {
          for (key k = 0; k < keys; ++k) {
            if (k % 3 == 0) {
              EXPECT_TRUE(map.erase(k));
            } else if (k % 3 == 1) {
              EXPECT_EQ(map.insert_or_assign(k, k + 5000), portolan::assignment::assigned);
            }
          }
        };
        if constexpr (TypeParam::nodes) {
          writers.run(change);
          writers.leave_time();
        } else {
          change();
        }
        for (key k = 0; k < keys; ++k) {
          if (k % 3 == 0) oracle.erase(k);
          if (k % 3 == 1) oracle[k] = k + 5000;
        }
        if constexpr (!TypeParam::nodes) expect_same(map, oracle, keys + 4, "changed after a copy");
      });
      map.reserve(2000);
    }
    writers.join();
    expect_same(map, oracle, keys + 4, "after the move");
    EXPECT_EQ(map.size(), oracle.size());
    if (testing::Test::HasFailure()) return;
  }
}

// Method: keys of one hash, among them some that stand behind the block's last line, in its first. The mover is stopped
// wherever it closes a line and before it says done; keys that are there are inserted, which must find them.
TYPED_TEST(scripted, a_key_that_is_being_moved_is_not_inserted_again) {
  for (key group = 0; group < 32; group += 3) {
    typename TypeParam::template map<plain> map(portolan::map_options{.capacity = 64, .seed = 3});
    // All of one home line: the key's low ten bits are the hash's high ones.
    std::vector<key> keys;
    for (key i = 0; i < 24; ++i) keys.push_back((i + 1) << 10 | group * 32);
    for (const key k : keys) ASSERT_TRUE(map.insert(k, k));
    others writers;
    int stops = 0;
    {
      const script stop([&](std::string_view place) {
        if (place != "line closed" && place != "before done") return;
        if (place == "line closed" && ++stops % 5 != 2) return;
        for (std::size_t i = 0; i < keys.size(); i += 5) {
          writers.run([&map, k = keys[i]] { EXPECT_FALSE(map.insert(k, 1)) << "inserted twice: " << k; });
        }
        writers.leave_time();
      });
      map.reserve(map.stats().capacity + 1);
    }
    writers.join();
    EXPECT_EQ(map.size(), keys.size());
    for (const key k : keys) EXPECT_EQ(map.find(k).value_or(0), k);
    if (testing::Test::HasFailure()) return;
  }
}

// Method: one unit is stopped in the middle; the others are finished meanwhile, by as many operations as it takes. The
// map must not leave the old table, whose unit is not done.
TYPED_TEST(scripted, the_root_stays_while_a_unit_is_being_moved) {
  typename TypeParam::template map<portolan::hash<key>> map(portolan::map_options{.capacity = 600, .seed = 5});
  std::map<key, key> oracle = fill(map, 500);
  others writers;
  bool stopped = false;
  {
    const script stops([&](std::string_view place) {
      if (place != "copied" || stopped) return;
      stopped = true;
      for (key id = 0; id < 8; ++id) {
        writers.run([&map, id] {
          for (key i = 0; i < 8; ++i) map.insert(100000 + id * 8 + i, i);
        });
      }
      writers.leave_time();
      expect_same(map, oracle, 500, "with one unit left");
    });
    map.reserve(2000);
  }
  EXPECT_TRUE(stopped);
  writers.join();
  expect_same(map, oracle, 500, "after the move");
  EXPECT_EQ(map.size(), 500U + 64U);
}

// Method: an insert is stopped between counting a displaced entry and filling its slot. All other keys of its home go
// meanwhile, and with them the counts; who was found before must be found after.
TYPED_TEST(scripted, a_displaced_entry_is_counted_before_it_is_seen) {
  if (TypeParam::in_place) GTEST_SKIP() << "an erase waits for the insert of its line here";
  for (key last = 4; last < 24; ++last) {
    typename TypeParam::template map<crowded> map(portolan::map_options{.capacity = 300, .seed = 3});
    for (key k = 0; k < last; ++k) ASSERT_TRUE(map.insert(k / 8 * 8 + k % 8, k));
    {
      const script stop([&](std::string_view place) {
        if (place != "before fill") return;
        elsewhere([&] {
          const bool seen = map.contains(last);
          for (key k = 0; k < last; ++k) EXPECT_TRUE(map.erase(k));
          EXPECT_FALSE(seen && !map.contains(last)) << "seen, then missed: " << last;
        });
      });
      EXPECT_TRUE(map.insert(last, 1));
    }
    EXPECT_TRUE(map.contains(last));
    EXPECT_EQ(map.size(), 1U);
  }
}

// Method: an erase is stopped when its slot is empty and its counts stand yet. An entry missed there is not seen again.
TYPED_TEST(scripted, an_erased_entry_does_not_come_back) {
  for (key gone = 0; gone < 24; ++gone) {
    typename TypeParam::template map<constant> map(portolan::map_options{.capacity = 300, .seed = 3});
    for (key k = 0; k < 24; ++k) ASSERT_TRUE(map.insert(k, k));
    for (key k = 0; k < 24; ++k) {
      if (k != gone && k > 10) {
        ASSERT_TRUE(map.erase(k));
      }
    }
    bool reached = false;
    {
      const script stop([&](std::string_view place) {
        if (place != "emptied") return;
        reached = true;
        const bool seen = map.contains(gone);
        for (key k = 100; k < 120; ++k) map.insert(k, k);
        EXPECT_FALSE(!seen && map.contains(gone)) << "missed, then seen: " << gone;
      });
      EXPECT_TRUE(map.erase(gone));
    }
    EXPECT_FALSE(map.contains(gone));
    for (key k = 100; k < 120; ++k) EXPECT_EQ(map.contains(k), reached);
    EXPECT_EQ(reached, !TypeParam::in_place);
  }
}

// Method: an insert is stopped before it holds its line; another one of the same key comes first.
TYPED_TEST(scripted, of_two_inserts_of_one_key_one_wins) {
  typename TypeParam::template map<portolan::hash<key>> map;
  for (key k = 0; k < 40; ++k) {
    bool first = false;
    {
      const script stop([&](std::string_view place) {
        if (place == "home wanted" && !first) first = map.insert(k, 1);
      });
      EXPECT_FALSE(map.insert(k, 2));
    }
    EXPECT_TRUE(first);
    EXPECT_EQ(map.find(k).value_or(0), 1U);
  }
  EXPECT_EQ(map.size(), 40U);
}

// Method: an insert is stopped when it is about to fill a slot of a neighbour's line; the neighbour inserts, too.
TYPED_TEST(scripted, two_inserts_do_not_fill_one_slot) {
  for (key round = 0; round < 12; ++round) {
    typename TypeParam::template map<plain> map(portolan::map_options{.capacity = 300, .seed = 3});
    const key home = round * 16;  // of 1024 parts of the hash space; the lines behind it are of home + 8, + 16 …
    key number = 0;
    const auto next_key = [&](key part) { return ++number << 10 | (part & 1023); };
    std::vector<key> keys;
    others writers;
    for (int i = 0; i < 20; ++i) {
      const key k = next_key(home);
      keys.push_back(k);
      int stops = 0;
      const script stop([&](std::string_view place) {
        if (place != "before fill" || ++stops > 1) return;
        for (key part = 0; part < 64; part += 4) {
          if (i % 4 != 3) break;
          keys.push_back(next_key(home + part));
          writers.run([&map, other = keys.back()] { EXPECT_TRUE(map.insert(other, other)); });
        }
        if (i % 4 == 3) writers.leave_time();
      });
      EXPECT_TRUE(map.insert(k, k));
    }
    writers.join();
    for (const key k : keys) EXPECT_EQ(map.find(k).value_or(0), k);
    EXPECT_EQ(map.size(), keys.size());
  }
}

// Method: an insert is stopped just before it fills its slot, and the table moves, as far as it can.
TYPED_TEST(scripted, what_an_insert_puts_into_a_line_that_is_to_move_moves_too) {
  typename TypeParam::template map<crowded> map(portolan::map_options{.seed = 3});
  for (key k = 0; k < 12; ++k) {
    others mover;
    {
      const script stop([&](std::string_view place) {
        if (place != "before fill") return;
        mover.run([&map] { map.reserve(map.stats().capacity + 1); });
        mover.leave_time();
      });
      EXPECT_TRUE(map.insert(k, k));
    }
    mover.join();
    for (key i = 0; i <= k; ++i) ASSERT_EQ(map.find(i).value_or(~key{0}), i);
  }
}

// Method: for_each is stopped after each line that it has looked at, and the whole table moves: larger and smaller.
TYPED_TEST(scripted, a_walk_starts_a_block_anew_that_moved_under_it) {
  typename TypeParam::template map<portolan::hash<key>> map(portolan::map_options{.capacity = 100, .seed = 5});
  const std::map<key, key> oracle = fill(map, 100);
  for (int stop_at = 1; stop_at < 60; stop_at += 5) {
    std::map<key, int> times;
    int lines = 0;
    {
      const script stop([&](std::string_view place) {
        if (place != "line collected" || ++lines != stop_at) return;
        if (stop_at % 2 == 1) {
          map.reserve(map.stats().capacity + 1);
        } else {
          map.erase_if([](key, key) { return false; });
        }
      });
      map.for_each([&](key k, key) { ++times[k]; });
    }
    EXPECT_EQ(times.size(), oracle.size());
    for (const auto& [k, n] : times) EXPECT_EQ(n, 1) << "key " << k;
  }
}

// Method: a shrinking table is stopped when all entries of a unit have moved and it is not done; a walk begins.
TYPED_TEST(scripted, a_walk_waits_for_each_block_of_a_unit_that_shrinks) {
  typename TypeParam::template map<portolan::hash<key>> map(portolan::map_options{.seed = 5});
  constexpr key stayers = 50;
  for (key k = 0; k < 6000; ++k) ASSERT_TRUE(map.insert(k, k));
  others walkers;
  int stops = 0;
  {
    const script stop([&](std::string_view place) {
      if (place != "before done" || ++stops > 6) return;
      walkers.run([&map] {
        std::map<key, int> times;
        map.for_each([&](key k, key) { ++times[k]; });
        for (key k = 0; k < stayers; ++k) EXPECT_EQ(times[k], 1) << "key " << k;
      });
      walkers.leave_time();
    });
    for (key k = stayers; k < 6000; ++k) ASSERT_TRUE(map.erase(k));
  }
  EXPECT_GT(stops, 0);
}

// Method: while compute's callable runs, another thread assigns; the callable is asked again about that value.
TYPED_TEST(scripted, a_compute_that_lost_its_entry_asks_again) {
  if (TypeParam::in_place) GTEST_SKIP() << "an assign waits for the compute of its line here";
  typename TypeParam::template map<portolan::hash<key>> map;
  map.insert(7, 1);
  int asked = 0;
  const auto how = map.compute(7, [&](const key* now) {
    if (asked++ == 0) elsewhere([&map] { map.insert_or_assign(7, 100); });
    return *now + 1;
  });
  EXPECT_EQ(how, portolan::computed::assigned);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(map.find(7).value_or(0), 101U);
}

// ---- memory that shows when it is read after it was freed ----

template <class T>
struct poisoning {
  using value_type = T;
  poisoning() = default;
  template <class U>
  explicit(false) poisoning(const poisoning<U>&) noexcept {}
  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{alignof(T)}));
  }
  void deallocate(T* block, std::size_t count) noexcept {
    std::memset(static_cast<void*>(block), 0xDD, count * sizeof(T));
    ::operator delete (block, std::align_val_t{alignof(T)});
  }
  friend bool operator==(const poisoning&, const poisoning&) noexcept { return true; }
};

// Method: a helper is stopped when it knows the table to help; meanwhile the map moves twice, and what hazards do not
// name is freed. Under hazard pointers it must not read the next table, which is gone.
TYPED_TEST(scripted, a_helper_that_comes_late_reads_no_table_that_is_gone) {
  using map_type = typename TypeParam::template map<portolan::hash<key>, poisoning<std::pair<const key, key>>>;
  map_type map(portolan::map_options{.seed = 5});
  bool stopped = false;
  key k = 0;
  {
    const script stop([&](std::string_view place) {
      if (place != "helping" || stopped) return;
      stopped = true;
      std::thread([&map] {
        for (std::size_t i = 0; i < 3; ++i) map.reserve(map.stats().capacity + 1);
        map.erase_if([](key, key) { return false; });  // collects
      }).join();
    });
    for (; !stopped && k < 10000; ++k) map.insert(k, k);
  }
  EXPECT_TRUE(stopped);
  for (key i = 0; i < k; ++i) EXPECT_EQ(map.find(i).value_or(~key{0}), i);
}

// Method: the mover is stopped and waits for the line that a compute holds; the compute's callable reads the map.
TYPED_TEST(scripted, a_callable_that_reads_the_map_ends_while_the_table_moves) {
  typename TypeParam::template map<crowded> map(portolan::map_options{.capacity = 64, .seed = 3});
  const std::map<key, key> oracle = fill(map, 24);
  for (key held = 0; held < 24; held += 5) {
    others mover;
    map.compute(held, [&](const key*) {
      mover.run([&map] { map.reserve(map.stats().capacity + 1); });
      mover.leave_time();
      expect_same(map, oracle, 24, "inside compute");
      return portolan::decision<key>(portolan::keep);
    });
    mover.join();
  }
  expect_same(map, oracle, 24, "at the end");
}

// Method: the entries of a table that shrinks crowd in one block of the smaller one; it is moved on while it is built.
TYPED_TEST(scripted, entries_that_do_not_fit_a_shrunken_table_move_on_and_the_move_ends) {
  typename TypeParam::template map<plain> map(portolan::map_options{.seed = 3});
  // Keys whose hashes begin alike: they fill one block of any smaller table, and spread in a larger one.
  std::vector<key> keys;
  for (key i = 1; i <= 900; ++i) keys.push_back(i << 10 | (i % 16));
  for (key i = 1; i <= 40000; ++i) ASSERT_TRUE(map.insert(i << 10 | (16 + i % 1000), 0));
  for (const key k : keys) ASSERT_TRUE(map.insert(k, k));
  ASSERT_EQ(map.stats().spilled, 0U);
  const std::size_t growths = map.stats().growths;
  EXPECT_EQ(map.erase_if([](key, key value) { return value == 0; }), 40000U);
  EXPECT_GT(map.stats().growths, growths);
  for (const key k : keys) EXPECT_EQ(map.find(k).value_or(0), k);
  std::size_t shown = 0;
  map.erase_if([](key, key) { return false; });
  map.for_each([&](key k, key value) {
    EXPECT_EQ(k, value);
    ++shown;
  });
  EXPECT_EQ(shown, keys.size());
  EXPECT_EQ(map.stats().tables, 1U);
}

// Method: as before, but nobody writes any more when the map has begun to shrink: the timer has to end the move, also
// that into the table which was begun in the middle of the first.
TYPED_TEST(scripted, a_move_that_was_begun_inside_another_ends_by_itself) {
  typename TypeParam::template map<plain> map(portolan::map_options{.seed = 3});
  for (key i = 1; i <= 40000; ++i) map.insert(i << 10 | (16 + i % 1000), 0);
  for (key i = 1; i <= 900; ++i) map.insert(i << 10 | (i % 16), i);
  for (key i = 1; i <= 40000; ++i) ASSERT_TRUE(map.erase(i << 10 | (16 + i % 1000)));
  for (int waits = 0; map.stats().tables > 1 && waits < 1000; ++waits) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(map.stats().tables, 1U);
  for (key i = 1; i <= 900; ++i) EXPECT_EQ(map.find(i << 10 | (i % 16)).value_or(0), i);
}

// Method: pages of an old table go back to the kernel while readers, writers and a walk stand in it.
TYPED_TEST(scripted, entries_of_pages_that_were_given_back_are_found_in_the_next_table) {
  typename TypeParam::template map<portolan::hash<key>> map;
  const key count = 120000;
  key k = 0;
  int looks = 0;
  const script stop([&](std::string_view place) {
    if (place != "before done" || ++looks % 16 != 0) return;
    for (key i = 1; i < k; i += 997) ASSERT_EQ(map.find(i).value_or(0), i) << "lost: " << i;
  });
  for (; k < count; ++k) map.insert(k, k);
  for (key i = 0; i < count; ++i) ASSERT_EQ(map.find(i).value_or(~key{0}), i);
}

// Method: all keys have one hash, so that most stand in the spill; each thread owns some of them.
TYPED_TEST(scripted, spilled_entries_keep_every_promise_under_threads) {
  typename TypeParam::template map<constant> map;
  others threads;
  for (key id = 0; id < 3; ++id) {
    threads.run([&map, id] {
      std::map<key, key> mine;
      std::uint64_t random = 77 + id;
      for (int i = 0; i < 1500; ++i) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        const key k = (random >> 33) % 150 * 3 + id;
        if (random >> 62 == 0) {
          ASSERT_EQ(map.erase(k), mine.erase(k) == 1);
        } else if (random >> 62 == 1) {
          map.insert_or_assign(k, random);
          mine[k] = random;
        } else {
          ASSERT_EQ(map.insert(k, random), mine.try_emplace(k, random).second);
        }
        ASSERT_EQ(map.contains(k), mine.contains(k));
      }
      for (const auto& [k, value] : mine) ASSERT_EQ(map.find(k).value_or(0), value);
    });
  }
  threads.join();
  std::size_t shown = 0;
  map.for_each([&](key, key) { ++shown; });
  EXPECT_EQ(shown, map.size());
}

// ---- one thread, exact ----

struct calls_back {
  std::uint64_t value = 0;
  calls_back() = default;
  explicit calls_back(const std::function<std::uint64_t()>& call) : value(call()) {}
};

TEST(concurrent_map_core, a_constructor_of_a_small_value_that_inserts_is_refused) {
  concurrent_map<key, calls_back> map;
  const std::function<std::uint64_t()> again = [&] { return map.insert(1, calls_back()) ? 1U : 2U; };
  EXPECT_THROW(map.try_emplace(1, again), portolan::reentrant_call);
  EXPECT_FALSE(map.contains(1));
  EXPECT_TRUE(map.insert(1, calls_back()));
}

TYPED_TEST(scripted, looking_for_a_reserved_key_makes_no_table) {
  typename TypeParam::template map<portolan::hash<key>> map;
  const std::size_t before = map.stats().bytes;
  EXPECT_FALSE(map.contains(0));
  EXPECT_FALSE(map.erase(~key{0}));
  EXPECT_EQ(map.stats().bytes, before);
  EXPECT_TRUE(map.insert(0, 1));
  EXPECT_TRUE(map.insert(~key{0}, 2));
  EXPECT_EQ(map.extract(0).value_or(9), 1U);
  EXPECT_EQ(map.exchange(~key{0}, 3).value_or(9), 2U);
}

}  // namespace
