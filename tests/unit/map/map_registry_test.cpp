// map_registry: names, types, handles and replacement, one thread at a time. Threads: tests/stress/map_registry_test.cpp.
#include <portolan/map/map_registry.hpp>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/snapshot_map.hpp>

namespace {

using routes = portolan::concurrent_map<std::string, int>;
using prices = portolan::snapshot_map<std::string, int>;
using portolan::errc;
using portolan::map_registry;

/// Stands for a map and counts its own kind.
struct counted_map {
  static inline int alive = 0;
  int number;
  explicit counted_map(int wanted = 0) : number(wanted) {
    if (wanted < 0) throw std::invalid_argument("negative");
    ++alive;
  }
  counted_map(const counted_map&) = delete;
  counted_map& operator=(const counted_map&) = delete;
  ~counted_map() { --alive; }
};

TEST(map_registry, makes_a_map_once_and_finds_it_by_name) {
  map_registry registry;
  EXPECT_FALSE(static_cast<bool>(registry.find<routes>("north")));
  const auto made = registry.get_or_create<routes>("north", portolan::map_options{.capacity = 10});
  made->insert("pier", 4);
  const auto again = registry.get_or_create<routes>("north");
  EXPECT_EQ(made, again);
  EXPECT_EQ(registry.find<routes>("north")->find("pier"), 4);
  EXPECT_EQ(registry.get<routes>(std::string("nor") + "th")->find("pier"), 4) << "the name is the key, not its address";
  EXPECT_EQ(registry.size(), 1U);
}

TEST(map_registry, names_both_types_when_it_is_asked_for_another_one) {
  map_registry registry;
  static_cast<void>(registry.get_or_create<routes>("north"));
  const auto refused = [&](const auto& ask) {
    try {
      ask();
      ADD_FAILURE() << "was not refused";
    } catch (const portolan::registry_error& error) {
      const std::string sentence = error.what();
      EXPECT_EQ(error.code(), errc::other_map_type);
      EXPECT_NE(sentence.find("\"north\""), std::string::npos) << sentence;
      EXPECT_NE(sentence.find("made as portolan::concurrent_map<"), std::string::npos) << sentence;
      EXPECT_NE(sentence.find("asked for as portolan::snapshot_map<"), std::string::npos) << sentence;
      EXPECT_NE(sentence.find("ask for the type"), std::string::npos) << sentence;
    }
  };
  refused([&] { static_cast<void>(registry.find<prices>("north")); });
  refused([&] { static_cast<void>(registry.get<prices>("north")); });
  refused([&] { static_cast<void>(registry.get_or_create<prices>("north")); });
  refused([&] { static_cast<void>(registry.follow<prices>("north")); });
  refused([&] { registry.replace("north", portolan::make_map<prices>()); });
  refused([&] { registry.write<prices>("north", [](prices&) {}); });
  refused([&] { registry.replace_with<prices>("north", [](prices&, prices&) {}); });
  EXPECT_TRUE(static_cast<bool>(registry.find<routes>("north")));
}

TEST(map_registry, says_which_name_is_missing) {
  map_registry registry;
  const auto refused = [&](const auto& ask) {
    try {
      ask();
      ADD_FAILURE() << "was not refused";
    } catch (const portolan::registry_error& error) {
      EXPECT_EQ(error.code(), errc::no_such_map);
      EXPECT_NE(std::string(error.what()).find("\"south\""), std::string::npos) << error.what();
    }
  };
  refused([&] { static_cast<void>(registry.get<routes>("south")); });
  refused([&] { static_cast<void>(registry.follow<routes>("south")); });
  refused([&] { registry.write<routes>("south", [](routes&) {}); });
  refused([&] { static_cast<void>(registry.replace_with<routes>("south", [](routes&, routes&) {})); });
  EXPECT_FALSE(registry.remove("south"));
  const std::string long_name(5'000, 'n');
  try {
    static_cast<void>(registry.get<routes>(long_name));
  } catch (const portolan::registry_error& error) {
    EXPECT_NE(std::string(error.what()).find("get_or_create"), std::string::npos) << "cut away what to do";
  }
}

TEST(map_registry, keeps_the_old_map_until_its_last_handle) {
  {
    map_registry registry;
    auto old = registry.get_or_create<counted_map>("m", 1);
    auto copy = old;
    EXPECT_EQ(registry.replace("m", portolan::make_map<counted_map>(2)), portolan::replacement::replaced);
    EXPECT_EQ(counted_map::alive, 2);
    EXPECT_EQ(old->number, 1);
    EXPECT_EQ(registry.get<counted_map>("m")->number, 2);
    old = {};
    EXPECT_EQ(copy->number, 1);
    copy = registry.get<counted_map>("m");
    EXPECT_EQ(counted_map::alive, 1);
    EXPECT_EQ(registry.replace("new", portolan::make_map<counted_map>(3)), portolan::replacement::created);
    EXPECT_EQ(registry.get<counted_map>("new")->number, 3);
  }
  EXPECT_EQ(counted_map::alive, 0);
}

TEST(map_registry, destroys_a_map_that_nobody_holds_with_the_replacement) {
  map_registry registry;
  for (int i = 0; i < 1'000; ++i) {
    registry.replace("m", portolan::make_map<counted_map>(i));
    ASSERT_EQ(counted_map::alive, 1);
  }
  registry.remove("m");
  EXPECT_EQ(counted_map::alive, 0);
}

TEST(map_registry, may_register_one_map_under_two_names) {
  map_registry registry;
  const auto shared = registry.get_or_create<counted_map>("one", 7);
  registry.replace("two", shared);
  registry.remove("one");
  EXPECT_EQ(registry.get<counted_map>("two")->number, 7);
  EXPECT_EQ(counted_map::alive, 1);
}

TEST(map_registry, shows_the_new_map_to_who_follows_the_name) {
  map_registry registry;
  static_cast<void>(registry.get_or_create<counted_map>("m", 1));
  auto following = registry.follow<counted_map>("m");
  EXPECT_EQ(following->number, 1);
  const auto held = following.hold();
  registry.replace("m", portolan::make_map<counted_map>(2));
  EXPECT_EQ(following->number, 2);
  EXPECT_EQ(held->number, 1);
  auto copy = following;
  registry.replace("m", portolan::make_map<counted_map>(3));
  EXPECT_EQ(copy.current().number, 3);
  EXPECT_TRUE(following.is_registered());
  registry.remove("m");
  EXPECT_FALSE(following.is_registered());
  EXPECT_EQ(copy->number, 3) << "the last map that it saw";
  static_cast<void>(registry.get_or_create<counted_map>("m", 4));
  EXPECT_EQ(copy->number, 3) << "a name that was removed and made again is another one";
}

TEST(map_registry, is_outlived_by_handles_of_every_kind) {
  std::optional<map_registry> registry(std::in_place);
  auto held = registry->get_or_create<counted_map>("m", 1);
  auto following = registry->follow<counted_map>("m");
  auto rows = registry->names();
  registry.reset();
  EXPECT_EQ(held->number, 1);
  EXPECT_FALSE(following.is_registered());
  EXPECT_EQ(following->number, 1);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].name(), "m");
  held = {};
  EXPECT_EQ(counted_map::alive, 1);
  { const auto last = std::move(following); }
  EXPECT_EQ(counted_map::alive, 0);
}

