// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A kernel that refuses: membarrier (as containers' filters do), chance, threads, and address space. What is refused
// costs speed or is an error; a map is never less than right.
//
// Method: each cycle is a child that has the kernel refuse something, by a system call filter (seccomp) or by a limit,
// then uses a map. A filter of membarrier must stand before the library looks for it, so such a child becomes this
// program anew (`become`); it says itself which form of fence it took.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <new>

#include <portolan/base/platform.hpp>
#include <portolan/base/timer.hpp>

#include "../promises/numbered.hpp"
#include "../promises/threads.hpp"
#include "children.hpp"

namespace {

using namespace promises;

const std::vector<numbered_kind>& kinds() {
  static const auto& all = *new std::vector<numbered_kind>(numbered_kinds(every_shared_map()));
  return all;
}

/// From now on the kernel answers the call of this number with `error`, for this process and what it becomes.
bool refuse(long call, int error) {
  sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (static_cast<std::uint32_t>(error) & SECCOMP_RET_DATA)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{static_cast<unsigned short>(std::size(steps)), steps};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/// Two threads move one entry to and fro beside readers who must always see it somewhere; others churn.
bool works_between_threads(numbered_map& map) {
  constexpr std::uint64_t rounds = 300;
  std::atomic<bool> right{true};
  std::atomic<bool> goes_on{true};
  map.insert(1, 0);
  std::vector<std::thread> threads;
  for (std::uint64_t reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&] {
      std::uint64_t last = 0;
      while (goes_on.load()) {
        const answer found = map.find(1);
        if (!found || *found < last) right = false;
        if (found) last = *found;
        std::this_thread::yield();
      }
    });
  }
  for (std::uint64_t i = 1; i <= rounds; ++i) {
    map.insert_or_assign(1, i);
    map.insert(100 + i, i);
    if (i % 3 != 0) map.erase(100 + i);
  }
  goes_on = false;
  for (std::thread& each : threads) each.join();
  return right.load() && map.size() == 1 + rounds / 3 && map.find(1) == rounds;
}

/// Every kind in turn, as many children as there are cycles.
std::unique_ptr<numbered_map> map_of(std::size_t number) { return kinds()[number % kinds().size()].make(); }

// ---- membarrier -----------------------------------------------------------------------------------------------------

TEST(membarrier_refused, from_the_start_leads_to_full_fences_that_hold) {
  for (const int error : {EPERM, ENOSYS}) {
    const auto ends = hostile::in_children(std::max(1, hostile::cycles() / 4), [error](int i) {
      if (!refuse(SYS_membarrier, error)) return false;
      return hostile::become({"--without-membarrier", std::to_string(i)});
    });
    EXPECT_EQ(ends, hostile::all_well);
  }
}
int without_membarrier(std::size_t number) {
  if (portolan::platform::asymmetric_fences() || portolan::platform::quick_reads()) {
    std::fprintf(stderr, "membarrier is refused and believed to work\n");
    return 1;
  }
  return works_between_threads(*map_of(number)) ? 0 : 1;
}

// What was granted at the start and is refused later cannot be replaced: readers that run have passed no fence. The
// program ends with a sentence that says what to do.
TEST(membarrier_refused, after_the_start_ends_the_program_with_a_sentence) {
  if (!portolan::platform::asymmetric_fences()) GTEST_SKIP() << "this kernel has no membarrier";
  GTEST_FLAG_SET(death_test_style, "fast");
  EXPECT_DEATH(
      {
        if (refuse(SYS_membarrier, EPERM)) portolan::platform::heavy_fence();
      },
      "portolan: .*PORTOLAN_NO_MEMBARRIER=1");
}

// ---- chance ---------------------------------------------------------------------------------------------------------

TEST(chance_refused, still_gives_each_process_other_secrets) {
  const auto ends = hostile::in_children(std::max(1, hostile::cycles() / 10), [](int i) {
    int pipes[2];
    if (::pipe(pipes) != 0 || !refuse(SYS_getrandom, ENOSYS)) return false;
    std::uint64_t drawn[2] = {};
    for (std::uint64_t& each : drawn) {
      const pid_t child = ::fork();
      if (child == 0) {
        const std::uint64_t seed = portolan::platform::random_seed();
        ::_exit(::write(pipes[1], &seed, sizeof seed) == sizeof seed ? 0 : 1);
      }
      ::waitpid(child, nullptr, 0);
      if (::read(pipes[0], &each, sizeof each) != sizeof each) return false;
    }
    return drawn[0] != drawn[1] && works_between_threads(*map_of(static_cast<std::size_t>(i)));
  });
  EXPECT_EQ(ends, hostile::all_well);
}

// ---- threads --------------------------------------------------------------------------------------------------------

// The library's timer thread cannot be started. Root is above the limit on processes, so the call itself is refused.
TEST(threads_refused, leave_a_map_that_works_without_the_timer) {
  const auto ends = hostile::in_children(std::max(1, hostile::cycles() / 4), [](int i) {
    if (!refuse(SYS_clone3, ENOSYS) || !refuse(SYS_clone, EAGAIN)) return false;
    const std::unique_ptr<numbered_map> map = map_of(static_cast<std::size_t>(i));
    for (std::uint64_t key = 0; key < 2'000; ++key) map->insert(key, key);
    for (std::uint64_t key = 0; key < 2'000; ++key) {
      if (!map->contains(key)) return false;
    }
    for (std::uint64_t key = 0; key < 2'000; ++key) map->erase(key);
    const bool empty = map->size() == 0;
    return empty && portolan::timer_thread_id() == 0;
  });
  EXPECT_EQ(ends, hostile::all_well);
}

}  // namespace

int main(int count, char** words) {
  if (count == 3 && std::string(words[1]) == "--without-membarrier") return without_membarrier(std::stoul(words[2]));
  testing::InitGoogleTest(&count, words);
  return RUN_ALL_TESTS();
}
