// Promise: whatever throws, and whenever: the map holds what it held before the operation, or what it should hold
// after it; nothing leaks, and the map goes on working.
//
// Method: key, value, hash and equality throw at their n-th call, for every n until a run meets no fault. After each
// run the content must be the one before or the one after, every object must be accounted for at the end.
#include <map>

#include "family.hpp"
#include "faults.hpp"
#include "threads.hpp"

namespace promises {
namespace {

using content = std::map<std::uint64_t, std::uint64_t>;

template <class Subject>
class exceptions : public testing::Test {
 protected:
  using map_type = typename Subject::map;
  using value = typename Subject::value;
  using operation = std::function<void(map_type&)>;

  static content content_of(const map_type& map) {
    content seen;
    map.for_each([&](const auto& key, const auto& shown) {
      EXPECT_TRUE(seen.emplace(key.number(), Subject::number_of(shown)).second) << "twice: " << key.number();
    });
    EXPECT_EQ(seen.size(), map.size());
    for (const auto& [key, number] : seen) EXPECT_TRUE(map.contains(Subject::key_of(key)));
    return seen;
  }

  // Tries `act` at every fault over maps of several sizes: empty, small, about to grow, grown.
  void is_all_or_nothing(const char* what, const operation& act) {
    SCOPED_TRACE(what);
    for (const std::uint64_t entries : {0U, 1U, 7U, 8U, 13U, 52U}) {
      SCOPED_TRACE(testing::Message() << entries << " entries");
      std::unique_ptr<map_type> map;
      const auto fresh = [&] {
        map = std::make_unique<map_type>();
        for (std::uint64_t i = 0; i < entries; ++i) map->insert(Subject::key_of(i), Subject::value_of(10 * i));
      };
      fresh();
      const content before = content_of(*map);
      act(*map);
      const content after = content_of(*map);
      const int points = at_every_fault(
          fresh, [&] { act(*map); },
          [&](bool threw) {
            const content now = content_of(*map);
            EXPECT_TRUE(now == after || (threw && now == before));
            EXPECT_TRUE(map->insert(Subject::key_of(777), Subject::value_of(1)));
            EXPECT_TRUE(map->erase(Subject::key_of(777)));
          });
      EXPECT_GT(points, 0);
      map.reset();
      EXPECT_EQ(fragile::type::alive.load(), 0) << "leaked, or destroyed twice";
    }
  }
};
using fragile_maps = where<can_walk, subjects<every_family, fragile, fragile, fragile_hash>>;
TYPED_TEST_SUITE(exceptions, fragile_maps, subject_names);

TYPED_TEST(exceptions, leave_insert_all_or_nothing) {
  this->is_all_or_nothing("insert", [](auto& map) { map.insert(TypeParam::key_of(100), TypeParam::value_of(1)); });
  this->is_all_or_nothing("insert, present",
                          [](auto& map) { map.insert(TypeParam::key_of(3), TypeParam::value_of(1)); });
  this->is_all_or_nothing("try_emplace", [](auto& map) { map.try_emplace(TypeParam::key_of(100), std::uint64_t{5}); });
}

TYPED_TEST(exceptions, leave_assignment_all_or_nothing) {
  this->is_all_or_nothing("insert_or_assign",
                          [](auto& map) { map.insert_or_assign(TypeParam::key_of(100), TypeParam::value_of(1)); });
  this->is_all_or_nothing("insert_or_assign, present",
                          [](auto& map) { map.insert_or_assign(TypeParam::key_of(0), TypeParam::value_of(1)); });
  if constexpr (offers_exchange<typename TypeParam::map>) {
    this->is_all_or_nothing(
        "exchange", [](auto& map) { static_cast<void>(map.exchange(TypeParam::key_of(0), TypeParam::value_of(1))); });
  }
  if constexpr (offers_compare_exchange<typename TypeParam::map>) {
    this->is_all_or_nothing("compare_exchange", [](auto& map) {
      map.compare_exchange(TypeParam::key_of(0), TypeParam::value_of(0), TypeParam::value_of(1));
    });
  }
}

TYPED_TEST(exceptions, leave_compute_all_or_nothing) {
  this->is_all_or_nothing("compute, assign", [](auto& map) {
    map.compute(TypeParam::key_of(0), [](const auto*) { return TypeParam::value_of(5); });
  });
  this->is_all_or_nothing("compute, erase", [](auto& map) {
    map.compute(TypeParam::key_of(0), [](const auto*) -> portolan::decision<typename TypeParam::value> {
      faults::point();
      return portolan::erase;
    });
  });
  this->is_all_or_nothing("compute, keep", [](auto& map) {
    map.compute(TypeParam::key_of(0),
                [](const auto*) -> portolan::decision<typename TypeParam::value> { return portolan::keep; });
  });
  if constexpr (offers_load_or_compute<typename TypeParam::map>) {
    this->is_all_or_nothing("load_or_compute", [](auto& map) {
      static_cast<void>(map.load_or_compute(TypeParam::key_of(100), [] { return TypeParam::value_of(5); }));
    });
  }
}

TYPED_TEST(exceptions, leave_removal_all_or_nothing) {
  this->is_all_or_nothing("erase", [](auto& map) { map.erase(TypeParam::key_of(0)); });
  if constexpr (offers_extract<typename TypeParam::map>) {
    this->is_all_or_nothing("extract", [](auto& map) { static_cast<void>(map.extract(TypeParam::key_of(0))); });
  }
  if constexpr (offers_compare_erase<typename TypeParam::map>) {
    this->is_all_or_nothing("compare_erase",
                            [](auto& map) { map.compare_erase(TypeParam::key_of(0), TypeParam::value_of(0)); });
  }
}

TYPED_TEST(exceptions, leave_looking_without_effect) {
  this->is_all_or_nothing("find", [](auto& map) { static_cast<void>(map.find(TypeParam::key_of(0))); });
  this->is_all_or_nothing("for_each", [](auto& map) {
    faults::point();
    map.for_each([](const auto&, const auto&) { faults::point(); });
  });
  this->is_all_or_nothing("reserve", [](auto& map) {
    faults::point();
    make_room(map, 500);
  });
}

}  // namespace
}  // namespace promises
