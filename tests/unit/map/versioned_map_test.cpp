// versioned_map: what a version promises, one thread at a time. Threads: tests/stress/versioned_map_test.cpp.
#include <portolan/map/versioned_map.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <portolan/map/three_phase.hpp>

namespace {

using portolan::acceptance;
using portolan::application;
using portolan::entry_version;
using portolan::no_version;
using portolan::versioned;
using text_map = portolan::versioned_map<std::string, std::string>;
using number_map = portolan::versioned_map<std::uint64_t, std::uint64_t>;

/// All keys meet in one place, and so do their floors.
struct one_hash {
  using is_avalanching = void;
  std::uint64_t operator()(std::uint64_t) const noexcept { return 7; }
};

TEST(versioned_map, says_value_and_version_together) {
  text_map map;
  const auto created = map.insert("limits", "10");
  ASSERT_TRUE(created.accepted());
  const auto found = map.find("limits");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->value, "10");
  EXPECT_EQ(found->version, created.version);
  EXPECT_NE(created.version, no_version);
}

TEST(versioned_map, accepts_the_present_version_and_gives_the_next) {
  text_map map;
  entry_version version = map.insert("limits", "0").version;
  for (int i = 1; i < 50; ++i) {
    const auto updated = map.update("limits", version, std::to_string(i));
    ASSERT_EQ(updated.outcome, acceptance::accepted);
    ASSERT_EQ(updated.version.number, version.number + 1);
    version = updated.version;
  }
  EXPECT_EQ(map.find("limits")->value, "49");
}

TEST(versioned_map, refuses_a_stale_writer_and_tells_it_what_stands_there) {
  text_map map;
  const auto first = map.insert("limits", "10");
  const auto second = map.update("limits", first.version, "20");
  std::string mine = "a value that is long enough to own memory, and comes back";
  const auto refused = map.update("limits", first.version, std::move(mine));
  EXPECT_EQ(refused.outcome, acceptance::refused);
  EXPECT_FALSE(refused.accepted());
  EXPECT_EQ(refused.version, second.version);
  EXPECT_EQ(refused.current->value, "20");
  EXPECT_EQ(refused.current->version, second.version);
  EXPECT_EQ(mine, "a value that is long enough to own memory, and comes back");
  EXPECT_EQ(map.find("limits")->value, "20");
}

// The trap of a configuration update that says "done" when it was refused, and that cannot create a key.
TEST(versioned_map, never_reports_a_refused_update_as_done_and_can_create_a_key) {
  text_map map;
  EXPECT_EQ(map.update("new", entry_version{3}, "x").outcome, acceptance::absent);
  EXPECT_FALSE(map.contains("new"));
  const auto created = map.update("new", no_version, "x");
  EXPECT_EQ(created.outcome, acceptance::accepted);
  EXPECT_EQ(map.update("new", no_version, "y").outcome, acceptance::refused);
  EXPECT_EQ(map.find("new")->value, "x");
  static_assert(!std::is_convertible_v<decltype(created), bool>, "an outcome is asked for by name");
  static_assert(!std::is_invocable_v<decltype([](auto& m) -> decltype(m.update("k", 5, "v")) {}), text_map&>,
                "a plain number is no version");
}

TEST(versioned_map, refuses_an_insert_over_an_entry_and_tells_it_what_stands_there) {
  text_map map;
  const auto first = map.insert("limits", "10");
  const auto again = map.insert("limits", "11");
  EXPECT_EQ(again.outcome, acceptance::refused);
  EXPECT_EQ(again.version, first.version);
  EXPECT_EQ(again.current->value, "10");
  EXPECT_TRUE(map.try_emplace("runs", std::size_t{3}, 'x').accepted());
  EXPECT_EQ(map.find("runs")->value, "xxx");
}

TEST(versioned_map, erases_only_the_version_that_is_expected) {
  text_map map;
  const auto first = map.insert("limits", "10");
  const auto second = map.update("limits", first.version, "20");
  const auto refused = map.erase("limits", first.version);
  EXPECT_EQ(refused.outcome, acceptance::refused);
  EXPECT_EQ(refused.current->value, "20");
  EXPECT_EQ(map.erase("limits", no_version).outcome, acceptance::refused);
  EXPECT_EQ(map.erase("limits", second.version).outcome, acceptance::accepted);
  EXPECT_EQ(map.erase("limits", second.version).outcome, acceptance::absent);
  EXPECT_EQ(map.erase("limits", no_version).outcome, acceptance::absent);
  EXPECT_TRUE(map.empty());
}

