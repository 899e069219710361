// map_registry among threads: readers go on while their maps are replaced thousands of times; every map is destroyed
// once, after its last reader; no write through `write` is lost. A sanitizer sees what is used after its end.
// Built with PORTOLAN_STEPS: between seeing a map and taking a count on it a reader sometimes lingers.
#define PORTOLAN_STEPS 1
#include <portolan/map/map_registry.hpp>
#include <portolan/map/registry/registry.cpp>  // in place of the library's, so that its steps are steps here

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <portolan/map/concurrent_map.hpp>

#include "tests/support/crowd.hpp"
#include "tests/support/scale.hpp"

namespace {

using portolan::map_registry;
using support::run_threads;
using support::scaled;

void linger(const char*) {
  thread_local std::uint64_t steps = 0;
  if (++steps % 64 == 0) std::this_thread::yield();
  if (steps % 16 == 0) {
    for (int i = 0; i < 500; ++i) portolan::platform::pause();
  }
}
struct step_setup {
  step_setup() { portolan::platform::step_hook.store(&linger); }
} const install_steps;

/// A map whose words all say which replacement made it, and that counts its own kind.
class generation_map {
 public:
  static inline std::atomic<std::int64_t> made{0};
  static inline std::atomic<std::int64_t> destroyed{0};

  explicit generation_map(std::uint64_t number) : words_(16, number) { ++made; }
  generation_map(const generation_map&) = delete;
  generation_map& operator=(const generation_map&) = delete;
  ~generation_map() {
    ++destroyed;
    for (std::uint64_t& each : words_) each = ~std::uint64_t{0};
  }
  [[nodiscard]] std::uint64_t number() const {
    for (const std::uint64_t each : words_) EXPECT_EQ(each, words_[0]) << "not one whole map";
    return words_[0];
  }

