// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What every reclamation scheme promises, typed over all of them.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <portolan/base/clock.hpp>
#include <portolan/base/timer.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/reclaim/epoch.hpp>
#include <portolan/reclaim/hazard.hpp>

#include "../../support/scale.hpp"

namespace {

using namespace portolan;

template <class Scheme>
class scheme : public testing::Test {};
using schemes = testing::Types<epoch, hazard>;
class scheme_names {
 public:
  template <class Scheme>
  static std::string GetName(int) {
    return std::is_same_v<Scheme, epoch> ? "epoch" : "hazard";
  }
};
TYPED_TEST_SUITE(scheme, schemes, scheme_names);

thread_local int disposed_here = 0;

struct node {
  std::atomic<int>* disposed;
  static void dispose(void* object, void*) noexcept {
    auto* self = static_cast<node*>(object);
    ++*self->disposed;
    ++disposed_here;
    delete self;
  }
};

constexpr auto same = [](node* word) { return word; };

template <class Domain>
void retire_new(Domain& domain, std::atomic<int>& disposed) {
  domain.retire(new node{&disposed}, node::dispose, nullptr, sizeof(node));
}

TYPED_TEST(scheme, an_unused_domain_is_tiny_and_keeps_nothing) {
  typename TypeParam::domain domain;
  EXPECT_LE(sizeof domain, 64U);
  EXPECT_EQ(domain.collect(), 0U);
  const reclaim_statistics all = domain.statistics();
  EXPECT_EQ(all.retired_objects + all.freed_objects + all.kept_back_objects, 0U);
}

TYPED_TEST(scheme, an_object_that_a_guard_protects_is_disposed_of_only_after_the_guard) {
  std::atomic<int> disposed{0};
  typename TypeParam::domain domain;
  platform::atomic<node*> source{new node{&disposed}};
  {
    typename TypeParam::guard guard(domain);
    node* read = guard.protect(0, source, same);
    source.store(nullptr);
    domain.retire(read, node::dispose, nullptr, sizeof(node));
    std::thread([&] {
      EXPECT_EQ(domain.collect(), 0U);
      EXPECT_EQ(domain.collect(), 0U);
    }).join();
    EXPECT_EQ(disposed, 0);
    EXPECT_EQ(read->disposed, &disposed);
  }
  EXPECT_EQ(domain.collect(), 1U);
  EXPECT_EQ(disposed, 1);
}

TYPED_TEST(scheme, an_inner_guard_that_ends_takes_nothing_from_the_outer_one) {
  std::atomic<int> disposed{0};
  typename TypeParam::domain domain;
  typename TypeParam::domain other_domain;
  platform::atomic<node*> source{new node{&disposed}};
  {
    typename TypeParam::guard outer(domain);
    node* read = outer.protect(0, source, same);
    {
      typename TypeParam::guard inner(other_domain);
      static_cast<void>(inner.protect(0, source, same));
    }
    source.store(nullptr);
    domain.retire(read, node::dispose, nullptr, sizeof(node));
    EXPECT_EQ(domain.collect(), 0U);
    EXPECT_EQ(disposed, 0);
  }
  EXPECT_EQ(domain.collect(), 1U);
}

TYPED_TEST(scheme, forty_nested_guards_each_keep_their_own_object_until_they_end_in_any_order) {
  constexpr int count = 40;
  std::atomic<int> disposed{0};
  typename TypeParam::domain domain;
  std::vector<std::unique_ptr<typename TypeParam::guard>> guards;
  for (int i = 0; i < count; ++i) {
    platform::atomic<node*> source{new node{&disposed}};
    guards.push_back(std::make_unique<typename TypeParam::guard>(domain));
    domain.retire(guards.back()->protect(3, source, same), node::dispose, nullptr, sizeof(node));
  }
  for (int i = 0; i < count; i += 2) guards[static_cast<std::size_t>(i)].reset();
  domain.collect();
  EXPECT_LE(disposed, count / 2);
  const int at_half = disposed;
  EXPECT_EQ(domain.statistics().kept_back_objects, static_cast<std::uint64_t>(count - at_half));
  guards.clear();
  domain.collect();
  EXPECT_EQ(disposed, count);
}

TYPED_TEST(scheme, the_destructor_disposes_of_everything_at_once) {
  std::atomic<int> disposed{0};
  {
    typename TypeParam::domain domain;
    typename TypeParam::domain elsewhere;
    typename TypeParam::guard unrelated(elsewhere);
    for (int i = 0; i < 1000; ++i) retire_new(domain, disposed);
  }
  EXPECT_EQ(disposed, 1000);
}

TYPED_TEST(scheme, the_statistics_count_objects_and_bytes) {
  std::atomic<int> disposed{0};
  typename TypeParam::domain domain;
  platform::atomic<node*> source{new node{&disposed}};
  {
    typename TypeParam::guard guard(domain);
    static_cast<void>(guard.protect(0, source, same));
    domain.retire(source.exchange(nullptr), node::dispose, nullptr, 100);
    const reclaim_statistics held = domain.statistics();
    EXPECT_EQ(held.retired_objects, 1U);
    EXPECT_EQ(held.retired_bytes, 100U);
    EXPECT_EQ(held.kept_back_objects, 1U);
    EXPECT_EQ(held.kept_back_bytes, 100U);
    EXPECT_EQ(held.oldest_reader_thread, static_cast<std::uint32_t>(gettid()));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_GE(domain.statistics().oldest_reader_age_ns, 2 * millisecond_ns);
  }
  domain.collect();
  const reclaim_statistics after = domain.statistics();
  EXPECT_EQ(after.freed_objects, 1U);
  EXPECT_EQ(after.freed_bytes, 100U);
  EXPECT_EQ(after.kept_back_objects, 0U);
  EXPECT_EQ(after.kept_back_bytes, 0U);
  EXPECT_EQ(after.oldest_reader_thread, 0U);
}

TYPED_TEST(scheme, one_retire_never_disposes_of_more_than_63_objects) {
  std::atomic<int> disposed{0};
  typename TypeParam::domain domain;
  {
    typename TypeParam::domain elsewhere;
    typename TypeParam::guard stalls_epochs(elsewhere);
    for (int i = 0; i < 5000; ++i) retire_new(domain, disposed);
  }
  // Only what this thread disposes of counts: the timer may help meanwhile.
  for (int i = 0; i < 5000; ++i) {
    disposed_here = 0;
    retire_new(domain, disposed);
    EXPECT_LE(disposed_here, 63);
  }
  EXPECT_LE(domain.statistics().kept_back_objects, 5000U + 252U);
}

TYPED_TEST(scheme, little_is_kept_back_while_nobody_reads_and_less_of_what_is_large) {
  std::atomic<int> disposed{0};
  const auto kept_of = [&](int objects, std::size_t size_bytes) {
    typename TypeParam::domain domain;
    for (int i = 0; i < objects; ++i) domain.retire(new node{&disposed}, node::dispose, nullptr, size_bytes);
    return domain.statistics().kept_back_objects;  // looks, too: so it is asked once
  };
  const auto most_kept = [&](std::size_t size_bytes) {
    std::uint64_t most = 0;
    for (int more = 0; more < 1000; more += 37) {  // where in their rounds the looks are
      std::uint64_t kept = UINT64_MAX;             // the timer, if it meets this thread, leaves a second bag
      for (int i = 0; i < 3; ++i) kept = std::min(kept, kept_of(2000 + more, size_bytes));
      most = std::max(most, kept);
    }
    return most;
  };
  EXPECT_LE(most_kept(100), 10 * 63U);
  EXPECT_LE(most_kept(1 << 20), 4 * 63U);
}

struct chained {
  chained* next;
  void* domain;
  template <class Domain>
  static void dispose(void* object, void*) noexcept {
    auto* self = static_cast<chained*>(object);
    auto* domain = static_cast<Domain*>(self->domain);
    if (self->next != nullptr) domain->retire(self->next, dispose<Domain>, nullptr, sizeof(chained));
    delete self;
  }
};

TYPED_TEST(scheme, a_dispose_that_retires_frees_a_long_chain_without_recursion_or_deadlock) {
  using domain_type = typename TypeParam::domain;
  for (const bool by_destructor : {false, true}) {
    domain_type domain;
    chained* head = nullptr;
    for (int i = 0; i < support::scaled(200'000); ++i) head = new chained{head, &domain};
    domain.retire(head, chained::dispose<domain_type>, nullptr, sizeof(chained));
    for (int i = 0; i < 100 && !by_destructor; ++i) domain.collect();
  }
}

TYPED_TEST(scheme, what_is_kept_back_goes_when_the_reader_ends_though_no_operation_comes) {
  std::atomic<int> disposed{0};
  typename TypeParam::domain domain;
  {
    platform::atomic<node*> source{new node{&disposed}};
    typename TypeParam::guard guard(domain);
    node* read = guard.protect(0, source, same);
    domain.retire(read, node::dispose, nullptr, sizeof(node));
    for (int i = 0; i < 10; ++i) retire_new(domain, disposed);
  }
  while (disposed < 11) std::this_thread::yield();  // ends by the timer, or never
  EXPECT_EQ(domain.statistics().kept_back_objects, 0U);
}

TYPED_TEST(scheme, threads_that_end_leave_neither_garbage_nor_numbers_behind) {
  std::atomic<int> disposed{0};
  typename TypeParam::domain domain;
  const int threads = support::scaled(2000);
  platform::atomic<node*> source{new node{&disposed}};
  std::thread([] {}).join();
  for (int i = 0; i < threads; i += 2) {
    auto body = [&] {
      typename TypeParam::guard guard(domain);
      static_cast<void>(guard.protect(0, source, same));
      domain.retire(source.exchange(new node{&disposed}), node::dispose, nullptr, sizeof(node));
    };
    std::thread one(body);
    std::thread other(body);
    one.join();
    other.join();
  }
  domain.collect();
  const reclaim_statistics after = domain.statistics();
  EXPECT_EQ(after.kept_back_objects, 0U);
  EXPECT_EQ(after.freed_objects, after.retired_objects);
  EXPECT_LE(thread_slot_bound(), 16U);
  delete source.load();
}

template <class Scheme>
struct reads_at_thread_end {
  typename Scheme::domain* domain;
  platform::atomic<node*>* source;
  std::atomic<int>* disposed;
  ~reads_at_thread_end() {
    typename Scheme::guard guard(*domain);
    node* read = guard.protect(0, *source, same);
    domain->retire(source->exchange(new node{disposed}), node::dispose, nullptr, sizeof(node));
    domain->collect();
    EXPECT_EQ(*disposed, 0);
    EXPECT_EQ(read->disposed, disposed);
  }
};

TYPED_TEST(scheme, a_guard_in_a_thread_local_destructor_protects) {
  std::atomic<int> disposed{0};
  typename TypeParam::domain domain;
  platform::atomic<node*> source{new node{&disposed}};
  std::thread([&] {
    thread_local reads_at_thread_end<TypeParam> late{&domain, &source, &disposed};
    static_cast<void>(late.domain);
    typename TypeParam::guard guard(domain);
  }).join();
  domain.collect();
  EXPECT_EQ(disposed, 1);
  delete source.load();
}

TYPED_TEST(scheme, domains_work_in_static_constructors_and_destructors) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        static std::atomic<int> disposed{0};
        struct at_exit {
          typename TypeParam::domain* domain;
          ~at_exit() {
            typename TypeParam::guard guard(*domain);
            for (int i = 0; i < 100; ++i) retire_new(*domain, disposed);
            domain->collect();
          }
        };
        static typename TypeParam::domain domain;
        static at_exit later{&domain};
        retire_new(domain, disposed);
        std::exit(0);
      },
      testing::ExitedWithCode(0), "");
}

