// Promise: list() is what the map held at one instant within the call, however many threads change it meanwhile; it can
// be had in key order, and then two listings of one state are equal (row A12).
//
// Method: writers keep invariants that hold at every instant and that a mixture of instants breaks: counters raised one
// after the other, objects that move by erase and insert, keys put in order, a key put in answer to another one. Beside
// them stands for_each, which breaks the first of these where it mixes moments: so the test has teeth.
#include <algorithm>
#include <map>
#include <stdexcept>

#include <portolan/map/in_key_order.hpp>
#include <portolan/map/list.hpp>

#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

template <class M>
concept offers_list = requires(const M& map) {
  portolan::list(map);
};
template <class Subject>
using can_list = std::bool_constant<offers_list<typename Subject::map>>;

/// A number whose copy now and then lets another thread run: a listing that copies in the map is interrupted there.
struct restless {
  static constexpr const char* name = "restless";
  class type {
   public:
    explicit type(std::uint64_t n = 0) : number_(n) {}
    type(const type& other) : number_(other.number_) {
      static thread_local std::uint64_t copies = 0;
      if (++copies % 128 == 0) std::this_thread::yield();
    }
    type& operator=(const type&) = default;
    [[nodiscard]] std::uint64_t number() const { return number_; }
    friend bool operator==(const type&, const type&) = default;

   private:
    std::uint64_t number_;
  };
  static type make(std::uint64_t n) { return type(n); }
  static std::uint64_t read(const type& made) { return made.number(); }
};

using listed = where<can_list, every_map>;
using listed_by_threads =
    where<can_list, join<every_shared_map, subjects<testing::Types<guarded, sharded>, number, restless>>>;

/// Counters 0, 1, 2, … that one thread raises in this order, round after round.
template <class Subject>
class counters {
 public:
  explicit counters(std::uint64_t count) : count_(count) {
    for (std::uint64_t i = 0; i < count; ++i) map_.insert(Subject::key_of(i), Subject::value_of(0));
  }
  void raise_all(std::uint64_t round) {
    for (std::uint64_t i = 0; i < count_; ++i) map_.insert_or_assign(Subject::key_of(i), Subject::value_of(round));
  }
  /// Whether `seen[i]` can have been the counters at one instant.
  [[nodiscard]] static bool of_one_instant(const std::vector<std::uint64_t>& seen) {
    return std::is_sorted(seen.rbegin(), seen.rend()) && seen.front() - seen.back() <= 1;
  }
  [[nodiscard]] std::vector<std::uint64_t> in_order(const auto& entries) const {
    std::map<typename Subject::key, std::uint64_t> by_key;
    for (const auto& [key, value] : entries) EXPECT_TRUE(by_key.emplace(key, Subject::number_of(value)).second);
    std::vector<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < count_; ++i) {
      const auto at = by_key.find(Subject::key_of(i));
      EXPECT_NE(at, by_key.end()) << "counter " << i << " is missing";
      if (at != by_key.end()) seen.push_back(at->second);
    }
    return seen;
  }
  typename Subject::map& map() { return map_; }

 private:
  typename Subject::map map_;
  std::uint64_t count_;
};

template <class Subject>
class consistent_listing : public testing::Test {};
TYPED_TEST_SUITE(consistent_listing, listed, subject_names);

