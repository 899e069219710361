// Promise: swap exchanges all entries of two maps, at one instant for whoever looks at one of them. The maps that could
// not keep this while others use them have no swap; none can be moved.
//
// Method: each map holds values of one generation; threads swap the maps both ways while readers look that no listing
// shows two generations. Computes that use both maps stand in the way of a lock order.
#include <memory>
#include <set>

#include "allocators.hpp"
#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

template <class Subject>
struct offers_swap : std::is_swappable<typename Subject::map> {};

template <class Subject>
class swap_of_maps : public testing::Test {};
using swappable_maps = where<offers_swap, subjects<every_family>>;
static_assert(
    std::is_same_v<swappable_maps, subjects<testing::Types<plain, guarded, snapshot>>>,
    "a map that is read without a lock has its secret, its domain and its count beside its table: they cannot "
    "change at one instant; map_registry replaces a whole map");
TYPED_TEST_SUITE(swap_of_maps, swappable_maps, subject_names);

template <class Subject>
class a_map : public testing::Test {};
TYPED_TEST_SUITE(a_map, each_map, subject_names);
TYPED_TEST(a_map, stays_where_it_is) {
  using map = typename TypeParam::map;
  static_assert(
      !std::is_copy_constructible_v<map> && !std::is_move_constructible_v<map> && !std::is_move_assignable_v<map>,
      "it stands in the list of living maps by its address, and others may be inside");
}

