// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A reader must never see a disposed object. One word points to a node that says the same thing twice; the
// writer replaces it, retires the old one and collects at once, so that every read races with a disposal.
// Disposal overwrites both halves with poison and keeps the memory until the end of the test: whoever reads
// too late sees poison or two halves that differ. A dropped fence, a dropped look at a reader or a dropped
// second look at the source shows within these loops (docs/algorithms/reclamation.md lists what was tried).
//
// One reader finds more than many: with many, one of them is nearly always announced and hides the others' errors.
// All of it runs again in a process where the kernel's membarrier is not used.
#if !defined(PORTOLAN_STEPS)
#define PORTOLAN_STEPS 1
#endif
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <portolan/base/wait.hpp>
#include <portolan/reclaim/epoch.hpp>
#include <portolan/reclaim/hazard.hpp>

#include "../../support/scale.hpp"

namespace {

using namespace portolan;

template <class Scheme>
class oracle : public testing::Test {};
using schemes = testing::Types<epoch, hazard>;
TYPED_TEST_SUITE(oracle, schemes);

constexpr std::uint64_t poison = 0xDEADDEADDEADDEAD;

// Plain words: ThreadSanitizer sees it, too, if a disposal does not come after the last read.
struct node {
  volatile std::uint64_t value;
  volatile std::uint64_t complement;
  node* next_disposed = nullptr;
};

class graveyard {
 public:
  ~graveyard() {
    for (node* dead = dead_; dead != nullptr;) {
      node* next = dead->next_disposed;
      delete dead;
      dead = next;
    }
  }
  static void dispose(void* object, void* self) noexcept {
    auto* dead = static_cast<node*>(object);
    dead->value = poison;
    dead->complement = poison;
    auto& all = *static_cast<graveyard*>(self);
    exclusive_lock hold(all.lock_);
    dead->next_disposed = all.dead_;
    all.dead_ = dead;
  }

 private:
  mutex lock_;
  node* dead_ = nullptr;
};

constexpr auto same = [](node* word) { return word; };

template <class Scheme>
struct course {
  graveyard dead;
  typename Scheme::domain domain;
  platform::atomic<node*> source{new node{0, ~std::uint64_t{0}}};
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> reads{0};

  ~course() { delete source.load(); }

  void read_once(int looks, int pauses) {
    typename Scheme::guard guard(domain);
    const node* seen = guard.protect(0, source, same);
    for (int look = 0; look < looks; ++look) {
      for (int i = 0; i < pauses; ++i) platform::pause();
      const std::uint64_t value = seen->value;
      if (value == poison || seen->complement != ~value) ++wrong;
    }
  }

  void read() {
    std::uint64_t done = 0;
    for (; !stop.load(std::memory_order_relaxed); ++done) read_once(4, 0);
    reads += done;
  }

  void write(int rounds) {
    for (int i = 1; i <= rounds; ++i) {
      const auto value = static_cast<std::uint64_t>(i);
      domain.retire(source.exchange(new node{value, ~value}), graveyard::dispose, &dead, sizeof(node));
      domain.collect();
    }
  }

  void run(int readers, int rounds) {
    std::vector<std::thread> threads;
    for (int i = 0; i < readers; ++i) threads.emplace_back([this] { read(); });
    write(rounds);
    stop = true;
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0U);
    EXPECT_GT(reads, 0U);
    domain.collect();
    EXPECT_EQ(domain.statistics().kept_back_objects, 0U);
  }
};

TYPED_TEST(oracle, one_reader_never_sees_a_disposed_object) { course<TypeParam>().run(1, support::scaled(300'000)); }

TYPED_TEST(oracle, many_readers_never_see_a_disposed_object) { course<TypeParam>().run(4, support::scaled(100'000)); }

// Lines that two threads write in turn: each store waits for its line, and the stores behind it wait, too, while
// later loads run ahead. So the announcement of a reader becomes visible as late as the processor can make it, which
// is what the fences are for.
class clog {
 public:
  void write() {
    // relaxed: only the waiting counts.
    for (line& each : lines_) each.word.store(1, platform::relaxed);
  }

 private:
  struct alignas(128) line {
    platform::atomic<std::uint64_t> word{0};
  };
  line lines_[24];
};

TYPED_TEST(oracle, a_reader_whose_stores_come_late_never_sees_a_disposed_object) {
  course<TypeParam> own;
  clog slow;
  std::thread reader([&] {
    while (!own.stop.load(std::memory_order_relaxed)) {
      platform::fence(platform::seq_cst);  // the end of the last read is visible, only the next begin is late
      slow.write();
      own.read_once(20, 2);  // long enough to see what is written while the announcement is on its way
      ++own.reads;
    }
  });
  for (int i = 0; i < support::scaled(300'000); ++i) {
    slow.write();
    own.write(1);
  }
  own.stop = true;
  reader.join();
  EXPECT_EQ(own.wrong, 0U);
}

// The same with a pause at the places between which another thread matters most.
class pausing {
 public:
  pausing() { platform::step_hook.store(pause_now_and_then); }
  ~pausing() { platform::step_hook.store(nullptr); }

 private:
  static void pause_now_and_then(const char*) {
    thread_local unsigned calls = 0;
    if (++calls % 16 == 0) std::this_thread::yield();
  }
};

TYPED_TEST(oracle, readers_that_pause_between_their_steps_never_see_a_disposed_object) {
  pausing now_and_then;
  course<TypeParam>().run(1, support::scaled(50'000));
  course<TypeParam>().run(3, support::scaled(30'000));
}

// Retires of several threads and domains, no explicit collect: the regular look, the timer and thread ends do it all.
TYPED_TEST(oracle, writers_in_every_thread_free_everything_and_no_reader_sees_it) {
  constexpr int places = 8;
  graveyard dead;
  std::atomic<std::uint64_t> wrong{0};
  {
    typename TypeParam::domain domains[2];
    platform::atomic<node*> sources[places];
    for (auto& source : sources) source.store(new node{0, ~std::uint64_t{0}});
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        unsigned state = t + 1;
        for (int i = 0; i < support::scaled(200'000); ++i) {
          state = state * 1664525U + 1013904223U;
          const unsigned at = state >> 16 & (places - 1);
          auto& domain = domains[at % 2];
          typename TypeParam::guard guard(domain);
          const node* seen = guard.protect(0, sources[at], same);
          const std::uint64_t value = seen->value;
          if (value == poison || seen->complement != ~value) ++wrong;
          if (state % 8 != 0) continue;
          domain.retire(sources[at].exchange(new node{state, ~std::uint64_t{state}}), graveyard::dispose, &dead,
                        sizeof(node));
        }
      });
    }
    for (auto& thread : threads) thread.join();
    for (auto& domain : domains) {
      domain.collect();
      EXPECT_EQ(domain.statistics().kept_back_objects, 0U);
    }
    for (auto& source : sources) delete source.load();
  }
  EXPECT_EQ(wrong, 0U);
}

constexpr const char* symmetric = "PORTOLAN_NO_MEMBARRIER";

TEST(oracle_of_both_fences, the_same_holds_without_membarrier) {
  if (std::getenv(symmetric) != nullptr) {
    EXPECT_FALSE(platform::asymmetric_fences());
    return;
  }
  const pid_t child = fork();
  if (child == 0) {
    setenv(symmetric, "1", 1);
    unsetenv("GTEST_OUTPUT");
    execl("/proc/self/exe", "oracle_test", "--gtest_brief=1", "--gtest_filter=oracle*", nullptr);
    _exit(127);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
