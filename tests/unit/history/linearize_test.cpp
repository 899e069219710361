// The checker of histories against one that tries every order, and against histories whose answer is known.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include <portolan/prove/linearize.hpp>
#include <portolan/prove/linearize/one_key.hpp>

#include "tests/support/scale.hpp"
#include "tests/unit/history/exhaustive.hpp"
#include "tests/unit/history/random_histories.hpp"

namespace {

using namespace portolan::prove;
using answer = verdict::answer;

operation op(std::uint64_t call, std::uint64_t returned, action what, ending how, std::uint64_t argument = 0,
             std::uint64_t seen = 0, std::uint32_t lane = 0, std::uint64_t key = 1) {
  return {call, returned, key, argument, seen, lane, what, how, 0};
}

history of(const std::vector<operation>& all) {
  history made;
  for (const operation& each : all) made.add(each);
  return made;
}

verdict check(const std::vector<operation>& all) { return check_linearizable(of(all)); }

std::string listed(const std::vector<operation>& all) {
  std::string text;
  for (const operation& each : all) {
    text += "\n  [" + std::to_string(each.call) + ", " +
            (each.returned == never ? "…" : std::to_string(each.returned)) + "] " + described(each, history());
  }
  return text;
}

using linearize::walked;

std::vector<linearize::item> items_of(const std::vector<operation>& calls) {
  std::vector<linearize::item> items;
  for (const operation& each : calls) items.push_back({each.key, each.call, &each});
  return items;
}

class of_a_kind : public testing::TestWithParam<random_histories::kind> {
 protected:
  /// From the first configuration on with all that is foreseen; from the fifth on; never.
  linearize::key_walk<1> foreseeing_{1'000'000, 0};
  linearize::key_walk<8> foreseeing_among_many_{1'000'000, 0};
  linearize::key_walk<1> usual_[2] = {linearize::key_walk<1>(1'000'000), linearize::key_walk<1>(1'000'000, 1)};
  linearize::key_walk<1> blind_{2'000, 1'000'000};
};

// Method: small histories, right and wrong ones; every order is tried, and the walk says the same.
TEST_P(of_a_kind, a_walk_agrees_with_every_order) {
  random_histories::source source(7);
  int bad = 0;
  const int count = support::scaled(10'000);
  for (int i = 0; i < count; ++i) {
    const unsigned lanes = source.below(3) == 0 ? 3 + static_cast<unsigned>(source.below(3)) : 0;
    const auto [calls, first] = source.next(GetParam(), 2 + source.below(8), lanes);
    const bool right = exhaustive::explained(calls, first);
    const walked expected = right ? walked::explained : walked::violated;
    const linearize::entry before{first.value_or(0), first.has_value()};
    const std::vector<linearize::item> items = items_of(calls);
    bad += right ? 0 : 1;
    ASSERT_EQ(foreseeing_.walk(items, before), expected) << "history " << i << listed(calls);
    ASSERT_EQ(usual_[i % 2].walk(items, before), expected) << "history " << i << listed(calls);
    if (i % 4 != 0) continue;
    ASSERT_EQ(foreseeing_among_many_.walk(items, before), expected) << "history " << i << listed(calls);
    ASSERT_EQ(blind_.walk(items, before), expected) << "history " << i << listed(calls);
  }
  EXPECT_GT(bad, count / 40);
  EXPECT_LT(bad, count - count / 4);
}

// Method: histories too long for every order, of threads that are always in a call; the walk that looks ahead says the same
// as the one that does not.
TEST_P(of_a_kind, a_walk_that_looks_ahead_agrees_with_one_that_does_not) {
  random_histories::source source(11);
  int compared = 0;
  const int count = support::scaled(400);
  for (int i = 0; i < count; ++i) {
    const auto [calls, first] =
        source.next(GetParam(), 10 + source.below(40), 3 + static_cast<unsigned>(source.below(5)));
    const linearize::entry before{first.value_or(0), first.has_value()};
    const std::vector<linearize::item> items = items_of(calls);
    const walked expected = blind_.walk(items, before);
    if (expected == walked::too_wide) continue;
    ++compared;
    ASSERT_EQ(foreseeing_.walk(items, before), expected) << "history " << i << listed(calls);
    ASSERT_EQ(usual_[i % 2].walk(items, before), expected) << "history " << i << listed(calls);
  }
  EXPECT_GT(compared, count / 4);
}

// Method: of histories that no order explains, the part that is shown has no order either.
TEST_P(of_a_kind, what_is_shown_of_a_bad_history_is_bad_by_itself) {
  random_histories::source source(13);
  const int count = support::scaled(2'000);
  for (int i = 0; i < count; ++i) {
    const auto [calls, first] = source.next(GetParam(), 2 + source.below(8), 0);
    check_limits limits;
    limits.present_at_first = first.has_value();
    limits.value_at_first = first.value_or(0);
    const verdict seen = check_linearizable(of(calls), limits);
    ASSERT_EQ(seen.is, exhaustive::explained(calls, first) ? answer::explained : answer::violated) << listed(calls);
    if (seen.ok()) continue;
    const violation& why = seen.violations.at(0);
    ASSERT_FALSE(exhaustive::explained(why.core, why.present ? exhaustive::slot(why.value) : std::nullopt))
        << "history " << i << listed(calls) << "\nshrunk" << listed(why.core);
  }
}
INSTANTIATE_TEST_SUITE_P(histories, of_a_kind, testing::ValuesIn(random_histories::kinds()),
                         [](const auto& which) { return std::string(which.param.name); });

// Found by the histories above: a pending call that leaves what is there may still hide an erasure, or a put.
TEST(linearize, a_pending_call_is_of_use_after_one_that_nobody_saw) {
  check_limits one;
  one.present_at_first = true;
  one.value_at_first = 1;
  const verdict put = check_linearizable(
      of({op(1, never, action::assign, ending::pending, 1, 0, 0), op(1, 28, action::extract, ending::hit, 0, 1, 1),
          op(2, 8, action::insert, ending::hit, 1, 0, 2), op(2, 18, action::assign, ending::hit, 3, 0, 3),
          op(3, 14, action::contains, ending::miss, 0, 0, 4), op(10, 37, action::insert, ending::miss, 2, 0, 5),
          op(30, 42, action::find, ending::hit, 0, 2, 6)}),
      one);
  EXPECT_TRUE(put.ok()) << put.text();
  const std::vector<operation> erased{
      op(1, 2, action::insert, ending::miss, 17, 0, 0),   op(3, never, action::assign, ending::pending, 12, 0, 1),
      op(15, 24, action::erase, ending::done, 0, 0, 0),   op(16, 21, action::assign, ending::hit, 14, 0, 2),
      op(22, 28, action::contains, ending::hit, 0, 0, 3), op(25, 36, action::find, ending::hit, 0, 14, 4)};
  linearize::key_walk<1> walk(1000, 0);
  EXPECT_EQ(walk.walk(items_of(erased), {}), walked::explained);
}

TEST(linearize, a_stale_read_is_found) {
  const verdict seen = check({op(1, 2, action::insert, ending::miss, 5), op(3, 4, action::assign, ending::hit, 6),
                              op(5, 6, action::find, ending::hit, 0, 5)});
  ASSERT_EQ(seen.is, answer::violated);
  EXPECT_EQ(seen.violations[0].core.size(), 1U);
  EXPECT_EQ(seen.violations[0].value, 6U);
  EXPECT_NE(seen.text().find("find → 5"), std::string::npos) << seen.text();
}

TEST(linearize, calls_that_meet_at_an_instant_overlap) {
  EXPECT_TRUE(check({op(1, 5, action::insert, ending::miss, 5), op(5, 9, action::find, ending::miss)}).ok());
  EXPECT_FALSE(check({op(1, 5, action::insert, ending::miss, 5), op(6, 9, action::find, ending::miss)}).ok());
}

TEST(linearize, a_pending_call_may_have_happened_or_not) {
  const operation lost = op(1, never, action::insert, ending::pending, 5);
  EXPECT_TRUE(check({lost, op(3, 4, action::find, ending::miss)}).ok());
  EXPECT_TRUE(check({lost, op(3, 4, action::find, ending::miss), op(5, 6, action::find, ending::hit, 0, 5)}).ok());
  EXPECT_FALSE(check({lost, op(3, 4, action::find, ending::hit, 0, 5), op(5, 6, action::find, ending::miss)}).ok());
}

TEST(linearize, hundreds_of_calls_on_one_key_may_be_open) {
  std::vector<operation> all;
  for (std::uint32_t i = 0; i < 300; ++i) {
    all.push_back(op(1 + i, never, action::compare_exchange, ending::pending, 1000 + i, 500 + i, i));
  }
  all.push_back(op(400, 401, action::insert, ending::miss, 500, 0, 300));
  all.push_back(op(402, 403, action::find, ending::hit, 0, 1000, 300));
  EXPECT_TRUE(check(all).ok());
  all.push_back(op(404, 405, action::find, ending::hit, 0, 500, 300));
  EXPECT_EQ(check(all).is, answer::violated);
}

TEST(linearize, what_it_cannot_hold_is_unknown_and_never_right) {
  std::vector<operation> all;
  for (std::uint32_t i = 0; i < 20; ++i) {
    all.push_back(op(1 + i, 1000 + i, action::compare_exchange, ending::hit, i + 2, i + 1, i));
    all.push_back(op(1 + i, 1000 + i, action::add, ending::done, std::uint64_t{1} << i, 0, 100 + i));
  }
  all.push_back(op(0, 0, action::insert, ending::miss, 1, 0, 99));
  check_limits small;
  small.configurations = 64;
  const verdict seen = check_linearizable(of(all), small);
  EXPECT_EQ(seen.is, answer::unknown);
  EXPECT_EQ(seen.unknown_keys, 1U);
  EXPECT_NE(seen.text().find("check_limits::configurations"), std::string::npos) << seen.text();

  std::vector<operation> open;
  for (std::uint32_t i = 0; i < 600; ++i) open.push_back(op(1, 2, action::insert, ending::hit, 1, 0, i));
  EXPECT_EQ(check(open).is, answer::unknown);
}

TEST(linearize, keys_are_checked_one_by_one) {
  std::vector<operation> all;
  for (std::uint64_t key = 0; key < 50'000; ++key) {
    all.push_back(op(1 + key, 2 + key, action::insert, ending::miss, key, 0, 0, key));
    all.push_back(op(200'000 + key, 200'001 + key, action::find, ending::hit, 0, key == 77 ? 78 : key, 1, key));
  }
  const verdict seen = check(all);
  EXPECT_EQ(seen.keys, 50'000U);
  ASSERT_EQ(seen.violations.size(), 1U);
  EXPECT_EQ(seen.violations[0].key, 77U);
}

TEST(linearize, a_listing_shows_what_stays_and_nothing_that_is_not_there) {
  const std::vector<operation> two{op(1, 2, action::insert, ending::miss, 5, 0, 0, 1),
                                   op(3, 4, action::insert, ending::miss, 6, 0, 0, 2)};
  const auto with = [&](std::vector<std::pair<std::uint64_t, std::uint64_t>> entries, std::uint64_t call) {
    history made = of(two);
    made.listings.push_back({call, 9, 1, std::move(entries)});
    return check_linearizable(made);
  };
  EXPECT_TRUE(with({{2, 6}, {1, 5}}, 5).ok());
  EXPECT_FALSE(with({{1, 5}}, 5).ok()) << "one that stays is missing";
  EXPECT_TRUE(with({{1, 5}}, 3).ok()) << "it came during the walk";
  EXPECT_FALSE(with({{1, 5}, {2, 7}}, 5).ok()) << "a value that was never there";
  EXPECT_FALSE(with({{1, 5}, {2, 6}, {3, 1}}, 5).ok()) << "a key that was never there";
  const verdict twice = with({{1, 5}, {2, 6}, {1, 5}}, 5);
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.violations[0].what, violation::kind::listed_twice);
}

TEST(linearize, a_listing_may_be_allowed_to_miss_what_changes) {
  history made = of({op(1, 2, action::insert, ending::miss, 5), op(4, 6, action::assign, ending::hit, 6)});
  made.listings.push_back({3, 9, 1, {}});
  EXPECT_FALSE(check_linearizable(made).ok());
  check_limits lenient;
  lenient.listing_may_miss_changed_keys = true;
  EXPECT_TRUE(check_linearizable(made, lenient).ok());
  made.listings.push_back({10, 11, 1, {}});
  EXPECT_FALSE(check_linearizable(made, lenient).ok());
}

TEST(linearize, a_clear_erases_each_entry_once) {
  history made = of({op(1, 2, action::insert, ending::miss, 5), op(6, 7, action::find, ending::miss)});
  EXPECT_FALSE(check_linearizable(made).ok());
  made.clearings.push_back({3, 4, 1});
  EXPECT_TRUE(check_linearizable(made).ok());
  made.add(op(8, 9, action::find, ending::hit, 0, 5));
  EXPECT_FALSE(check_linearizable(made).ok());
}

TEST(linearize, a_size_lies_between_its_bounds) {
  std::vector<operation> all;
  for (std::uint64_t key = 0; key < 10; ++key) all.push_back(op(1, 2, action::insert, ending::miss, 1, 0, 0, key));
  for (std::uint64_t key = 10; key < 13; ++key) all.push_back(op(5, 8, action::insert, ending::miss, 1, 0, 0, key));
  all.push_back(op(5, 8, action::erase, ending::hit, 0, 0, 0, 0));
  for (const auto& [size, right] :
       std::vector<std::pair<std::uint64_t, bool>>{{4, false}, {9, true}, {11, true}, {13, true}, {18, false}}) {
    history made = of(all);
    made.countings.push_back({6, 7, 1, size});
    const verdict seen = check_linearizable(made);
    EXPECT_EQ(seen.ok(), right) << size << ": " << seen.text();
    if (!right) {
      EXPECT_EQ(seen.violations.at(0).what, violation::kind::size);
    }
  }
  history after = of(all);
  after.countings.push_back({9, 10, 1, 11});
  EXPECT_FALSE(check_linearizable(after).ok()) << "at rest there is one answer";
}

TEST(linearize, a_size_of_one_instant_counts_each_key_once) {
  check_limits strict;
  strict.sizes_are_of_one_instant = true;
  const std::vector<operation> back{op(1, 2, action::insert, ending::miss, 1), op(5, 6, action::erase, ending::hit),
                                    op(7, 8, action::insert, ending::miss, 2)};
  for (const std::uint64_t size : {0U, 1U, 2U}) {
    history made = of(back);
    made.countings.push_back({4, 9, 1, size});
    EXPECT_TRUE(check_linearizable(made).ok()) << "it may have the second insert and not the erase";
    EXPECT_EQ(check_linearizable(made, strict).ok(), size < 2) << size;
  }
}

TEST(linearize, a_bad_history_is_shown_small) {
  std::mt19937_64 random(5);
  std::vector<operation> all;
  std::uint64_t value = 1;
  all.push_back(op(0, 1, action::insert, ending::miss, value));
  for (std::uint64_t i = 1; i < 5'000; ++i) {
    const std::uint64_t at = 20 * i;
    for (std::uint32_t lane = 1; lane < 8; ++lane) {
      all.push_back(op(at + lane, at + 8 + lane, action::find, ending::hit, 0, value, lane));
    }
    all.push_back(op(at + 17, at + 18, action::exchange, ending::hit, i + 1, i, 0));
    value = i + 1;
  }
  all[30'000].seen = 17;
  const verdict seen = check(all);
  ASSERT_EQ(seen.is, answer::violated);
  EXPECT_LE(seen.violations[0].core.size(), 2U) << listed(seen.violations[0].core);
  EXPECT_LE(seen.violations[0].context.size(), 7U);
}

}  // namespace