TYPED_TEST(swap_of_maps, exchanges_everything) {
  for (const std::uint64_t few : {0U, 1U, 20U}) {
    typename TypeParam::map left;
    typename TypeParam::map right;
    for (std::uint64_t i = 0; i < few; ++i) left.insert(TypeParam::key_of(i), TypeParam::value_of(i));
    for (std::uint64_t i = 0; i < 300; ++i) right.insert(TypeParam::key_of(i), TypeParam::value_of(1'000 + i));
    swap(left, right);
    left.swap(left);
    EXPECT_EQ(left.size(), 300U);
    EXPECT_EQ(right.size(), few);
    for (std::uint64_t i = 0; i < 300; ++i) {
      EXPECT_EQ(number_at<TypeParam>(left, TypeParam::key_of(i)), 1'000 + i);
      EXPECT_EQ(number_at<TypeParam>(right, TypeParam::key_of(i)), i < few ? std::optional(i) : std::nullopt);
    }
    EXPECT_TRUE(left.insert(TypeParam::key_of(777), TypeParam::value_of(1)));
    EXPECT_TRUE(left.erase(TypeParam::key_of(777)));
    right.clear();
    EXPECT_EQ(left.size(), 300U);
  }
}

TYPED_TEST(swap_of_maps, is_refused_from_inside_either_map) {
  typename TypeParam::map left;
  typename TypeParam::map right;
  for (auto* each : {&left, &right}) {
    EXPECT_THROW(each->compute(TypeParam::key_of(1),
                               [&](const auto*) {
                                 swap(left, right);
                                 return TypeParam::value_of(1);
                               }),
                 portolan::reentrant_call);
  }
}

TYPED_TEST(swap_of_maps, may_be_called_by_a_visitor) {
  typename TypeParam::map left;
  typename TypeParam::map right;
  for (std::uint64_t i = 0; i < 100; ++i) left.insert(TypeParam::key_of(i), TypeParam::value_of(i));
  std::set<std::uint64_t> shown;
  left.for_each([&](const auto&, const auto& value) {
    EXPECT_TRUE(shown.insert(TypeParam::number_of(value)).second) << "twice";
    if (shown.size() == 50) swap(left, right);
  });
  EXPECT_GE(shown.size(), 50U);
  EXPECT_EQ(right.size(), 100U);
  EXPECT_EQ(left.erase_if([&](const auto&, const auto&) { return true; }), 0U);
}

TYPED_TEST(swap_of_maps, leaves_both_as_they_were_when_the_memory_ends) {
  using map_type = metered_map<TypeParam>;
  ledger books;
  std::unique_ptr<map_type> left;
  std::unique_ptr<map_type> right;
  at_every_fault(
      [&] {
        left = std::make_unique<map_type>(typename map_type::allocator_type(books));
        right = std::make_unique<map_type>(typename map_type::allocator_type(books));
        for (std::uint64_t i = 0; i < 40; ++i) left->insert(TypeParam::key_of(i), TypeParam::value_of(i));
        for (std::uint64_t i = 0; i < 7; ++i) right->insert(TypeParam::key_of(i), TypeParam::value_of(100 + i));
      },
      [&] { swap(*left, *right); },
      [&](bool threw) {
        const map_type& many = threw ? *left : *right;
        const map_type& few = threw ? *right : *left;
        EXPECT_EQ(many.size(), 40U);
        EXPECT_EQ(few.size(), 7U);
        for (std::uint64_t i = 0; i < 40; ++i) {
          EXPECT_EQ(TypeParam::number_of(*many.find(TypeParam::key_of(i))), i);
          if (i < 7) {
            EXPECT_EQ(TypeParam::number_of(*few.find(TypeParam::key_of(i))), 100 + i);
          }
        }
      });
}

TEST(swap_of_other_memory, is_refused_in_a_sentence) {
  ledger one;
  ledger two;
  const auto refused = [](auto& left, auto& right) {
    left.insert(1, 1);
    try {
      swap(left, right);
      ADD_FAILURE() << "swapped";
    } catch (const portolan::error& error) {
      EXPECT_EQ(error.code(), portolan::errc::other_memory);
    }
    EXPECT_EQ(left.find(1), 1U);
    EXPECT_TRUE(right.empty());
  };
  using guarded_type = metered_map<subject<guarded>>;
  guarded_type left{guarded_type::allocator_type(one)};
  guarded_type right{guarded_type::allocator_type(two)};
  refused(left, right);
  using plain_type = metered_map<subject<plain>>;
  plain_type plain_left{plain_type::allocator_type(one)};
  plain_type plain_right{plain_type::allocator_type(two)};
  refused(plain_left, plain_right);
}

// ---- beside others -------------------------------------------------------------------------------------------------

template <class Subject>
class swap_beside_others : public testing::Test {};
using swapped_by_many = subjects<testing::Types<guarded, snapshot>>;
TYPED_TEST_SUITE(swap_beside_others, swapped_by_many, subject_names);

TYPED_TEST(swap_beside_others, never_shows_half_of_it) {
  const watchdog guard("swaps both ways beside readers");
  typename TypeParam::map left;
  typename TypeParam::map right;
  constexpr std::uint64_t entries = 30;
  for (std::uint64_t i = 0; i < entries; ++i) {
    left.insert(TypeParam::key_of(i), TypeParam::value_of(1));
    right.insert(TypeParam::key_of(i), TypeParam::value_of(2));
  }
  together(4, [&](int thread) {
    for (int round = 0; round < support::scaled(3'000); ++round) {
      if (thread < 2) {
        thread == 0 ? swap(left, right) : swap(right, left);
        continue;
      }
      std::multiset<std::uint64_t> shown;
      (thread == 2 ? left : right).for_each([&](const auto&, const auto& value) {
        shown.insert(TypeParam::number_of(value));
      });
      ASSERT_EQ(shown.size(), entries);
      ASSERT_TRUE(shown.count(1) == entries || shown.count(2) == entries) << "two generations in one map";
    }
  });
  EXPECT_EQ(left.size() + right.size(), 2 * entries);
  EXPECT_NE(TypeParam::number_of(*left.find(TypeParam::key_of(0))),
            TypeParam::number_of(*right.find(TypeParam::key_of(0))));
}

TYPED_TEST(swap_beside_others, loses_no_write_and_waits_in_no_circle) {
  const watchdog guard("swaps both ways beside computes that use both maps");
  typename TypeParam::map left;
  typename TypeParam::map right;
  std::atomic<std::uint64_t> done{0};
  together(4, [&](int thread) {
    for (int round = 0; round < support::scaled(4'000); ++round) {
      if (thread < 2) {
        thread == 0 ? swap(left, right) : swap(right, left);
        continue;
      }
      const auto key = TypeParam::key_of(static_cast<std::uint64_t>(thread));
      left.compute(key, [&](const auto* now) {
        static_cast<void>(right.compute(TypeParam::key_of(99), [](const auto*) {
          return portolan::decision<typename TypeParam::value>(portolan::keep);
        }));
        return TypeParam::value_of(now == nullptr ? 1 : TypeParam::number_of(*now) + 1);
      });
      ++done;
    }
  });
  std::uint64_t counted = 0;
  for (auto* each : {&left, &right}) {
    each->for_each([&](const auto&, const auto& value) { counted += TypeParam::number_of(value); });
  }
  EXPECT_EQ(counted, done.load());
}

}  // namespace
}  // namespace promises
