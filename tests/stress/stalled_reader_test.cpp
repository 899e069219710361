// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A reader stops in the middle of a read while a writer replaces objects of 64 bytes. Under `epoch` all that is
// retired meanwhile is kept back and the statistics name the reader; under `hazard` it is the one object it
// reads and what stands between two looks. When the reader goes on, everything is freed although no operation
// comes.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include <portolan/base/clock.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/reclaim/epoch.hpp>
#include <portolan/reclaim/hazard.hpp>

#include "../support/scale.hpp"

namespace {

using namespace portolan;

struct node {
  std::uint64_t value;
  std::uint64_t rest[7];
  static void dispose(void* object, void*) noexcept {
    static_cast<node*>(object)->value = 0;
    delete static_cast<node*>(object);
  }
};

template <class Scheme>
struct stalled {
  typename Scheme::domain domain;
  platform::atomic<node*> source{new node{42, {}}};
  event reads;
  event goes_on;
  std::uint32_t reader_number = 0;
  reclaim_statistics meanwhile;
  reclaim_statistics afterwards;

  ~stalled() { delete source.load(); }

  void run(const char* name) {
    const int replacements = support::scaled(100'000);
    std::thread reader([this] {
      reader_number = static_cast<std::uint32_t>(gettid());
      typename Scheme::guard guard(domain);
      const node* seen = guard.protect(0, source, [](node* word) { return word; });
      reads.set();
      goes_on.wait();
      EXPECT_EQ(seen->value, 42U);
    });
    reads.wait();
    std::uint64_t most_objects = 0;
    for (int i = 0; i < replacements; ++i) {
      domain.retire(source.exchange(new node{1, {}}), node::dispose, nullptr, sizeof(node));
      if (i % 1000 != 0) continue;
      const std::uint64_t objects = domain.statistics().kept_back_objects;
      if (objects > most_objects) most_objects = objects;
    }
    meanwhile = domain.statistics();
    most = most_objects > meanwhile.kept_back_objects ? most_objects : meanwhile.kept_back_objects;
    goes_on.set();
    reader.join();
    const std::uint64_t since_ns = platform::now_ns();
    while (domain.statistics().kept_back_objects != 0) platform::yield();  // ends by the timer, or never
    afterwards = domain.statistics();
    std::printf(
        "%s: %d replacements, kept back at most %llu objects, at the end %llu (%llu bytes); freed %.0f ms later\n",
        name, replacements, static_cast<unsigned long long>(most),
        static_cast<unsigned long long>(meanwhile.kept_back_objects),
        static_cast<unsigned long long>(meanwhile.kept_back_bytes),
        static_cast<double>(elapsed_since_ns(since_ns)) / 1e6);
    EXPECT_EQ(meanwhile.retired_objects, static_cast<std::uint64_t>(replacements));
    EXPECT_EQ(meanwhile.oldest_reader_thread, reader_number);
    EXPECT_GT(meanwhile.oldest_reader_age_ns, 0U);
    EXPECT_EQ(afterwards.freed_objects, afterwards.retired_objects);
    EXPECT_EQ(afterwards.oldest_reader_thread, 0U);
  }

  std::uint64_t most = 0;
};

TEST(stalled_reader, under_epoch_everything_is_kept_back_and_the_reader_is_named) {
  stalled<epoch> course;
  course.run("epoch");
  EXPECT_EQ(course.meanwhile.kept_back_objects, course.meanwhile.retired_objects);
  EXPECT_EQ(course.meanwhile.kept_back_bytes, course.meanwhile.retired_objects * sizeof(node));
}

TEST(stalled_reader, under_hazard_what_is_kept_back_is_bounded) {
  stalled<hazard> course;
  course.run("hazard");
  EXPECT_LE(course.most, 1U + 252U);
  EXPECT_GE(course.meanwhile.kept_back_objects, 1U);
}

}  // namespace
