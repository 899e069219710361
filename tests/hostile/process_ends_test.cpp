// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A process may end while its maps are in use: any thread may call exit, the main thread may leave before the others,
// and static objects that hold or use maps may be destroyed before or after the library's own.
//
// Method: each cycle is a child process that ends in one of these ways with one map of the family. It is well if it ends
// by itself with status 0. Besides, this program itself has maps that are made before the library's static objects
// and destroyed after them, and maps that are made last and destroyed first; each of its children that exits destroys both.
//
// A map that is destroyed while another thread uses it is a fault of the program, as with any object: maps that threads
// use until the end of the process are never destroyed here (`immortal`), which is what a program has to do.
#include <pthread.h>

#include "../promises/numbered.hpp"
#include "../promises/threads.hpp"
#include "children.hpp"

namespace {

using namespace promises;

const std::vector<numbered_kind>& kinds() {
  static const auto& all = *new std::vector<numbered_kind>(numbered_kinds(every_shared_map()));
  return all;
}

void use(numbered_map& map, std::uint64_t from, std::uint64_t count) {
  for (std::uint64_t key = from; key < from + count; ++key) map.insert_or_assign(key, key);
  for (std::uint64_t key = from; key < from + count; ++key) {
    const answer found = map.find(key);
    if (found && *found != key) std::abort();
    if (key % 4 != 0) map.erase(key);
  }
}

/// A map of each kind, used when it is made and when it is destroyed.
class static_maps {
 public:
  static_maps() {
    for (const numbered_kind& each : kinds()) {
      maps_.push_back(each.make());
      use(*maps_.back(), 0, 100);
    }
  }
  ~static_maps() {
    for (const auto& each : maps_) {
      use(*each, 60, 60);
      if (each->size() != 30) std::abort();
      each->clear();
    }
  }
  static_maps(const static_maps&) = delete;
  static_maps& operator=(const static_maps&) = delete;

 private:
  std::vector<std::unique_ptr<numbered_map>> maps_;
};

// The library stands behind this file in the link: what is static here is made before its static objects, and destroyed
// after them. main makes the others, which are destroyed first. (Not promised: static objects with an init_priority of
// their own, which the compiler makes before the decision on membarrier.)
const static_maps destroyed_last;

numbered_map& immortal(std::size_t number) { return *kinds()[number % kinds().size()].make().release(); }

/// Starts threads that use the map until the end of the process.
void keep_using(numbered_map& map, unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) {
    std::thread([&map, i] {
      for (std::uint64_t round = 0;; ++round) use(map, 1'000 * i + round % 100, 50);
    }).detach();
  }
}

TEST(a_process_ends, by_exit_from_a_worker_while_others_use_the_map) {
  const auto ends = hostile::in_children(hostile::cycles(), [](int i) {
    numbered_map& map = immortal(static_cast<std::size_t>(i));
    keep_using(map, 2);
    std::thread([&map, i] {
      use(map, 50'000, static_cast<std::uint64_t>(i % 100));
      std::exit(0);
    }).join();
    return false;
  });
  EXPECT_EQ(ends, hostile::all_well);
}

TEST(a_process_ends, by_the_end_of_main_while_others_use_the_map) {
  const auto ends = hostile::in_children(hostile::cycles(), [](int i) -> bool {
    keep_using(immortal(static_cast<std::size_t>(i)), 2);
    use(immortal(static_cast<std::size_t>(i) + 1), 0, static_cast<std::uint64_t>(i % 100));
    std::exit(0);
  });
  EXPECT_EQ(ends, hostile::all_well);
}

// pthread_exit in main itself: no frame above it may stop the unwinding, so this is a program of its own.
TEST(a_process_ends, by_its_last_thread_long_after_the_main_one) {
  const auto ends = hostile::in_children(std::max(1, hostile::cycles() / 3), [](int i) {
    return hostile::become({"--main-ends-first", std::to_string(i)});
  });
  EXPECT_EQ(ends, hostile::all_well);
}

struct uses_when_main_has_ended {
  numbered_map* map = nullptr;
  ~uses_when_main_has_ended() {
    if (map != nullptr) use(*map, 0, 10);
  }
};

[[noreturn]] void main_ends_first(std::size_t number) {
  numbered_map& map = immortal(number);
  map.insert(1, 1);
  static thread_local uses_when_main_has_ended last;
  last.map = &map;
  std::thread([&map, main_thread = pthread_self()] {
    pthread_join(main_thread, nullptr);
    use(map, 0, 300);
    std::exit(map.size() == 75 ? 0 : 1);
  }).detach();
  pthread_exit(nullptr);
}

// A forked child of a threaded program leaves by exit: all that the parent's threads left is destroyed by its only one.
TEST(a_process_ends, by_exit_from_a_forked_child) {
  if (!support::fork_under_threads_works)
    GTEST_SKIP() << "the sanitizer's allocator does not survive a fork under threads";
  const auto ends = hostile::in_children(std::max(1, hostile::cycles() / 3), [](int i) {
    numbered_map& map = immortal(static_cast<std::size_t>(i));
    keep_using(map, 1);
    use(map, 50'000, 100);
    const pid_t child = ::fork();
    if (child == 0) {
      use(map, 60'000, 100);
      delete &map;
      std::exit(0);
    }
    int status = -1;
    return ::waitpid(child, &status, 0) == child && status == 0;
  });
  EXPECT_EQ(ends, hostile::all_well);
}

}  // namespace

// What immortal maps hold in pages from the kernel is not searched by the leak checker: it would call their nodes lost.
extern "C" int __lsan_is_turned_off() { return 1; }

int main(int count, char** words) {
  if (count == 3 && std::string(words[1]) == "--main-ends-first") main_ends_first(std::stoul(words[2]));
  static const static_maps destroyed_first;
  testing::InitGoogleTest(&count, words);
  return RUN_ALL_TESTS();
}
