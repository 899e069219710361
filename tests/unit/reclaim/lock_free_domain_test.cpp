// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a domain without locks frees, and when: beside readers that stay, beside threads that retire at once, and at its end.
#include <portolan/reclaim/epoch.hpp>
#include <portolan/reclaim/hazard.hpp>
#include <portolan/reclaim/lock_free_domain.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/scale.hpp"

namespace {

template <class Scheme>
class lock_free_domain : public testing::Test {
 protected:
  using domain = portolan::reclaim::lock_free_domain_of<Scheme>;
  struct object {
    std::uint64_t number = 0;
    std::atomic<int>* disposed = nullptr;
  };
  static void dispose(void* raw, void*) noexcept {
    auto* const gone = static_cast<object*>(raw);
    gone->disposed->fetch_add(1);
    delete gone;
  }
  void retire(domain& from, object* gone) { from.retire(gone, &lock_free_domain::dispose, nullptr, sizeof(object)); }

  std::atomic<int> disposed{0};
};
using schemes = testing::Types<portolan::epoch, portolan::hazard>;
TYPED_TEST_SUITE(lock_free_domain, schemes);

TYPED_TEST(lock_free_domain, disposes_of_each_object_once_and_of_all_at_its_end) {
  {
    typename TestFixture::domain own;
    for (int i = 0; i < 1'000; ++i) this->retire(own, new typename TestFixture::object{1, &this->disposed});
    EXPECT_GT(this->disposed.load(), 700) << "kept back, though nobody reads";
    own.collect();
    EXPECT_EQ(own.statistics().retired_objects, 1'000U);
    EXPECT_EQ(own.statistics().freed_objects, static_cast<std::uint64_t>(this->disposed.load()));
    for (int i = 0; i < 10; ++i) this->retire(own, new typename TestFixture::object{1, &this->disposed});
  }
  EXPECT_EQ(this->disposed.load(), 1'010);
}

// Method: a thread protects one object and stays. The object is whole as long as it stays, and goes when it leaves; by
// hazard pointers everything else goes meanwhile.
TYPED_TEST(lock_free_domain, keeps_what_a_reader_protects) {
  typename TestFixture::domain own;
  typename TypeParam::domain any;
  auto* const shown = new typename TestFixture::object{42, &this->disposed};
  portolan::platform::atomic<typename TestFixture::object*> source{shown};
  std::atomic<int> phase{0};
  std::thread reader([&] {
    typename TypeParam::guard guard(any);
    const auto* const seen = guard.protect(0, source, [](auto* at) { return at; });
    phase = 1;
    while (phase.load() != 2) std::this_thread::yield();
    EXPECT_EQ(seen->number, 42U);
  });
  while (phase.load() != 1) std::this_thread::yield();
  source.store(nullptr);
  this->retire(own, shown);
  for (int i = 0; i < 2'000; ++i) this->retire(own, new typename TestFixture::object{1, &this->disposed});
  own.collect();
  EXPECT_EQ(shown->number, 42U);
  if (std::is_same_v<TypeParam, portolan::hazard>) {
    EXPECT_GE(this->disposed.load(), 1'990);
  } else {
    EXPECT_EQ(this->disposed.load(), 0);
  }
  phase = 2;
  reader.join();
  while (this->disposed.load() < 2'001) own.collect();  // the timer may be judging some of them
  EXPECT_EQ(own.statistics().kept_back_objects, 0U);
}

TYPED_TEST(lock_free_domain, loses_nothing_when_threads_retire_at_once) {
  const int each = support::scaled(20'000);
  {
    typename TestFixture::domain own;
    std::vector<std::thread> threads;
    for (int id = 0; id < 4; ++id) {
      threads.emplace_back([&] {
        for (int i = 0; i < each; ++i) {
          this->retire(own, new typename TestFixture::object{1, &this->disposed});
          if (i % 1'000 == 0) own.collect();
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(own.statistics().retired_objects, static_cast<std::uint64_t>(each) * 4);
  }
  EXPECT_EQ(this->disposed.load(), each * 4);
}

// A dispose that retires the next link of a chain: no recursion, and nothing stays.
TYPED_TEST(lock_free_domain, frees_a_chain_whose_links_retire_each_other) {
  struct chained {
    typename TestFixture::domain* own;
    chained* next;
    static void dispose(void* raw, void* count) noexcept {
      auto* const gone = static_cast<chained*>(raw);
      if (gone->next != nullptr) gone->own->retire(gone->next, &chained::dispose, count, sizeof(chained));
      ++*static_cast<std::atomic<int>*>(count);
      delete gone;
    }
  };
  {
    typename TestFixture::domain own;
    chained* first = nullptr;
    for (int i = 0; i < 10'000; ++i) first = new chained{&own, first};
    own.retire(first, &chained::dispose, &this->disposed, sizeof(chained));
  }
  EXPECT_EQ(this->disposed.load(), 10'000);
}

// What no operation frees the timer frees.
TYPED_TEST(lock_free_domain, is_emptied_by_the_timer) {
  typename TestFixture::domain own;
  for (int i = 0; i < 5; ++i) this->retire(own, new typename TestFixture::object{1, &this->disposed});
  while (this->disposed.load() < 5) std::this_thread::yield();
  EXPECT_EQ(own.statistics().retired_objects, 5U);
}

}  // namespace