 private:
  std::vector<std::uint64_t> words_;
};

// Method: one thread replaces the map again and again; readers find it by name, follow it, and keep old handles for a
// while. What a reader sees never goes back. In the end as many maps were destroyed as made.
TEST(map_registry_stress, readers_see_whole_maps_while_these_are_replaced) {
  constexpr std::uint64_t replacements = 10'000;
  std::atomic<std::uint64_t> looks{0};
  {
    map_registry registry;
    static_cast<void>(registry.get_or_create<generation_map>("routes", 0U));
    std::atomic<bool> goes_on{true};
    run_threads(4, [&](unsigned id) {
      if (id == 0) {
        for (std::uint64_t i = 1; i <= replacements || looks.load() < 100; ++i) {
          registry.replace("routes", portolan::make_map<generation_map>(i));
        }
        goes_on = false;
        return;
      }
      auto following = registry.follow<generation_map>("routes");
      std::vector<std::pair<portolan::map_handle<generation_map>, std::uint64_t>> kept;
      std::uint64_t last = 0;
      std::uint64_t mine = 0;
      while (goes_on.load()) {
        std::uint64_t seen = 0;
        if (id == 1) {
          const auto found = registry.find<generation_map>("routes");
          ASSERT_TRUE(static_cast<bool>(found));
          seen = found->number();
        } else if (id == 2) {
          seen = following->number();
        } else {
          auto held = following.hold();
          seen = held->number();
          kept.emplace_back(std::move(held), seen);
          if (kept.size() == 50) {
            for (const auto& [each, number] : kept) ASSERT_EQ(each->number(), number);
            kept.clear();
          }
        }
        ASSERT_GE(seen, last) << "back in time";
        last = seen;
        if (++mine % 16 == 0) looks += 16;
      }
    });
    EXPECT_EQ(registry.get<generation_map>("routes")->number() >= replacements, true);
  }
  EXPECT_EQ(generation_map::destroyed.load(), generation_map::made.load());
}

// Method: threads make, find, remove and list a few names at once. Every handle shows the map of its own name; of several
// that make one name all get the same map while it stays. In the end as many maps were destroyed as made.
TEST(map_registry_stress, names_come_and_go_under_readers) {
  generation_map::made = 0;
  generation_map::destroyed = 0;
  {
    map_registry registry;
    run_threads(4, [&](unsigned id) {
      std::uint64_t random = 17 + id;
      std::optional<portolan::registered<generation_map>> following;
      std::uint64_t followed = 0;
      for (int i = 0; i < scaled(5'000); ++i) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        const std::uint64_t number = (random >> 33) % 4;
        const std::string name = "name " + std::to_string(number);
        switch ((random >> 40) % 6) {
          case 0: ASSERT_EQ(registry.get_or_create<generation_map>(name, number)->number(), number); break;
          case 1:
            if (const auto found = registry.find<generation_map>(name)) {
              ASSERT_EQ(found->number(), number);
            }
            break;
          case 2: registry.remove(name); break;
          case 3: registry.replace(name, portolan::make_map<generation_map>(number)); break;
          case 4:
            if (following) {
              ASSERT_EQ((*following)->number(), followed);
            }
            try {
              following.emplace(registry.follow<generation_map>(name));
              followed = number;
            } catch (const portolan::registry_error& missing) {
              ASSERT_EQ(missing.code(), portolan::errc::no_such_map);
            }
            break;
          case 5: {
            std::string before;
            for (const auto& row : registry.names()) {
              ASSERT_LT(before, row.name());
              before = std::string(row.name());
            }
            break;
          }
        }
      }
    });
    EXPECT_LE(registry.size(), 4U);
  }
  EXPECT_EQ(generation_map::destroyed.load(), generation_map::made.load());
}

// Method: of the threads that make one name at the same time all get one map, and the others are gone.
TEST(map_registry_stress, a_name_that_many_make_is_one_map) {
  for (int round = 0; round < scaled(300); ++round) {
    generation_map::made = 0;
    generation_map::destroyed = 0;
    {
      map_registry registry;
      std::vector<portolan::map_handle<generation_map>> got(3);
      run_threads(3, [&](unsigned id) { got[id] = registry.get_or_create<generation_map>("m", std::uint64_t{id}); });
      EXPECT_EQ(got[0], got[1]);
      EXPECT_EQ(got[1], got[2]);
    }
    ASSERT_EQ(generation_map::destroyed.load(), generation_map::made.load());
  }
}

// Method: writers put keys through `write`, another thread replaces the map by one into which it carries the entries.
// In the end every key must be there.
TEST(map_registry_stress, no_write_is_lost_to_a_replacement_that_carries_over) {
  using table = portolan::concurrent_map<std::uint64_t, std::uint64_t>;
  const auto keys = scaled<std::uint64_t>(2'000);
  map_registry registry;
  static_cast<void>(registry.get_or_create<table>("sessions"));
  std::atomic<unsigned> writing{2};
  std::atomic<std::uint64_t> replaced{0};
  std::atomic<std::uint64_t> written{0};
  run_threads(3, [&](unsigned id) {
    if (id < 2) {
      for (std::uint64_t i = 0; i < keys || replaced.load() == 0; ++i) {
        registry.write<table>("sessions", [&](table& map) {
          if (i % 8 == 0) std::this_thread::yield();  // a replacement that does not wait comes here
          map.insert_or_assign(2 * (i % keys) + id, i);
        });
        ++written;
        if (i >= keys) std::this_thread::yield();
      }
      --writing;
      return;
    }
    while (writing.load() != 0) {
      registry.replace_with<table>("sessions", [&](table& next, table& old) {
        old.for_each([&](std::uint64_t key, std::uint64_t value) { next.insert(key, value); });
        ++replaced;
      });
      for (const std::uint64_t now = written.load(); writing.load() != 0 && written.load() < now + 40;) {
        std::this_thread::yield();
      }
    }
  });
  EXPECT_EQ(registry.get<table>("sessions")->size(), 2 * keys);
}

}  // namespace
