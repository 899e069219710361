// Promise: what find returns, and a handle from pin, survives erase, replacement, clear, growth and the map's end,
// and never changes.
//
// Method: handles are taken, everything is done to the entry and the table, the handle is read after each; once by
// one thread, once with other threads that replace and erase without pause. A sanitizer sees a handle that dangles.
#include <memory>

#include "family.hpp"
#include "threads.hpp"

namespace promises {
namespace {

template <class Subject>
class handles : public testing::Test {
 protected:
  using map_type = typename Subject::map;
  static auto take(const map_type& from, const typename Subject::key& at) {
    if constexpr (offers_pin<map_type>) {
      return from.pin(at);
    } else {
      return from.find(at);
    }
  }
};
template <class Subject>
using gives_handles = std::bool_constant<offers_find<typename Subject::map> || offers_pin<typename Subject::map>>;
using holding =
    where<gives_handles,
          join<every_map, subjects<every_family, number, move_only>, subjects<families_by_kind, number, big>>>;
TYPED_TEST_SUITE(handles, holding, subject_names);

TYPED_TEST(handles, survive_all_that_can_happen_to_an_entry) {
  auto map = std::make_unique<typename TypeParam::map>();
  for (std::uint64_t i = 0; i < 10; ++i) map->insert(TypeParam::key_of(i), TypeParam::value_of(i));
  const auto replaced = this->take(*map, TypeParam::key_of(1));
  map->insert_or_assign(TypeParam::key_of(1), TypeParam::value_of(100));
  EXPECT_EQ(TypeParam::number_of(*replaced), 1U);

  const auto erased = this->take(*map, TypeParam::key_of(2));
  map->erase(TypeParam::key_of(2));
  EXPECT_EQ(TypeParam::number_of(*erased), 2U);

  const auto moved = this->take(*map, TypeParam::key_of(3));
  for (std::uint64_t i = 100; i < 100 + amount<typename TypeParam::family>(5'000); ++i)
    map->insert(TypeParam::key_of(i), TypeParam::value_of(i));
  EXPECT_EQ(TypeParam::number_of(*moved), 3U);

  const auto cleared = this->take(*map, TypeParam::key_of(4));
  map->clear();
  EXPECT_EQ(TypeParam::number_of(*cleared), 4U);

  map->insert(TypeParam::key_of(5), TypeParam::value_of(50));
  const auto outlives = this->take(*map, TypeParam::key_of(5));
  map.reset();
  EXPECT_EQ(TypeParam::number_of(*outlives), 50U);
  EXPECT_EQ(TypeParam::number_of(*replaced), 1U);
}

template <class Subject>
class handles_among_threads : public handles<Subject> {};
using shared_holding = where<gives_handles, join<every_shared_map, subjects<shared_families, number, move_only>>>;
TYPED_TEST_SUITE(handles_among_threads, shared_holding, subject_names);

TYPED_TEST(handles_among_threads, never_change_while_others_replace_and_erase) {
  typename TypeParam::map map;
  std::atomic<bool> goes_on{true};
  std::atomic<std::uint64_t> held_in_all{0};
  together(3, [&](int thread) {
    chance random(static_cast<std::uint64_t>(thread));
    if (thread == 0) {
      for (int i = 0; i < support::scaled(20'000) || (held_in_all.load() < 100 && i < 2'000'000); ++i) {
        const auto at = TypeParam::key_of(random.below(16));
        map.insert_or_assign(at, TypeParam::value_of(random.below(1'000)));
        if (random.below(4) == 0) map.erase(at);
        if (random.below(512) == 0) map.clear();
      }
      goes_on = false;
      return;
    }
    using handle = decltype(this->take(map, TypeParam::key_of(0)));
    std::vector<std::pair<handle, std::uint64_t>> held;
    while (goes_on.load()) {
      if (auto taken = this->take(map, TypeParam::key_of(random.below(16)))) {
        const std::uint64_t number = TypeParam::number_of(*taken);
        held.emplace_back(std::move(taken), number);
        ++held_in_all;
      }
      if (held.size() < 32) continue;
      for (const auto& [each, number] : held) ASSERT_EQ(TypeParam::number_of(*each), number);
      held.clear();
    }
  });
  EXPECT_GT(held_in_all.load(), 0U);
}

}  // namespace
}  // namespace promises
