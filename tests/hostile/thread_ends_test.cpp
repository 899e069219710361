// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A thread may end wherever user code runs: between operations, inside a callable that an operation calls, in the
// destructors that run at its end. The map is then whole, no lock is left held, and the thread's number is free again.
//
// Method: one cycle is one thread that ends in one way at one place, while another thread writes the same keys all the
// time. After each cycle the map answers; after all of them its content is what it says, and no number is lost.
//
//   ways      by return, by pthread_exit, by an exception, by pthread_cancel (deferred), each joined or detached
//   places    between operations; inside for_each, erase_if, load_or_compute, compute; in a thread_local object's
//             destructor; in a pthread key's destructor, which runs after that
//
// Not promised, and not tried: to end inside a Hash, a KeyEqual, a copy or a move (these may run in code that does not
// let exceptions through), asynchronous cancellation, which no C++ library bears.
#include <pthread.h>

#include <array>

#include <portolan/base/thread_slots.hpp>

#include "../promises/numbered.hpp"
#include "../promises/threads.hpp"
#include "children.hpp"

namespace {

using namespace promises;

enum class way { returns, exits, throws, is_cancelled };
enum class place { between, in_for_each, in_erase_if, in_load_or_compute, in_thread_local, in_key };
constexpr way ways[] = {way::returns, way::exits, way::throws, way::is_cancelled};
constexpr place places[] = {place::between,         place::in_for_each, place::in_erase_if, place::in_load_or_compute,
                            place::in_thread_local, place::in_key};

struct end_of_thread {};

/// Ends this thread, unless it is to end by returning.
void end_by(way chosen) {
  switch (chosen) {
    case way::returns: return;
    case way::exits: pthread_exit(nullptr);
    case way::throws: throw end_of_thread();
    case way::is_cancelled:
      pthread_cancel(pthread_self());
      pthread_testcancel();
      ADD_FAILURE() << "a cancelled thread went on";
  }
}

constexpr std::uint64_t keys = 64;

/// What a thread does at its very end.
struct uses_at_end {
  numbered_map* map = nullptr;
  ~uses_at_end() {
    if (map == nullptr) return;
    map->insert_or_assign(keys + 1, keys + 1);
    map->erase(keys + 2);
  }
};
thread_local uses_at_end at_end;

pthread_key_t late_key;
void use_late(void* map) {
  static_cast<numbered_map*>(map)->insert_or_assign(keys + 3, keys + 3);
  static_cast<numbered_map*>(map)->erase(keys + 4);
}

struct cycle {
  numbered_map* map;
  way how;
  place where;
  std::uint64_t number;
  std::atomic<bool>* ended;
};

/// Last of all destructors of a detached thread that anybody can wait for.
struct says_ended {
  std::atomic<bool>* ended;
  ~says_ended() { ended->store(true); }
};

void use_and_end(const cycle& its) {
  numbered_map& map = *its.map;
  const std::uint64_t key = its.number % keys;
  const says_ended says{its.ended};
  map.insert_or_assign(key, key);
  switch (its.where) {
    case place::between: break;
    case place::in_for_each:
      if (!map.lacks().walk) {
        map.for_each([&](std::uint64_t) { return end_by(its.how), true; });
      }
      break;
    case place::in_erase_if:
      if (!map.lacks().erase_if) {
        map.erase_if([&](std::uint64_t number) { return end_by(its.how), number % 2 == 0; });
      }
      break;
    case place::in_load_or_compute:
      map.erase(key);
      if (!map.lacks().load_or_compute) {
        map.load_or_compute(key, [&] { return end_by(its.how), answer(key); });
      }
      break;
    case place::in_thread_local: at_end.map = &map; break;
    case place::in_key: pthread_setspecific(late_key, &map); break;
  }
  end_by(its.how);
}

void* run_cycle(void* raw) {
  const cycle its = *static_cast<const cycle*>(raw);
  try {
    use_and_end(its);
  } catch (const end_of_thread&) {}
  return nullptr;
}

class a_thread_that_ends : public testing::TestWithParam<numbered_kind> {
 protected:
  watchdog guard{"a map after a thread has ended"};

  static void audit(numbered_map& map) {
    std::uint64_t shown = 0;
    if (!map.lacks().walk) {
      map.walk([&](std::uint64_t key, std::uint64_t number) {
        ++shown;
        EXPECT_EQ(number, key);
      });
      EXPECT_EQ(shown, map.size());
    }
    map.clear();
    EXPECT_EQ(map.size(), 0U);
    EXPECT_TRUE(map.insert(1, 1));
  }
};
INSTANTIATE_TEST_SUITE_P(hostile, a_thread_that_ends, over<every_shared_map>(), numbered_names());

TEST_P(a_thread_that_ends, leaves_the_map_whole_wherever_it_ends) {
  ASSERT_EQ(pthread_key_create(&late_key, use_late), 0);
  const std::unique_ptr<numbered_map> map = GetParam().make();
  std::atomic<bool> goes_on{true};
  std::atomic<bool> writes{false};
  std::thread writer([&] {
    chance random(1);
    while (goes_on.load()) {
      const std::uint64_t key = random.below(keys);
      if (random.below(2) == 0) {
        map->insert_or_assign(key, key);
      } else {
        map->erase(key);
      }
      writes = true;
      std::this_thread::yield();
    }
  });
  while (!writes.load()) std::this_thread::yield();
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);

