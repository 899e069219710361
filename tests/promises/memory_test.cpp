// Promise: erase really frees: the memory of erased entries comes back, while the map lives. An empty map takes less
// than 1 KiB, one with 8 entries at most 1 KiB, one with 100 at most 8 KiB.
// Where buckets stay until the map's end, clear gives back two thirds at least.
//
// Method: a counting allocator for what a map takes from its allocator, stats().bytes for the whole of it, strings
// whose bytes are counted for what values own. Memory that a reader may still have seen is given a few more
// operations to come back, as it is in use.
#include "allocators.hpp"
#include "family.hpp"
#include "tests/support/eventually.hpp"
#include "threads.hpp"

namespace promises {
namespace {

/// A value that owns a block, counted.
struct owner {
  static constexpr const char* name = "owner";
  class type {
   public:
    explicit type(std::uint64_t n) : number_(n) { ++alive; }
    type(const type& other) : number_(other.number_) { ++alive; }
    type(type&& other) noexcept : number_(other.number_) { ++alive; }
    type& operator=(const type&) = default;
    ~type() { --alive; }
    [[nodiscard]] std::uint64_t number() const { return number_; }
    static inline std::atomic<std::int64_t> alive{0};

   private:
    std::uint64_t number_;
  };
  static type make(std::uint64_t n) { return type(n); }
  static std::uint64_t read(const type& made) { return made.number(); }
};

template <class Subject>
class memory : public testing::Test {};
TYPED_TEST_SUITE(memory, every_map, subject_names);

TYPED_TEST(memory, of_an_empty_map_is_below_1_KiB) {
  typename TypeParam::map map;
  EXPECT_LT(sizeof map, 1'024U);
  EXPECT_LT(map.stats().bytes, 1'024U);
  EXPECT_FALSE(map.contains(TypeParam::key_of(1)));
  map.for_each([](const auto&, const auto&) {});
  EXPECT_LT(map.stats().bytes, 1'024U) << "looking takes no memory";
}

template <class Subject>
using stays_small = std::bool_constant<Subject::family::stays_small>;
template <class Subject>
class small_memory : public testing::Test {};
using small_maps = where<stays_small, every_map>;
TYPED_TEST_SUITE(small_memory, small_maps, subject_names);

// The limits are for entries of two words; a longer key or value may take what it is longer.
TYPED_TEST(small_memory, of_8_entries_is_1_KiB_and_of_100_entries_8_KiB_at_most) {
  constexpr std::size_t two_words = 16;
  constexpr std::size_t entry_bytes = sizeof(typename TypeParam::key) + sizeof(typename TypeParam::value);
  constexpr std::size_t longer_bytes = entry_bytes > two_words ? entry_bytes - two_words : 0;
  typename TypeParam::map map;
  for (std::uint64_t i = 0; i < 8; ++i) map.insert(TypeParam::key_of(2 * i + 1), TypeParam::value_of(2 * i + 1));
  EXPECT_LE(map.stats().bytes, 1'024U + 8 * longer_bytes);
  for (std::uint64_t i = 8; i < 100; ++i) map.insert(TypeParam::key_of(2 * i + 1), TypeParam::value_of(2 * i + 1));
  EXPECT_LE(map.stats().bytes, 8'192U + 100 * longer_bytes);
}

template <class Subject>
class erased_memory : public testing::Test {};
using owning = subjects<every_family, number, owner>;
TYPED_TEST_SUITE(erased_memory, owning, subject_names);

TYPED_TEST(erased_memory, of_values_comes_back_while_the_map_lives) {
  const std::uint64_t entries = amount<typename TypeParam::family>(2'000);
  {
    typename TypeParam::map map;
    for (int round = 0; round < 5; ++round) {
      for (std::uint64_t i = 0; i < entries; ++i) map.insert(i, TypeParam::value_of(i));
      for (std::uint64_t i = 0; i < entries; ++i) map.insert_or_assign(i, TypeParam::value_of(i + 1));
      EXPECT_GE(owner::type::alive.load(), static_cast<std::int64_t>(entries));
      for (std::uint64_t i = 0; i < entries; ++i) map.erase(i);
      EXPECT_TRUE(map.empty());
      // A look serves eight blocks of 63, and the timer's thread may hold as many.
      EXPECT_LT(owner::type::alive.load(), 1'000) << "erased values are kept back";
    }
  }
  EXPECT_EQ(owner::type::alive.load(), 0);
}

TYPED_TEST(erased_memory, of_replaced_values_does_not_pile_up) {
  {
    typename TypeParam::map map;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      map.insert_or_assign(i % 4, TypeParam::value_of(i));
      ASSERT_LT(owner::type::alive.load(), 1'000) << "replaced values are kept back";
    }
  }
  EXPECT_EQ(owner::type::alive.load(), 0);
}

template <class Subject>
class shrunk_memory : public testing::Test {};
TYPED_TEST_SUITE(shrunk_memory, every_map, subject_names);

TYPED_TEST(shrunk_memory, follows_the_entries_down_or_comes_back_with_clear) {
  typename TypeParam::map map;
  const std::size_t empty_bytes = map.stats().bytes;
  const std::uint64_t entries = amount<typename TypeParam::family>(20'000);
  for (std::uint64_t i = 0; i < entries; ++i) map.insert(TypeParam::key_of(i), TypeParam::value_of(i));
  const std::size_t full_bytes = map.stats().bytes;
  EXPECT_GT(full_bytes, entries * 16U);
  if constexpr (TypeParam::family::shrinks) {
    for (std::uint64_t i = entries / 200; i < entries; ++i) map.erase(TypeParam::key_of(i));
    // The operations that an application goes on doing end the migration.
    for (std::uint64_t i = 0; i < 4'000; ++i)
      map.insert_or_assign(TypeParam::key_of(i % (entries / 200)), TypeParam::value_of(i));
    // What a reader might still see goes when the map is idle; here that may be the timer, which ends moves as well.
    EXPECT_TRUE(support::eventually([&] { return map.stats().bytes < full_bytes / 8; })) << map.stats().bytes;
    for (std::uint64_t i = 0; i < entries / 200; ++i) ASSERT_TRUE(map.contains(TypeParam::key_of(i)));
  }
  map.clear();
  // A map whose buckets stay until its end keeps a third at most.
  const std::size_t kept_bytes = requires { TypeParam::family::keeps_buckets; }
  ? full_bytes / 3 : full_bytes / 8;
  EXPECT_TRUE(support::eventually([&] { return map.stats().bytes <= empty_bytes + kept_bytes; })) << map.stats().bytes;
}

}  // namespace
}  // namespace promises