TYPED_TEST(consistent_listing, has_every_entry_once) {
  typename TypeParam::map map;
  EXPECT_TRUE(portolan::list(map).empty());
  map.insert(TypeParam::key_of(7), TypeParam::value_of(70));
  EXPECT_EQ(portolan::list(map).size(), 1U);
  const std::uint64_t entries = amount<typename TypeParam::family>(3'000);
  for (std::uint64_t i = 0; i < entries; ++i) map.insert_or_assign(TypeParam::key_of(i), TypeParam::value_of(i));
  map.erase(TypeParam::key_of(3));
  std::map<typename TypeParam::key, std::uint64_t> expected;
  for (std::uint64_t i = 0; i < entries; ++i) {
    if (i != 3) expected.emplace(TypeParam::key_of(i), i);
  }
  std::map<typename TypeParam::key, std::uint64_t> found;
  for (const auto& [key, value] : portolan::list(map)) {
    EXPECT_TRUE(found.emplace(key, TypeParam::number_of(value)).second) << "a key twice";
  }
  EXPECT_EQ(found, expected);
}

TYPED_TEST(consistent_listing, of_one_state_is_equal_in_key_order) {
  typename TypeParam::map one;
  typename TypeParam::map other;
  const std::uint64_t entries = amount<typename TypeParam::family>(500);
  for (std::uint64_t i = 0; i < entries; ++i) one.insert(TypeParam::key_of(i), TypeParam::value_of(i));
  for (std::uint64_t i = entries; i-- > 0;) other.insert(TypeParam::key_of(i), TypeParam::value_of(i));
  const auto first = portolan::list(one, portolan::in_key_order);
  const auto second = portolan::list(other, portolan::in_key_order);
  EXPECT_EQ(first, second);
  EXPECT_TRUE(std::is_sorted(first.begin(), first.end()));
  EXPECT_EQ(first.size(), entries);
}

template <class Subject>
class consistent_listing_by_threads : public testing::Test {};
TYPED_TEST_SUITE(consistent_listing_by_threads, listed_by_threads, subject_names);

// The visitor raises all counters in the middle of the walk: a walk that mixes moments shows both rounds, in no order.
TYPED_TEST(consistent_listing_by_threads, is_not_what_for_each_promises) {
  constexpr bool mixes = std::is_base_of_v<concurrent, typename TypeParam::family> ||
                         std::is_same_v<typename TypeParam::family, versioned> ||
                         std::is_same_v<typename TypeParam::family, sync> ||
                         std::is_same_v<typename TypeParam::family, sharded>;
  const std::uint64_t count = amount<typename TypeParam::family>(2'000);
  counters<TypeParam> all(count);
  std::vector<std::pair<typename TypeParam::key, typename TypeParam::value>> seen;
  all.map().for_each([&](const auto& key, const auto& value) {
    if (seen.size() == count / 2) all.raise_all(1);
    seen.emplace_back(key, value);
  });
  EXPECT_EQ(counters<TypeParam>::of_one_instant(all.in_order(seen)), !mixes);
  EXPECT_TRUE(counters<TypeParam>::of_one_instant(all.in_order(portolan::list(all.map()))));
}

// One thread raises the counters, two list, at once and each again and again.
TYPED_TEST(consistent_listing_by_threads, shows_counters_as_they_were_at_one_instant) {
  counters<TypeParam> all(amount<typename TypeParam::family>(1'200));
  const auto rounds = support::scaled<std::uint64_t>(60);
  std::atomic<bool> goes_on{true};
  std::atomic<int> listings{0};
  together(3, [&](int thread) {
    if (thread == 0) {
      for (std::uint64_t round = 1; round <= rounds || (listings < 6 && !testing::Test::HasFailure()); ++round)
        all.raise_all(round);
      goes_on = false;
      return;
    }
    std::uint64_t last = 0;
    while (goes_on) {
      const auto seen = all.in_order(portolan::list(all.map()));
      ASSERT_TRUE(counters<TypeParam>::of_one_instant(seen)) << "from " << seen.front() << " to " << seen.back();
      ASSERT_GE(seen.front(), last) << "back in time";
      last = seen.front();
      ++listings;
    }
  });
}

// Object A is erased before it is put elsewhere, so no instant has it twice; object B is put elsewhere before it is
// erased, so every instant has it. Fillers come and go, so that tables grow and shrink meanwhile.
TYPED_TEST(consistent_listing_by_threads, shows_no_object_twice_and_misses_none) {
  using family = typename TypeParam::family;
  constexpr std::uint64_t keys = 4'096;
  typename TypeParam::map map;
  const auto value_a = TypeParam::value_of(1'000'001);
  const auto value_b = TypeParam::value_of(1'000'002);
  map.insert(TypeParam::key_of(0), value_a);
  map.insert(TypeParam::key_of(1), value_b);
  std::atomic<bool> goes_on{true};
  std::atomic<int> listings{0};
  together(4, [&](int thread) {
    if (thread == 3) {
      for (std::uint64_t i = 0; goes_on; ++i) {
        const auto key = TypeParam::key_of(keys + i % amount<family>(2'000));
        if (i / amount<family>(2'000) % 2 == 0) {
          map.insert(key, TypeParam::value_of(1));
        } else {
          map.erase(key);
        }
      }
      return;
    }
    if (thread == 2) {
      chance random(7);
      std::uint64_t at_a = 0;
      std::uint64_t at_b = 1;
      for (int i = 0; i < support::scaled(2'000) || (listings < 4 && !testing::Test::HasFailure()); ++i) {
        const std::uint64_t to_a = random.below(keys / 2) * 2;
        const std::uint64_t to_b = random.below(keys / 2) * 2 + 1;
        map.erase(TypeParam::key_of(at_a));
        map.insert(TypeParam::key_of(to_a), value_a);
        at_a = to_a;
        if (to_b == at_b) continue;
        map.insert(TypeParam::key_of(to_b), value_b);
        map.erase(TypeParam::key_of(at_b));
        at_b = to_b;
      }
      goes_on = false;
      return;
    }
    while (goes_on) {
      int times_a = 0;
      int times_b = 0;
      for (const auto& [key, value] : portolan::list(map)) {
        times_a += value == value_a ? 1 : 0;
        times_b += value == value_b ? 1 : 0;
      }
      ASSERT_LE(times_a, 1) << "in both places, and it was never";
      ASSERT_GE(times_b, 1) << "in no place, and it was always";
      ASSERT_LE(times_b, 2);
      ++listings;
    }
  });
}

// Two threads put keys in ascending order, a third answers each key of the first with one of its own: a listing has the
// beginning of each sequence, and no answer without its question.
TYPED_TEST(consistent_listing_by_threads, has_the_beginning_of_each_sequence) {
  using family = typename TypeParam::family;
  constexpr std::uint64_t apart = 1'000'000;
  const auto last = support::scaled<std::uint64_t>(amount<family>(4'000));
  typename TypeParam::map map;
  std::atomic<int> writers{3};
  together(4, [&](int thread) {
    const auto put = [&](std::uint64_t key) { map.insert(TypeParam::key_of(key), TypeParam::value_of(key)); };
    if (thread < 3) {
      for (std::uint64_t i = 0; i < last; ++i) {
        while (thread == 2 && !map.contains(TypeParam::key_of(i))) std::this_thread::yield();
        put(static_cast<std::uint64_t>(thread) * apart + i);
      }
      --writers;
      return;
    }
    std::uint64_t before = 0;
    for (bool done = false; !done;) {
      done = writers == 0;
      std::uint64_t count[3] = {};
      std::uint64_t highest[3] = {};
      const auto entries = portolan::list(map);
      for (const auto& [key, value] : entries) {
        const std::uint64_t number = TypeParam::number_of(value);
        ++count[number / apart];
        highest[number / apart] = std::max(highest[number / apart], number % apart + 1);
      }
      for (int writer = 0; writer < 3; ++writer) ASSERT_EQ(count[writer], highest[writer]) << "a gap";
      ASSERT_LE(count[2], count[0]) << "an answer without its question";
      ASSERT_GE(entries.size(), before) << "back in time";
      before = entries.size();
    }
    EXPECT_EQ(before, 3 * last);
  });
}

// ---- when something goes wrong ----

template <class Subject>
using can_list_and_compute = std::bool_constant<can_list<Subject>::value && can_compute<Subject>::value>;

template <class Subject>
class consistent_listing_and_compute : public testing::Test {};
using listed_and_computed = where<can_list_and_compute, every_shared_map>;
TYPED_TEST_SUITE(consistent_listing_and_compute, listed_and_computed, subject_names);

// A listing of snapshot_map waits for nobody, and no update of versioned_map holds anything while it asks its callable: they
// may be listed anywhere.
TYPED_TEST(consistent_listing_and_compute, from_inside_compute_is_refused_where_it_would_wait_for_itself) {
  const watchdog no_hang("list inside compute");
  typename TypeParam::map map;
  map.insert(TypeParam::key_of(1), TypeParam::value_of(1));
  map.compute(TypeParam::key_of(1), [&](const auto*) {
    if constexpr (std::is_same_v<typename TypeParam::family, snapshot> ||
                  std::is_same_v<typename TypeParam::family, versioned>) {
      EXPECT_EQ(portolan::list(map).size(), 1U);
    } else {
      EXPECT_THROW(static_cast<void>(portolan::list(map)), portolan::reentrant_call);
    }
    return portolan::decision<typename TypeParam::value>(portolan::keep);
  });
  EXPECT_EQ(portolan::list(map).size(), 1U);
}

// A compute is under way when the listing begins: the listing has what it decided, or comes before it. While it waits, a
// thread that holds what the compute waits for must get past the gate.
TYPED_TEST(consistent_listing_and_compute, waits_for_a_compute_without_holding_up_who_it_waits_for) {
  const watchdog no_hang("a compute that waits for a lock whose holder writes while a third thread lists");
  typename TypeParam::map map;
  for (std::uint64_t i = 0; i < 64; ++i) map.insert(TypeParam::key_of(i), TypeParam::value_of(0));
  constexpr bool others_may_write = std::is_base_of_v<concurrent, typename TypeParam::family>;
  std::mutex of_the_user;
  std::atomic<bool> inside{false};
  std::atomic<bool> held{false};
  together(3, [&](int thread) {
    if (thread == 0) {
      while (others_may_write && !held) std::this_thread::yield();
      map.compute(TypeParam::key_of(1), [&](const auto*) {
        inside = true;
        const std::lock_guard wait(of_the_user);
        return portolan::decision<typename TypeParam::value>(portolan::assign(TypeParam::value_of(1)));
      });
    } else if (thread == 1) {
      if (!others_may_write) return;
      const std::lock_guard hold(of_the_user);
      held = true;
      while (!inside) std::this_thread::yield();
      // Keys all over the table; those of the compute's own line are left out, since writing there waits in any case.
      for (int i = 0; i < 200; ++i) {
        map.erase(TypeParam::key_of(1'000));
        std::this_thread::yield();
      }
    } else {
      while (!inside) std::this_thread::yield();
      EXPECT_EQ(portolan::list(map).size(), 64U);
    }
  });
  EXPECT_EQ(number_at<TypeParam>(map, TypeParam::key_of(1)), 1U);
}

/// A value whose copy fails while `fails` is set.
struct brittle {
  static inline std::atomic<bool> fails{false};
  explicit brittle(std::uint64_t n = 0) : number(n) {}
  brittle(const brittle& other) : number(other.number) {
    if (fails && number == 40) throw std::runtime_error("copy");
  }
  brittle(brittle&&) noexcept = default;
  brittle& operator=(const brittle&) = default;
  brittle& operator=(brittle&&) noexcept = default;
  std::uint64_t number;
};
struct brittle_kind {
  static constexpr const char* name = "brittle";
  using type = brittle;
  static type make(std::uint64_t n) { return type(n); }
  static std::uint64_t read(const type& made) { return made.number; }
};

template <class Subject>
class consistent_listing_of_brittle_values : public testing::Test {};
using brittle_maps = where<can_list, subjects<shared_families, number, brittle_kind>>;
TYPED_TEST_SUITE(consistent_listing_of_brittle_values, brittle_maps, subject_names);

TYPED_TEST(consistent_listing_of_brittle_values, leaves_the_map_open_when_a_copy_fails) {
  const watchdog no_hang("writing after a listing that failed");
  typename TypeParam::map map;
  for (std::uint64_t i = 0; i < 100; ++i) map.insert(i, brittle(i));
  brittle::fails = true;
  EXPECT_THROW(static_cast<void>(portolan::list(map)), std::runtime_error);
  brittle::fails = false;
  together(2, [&](int thread) {
    for (std::uint64_t i = 0; i < 50; ++i) map.insert(1'000 * (static_cast<std::uint64_t>(thread) + 1) + i, brittle(i));
  });
  EXPECT_EQ(portolan::list(map).size(), 200U);
}

// What cannot be copied is not listed: the operation is absent.
static_assert(!offers_list<portolan::concurrent_map<int, move_only::type>>);
static_assert(!offers_list<portolan::sync_map<int, move_only::type>>);
static_assert(!offers_list<portolan::guarded_map<std::unordered_map<int, move_only::type>>>);
// Neither is a map whose writers never wait: it cannot be had at one instant.
static_assert(!offers_list<portolan::lock_free_map<int, int>>);

// versioned_map lists each value with its version. One thread stores them in order, so versions tell the order, too.
TEST(versioned_map, lists_values_with_their_versions_at_one_instant) {
  constexpr std::uint64_t count = 600;
  portolan::versioned_map<std::uint64_t, std::uint64_t> map;
  for (std::uint64_t i = 0; i < count; ++i) map.insert(i, 0U);
  std::atomic<bool> goes_on{true};
  std::atomic<int> listings{0};
  together(2, [&](int thread) {
    if (thread == 0) {
      for (std::uint64_t round = 1; round < support::scaled<std::uint64_t>(40) || listings < 4; ++round) {
        if (testing::Test::HasFailure()) break;
        for (std::uint64_t i = 0; i < count; ++i) {
          const auto now = map.find(i);
          ASSERT_EQ(map.update(i, now->version, round).outcome, portolan::acceptance::accepted);
        }
      }
      goes_on = false;
      return;
    }
    while (goes_on) {
      const auto entries = portolan::list(map, portolan::in_key_order);
      ASSERT_EQ(entries.size(), count);
      for (std::uint64_t i = 1; i < count; ++i) {
        ASSERT_GE(entries[i - 1].second.value, entries[i].second.value) << "at " << i;
      }
      ASSERT_LE(entries.front().second.value - entries.back().second.value, 1U);
      ++listings;
    }
  });
  EXPECT_EQ(map.erase(3U, map.find(3U)->version).outcome, portolan::acceptance::accepted);
  EXPECT_EQ(portolan::list(map).size(), count - 1);
}

}  // namespace
}  // namespace promises