  const int count = hostile::cycles();
  for (int i = 0; i < count; ++i) {
    const bool is_detached = i % 2 == 0;
    std::atomic<bool> ended{false};
    const auto number = static_cast<std::size_t>(i);
    cycle its{map.get(), ways[number / 2 % std::size(ways)], places[number / 8 % std::size(places)], number, &ended};
    pthread_t thread{};
    ASSERT_EQ(pthread_create(&thread, is_detached ? &detached : nullptr, run_cycle, &its), 0);
    if (is_detached) {
      while (!ended.load()) std::this_thread::yield();
    } else {
      ASSERT_EQ(pthread_join(thread, nullptr), 0);
    }
    const std::uint64_t key = its.number % keys;
    map->insert_or_assign(key, key);
    if (const answer found = map->find(key)) {
      ASSERT_EQ(*found, key);
    }
  }
  // Numbers are held by this thread, the writer and the library's timer; detached threads are still giving theirs back.
  while (portolan::thread_slots_held() > 3) std::this_thread::yield();
  EXPECT_LE(portolan::thread_slot_bound(), 64U);
  goes_on = false;
  writer.join();
  pthread_attr_destroy(&detached);
  pthread_key_delete(late_key);
  audit(*map);
}

// No operation is a point of cancellation: a request that comes while one runs waits for the program's own.
TEST_P(a_thread_that_ends, is_not_cancelled_inside_an_operation) {
  const std::unique_ptr<numbered_map> map = GetParam().make();
  for (int i = 0; i < std::max(1, hostile::cycles() / 10); ++i) {
    struct both {
      numbered_map* map;
      std::uint64_t passed;
    } its{map.get(), 0};
    pthread_t thread{};
    const auto body = [](void* raw) -> void* {
      both& self = *static_cast<both*>(raw);
      pthread_cancel(pthread_self());  // pending from here on
      for (std::uint64_t key = 0; key < 200; ++key) self.map->insert(key, key);
      for (std::uint64_t key = 0; key < 200; ++key) self.passed += self.map->contains(key) ? 1U : 0U;
      self.map->clear();
      pthread_testcancel();
      return raw;
    };
    ASSERT_EQ(pthread_create(&thread, nullptr, body, &its), 0);
    void* result = nullptr;
    ASSERT_EQ(pthread_join(thread, &result), 0);
    ASSERT_EQ(result, PTHREAD_CANCELED);
    ASSERT_EQ(its.passed, 200U);
    ASSERT_EQ(map->size(), 0U);
  }
}

// compute's callable runs inside a critical section: who ends there gives it back.
template <class Subject>
class a_thread_that_ends_in_compute : public testing::Test {
 protected:
  watchdog guard{"a map after a thread has ended inside compute"};
};
using computing = where<can_compute, every_shared_map>;
TYPED_TEST_SUITE(a_thread_that_ends_in_compute, computing, subject_names);

TYPED_TEST(a_thread_that_ends_in_compute, changes_nothing_and_holds_nothing) {
  struct its {
    typename TypeParam::map map;
    way how = way::returns;
  } all;
  all.map.insert(TypeParam::key_of(1), TypeParam::value_of(1));
  const auto body = [](void* raw) -> void* {
    its& self = *static_cast<its*>(raw);
    try {
      self.map.compute(TypeParam::key_of(1), [&](const auto*) { return end_by(self.how), TypeParam::value_of(2); });
    } catch (const end_of_thread&) {}
    return raw;
  };
  for (int i = 0; i < hostile::cycles(); ++i) {
    all.how = ways[1 + static_cast<std::size_t>(i) % (std::size(ways) - 1)];
    pthread_t thread{};
    ASSERT_EQ(pthread_create(&thread, nullptr, body, &all), 0);
    ASSERT_EQ(pthread_join(thread, nullptr), 0);
    ASSERT_EQ(number_at<TypeParam>(all.map, TypeParam::key_of(1)), 1U);
    ASSERT_EQ(all.map.insert_or_assign(TypeParam::key_of(1), TypeParam::value_of(1)), portolan::assignment::assigned);
  }
}

// The first map of a process draws the process's secret; a thread that is to be cancelled may be the one to make it. A
// program of its own: here secrets have been drawn.
TEST(a_cancelled_thread, makes_the_first_map_of_a_process) {
  const auto ends = hostile::in_children(std::max(1, hostile::cycles() / 30), [](int i) {
    return hostile::become({"--cancelled-first-map", std::to_string(i)});
  });
  EXPECT_EQ(ends, hostile::all_well);
}

void* make_first_map(void* raw) {
  pthread_cancel(pthread_self());
  const std::unique_ptr<numbered_map> map = static_cast<numbered_kind*>(raw)->make();
  for (std::uint64_t key = 0; key < 200; ++key) map->insert(key, key);
  return map->size() == 200 ? raw : nullptr;
}

int cancelled_first_map(std::size_t number) {
  std::vector<numbered_kind> kinds = numbered_kinds(every_shared_map());
  numbered_kind& kind = kinds[number % kinds.size()];
  pthread_t thread{};
  void* result = nullptr;
  if (pthread_create(&thread, nullptr, make_first_map, &kind) != 0) return 1;
  return pthread_join(thread, &result) == 0 && result == &kind ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  if (count == 3 && std::string(words[1]) == "--cancelled-first-map") return cancelled_first_map(std::stoul(words[2]));
  testing::InitGoogleTest(&count, words);
  return RUN_ALL_TESTS();
}