// A key that was erased and created again, by whichever way, never carries a version that it had before.
TEST(versioned_map, never_repeats_a_version_of_a_key) {
  number_map map;
  entry_version highest = no_version;
  const auto rises = [&](entry_version now) {
    ASSERT_GT(now, highest);
    highest = now;
  };
  for (int round = 0; round < 40; ++round) {
    entry_version version = map.insert(1U, 0U).version;
    rises(version);
    for (int i = 0; i < round; ++i) {
      version = map.update(1U, version, 1U).version;
      rises(version);
    }
    switch (round % 5) {
      case 0: ASSERT_TRUE(map.erase(1U, version).accepted()); break;
      case 1: map.clear(); break;
      case 2: ASSERT_EQ(map.erase_if([](const auto&, const auto&) { return true; }), 1U); break;
      case 3:
        map.update(
            1U, [](const versioned<std::uint64_t>*) -> portolan::decision<std::uint64_t> { return portolan::erase; });
        break;
      case 4:
        ASSERT_EQ(map.apply_erase(1U, {version.number + 5}), application::applied);
        ASSERT_EQ(map.forget_deletions({version.number + 5}), 1U);
        highest = {version.number + 5};
        break;
    }
    ASSERT_FALSE(map.contains(1U));
    ASSERT_NE(map.update(1U, version, 9U).outcome, acceptance::accepted) << "a stale writer met its version again";
  }
}

// Keys that share a floor: the one that leaves low must not take down what the one that left high has raised.
TEST(versioned_map, never_repeats_a_version_where_keys_share_a_floor) {
  portolan::versioned_map<std::uint64_t, int, one_hash> map;
  entry_version old = map.insert(1U, 0).version;
  for (int i = 0; i < 100; ++i) old = map.update(1U, old, i).version;
  const entry_version low = map.insert(2U, 0).version;
  ASSERT_LT(low, old);
  ASSERT_TRUE(map.erase(1U, old).accepted());
  ASSERT_TRUE(map.erase(2U, low).accepted());
  const entry_version back = map.insert(1U, 0).version;
  EXPECT_GT(back, old);
}

TEST(versioned_map, goes_on_with_its_versions_while_the_table_grows_and_shrinks) {
  number_map map;
  std::map<std::uint64_t, entry_version> highest;
  for (std::uint64_t round = 0; round < 4; ++round) {
    for (std::uint64_t key = 0; key < 3'000; ++key) {
      const auto put = map.insert(key, round);
      ASSERT_TRUE(put.accepted());
      ASSERT_GT(put.version, highest[key]);
      highest[key] = put.version;
      if (key % 3 == 0) highest[key] = map.update(key, put.version, key).version;
    }
    for (std::uint64_t key = 0; key < 3'000; ++key) ASSERT_TRUE(map.erase(key, highest[key]).accepted());
    ASSERT_EQ(map.size(), 0U);
  }
}

TEST(versioned_map, shows_versions_to_who_asks_and_values_to_who_does_not) {
  text_map map;
  const auto created = map.insert("a", "1");
  EXPECT_TRUE(map.visit("a", [&](const versioned<std::string>& at) { EXPECT_EQ(at.version, created.version); }));
  EXPECT_TRUE(map.visit("a", [](const std::string& value) { EXPECT_EQ(value, "1"); }));
  map.for_each([](const std::string& key, const std::string& value) { EXPECT_EQ(key + value, "a1"); });
  const auto listed = map.snapshot();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].second.version, created.version);
  const std::vector<std::string> keys = {"a", "b"};
  const auto many = map.find(std::span<const std::string>(keys));
  EXPECT_EQ(many[0]->version, created.version);
  EXPECT_FALSE(many[1].has_value());
  EXPECT_EQ(map.visit(std::span<const std::string>(keys), [](std::size_t at, const auto&) { EXPECT_EQ(at, 0U); }), 1U);
}

