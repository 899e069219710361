// Promise: a map takes its memory from the allocator that it is given and gives all of it back; when the n-th
// allocation fails, for any n, nothing leaks and nothing is torn.
//
// Method: an allocator that keeps books; each operation is run with its n-th allocation failing, for every n, over
// maps of several sizes. The content must be the one before or the one after; at the end the books must be empty.
#include <functional>
#include <map>
#include <memory>

#include "allocators.hpp"
#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

template <class Subject>
class allocators : public testing::Test {
 protected:
  using map_type = metered_map<Subject>;
  using value = typename Subject::value;
  using allocator = typename map_type::allocator_type;
  using content = std::map<typename Subject::key, std::uint64_t>;

  static content content_of(const map_type& map) {
    content seen;
    map.for_each([&](const auto& key, const auto& shown) {
      EXPECT_TRUE(seen.emplace(key, Subject::number_of(shown)).second) << "twice";
    });
    EXPECT_EQ(seen.size(), map.size());
    return seen;
  }

  void is_all_or_nothing(const char* what, const std::function<void(map_type&)>& act) {
    SCOPED_TRACE(what);
    for (const std::uint64_t entries : {0U, 1U, 7U, 8U, 13U, 52U, 416U}) {
      SCOPED_TRACE(testing::Message() << entries << " entries");
      std::unique_ptr<map_type> map;
      const auto fresh = [&] {
        map.reset();
        EXPECT_EQ(books.blocks(), 0U) << "leaked";
        map = std::make_unique<map_type>(allocator(books));
        for (std::uint64_t i = 0; i < entries; ++i) map->insert(Subject::key_of(i), Subject::value_of(10 * i));
      };
      fresh();
      const content before = content_of(*map);
      act(*map);
      const content after = content_of(*map);
      at_every_fault(
          fresh, [&] { act(*map); },
          [&](bool threw) {
            const content now = content_of(*map);
            EXPECT_TRUE(now == after || (threw && now == before));
            EXPECT_TRUE(map->insert(Subject::key_of(777), Subject::value_of(1)));
            EXPECT_TRUE(map->erase(Subject::key_of(777)));
          });
      map.reset();
      EXPECT_EQ(books.bytes(), 0U) << "leaked";
    }
    EXPECT_EQ(nobodys_ledger().allocations(), 0U) << "an allocator that nobody gave was used";
  }

  ledger books;
};
// An over-aligned value asks more of an allocator than a number; numbers where entries of them lie otherwise.
using metered_maps = join<subjects<every_family, number, over_aligned>, subjects<families_by_kind, text, text>,
                          subjects<testing::Types<plain, concurrent, concurrent_portable>>>;
TYPED_TEST_SUITE(allocators, metered_maps, subject_names);

TYPED_TEST(allocators, that_fail_leave_every_operation_all_or_nothing) {
  this->is_all_or_nothing("insert", [](auto& map) { map.insert(TypeParam::key_of(1'000), TypeParam::value_of(1)); });
  this->is_all_or_nothing("insert_or_assign",
                          [](auto& map) { map.insert_or_assign(TypeParam::key_of(0), TypeParam::value_of(1)); });
  this->is_all_or_nothing("erase", [](auto& map) { map.erase(TypeParam::key_of(0)); });
  this->is_all_or_nothing("reserve", [](auto& map) { make_room(map, 3'000); });
  this->is_all_or_nothing("clear", [](auto& map) { map.clear(); });
  this->is_all_or_nothing("compute", [](auto& map) {
    map.compute(TypeParam::key_of(2), [](const auto*) { return TypeParam::value_of(5); });
  });
  if constexpr (offers_load_or_compute<metered_map<TypeParam>>) {
    this->is_all_or_nothing("load_or_compute", [](auto& map) {
      static_cast<void>(map.load_or_compute(TypeParam::key_of(1'000), [] { return TypeParam::value_of(5); }));
    });
  }
  if constexpr (offers_exchange<metered_map<TypeParam>>) {
    this->is_all_or_nothing(
        "exchange", [](auto& map) { static_cast<void>(map.exchange(TypeParam::key_of(0), TypeParam::value_of(1))); });
  }
  if constexpr (offers_compare_exchange<metered_map<TypeParam>>) {
    this->is_all_or_nothing("compare_exchange", [](auto& map) {
      map.compare_exchange(TypeParam::key_of(0), TypeParam::value_of(0), TypeParam::value_of(1));
    });
  }
}

TYPED_TEST(allocators, get_everything_back_after_growth_and_shrinking) {
  {
    metered_map<TypeParam> map{typename metered_map<TypeParam>::allocator_type(this->books)};
    for (int round = 0; round < 3; ++round) {
      const std::uint64_t entries = amount<typename TypeParam::family>(3'000);
      for (std::uint64_t i = 0; i < entries; ++i) map.insert(TypeParam::key_of(i), TypeParam::value_of(i));
      EXPECT_GE(this->books.bytes(), entries * (sizeof(typename TypeParam::key) + sizeof(typename TypeParam::value)))
          << "the entries lie in memory that the allocator never gave";
      for (std::uint64_t i = 0; i < entries; ++i) map.erase(TypeParam::key_of(i));
    }
    map.clear();
  }
  EXPECT_EQ(this->books.blocks(), 0U);
  EXPECT_EQ(nobodys_ledger().allocations(), 0U);
}

}  // namespace
}  // namespace promises
