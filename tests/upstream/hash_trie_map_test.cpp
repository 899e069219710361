// What Go's own tests of HashTrieMap mean (table U2 of the acceptance list: src/internal/sync/hashtriemap_test.go),
// for every map that offers the operation: the whole suite with a good hash, with one by which all keys collide, and
// with one that is cut off, so that keys collide nearly.
#include "tests/promises/numbered.hpp"
#include "tests/promises/threads.hpp"

namespace promises {
namespace {

using portolan::comparison;
constexpr std::uint64_t keys = 128;
constexpr int threads = 4;

class hash_trie_map_of_go : public testing::TestWithParam<numbered_kind> {
 protected:
  static std::uint64_t of(std::uint64_t key) { return 10 * key + 1; }
  void insert_all() {
    for (std::uint64_t key = 0; key < keys; ++key) {
      ASSERT_FALSE(map->contains(key));
      ASSERT_TRUE(map->insert(key, of(key)));
      ASSERT_EQ(map->find(key), of(key));
      ASSERT_FALSE(map->insert(key, 5'000));
    }
  }
  void nothing_is_left() {
    for (std::uint64_t key = 0; key < keys; ++key) ASSERT_FALSE(map->contains(key)) << key;
    ASSERT_EQ(map->size(), 0U);
  }
  std::uint64_t own(int thread, std::uint64_t key) const { return key + keys * static_cast<std::uint64_t>(thread); }

  std::unique_ptr<numbered_map> map = GetParam().make();
  watchdog guard{"what Go's tests of HashTrieMap mean"};
};
using maps = join<every_map, with_constant_hash, subjects<families_with_tables, number, number, low_bits_hash>>;
INSTANTIATE_TEST_SUITE_P(upstream, hash_trie_map_of_go, over<maps>(), numbered_names());

class hash_trie_map_by_threads : public hash_trie_map_of_go {};
using shared_maps = where<for_threads, maps>;
INSTANTIATE_TEST_SUITE_P(upstream, hash_trie_map_by_threads, over<shared_maps>(), numbered_names());

TEST_P(hash_trie_map_of_go, load_empty) { nothing_is_left(); }

TEST_P(hash_trie_map_of_go, load_or_store) {
  insert_all();
  for (std::uint64_t key = 0; key < keys; ++key) {
    ASSERT_FALSE(map->insert(key, 1));
    ASSERT_EQ(map->find(key), of(key));
  }
}

TEST_P(hash_trie_map_of_go, all_are_shown_once) {
  insert_all();
  std::vector<int> shown(keys);
  map->for_each([&](std::uint64_t number) {
    EXPECT_EQ(number % 10, 1U);
    ++shown[number / 10];
    return true;
  });
  for (const int times : shown) EXPECT_EQ(times, 1);
}

TEST_P(hash_trie_map_of_go, clear_simple) {
  insert_all();
  map->clear();
  nothing_is_left();
  insert_all();
}

TEST_P(hash_trie_map_by_threads, clear_beside_workers_that_create_nothing) {
  for (int round = 0; round < support::scaled(30); ++round) {
    insert_all();
    together(threads, [&](int thread) {
      if (thread == 0) return map->clear();
      for (std::uint64_t key = 0; key < keys; ++key) {
        map->compare_erase(key, 5'000);
        map->compare_exchange(key, of(key), of(key) + 10);
      }
    });
    nothing_is_left();
  }
}

TEST_P(hash_trie_map_of_go, compare_and_delete_all_one_multiple_in_three_rounds) {
  for (int round = 0; round < 3; ++round) {
    insert_all();
    for (std::uint64_t key = 0; key < keys; ++key) {
      ASSERT_EQ(map->compare_erase(key, 5'000), comparison::differed);
      ASSERT_EQ(map->find(key), of(key));
      ASSERT_EQ(map->compare_erase(key, of(key)), comparison::matched);
      ASSERT_EQ(map->compare_erase(key, of(key)), comparison::absent);
      ASSERT_FALSE(map->contains(key));
      for (std::uint64_t other = key + 1; other < keys; other += 9) ASSERT_EQ(map->find(other), of(other));
    }
    nothing_is_left();
  }
}

TEST_P(hash_trie_map_of_go, compare_and_delete_while_iterating) {
  insert_all();
  map->for_each([&](std::uint64_t number) {
    EXPECT_EQ(map->compare_erase(number / 10, number), comparison::matched);
    return true;
  });
  nothing_is_left();
}

TEST_P(hash_trie_map_by_threads, compare_and_delete_by_threads_with_keys_of_their_own) {
  together(threads, [&](int thread) {
    for (std::uint64_t i = 0; i < keys; ++i) {
      const std::uint64_t key = own(thread, i);
      ASSERT_TRUE(map->insert(key, of(key)));
      ASSERT_EQ(map->compare_erase(key, 5), comparison::differed);
      ASSERT_EQ(map->compare_erase(key, of(key)), comparison::matched);
      ASSERT_EQ(map->find(key), std::nullopt);
    }
  });
  EXPECT_EQ(map->size(), 0U);
}

TEST_P(hash_trie_map_by_threads, compare_and_delete_by_threads_with_the_same_keys) {
  insert_all();
  std::atomic<std::uint64_t> deleted{0};
  together(threads, [&](int) {
    for (std::uint64_t key = 0; key < keys; ++key) {
      ASSERT_NE(map->compare_erase(key, 5'000), comparison::matched);
      if (map->compare_erase(key, of(key)) == comparison::matched) ++deleted;
    }
  });
  EXPECT_EQ(deleted.load(), keys);
  nothing_is_left();
}

TEST_P(hash_trie_map_of_go, compare_and_swap_all_one_multiple_in_three_rounds) {
  insert_all();
  for (std::uint64_t round = 0; round < 3; ++round) {
    for (std::uint64_t key = 0; key < keys; ++key) {
      const std::uint64_t now = of(key) + round * 10'000;
      ASSERT_EQ(map->compare_exchange(key, 5'000'000, 1), comparison::differed);
      ASSERT_EQ(map->compare_exchange(key, now, now + 10'000), comparison::matched);
      ASSERT_EQ(map->compare_exchange(key, now, now + 10'000), comparison::differed);
      ASSERT_EQ(map->find(key), now + 10'000);
      ASSERT_FALSE(map->insert(key, 1));
    }
  }
}

TEST_P(hash_trie_map_by_threads, compare_and_swap_by_threads_with_keys_of_their_own_and_deletes) {
  together(threads, [&](int thread) {
    for (std::uint64_t i = 0; i < keys; ++i) {
      const std::uint64_t key = own(thread, i);
      ASSERT_TRUE(map->insert(key, of(key)));
      ASSERT_EQ(map->compare_exchange(key, 5, 6), comparison::differed);
      ASSERT_EQ(map->compare_exchange(key, of(key), of(key) + 1), comparison::matched);
      if (i % 2 == 0) {
        ASSERT_EQ(map->compare_erase(key, of(key) + 1), comparison::matched);
        ASSERT_EQ(map->compare_exchange(key, of(key) + 1, 7), comparison::absent);
      } else {
        ASSERT_EQ(map->find(key), of(key) + 1);
      }
    }
  });
  EXPECT_EQ(map->size(), keys / 2 * threads);
}

TEST_P(hash_trie_map_by_threads, compare_and_swap_by_threads_with_the_same_keys) {
  insert_all();
  std::atomic<std::uint64_t> swapped{0};
  together(threads, [&](int) {
    for (std::uint64_t key = 0; key < keys; ++key) {
      if (map->compare_exchange(key, of(key), of(key) + 10'000) == comparison::matched) ++swapped;
      ASSERT_EQ(map->find(key), of(key) + 10'000);
    }
  });
  EXPECT_EQ(swapped.load(), keys);
}

TEST_P(hash_trie_map_of_go, swap_all_one_multiple_in_three_rounds) {
  for (std::uint64_t key = 0; key < keys; ++key) {
    ASSERT_EQ(map->exchange(key, of(key)), std::nullopt);
    ASSERT_EQ(map->find(key), of(key));
  }
  for (std::uint64_t round = 0; round < 3; ++round) {
    for (std::uint64_t key = 0; key < keys; ++key) {
      ASSERT_EQ(map->exchange(key, of(key) + (round + 1) * 10'000), of(key) + round * 10'000);
    }
  }
}

TEST_P(hash_trie_map_by_threads, swap_by_threads_with_keys_of_their_own_and_deletes) {
  together(threads, [&](int thread) {
    for (std::uint64_t i = 0; i < keys; ++i) {
      const std::uint64_t key = own(thread, i);
      ASSERT_EQ(map->exchange(key, 1), std::nullopt);
      ASSERT_EQ(map->exchange(key, 2), 1U);
      ASSERT_EQ(map->extract(key), 2U);
      ASSERT_EQ(map->exchange(key, 3), std::nullopt);
      ASSERT_EQ(map->find(key), 3U);
    }
  });
  EXPECT_EQ(map->size(), keys * threads);
}

// Each value that was put is returned once: the exchanges form one chain.
TEST_P(hash_trie_map_by_threads, swap_by_threads_with_the_same_keys) {
  std::atomic<std::uint64_t> sum_returned{0};
  std::atomic<std::uint64_t> sum_put{0};
  together(threads, [&](int thread) {
    for (std::uint64_t key = 0; key < keys; ++key) {
      const std::uint64_t number = 1'000 * static_cast<std::uint64_t>(thread + 1) + key;
      sum_put += number;
      sum_returned += map->exchange(key, number).value_or(0);
    }
  });
  for (std::uint64_t key = 0; key < keys; ++key) sum_returned += map->find(key).value();
  EXPECT_EQ(sum_returned.load(), sum_put.load());
}

TEST_P(hash_trie_map_of_go, load_and_delete_all_one_multiple_in_three_rounds) {
  for (int round = 0; round < 3; ++round) {
    insert_all();
    for (std::uint64_t key = 0; key < keys; ++key) {
      ASSERT_EQ(map->extract(key), of(key));
      ASSERT_EQ(map->extract(key), std::nullopt);
      ASSERT_FALSE(map->contains(key));
    }
    nothing_is_left();
  }
}

TEST_P(hash_trie_map_of_go, load_and_delete_while_iterating) {
  insert_all();
  map->for_each([&](std::uint64_t number) {
    EXPECT_EQ(map->extract(number / 10), number);
    return true;
  });
  nothing_is_left();
}

TEST_P(hash_trie_map_by_threads, load_and_delete_by_threads_with_keys_of_their_own) {
  together(threads, [&](int thread) {
    for (std::uint64_t i = 0; i < keys; ++i) {
      const std::uint64_t key = own(thread, i);
      ASSERT_TRUE(map->insert(key, of(key)));
      ASSERT_EQ(map->extract(key), of(key));
      ASSERT_EQ(map->extract(key), std::nullopt);
    }
  });
  nothing_is_left();
}

TEST_P(hash_trie_map_by_threads, load_and_delete_by_threads_with_the_same_keys) {
  insert_all();
  std::atomic<std::uint64_t> taken{0};
  together(threads, [&](int) {
    for (std::uint64_t key = 0; key < keys; ++key) {
      if (const answer got = map->extract(key)) {
        ASSERT_EQ(*got, of(key));
        ++taken;
      }
    }
  });
  EXPECT_EQ(taken.load(), keys);
  nothing_is_left();
}

}  // namespace
}  // namespace promises
