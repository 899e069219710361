// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The address space ends (RLIMIT_AS): an operation that needs memory throws std::bad_alloc and has changed nothing, all
// others go on, and when there is memory again the map is what it was.
//
// Method: each cycle is a child that limits its address space to a little more than it has, fills one map until an
// insert throws, audits it against what the inserts said, changes it further while nothing can be had, and audits it
// again after the limit is gone. Real refusals of the kernel and the C library, beside the injected ones of
// promises/exceptions and promises/allocators: here tables, nodes, counters, records of threads and the timer's thread
// fail, one as well as the other. Not under sanitizers, which cannot live with such a limit.
#include <sys/resource.h>

#include <limits>
#include <new>
#include <stdexcept>

#include <portolan/base/error.hpp>

#include "../promises/numbered.hpp"
#include "../promises/threads.hpp"
#include "children.hpp"
#include "own_memory.hpp"

namespace {

using namespace promises;
using hostile::address_space_bytes;

const std::vector<numbered_kind>& kinds() {
  static const auto& all = *new std::vector<numbered_kind>(numbered_kinds(every_shared_map()));
  return all;
}

void limit_address_space(std::size_t bytes) {
  rlimit limit{};
  ::getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = bytes;
  if (::setrlimit(RLIMIT_AS, &limit) != 0) throw std::runtime_error("setrlimit");
}

/// What a map must hold: number[key], nothing where it is `absent`. Has its memory before the limit.
class ledger {
 public:
  static constexpr std::uint64_t absent = ~std::uint64_t{0};
  explicit ledger(std::size_t most) : numbers_(most, absent) {}

  std::uint64_t& operator[](std::uint64_t key) { return numbers_[key]; }
  [[nodiscard]] bool agrees(numbered_map& map) const {
    std::size_t there = 0;
    for (std::uint64_t key = 0; key < numbers_.size(); ++key) {
      const bool wanted = numbers_[key] != absent;
      there += wanted ? 1U : 0U;
      if (map.contains(key) != wanted) return wrong("a key that is there, or is not", key);
      if (const answer found = map.find(key); wanted && !map.lacks().find && found != numbers_[key])
        return wrong("another value", key);
    }
    return map.size() == there || wrong("another size", map.size());
  }

 private:
  static bool wrong(const char* what, std::uint64_t number) {
    std::fprintf(stderr, "in the child: %s: %llu\n", what, static_cast<unsigned long long>(number));
    return false;
  }
  std::vector<std::uint64_t> numbers_;
};

/// Runs `change`; false if there was no memory for it.
template <class Change>
bool has_memory_for(Change&& change) {
  try {
    change();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

bool fill_and_audit(const numbered_kind& kind, std::size_t headroom_bytes, std::uint64_t chosen) {
  const std::uint64_t most = kind.copies ? 1'000 : 20'000;
  const std::unique_ptr<numbered_map> map = kind.make();
  ledger expected(most);
  for (std::uint64_t key = 0; key < 10; ++key) map->insert(key, expected[key] = key);
  chance random(chosen);

  limit_address_space(address_space_bytes() + headroom_bytes);
  std::uint64_t key = 10;
  while (key < most && has_memory_for([&] { map->insert(key, key); })) {
    expected[key] = key;
    ++key;
  }
  // No memory for the last one, as a rule; go on all the same, also by changes that need none.
  for (int i = 0; i < 500; ++i) {
    const std::uint64_t at = random.below(most);
    switch (random.below(4)) {
      case 0:
        if (has_memory_for([&] { map->insert_or_assign(at, at + 1); })) expected[at] = at + 1;
        break;
      case 1:
        if (has_memory_for([&] { map->erase(at); })) expected[at] = ledger::absent;
        break;
      case 2:
        if (has_memory_for([&] { map->compute(at, {wish::kind::add, 1}); }))
          expected[at] = expected[at] == ledger::absent ? 1 : expected[at] + 1;
        break;
      case 3:
        if (!map->lacks().erase_if && i % 100 == 3) {
          has_memory_for([&] { map->erase_if([&](std::uint64_t number) { return number == at; }); });
          for (std::uint64_t each = 0; each < most; ++each) {  // all of them or none, but each as it says
            if (expected[each] == at && !map->contains(each)) expected[each] = ledger::absent;
          }
        }
        break;
    }
  }
  limit_address_space(std::numeric_limits<rlim_t>::max());
  if (!expected.agrees(*map)) return false;
  for (std::uint64_t each = 0; each < most; each += 7) map->insert_or_assign(each, expected[each] = each);
  if (!expected.agrees(*map)) return false;
  map->clear();
  return map->size() == 0 && map->insert(1, 1);
}

TEST(an_address_space_that_ends, is_an_error_and_leaves_the_map_whole) {
  if (support::sanitized) GTEST_SKIP() << "a sanitizer needs its own address space";
  const auto ends = hostile::in_children(hostile::cycles(), [](int i) {
    constexpr std::size_t headroom_bytes[] = {0, 64 << 10, 256 << 10, 768 << 10};
    const auto number = static_cast<std::size_t>(i);
    return fill_and_audit(kinds()[number % kinds().size()], headroom_bytes[number / kinds().size() % 4], number);
  });
  EXPECT_EQ(ends, hostile::all_well);
}

// Several threads, most of which the map does not know yet when the memory ends: their records, stripes and hands fail.
TEST(an_address_space_that_ends, among_threads_is_an_error_to_each_of_them) {
  if (support::sanitized) GTEST_SKIP() << "a sanitizer needs its own address space";
  const auto ends = hostile::in_children(std::max(1, hostile::cycles() / 3), [](int i) {
    const numbered_kind& kind = kinds()[static_cast<std::size_t>(i) % kinds().size()];
    const std::unique_ptr<numbered_map> map = kind.make();
    map->insert(0, 0);
    constexpr std::uint64_t each_thread = 200;
    constexpr int threads = 3;
    std::vector<std::uint64_t> inserted(threads, 0);
    std::atomic<bool> starts{false};
    std::atomic<int> ready{0};
    std::vector<std::thread> all;
    for (int id = 0; id < threads; ++id) {
      all.emplace_back([&, id] {
        ++ready;
        while (!starts.load()) std::this_thread::yield();
        const auto own = static_cast<std::uint64_t>(id);
        for (std::uint64_t k = 0; k < each_thread; ++k) {
          if (has_memory_for([&] { map->insert(1 + own * each_thread + k, k); })) ++inserted[own];
        }
      });
    }
    while (ready.load() < threads) std::this_thread::yield();
    limit_address_space(address_space_bytes());
    starts = true;
    for (std::thread& each : all) each.join();
    limit_address_space(std::numeric_limits<rlim_t>::max());
    std::uint64_t there = 0;
    for (std::uint64_t key = 0; key <= threads * each_thread; ++key) there += map->contains(key) ? 1U : 0U;
    return there == 1 + inserted[0] + inserted[1] + inserted[2] && map->size() == there;
  });
  EXPECT_EQ(ends, hostile::all_well);
}

}  // namespace
