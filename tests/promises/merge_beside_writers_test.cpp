// Promise: however many write to two maps while they are merged into each other, no entry is lost and none is there twice.
//
// Method: each value is a token of its own. Threads merge two maps into each other, both ways at once, while others take
// tokens out of one map and put them into either; at the end each token must be in exactly one place: a map, the hand of
// a thread, or what a merge said was left over. Keys are few, so that tokens meet. A reader who looks into the target
// first must never see an entry in both. Computes that use both maps stand in the way of a lock order.
#include <mutex>
#include <set>

#include "merges.hpp"
#include "threads.hpp"

namespace promises {
namespace {

template <class Pairing>
class merge_beside_writers : public testing::Test {};
using shared_pairings =
    testing::Types<pairing<number_map, number_map>, pairing<text_map, text_map>,
                   pairing<subject<concurrent_hazard>, subject<sync>>, pairing<subject<guarded>, subject<guarded>>,
                   pairing<subject<sharded>, subject<guarded>>, pairing<subject<snapshot>, subject<concurrent>>>;
TYPED_TEST_SUITE(merge_beside_writers, shared_pairings, pairing_names);

TYPED_TEST(merge_beside_writers, loses_no_entry_and_doubles_none) {
  using left_subject = typename TypeParam::target;
  using right_subject = typename TypeParam::source;
  constexpr std::uint64_t keys = 12;
  constexpr std::uint64_t tokens = 3 * keys;
  const int rounds = support::scaled(std::is_same_v<typename left_subject::family, snapshot> ? 1'000 : 4'000);
  const watchdog guard("merges both ways beside writers");
  typename left_subject::map left;
  typename right_subject::map right;
  std::mutex all;
  std::vector<std::uint64_t> elsewhere;
  const auto keep = [&](const auto& said) {
    EXPECT_FALSE(said.failure);
    const std::lock_guard held(all);
    for (const auto& entry : said.left_over) elsewhere.push_back(left_subject::number_of(entry.second));
  };
  together(4, [&](int thread) {
    if (thread < 2) {
      for (int round = 0; round < rounds; ++round) {
        thread == 0 ? keep(portolan::merge(left, right)) : keep(portolan::merge(right, left));
      }
      return;
    }
    // Half of the tokens begin in each writer's hand; token t lives under key t % keys, wherever it is.
    chance random(static_cast<std::uint64_t>(thread));
    std::vector<std::uint64_t> hand;
    for (std::uint64_t token = static_cast<std::uint64_t>(thread) - 2; token < tokens; token += 2)
      hand.push_back(token);
    for (int round = 0; round < 4 * rounds; ++round) {
      if (!hand.empty() && random.below(2) == 0) {
        const std::uint64_t token = hand.back();
        const bool put = random.below(2) == 0
                             ? left.insert(left_subject::key_of(token % keys), left_subject::value_of(token))
                             : right.insert(right_subject::key_of(token % keys), right_subject::value_of(token));
        if (put) hand.pop_back();
      } else {
        const std::uint64_t key = random.below(keys);
        if (random.below(2) == 0) {
          if (auto got = left.extract(left_subject::key_of(key))) hand.push_back(left_subject::number_of(*got));
        } else {
          if (auto got = right.extract(right_subject::key_of(key))) hand.push_back(right_subject::number_of(*got));
        }
      }
    }
    const std::lock_guard held(all);
    elsewhere.insert(elsewhere.end(), hand.begin(), hand.end());
  });
  std::multiset<std::uint64_t> seen(elsewhere.begin(), elsewhere.end());
  left.for_each([&](const auto&, const auto& value) { seen.insert(left_subject::number_of(value)); });
  right.for_each([&](const auto&, const auto& value) { seen.insert(right_subject::number_of(value)); });
  for (std::uint64_t token = 0; token < tokens; ++token) EXPECT_EQ(seen.count(token), 1U) << "token " << token;
  EXPECT_EQ(seen.size(), tokens);
}

TYPED_TEST(merge_beside_writers, shows_an_entry_in_both_maps_to_nobody_who_looks_into_the_target_first) {
  using target = typename TypeParam::target;
  using source = typename TypeParam::source;
  const auto entries = amount<typename target::family>(support::scaled<std::uint64_t>(3'000));
  constexpr bool at_one_instant =
      std::is_same_v<typename target::family, guarded> && std::is_same_v<typename source::family, guarded>;
  for (int round = 0; round < 3; ++round) {
    typename target::map into;
    typename source::map from;
    for (std::uint64_t i = 0; i < entries; ++i) from.insert(source::key_of(i), source::value_of(i));
    std::atomic<bool> merged{false};
    together(2, [&](int thread) {
      if (thread == 0) {
        EXPECT_EQ(portolan::merge(into, from).moved, entries);
        merged = true;
        return;
      }
      for (std::uint64_t i = 0; !merged.load(); i = (i + 1) % entries) {
        if (into.contains(target::key_of(i))) {
          ASSERT_FALSE(from.contains(source::key_of(i))) << i;
        }
        if constexpr (at_one_instant) {
          ASSERT_TRUE(from.contains(source::key_of(i)) || into.contains(target::key_of(i))) << i;
        }
      }
    });
  }
}

// Whoever computes on one map may use the other: a merge that waited for one lock with the other held would hang here.
TEST(merge_of_guarded_maps_beside_writers, waits_for_neither_lock_while_it_holds_the_other) {
  using map_type = portolan::guarded_map<std::unordered_map<int, int>>;
  const watchdog guard("merges both ways beside computes that use both maps");
  map_type left;
  map_type right;
  left.insert(1, 1);
  together(4, [&](int thread) {
    for (int i = 0; i < support::scaled(20'000); ++i) {
      switch (thread) {
        case 0: static_cast<void>(portolan::merge(left, right)); break;
        case 1: static_cast<void>(portolan::merge(right, left)); break;
        default:
          map_type& held = left;  // one order for all computes: what these two do among themselves is no deadlock
          held.compute(2 + thread, [&](const int*) {
            static_cast<void>(right.contains(1));
            return portolan::decision<int>(portolan::keep);
          });
      }
    }
  });
  EXPECT_EQ(left.size() + right.size(), 1U);
}

}  // namespace
}  // namespace promises