// Writers and readers are in the middle of everything when the process forks; the child must be able to read, retire,
// free and destroy, and readers that do not exist there must hold nothing back.
TYPED_TEST(scheme, a_forked_child_retires_collects_and_destroys) {
  if (!support::fork_under_threads_works)
    GTEST_SKIP() << "the sanitizer's allocator does not survive a fork under threads";
  std::atomic<int> disposed{0};
  auto domain = std::make_unique<typename TypeParam::domain>();
  platform::atomic<node*> source{new node{&disposed}};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        typename TypeParam::guard guard(*domain);
        static_cast<void>(guard.protect(0, source, same));
        domain->retire(source.exchange(new node{&disposed}), node::dispose, nullptr, sizeof(node));
        if (disposed % 64 == 0) std::this_thread::yield();  // often in the guard: a reader that the child lacks
      }
    });
  }
  int failed = 0;
  for (int i = 0; i < support::scaled(100); ++i) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      domain->collect();
      if (domain->statistics().kept_back_objects != 0) _exit(1);
      {
        typename TypeParam::guard guard(*domain);
        static_cast<void>(guard.protect(0, source, same));
        for (int n = 0; n < 100; ++n) retire_new(*domain, disposed);
      }
      if (domain->collect() == 0) _exit(2);
      domain.reset();
      _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    failed += status != 0 ? 1 : 0;
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  domain.reset();
  delete source.load();
}

}  // namespace