TEST(map_registry, lists_names_in_order_with_their_types) {
  map_registry registry;
  static_cast<void>(registry.get_or_create<routes>("b"));
  static_cast<void>(registry.get_or_create<counted_map>("c"));
  static_cast<void>(registry.get_or_create<prices>("a"));
  static_cast<void>(registry.get_or_create<prices>(""));
  const auto rows = registry.names();
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].name(), "");
  EXPECT_EQ(rows[1].name(), "a");
  EXPECT_EQ(rows[2].name(), "b");
  EXPECT_EQ(rows[3].name(), "c");
  EXPECT_EQ(rows[1].type().substr(0, 23), "portolan::snapshot_map<");
  EXPECT_NE(rows[3].type().find("counted_map"), std::string_view::npos);
  EXPECT_TRUE(registry.remove("b"));
  EXPECT_EQ(rows[2].name(), "b") << "a listing keeps its own texts";
  EXPECT_EQ(registry.size(), 3U);
}

TEST(map_registry, leaves_nothing_when_a_map_cannot_be_made) {
  map_registry registry;
  EXPECT_THROW(static_cast<void>(registry.get_or_create<counted_map>("m", -1)), std::invalid_argument);
  EXPECT_EQ(registry.size(), 0U);
  static_cast<void>(registry.get_or_create<counted_map>("m", 1));
  EXPECT_THROW(static_cast<void>(registry.replace_with<counted_map>(
                   "m", [](counted_map&, counted_map&) { throw std::runtime_error("no"); }, 2)),
               std::runtime_error);
  EXPECT_EQ(registry.get<counted_map>("m")->number, 1);
  EXPECT_EQ(counted_map::alive, 1);
  registry.write<counted_map>("m", [](counted_map& map) { map.number = 5; });
  EXPECT_EQ(registry.get<counted_map>("m")->number, 5) << "the lock was given back";
}

