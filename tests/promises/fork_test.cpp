// Promise: after fork under three writers the child finds whole maps, uses them and destroys them; nobody hangs. Fork
// inside compute is refused to the child with an error, not with a hang.
//
// Method: three threads write without pause while the main thread forks again and again; the child reads, writes,
// walks, clears and destroys every map and leaves with a code. A child that has not ended in time is a hang.
// `./test --nightly` makes it 10,000 forks instead of 300 (spread over the maps).
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>

#include "numbered.hpp"
#include "threads.hpp"

namespace promises {
namespace {

enum class ended { well, badly, hung };

// Runs `body` in a child; it says by its result whether all was well.
ended in_child(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    bool well = false;
    try {
      well = body();
    } catch (...) {}
    ::_exit(well && !testing::Test::HasFailure() ? 0 : 1);
  }
  for (int waited_ms = 0; waited_ms < 100'000; ++waited_ms) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) {
      return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? ended::well : ended::badly;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return ended::hung;
}

class fork_under_writers : public testing::TestWithParam<numbered_kind> {
 protected:
  static constexpr std::uint64_t keys = 200;

  // Everything a child may do with the map that it got.
  static bool use_and_destroy(std::unique_ptr<numbered_map> map) {
    const auto wrong = [](const char* what) {
      std::fprintf(stderr, "in the child: %s\n", what);
      return false;
    };
    for (std::uint64_t key = 0; key < keys; ++key) {
      if (const answer found = map->find(key); found && *found % keys != key)
        return wrong("a value that nobody stored");
    }
    map->insert_or_assign(keys + 1, keys + 1);
    map->compute(keys + 1, {wish::kind::add, 1});
    if (map->find(keys + 1) != keys + 2) return wrong("a write that was lost");
    std::size_t shown = 0;
    map->for_each([&](std::uint64_t) { return ++shown < 10'000; });
    if (shown != map->size()) return wrong("size() is not what for_each shows");
    for (std::uint64_t key = 0; key < 200; ++key) map->insert(10'000 + key, key);
    if (!map->lacks().load_or_compute && map->load_or_compute(99'999, [] { return answer(5); }) != 5U)
      return wrong("load_or_compute");
    map->clear();
    if (map->size() != 0) return wrong("not empty after clear");
    map.reset();
    return true;
  }
};
INSTANTIATE_TEST_SUITE_P(promise, fork_under_writers, over<every_shared_map>(), numbered_names());

TEST_P(fork_under_writers, leaves_the_child_a_map_that_works) {
  if (!support::fork_under_threads_works)
    GTEST_SKIP() << "the sanitizer's allocator does not survive a fork under threads";
  const int maps = static_cast<int>(numbered_kinds(every_shared_map()).size());
  const int forks = std::max(1, support::by_night(10'000, support::scaled(300)) / maps);
  std::unique_ptr<numbered_map> map = GetParam().make();
  std::atomic<bool> goes_on{true};
  std::vector<std::thread> writers;
  for (std::uint64_t writer = 0; writer < 3; ++writer) {
    writers.emplace_back([&, writer] {
      chance random(writer);
      while (goes_on.load()) {
        const std::uint64_t key = random.below(keys);
        switch (random.below(4)) {
          case 0: map->insert_or_assign(key, key + keys * random.below(100)); break;
          case 1: map->erase(key); break;
          case 2:
            if (!map->lacks().load_or_compute) map->load_or_compute(key, [&] { return answer(key); });
            break;
          case 3:
            for (std::uint64_t i = 0; i < 100; ++i) map->insert(1'000 + 1'000 * writer + i, i);
            for (std::uint64_t i = 0; i < 100; ++i) map->erase(1'000 + 1'000 * writer + i);
            break;
        }
      }
    });
  }
  int bad = 0;
  int hung = 0;
  for (int i = 0; i < forks; ++i) {
    switch (in_child([&] { return use_and_destroy(std::move(map)); })) {
      case ended::well: break;
      case ended::badly: ++bad; break;
      case ended::hung: ++hung; break;
    }
  }
  goes_on = false;
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(bad, 0);
  EXPECT_EQ(hung, 0);
}

template <class Subject>
class fork_inside_compute : public testing::Test {};
using computing = where<can_compute_alone, every_shared_map>;
TYPED_TEST_SUITE(fork_inside_compute, computing, subject_names);

// The child of a fork inside compute holds a lock whose other threads' state nobody knows. It gets an error (or a map
// that works, where nothing was locked), and does not hang; the parent goes on as if nothing had been.
TYPED_TEST(fork_inside_compute, is_an_error_in_the_child_and_nothing_to_the_parent) {
  typename TypeParam::map map;
  map.insert(TypeParam::key_of(1), TypeParam::value_of(1));
  ended child = ended::hung;
  map.compute(TypeParam::key_of(1), [&](const auto*) {
    child = in_child([&] {
      try {
        map.insert_or_assign(TypeParam::key_of(1), TypeParam::value_of(5));
      } catch (const portolan::error& refused) {
        return refused.code() == portolan::errc::forked_inside || refused.code() == portolan::errc::reentrant_call;
      }
      return false;
    });
    return TypeParam::value_of(2);
  });
  EXPECT_EQ(child, ended::well);
  EXPECT_EQ(number_at<TypeParam>(map, TypeParam::key_of(1)), 2U);
  EXPECT_TRUE(map.insert(TypeParam::key_of(2), TypeParam::value_of(2)));
}

// Another thread is inside compute while this one forks: fork waits for it, or gives up the map; the child must know.
TYPED_TEST(fork_inside_compute, of_another_thread_never_hangs) {
  if (!support::fork_under_threads_works)
    GTEST_SKIP() << "the sanitizer's allocator does not survive a fork under threads";
  typename TypeParam::map map;
  map.insert(TypeParam::key_of(1), TypeParam::value_of(1));
  for (int round = 0; round < support::scaled(20); ++round) {
    std::atomic<bool> inside{false};
    std::thread other([&] {
      map.compute(TypeParam::key_of(1), [&](const auto*) {
        inside = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        return TypeParam::value_of(1);
      });
    });
    while (!inside.load()) std::this_thread::yield();
    const ended child = in_child([&] {
      map.insert_or_assign(TypeParam::key_of(1), TypeParam::value_of(5));
      return number_at<TypeParam>(map, TypeParam::key_of(1)) == 5U;
    });
    other.join();
    ASSERT_EQ(child, ended::well);
  }
}

}  // namespace
}  // namespace promises