TEST(versioned_map, keeps_what_a_handle_shows_as_it_was) {
  text_map map;
  auto created = map.insert("a", "before");
  const auto held = map.pin("a");
  ASSERT_TRUE(map.update("a", created.version, "after").accepted());
  map.clear();
  EXPECT_EQ(held->value, "before");
  EXPECT_EQ(held->version, created.version);
}

TEST(versioned_map, asks_an_optimistic_callable_again_only_when_somebody_was_faster) {
  number_map map;
  map.insert(1U, 10U);
  int asked = 0;
  const auto ended = map.update(1U, [&](const versioned<std::uint64_t>* now) {
    if (++asked <= 2) {
      EXPECT_TRUE(map.update(1U, now->version, now->value + 100).accepted());  // no lock is held: this may be done here
    }
    return now->value + 1;
  });
  EXPECT_EQ(ended.outcome, portolan::computed::assigned);
  EXPECT_EQ(ended.retries, 2U);
  EXPECT_EQ(map.find(1U)->value, 211U);
  EXPECT_EQ(map.find(1U)->version, ended.version);
}

TEST(versioned_map, carries_out_every_decision_of_an_optimistic_callable) {
  using decision = portolan::decision<std::uint64_t>;
  number_map map;
  const auto decides = [&](auto wanted) {
    return map.update(1U, [&](const versioned<std::uint64_t>*) { return decision(wanted); });
  };
  EXPECT_EQ(decides(portolan::keep).outcome, portolan::computed::absent);
  EXPECT_EQ(decides(portolan::erase).outcome, portolan::computed::absent);
  EXPECT_EQ(decides(portolan::assign(std::uint64_t{5})).outcome, portolan::computed::inserted);
  EXPECT_EQ(decides(portolan::keep).outcome, portolan::computed::kept);
  EXPECT_EQ(decides(portolan::assign(std::uint64_t{6})).outcome, portolan::computed::assigned);
  const entry_version last = map.find(1U)->version;
  const auto erased = decides(portolan::erase);
  EXPECT_EQ(erased.outcome, portolan::computed::erased);
  EXPECT_EQ(erased.version, last);
  EXPECT_TRUE(map.empty());
  EXPECT_THROW(map.update(1U, [](const auto*) -> std::uint64_t { throw std::runtime_error("no"); }),
               std::runtime_error);
  EXPECT_TRUE(map.empty());
}

TEST(versioned_map, erases_by_predicate_only_what_the_predicate_saw) {
  number_map map;
  for (std::uint64_t key = 0; key < 10; ++key) map.insert(key, key);
  const auto erased = map.erase_if([&](std::uint64_t key, const versioned<std::uint64_t>& at) {
    if (key == 4) {
      EXPECT_TRUE(map.update(key, at.version, at.value).accepted());  // the same value, another version
    }
    return key % 2 == 0;
  });
  EXPECT_EQ(erased, 4U);
  EXPECT_TRUE(map.contains(4U));
}

TEST(versioned_map, holds_values_that_cannot_be_copied) {
  portolan::versioned_map<int, std::unique_ptr<int>> map;
  const auto created = map.insert(1, std::make_unique<int>(5));
  auto mine = std::make_unique<int>(6);
  const auto refused = map.insert(1, std::move(mine));
  EXPECT_EQ(*refused.current->value, 5);
  ASSERT_NE(mine, nullptr) << "a refused value stays the caller's";
  const auto updated = map.update(1, created.version, std::move(mine));
  EXPECT_TRUE(updated.accepted());
  EXPECT_EQ(*map.find(1)->value, 6);
  const auto made = map.load_or_compute(2, [] { return std::make_unique<int>(7); });
  EXPECT_EQ(*made->value, 7);
  EXPECT_EQ(made->version, map.find(2)->version);
}

TEST(versioned_map, hands_its_allocator_on_to_its_values) {
  std::pmr::monotonic_buffer_resource memory;
  using value = std::pmr::string;
  using allocator = std::pmr::polymorphic_allocator<std::pair<const int, value>>;
  portolan::versioned_map<int, value, portolan::hash<int>, portolan::equal<int>, allocator> map{allocator(&memory)};
  map.insert(1, "a text that is too long for the place inside the string");
  EXPECT_EQ(map.pin(1)->value.get_allocator().resource(), &memory);
  EXPECT_EQ(map.apply_erase(1, {50}), application::applied);
}

