// Promise: a map may be used while a thread ends (in the destructor of a thread_local object) and while the process
// ends (in the destructor of a static object, in atexit); threads come and go without leaving anything behind.
//
// Method: threads whose thread_local object uses the map last, made before and after the thread's first use of it;
// and a child process that leaves through exit() with a static map in use by static destructors.
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

template <class Subject>
struct uses_at_end {
  typename Subject::map* map = nullptr;
  std::uint64_t number = 0;
  ~uses_at_end() {
    if (map == nullptr) return;
    map->insert_or_assign(Subject::key_of(number), Subject::value_of(number));
    if (number_at<Subject>(*map, Subject::key_of(number)) != number) std::abort();
    map->erase(Subject::key_of(number + 1));
  }
};

template <class Subject>
class ending : public testing::Test {
 protected:
  watchdog guard{"a map used while a thread or the process ends"};
};
TYPED_TEST_SUITE(ending, every_shared_map, subject_names);

TYPED_TEST(ending, a_thread_may_use_the_map_in_its_last_destructor) {
  typename TypeParam::map map;
  const auto threads = support::scaled<std::uint64_t>(300);
  for (std::uint64_t i = 0; i < threads; ++i) {
    std::thread thread([&map, i] {
      static thread_local uses_at_end<TypeParam> at_end;
      if (i % 2 == 0)
        map.insert(TypeParam::key_of(2 * i + 1), TypeParam::value_of(1));  // the map knows the thread first
      at_end.map = &map;
      at_end.number = 2 * i;
      map.insert(TypeParam::key_of(2 * i + 1), TypeParam::value_of(1));
    });
    thread.join();
  }
  EXPECT_EQ(map.size(), threads);
}

TYPED_TEST(ending, the_process_may_use_the_map_in_static_destructors) {
  const pid_t child = ::fork();
  if (child == 0) {
    static typename TypeParam::map map;
    static uses_at_end<TypeParam> at_end;  // destroyed before the map
    at_end.map = &map;
    at_end.number = 6;
    for (std::uint64_t i = 0; i < 1'000; ++i) map.insert(TypeParam::key_of(i), TypeParam::value_of(i));
    std::atexit([] { map.insert_or_assign(TypeParam::key_of(1), TypeParam::value_of(3)); });
    std::exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
}

TYPED_TEST(ending, the_map_may_end_before_a_thread_that_used_it) {
  std::optional<typename TypeParam::map> map(std::in_place);
  std::barrier step(2);
  std::thread thread([&] {
    map->insert(TypeParam::key_of(1), TypeParam::value_of(1));
    map->erase(TypeParam::key_of(1));
    step.arrive_and_wait();
    step.arrive_and_wait();
  });
  step.arrive_and_wait();
  map.reset();
  step.arrive_and_wait();
  thread.join();
}

}  // namespace
}  // namespace promises
