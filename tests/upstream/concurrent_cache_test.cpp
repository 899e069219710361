// Regression: golang/go issue 70970 (TestConcurrentCache). A cache of weak pointers, whose finalizers
// compare-and-delete while users compare-and-swap: both succeeded for one entry, so that an entry just put was lost
// and two users of one key held two objects.
//
// Method: the cache by meaning. An entry is a token of an object; an object dies when its last user lets go, and its
// owner then compare-erases the token, while others find a dead token and compare-exchange it for a fresh one. A
// ledger beside the map knows which tokens are alive: two living objects under one key at once is the failure, and
// so is a compare-exchange and a compare-erase that both succeed on one token.
#include "tests/promises/numbered.hpp"
#include "tests/promises/threads.hpp"

namespace promises {
namespace {

using portolan::comparison;

class concurrent_cache : public testing::TestWithParam<numbered_kind> {
 protected:
  static constexpr int workers = 8;
  static constexpr std::uint64_t keys = 5'000;

  const std::uint64_t operations = support::scaled<std::uint64_t>(100'000);
  std::unique_ptr<numbered_map> map = GetParam().make();
  watchdog guard{"concurrent cache"};
  // For each token: users + 1 while alive, 0 when dead; and how often it left the map.
  std::vector<std::atomic<int>> users = std::vector<std::atomic<int>>(operations * 2 + workers + 1);
  std::vector<std::atomic<int>> left = std::vector<std::atomic<int>>(operations * 2 + workers + 1);
  std::atomic<std::uint64_t> tokens{1};

  // Takes part in a living object; false if it is dead.
  bool join_users(std::uint64_t token) {
    int now = users[token].load();
    while (now != 0) {
      if (users[token].compare_exchange_weak(now, now + 1)) return true;
    }
    return false;
  }

  // Finds the key's living object or puts a fresh one; returns its token, with this thread among its users.
  std::uint64_t use(std::uint64_t key) {
    std::uint64_t fresh = 0;
    for (;;) {
      const answer found = map->find(key);
      if (found && join_users(*found)) {
        if (fresh != 0) users[fresh].store(0);
        return *found;
      }
      if (fresh == 0) {
        fresh = tokens.fetch_add(1);
        users[fresh].store(1);
      }
      if (!found) {
        if (map->insert(key, fresh)) return fresh;
      } else if (map->compare_exchange(key, *found, fresh) == comparison::matched) {
        EXPECT_EQ(left[*found].fetch_add(1), 0) << "swapped out and deleted: both succeeded";
        return fresh;
      }
    }
  }

  // The last user's object dies and its token is compare-erased, as a finalizer would.
  void let_go(std::uint64_t key, std::uint64_t token) {
    int now = users[token].load();
    while (!users[token].compare_exchange_weak(now, now - 1)) {}
    if (now != 1) return;
    if (map->compare_erase(key, token) == comparison::matched) {
      EXPECT_EQ(left[token].fetch_add(1), 0) << "swapped out and deleted: both succeeded";
    }
  }
};
using shared_maps = join<subjects<shared_families>, subjects<families_by_kind, text, text>>;
INSTANTIATE_TEST_SUITE_P(upstream, concurrent_cache, over<shared_maps>(), numbered_names());

TEST_P(concurrent_cache, never_shows_two_living_objects_under_one_key) {
  together(workers, [&](int thread) {
    chance random(static_cast<std::uint64_t>(thread));
    for (std::uint64_t i = 0; i < operations / workers && !testing::Test::HasFailure(); ++i) {
      const std::uint64_t key = random.below(keys) % (i % 2 == 0 ? keys : 8);
      const std::uint64_t first = use(key);
      // While this thread is a user the object lives, so the key must still show it.
      const std::uint64_t second = use(key);
      EXPECT_EQ(first, second) << "two objects under key " << key;
      let_go(key, second);
      let_go(key, first);
    }
  });
  for (std::uint64_t key = 0; key < keys; ++key) EXPECT_EQ(map->find(key), std::nullopt) << "a dead object is left";
}

}  // namespace
}  // namespace promises