TEST(versioned_map, computes_an_absent_value_once_and_numbers_it) {
  number_map map;
  const auto made = map.load_or_compute(1U, [] { return std::uint64_t{4}; });
  EXPECT_EQ(made->value, 4U);
  EXPECT_EQ(made->version, map.find(1U)->version);
  const auto found = map.load_or_compute(1U, []() -> std::uint64_t { throw std::runtime_error("called"); });
  EXPECT_EQ(found->version, made->version);
  EXPECT_FALSE(map.load_or_compute(2U, []() -> std::optional<std::uint64_t> { return std::nullopt; }).has_value());
}

// ---- versions from outside ----

TEST(versioned_map_from_outside, keeps_the_newest_whatever_the_order) {
  number_map map;
  EXPECT_EQ(map.apply(1U, 50U, {5}), application::applied);
  EXPECT_EQ(map.apply(1U, 30U, {3}), application::not_newer);
  EXPECT_EQ(map.apply(1U, 51U, {5}), application::not_newer);
  EXPECT_EQ(map.find(1U)->value, 50U);
  EXPECT_EQ(map.apply(1U, 90U, {9}), application::applied);
  EXPECT_EQ(map.find(1U)->version, entry_version{9});
}

TEST(versioned_map_from_outside, drops_an_older_event_that_comes_after_the_deletion) {
  number_map map;
  map.apply(1U, 50U, {5});
  EXPECT_EQ(map.apply_erase(1U, {4}), application::not_newer);
  EXPECT_EQ(map.apply_erase(1U, {7}), application::applied);
  EXPECT_FALSE(map.contains(1U));
  EXPECT_FALSE(map.find(1U).has_value());
  EXPECT_EQ(map.apply(1U, 60U, {6}), application::not_newer) << "the key came back from before its deletion";
  EXPECT_FALSE(map.contains(1U));
  EXPECT_EQ(map.apply(1U, 80U, {8}), application::applied);
  EXPECT_EQ(map.find(1U)->value, 80U);
  EXPECT_EQ(map.deletions(), 0U);
}

TEST(versioned_map_from_outside, remembers_the_deletion_of_a_key_that_it_never_had) {
  number_map map;
  EXPECT_EQ(map.apply_erase(1U, {7}), application::applied);
  EXPECT_EQ(map.deletions(), 1U);
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.apply(1U, 60U, {6}), application::not_newer);
  EXPECT_EQ(map.apply_erase(1U, {7}), application::not_newer);
  EXPECT_EQ(map.deletions(), 1U);
}