TEST(map_registry, refuses_to_replace_a_map_from_inside_a_write_of_it) {
  map_registry registry;
  static_cast<void>(registry.get_or_create<counted_map>("m", 1));
  static_cast<void>(registry.get_or_create<counted_map>("other", 1));
  const auto carry = [](counted_map&, counted_map&) {};
  const auto nothing = [](counted_map&) {};
  registry.write<counted_map>("m", [&](counted_map&) {
    EXPECT_THROW(static_cast<void>(registry.replace_with<counted_map>("m", carry)), portolan::reentrant_call);
    EXPECT_THROW(registry.write<counted_map>("m", nothing), portolan::reentrant_call);
    registry.write<counted_map>("other", nothing);
    registry.replace("m", portolan::make_map<counted_map>(2));  // takes no lock that is held here
  });
  const auto next = registry.replace_with<counted_map>("m", [&](counted_map& fresh, counted_map& old) {
    EXPECT_THROW(registry.write<counted_map>("m", nothing), portolan::reentrant_call);
    fresh.number = old.number + 1;
  });
  EXPECT_EQ(next->number, 3);
}

namespace here {
struct hidden {
  int number = 0;
};
}  // namespace here

/// What a child of a fork says of `body`; one that hangs is ended by an alarm.
template <class F>
bool is_well_in_a_child(F body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    bool well = false;
    try {
      well = body();
    } catch (...) {}
    ::_exit(well ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(map_registry, works_in_the_child_of_a_fork) {
  map_registry unused;
  map_registry registry;
  for (const char* name : {"north", "south"}) registry.get_or_create<routes>(name)->insert("pier", 4);
  auto follows = registry.follow<routes>("north");
  EXPECT_TRUE(is_well_in_a_child([&] {
    bool well = registry.get<routes>("south")->find("pier") == 4 && follows->find("pier") == 4;
    registry.write<routes>("north", [](routes& map) { map.insert("quay", 5); });
    registry.replace_with<routes>("north", [](routes& next, routes& old) { next.insert("quay", *old.find("quay")); });
    well = well && follows->find("quay") == 5 && !follows->find("pier");
    well = well && registry.remove("south") && registry.size() == 1 && registry.names().size() == 1;
    unused.get_or_create<routes>("east");
    return well && unused.size() == 1;
  }));
  EXPECT_EQ(registry.size(), 2U);
  EXPECT_FALSE(follows->find("quay"));
}

// A handle on nothing, and one that was moved from, may be copied, assigned and destroyed like any other.
TEST(map_registry, handles_on_nothing_are_handles) {
  map_registry registry;
  const auto made = registry.get_or_create<routes>("north");
  const portolan::map_handle<routes> none;
  portolan::map_handle<routes> copy = none;
  EXPECT_FALSE(static_cast<bool>(copy));
  copy = made;
  EXPECT_EQ(copy, made);
  copy = none;
  EXPECT_FALSE(static_cast<bool>(copy));
  auto follows = registry.follow<routes>("north");
  auto moved = std::move(follows);
  auto copied = follows;  // NOLINT(bugprone-use-after-move): of one that shows nothing
  copied = moved;
  EXPECT_EQ(copied.hold(), made);
  auto rows = registry.names();
  auto row = std::move(rows[0]);
  rows[0] = std::move(row);
  EXPECT_EQ(rows[0].name(), "north");
}

TEST(map_registry, a_replacement_that_fails_half_way_leaves_the_old_map) {
  map_registry registry;
  registry.get_or_create<counted_map>("one", 1);
  const auto fails = [](counted_map&, counted_map&) { throw std::runtime_error("carried nothing"); };
  EXPECT_THROW(registry.replace_with<counted_map>("one", fails, 2), std::runtime_error);
  EXPECT_EQ(registry.get<counted_map>("one")->number, 1);
  registry.write<counted_map>("one", [](counted_map& map) { map.number = 5; });
  EXPECT_EQ(registry.get<counted_map>("one")->number, 5);
}

TEST(map_registry, tells_types_apart_by_name_and_size) {
  using portolan::detail::map_type;
  using portolan::detail::type_of;
  const map_type elsewhere{type_of<routes>.name, sizeof(routes)};
  EXPECT_TRUE(type_of<routes>.is(elsewhere)) << "the same type in another shared library";
  EXPECT_FALSE(type_of<routes>.is(type_of<prices>));
  EXPECT_FALSE(type_of<routes>.is(map_type{type_of<routes>.name, sizeof(routes) + 8}));
  const map_type other_file{type_of<here::hidden>.name, sizeof(here::hidden)};
  EXPECT_TRUE(type_of<here::hidden>.is(type_of<here::hidden>));
  EXPECT_FALSE(type_of<here::hidden>.is(other_file)) << "spelled alike in two files, and not the same";
}

}  // namespace
