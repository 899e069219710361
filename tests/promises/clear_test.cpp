// Promise: clear may run beside every other operation; it removes whatever was there when it began, and nothing
// that was removed comes back.
//
// Method: the meaning of Go's TestConcurrentClear and of HashTrieMap's Clear/Concurrent: threads that only touch
// existing keys beside one clear leave the map empty; readers, writers and clearers together leave it usable.
#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

constexpr std::uint64_t keys = 256;

template <class Subject>
class clear : public testing::Test {
 protected:
  void fill() {
    for (std::uint64_t i = 0; i < keys; ++i) map.insert(Subject::key_of(i), Subject::value_of(i));
  }
  typename Subject::map map;
};
TYPED_TEST_SUITE(clear, every_map, subject_names);

TYPED_TEST(clear, leaves_nothing_and_a_map_that_works) {
  for (int round = 0; round < 3; ++round) {
    this->fill();
    this->map.clear();
    EXPECT_TRUE(this->map.empty());
    for (std::uint64_t i = 0; i < keys; ++i) ASSERT_FALSE(this->map.contains(TypeParam::key_of(i)));
    this->map.for_each([](const auto&, const auto&) { ADD_FAILURE() << "something is left"; });
  }
}

template <class Subject>
class clear_among_threads : public clear<Subject> {};
using clearing = join<every_shared_map, subjects<shared_families, number, number, constant_hash>>;
TYPED_TEST_SUITE(clear_among_threads, clearing, subject_names);

TYPED_TEST(clear_among_threads, and_operations_that_create_nothing_leave_the_map_empty) {
  for (int round = 0; round < support::scaled(100); ++round) {
    this->fill();
    together(3, [&](int thread) {
      if (thread == 0) return this->map.clear();
      for (std::uint64_t i = 0; i < keys; ++i) {
        const auto at = TypeParam::key_of(i);
        static_cast<void>(this->map.find(at));
        if constexpr (offers_compare_exchange<typename TypeParam::map>) {
          this->map.compare_exchange(at, TypeParam::value_of(i), TypeParam::value_of(i + 1));
          this->map.compare_erase(at, TypeParam::value_of(5'000));
        }
      }
    });
    ASSERT_EQ(this->map.size(), 0U);
    for (std::uint64_t i = 0; i < keys; ++i) ASSERT_FALSE(this->map.contains(TypeParam::key_of(i))) << i;
  }
}

TYPED_TEST(clear_among_threads, and_every_other_operation_go_together) {
  together(4, [&](int thread) {
    chance random(static_cast<std::uint64_t>(thread));
    for (int i = 0; i < support::scaled(10'000); ++i) {
      const std::uint64_t number = random.below(keys);
      const auto at = TypeParam::key_of(number);
      switch (random.below(thread == 0 ? 6 : 5)) {
        case 0: this->map.insert(at, TypeParam::value_of(number)); break;
        case 1: this->map.insert_or_assign(at, TypeParam::value_of(number)); break;
        case 2:
          if (const auto found = this->map.find(at)) {
            EXPECT_EQ(TypeParam::number_of(*found), number);
          }
          break;
        case 3: this->map.erase(at); break;
        case 4:
          if (random.below(64) == 0) {
            this->map.for_each([&](const auto& key, const auto& value) {
              EXPECT_EQ(key, TypeParam::key_of(TypeParam::number_of(value)));
            });
          }
          break;
        case 5:
          if (random.below(8) == 0) this->map.clear();
          break;
      }
    }
  });
  this->map.clear();
  EXPECT_TRUE(this->map.empty());
  this->map.for_each([](const auto&, const auto&) { ADD_FAILURE() << "something is left"; });
  this->fill();
  EXPECT_EQ(this->map.size(), keys);
}

}  // namespace
}  // namespace promises