TEST(versioned_map_from_outside, shows_a_remembered_deletion_to_nobody) {
  number_map map;
  for (std::uint64_t key = 0; key < 100; ++key) map.apply(key, key, {key + 1});
  for (std::uint64_t key = 0; key < 100; key += 2) map.apply_erase(key, {1'000 + key});
  EXPECT_EQ(map.size(), 50U);
  EXPECT_EQ(map.deletions(), 50U);
  EXPECT_EQ(map.stats().entries, 50U);
  std::size_t shown = 0;
  map.for_each([&](std::uint64_t key, const std::uint64_t& value) {
    EXPECT_EQ(key, value);
    EXPECT_EQ(key % 2, 1U);
    ++shown;
  });
  EXPECT_EQ(shown, 50U);
  EXPECT_EQ(map.snapshot().size(), 50U);
  EXPECT_FALSE(map.visit(2U, [](const auto&) { FAIL(); }));
  EXPECT_FALSE(static_cast<bool>(map.pin(2U)));
  EXPECT_EQ(map.update(2U, entry_version{1'002}, 1U).outcome, acceptance::absent);
  EXPECT_EQ(map.erase(2U, entry_version{1'002}).outcome, acceptance::absent);
  EXPECT_EQ(map.erase_if([](const auto&, const auto&) { return true; }), 50U);
  EXPECT_EQ(map.deletions(), 50U);
}

TEST(versioned_map_from_outside, forgets_deletions_only_up_to_the_version_that_is_said) {
  number_map map;
  for (std::uint64_t key = 0; key < 10; ++key) map.apply_erase(key, {key + 1});
  EXPECT_EQ(map.forget_deletions({4}), 4U);
  EXPECT_EQ(map.deletions(), 6U);
  EXPECT_EQ(map.apply(9U, 0U, {9}), application::not_newer);
  EXPECT_EQ(map.apply(3U, 0U, {2}), application::applied) << "what was forgotten is taken for new";
  EXPECT_EQ(map.forget_deletions({100}), 6U);
  EXPECT_EQ(map.deletions(), 0U);
  EXPECT_EQ(map.size(), 1U);
}

TEST(versioned_map_from_outside, lets_a_key_be_created_here_above_its_deletion) {
  number_map map;
  map.apply_erase(1U, {7});
  const auto created = map.insert(1U, 1U);
  EXPECT_TRUE(created.accepted());
  EXPECT_EQ(created.version, entry_version{8});
  EXPECT_EQ(map.deletions(), 0U);
  EXPECT_EQ(map.size(), 1U);
  map.apply_erase(2U, {7});
  EXPECT_EQ(map.load_or_compute(2U, [] { return std::uint64_t{3}; })->version, entry_version{8});
  map.apply_erase(3U, {7});
  map.clear();
  EXPECT_EQ(map.deletions(), 0U);
}

TEST(versioned_map_from_outside, refuses_a_version_that_is_none_and_says_what_to_do) {
  number_map map;
  for (const std::uint64_t wrong : {std::uint64_t{0}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    try {
      map.apply(1U, 1U, {wrong});
      ADD_FAILURE() << "accepted " << wrong;
    } catch (const portolan::error& refused) {
      EXPECT_EQ(refused.code(), portolan::errc::version_out_of_range);
      EXPECT_NE(std::string(refused.what()).find("give apply the number of the event"), std::string::npos);
    }
    EXPECT_THROW(map.apply_erase(1U, {wrong}), portolan::error);
  }
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.deletions(), 0U);
}

// ---- the three phases ----

TEST(three_phase, says_who_initialised) {
  namespace phases = portolan::three_phase;
  text_map map;
  const auto first = phases::initialise(map, "job", std::string("mine"));
  EXPECT_EQ(first.who, phases::winner::this_call);
  const auto second = phases::initialise(map, "job", std::string("late"));
  EXPECT_EQ(second.who, phases::winner::another);
  EXPECT_EQ(second.version, first.version);
  EXPECT_EQ(phases::snapshot(map, "job")->value, "mine");
}

TEST(three_phase, removes_only_what_was_seen) {
  namespace phases = portolan::three_phase;
  text_map map;
  static_cast<void>(phases::initialise(map, "job", std::string("a")));
  const auto seen = phases::snapshot(map, "job");
  ASSERT_TRUE(map.update("job", seen->version, "a").accepted());  // an equal value is another state
  EXPECT_EQ(phases::remove(map, "job", seen->version), phases::removal::changed);
  const auto again = phases::snapshot(map, "job");
  EXPECT_EQ(phases::remove(map, "job", again->version), phases::removal::removed);
  EXPECT_EQ(phases::remove(map, "job", again->version), phases::removal::gone);
}

TEST(three_phase, goes_back_to_phase_one_when_the_entry_changed_or_went) {
  text_map map;
  int used = 0;
  const auto story = portolan::three_phase::run(
      map, "job", [] { return std::string("fresh"); },
      [&](const versioned<std::string>& seen) {
        switch (++used) {
          case 1: ASSERT_TRUE(map.update("job", seen.version, "changed").accepted()); break;
          case 2:
            EXPECT_EQ(seen.value, "changed");
            ASSERT_TRUE(map.erase("job", seen.version).accepted());
            break;
          case 3: EXPECT_EQ(seen.value, "fresh"); break;
        }
      });
  EXPECT_EQ(used, 3);
  EXPECT_EQ(story.rounds, 3U);
  EXPECT_EQ(story.created, 2U);
  EXPECT_TRUE(map.empty());
}

}  // namespace
