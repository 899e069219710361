// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Schedules of concurrent_map in which entries go from line to line and from table to table (method: script.hpp).
#include "script.hpp"

namespace schedules {
namespace {

// Method: the mover is stopped after a copy, and before it marks the old entry. Then a third of the keys is erased, a
// third assigned; every find must say so at once, and after the move. Each copy is stopped at once, map by map.
TYPED_TEST(scripted, a_copy_is_not_believed_before_its_original_is_marked) {
  constexpr key keys = 24;
  for (int stop_at = 1; stop_at <= static_cast<int>(keys); stop_at += 1) {
    typename TypeParam::template map<crowded> map(portolan::map_options{.capacity = 64, .seed = 3});
    std::map<key, key> oracle = fill(map, keys);
    others writers;
    int copies = 0;
    {
      const script stops([&](std::string_view place) {
        if (place == "line closed" && (copies < stop_at || !TypeParam::nodes))
          expect_same(map, oracle, keys + 4, "with a line closed");
        if (place != "copied" || ++copies != stop_at) return;
        expect_same(map, oracle, keys + 4, "after a copy");
        const auto change = [&] {
          for (key k = 0; k < keys; ++k) {
            if (k % 3 == 0) {
              EXPECT_TRUE(map.erase(k));
            } else if (k % 3 == 1) {
              EXPECT_EQ(map.insert_or_assign(k, k + 5000), portolan::assignment::assigned);
            }
          }
        };
        if constexpr (TypeParam::nodes) {
          writers.run(change);
          writers.leave_time();
        } else {
          change();
        }
        for (key k = 0; k < keys; ++k) {
          if (k % 3 == 0) oracle.erase(k);
          if (k % 3 == 1) oracle[k] = k + 5000;
        }
        if constexpr (!TypeParam::nodes) expect_same(map, oracle, keys + 4, "changed after a copy");
      });
      map.reserve(2000);
    }
    writers.join();
    expect_same(map, oracle, keys + 4, "after the move");
    EXPECT_EQ(map.size(), oracle.size());
    if (testing::Test::HasFailure()) return;
  }
}

// Method: keys of one hash, among them some that stand behind the block's last line, in its first. The mover is stopped
// wherever it closes a line and before it says done; keys that are there are inserted, which must find them.
TYPED_TEST(scripted, a_key_that_is_being_moved_is_not_inserted_again) {
  for (key group = 0; group < 32; group += 3) {
    typename TypeParam::template map<plain> map(portolan::map_options{.capacity = 64, .seed = 3});
    // All of one home line: the key's low ten bits are the hash's high ones.
    std::vector<key> keys;
    for (key i = 0; i < 24; ++i) keys.push_back((i + 1) << 10 | group * 32);
    for (const key k : keys) ASSERT_TRUE(map.insert(k, k));
    others writers;
    int stops = 0;
    {
      const script stop([&](std::string_view place) {
        if (place != "line closed" && place != "before done") return;
        if (place == "line closed" && ++stops % 5 != 2) return;
        for (std::size_t i = 0; i < keys.size(); i += 5) {
          writers.run([&map, k = keys[i]] { EXPECT_FALSE(map.insert(k, 1)) << "inserted twice: " << k; });
        }
        writers.leave_time();
      });
      map.reserve(map.stats().capacity + 1);
    }
    writers.join();
    EXPECT_EQ(map.size(), keys.size());
    for (const key k : keys) EXPECT_EQ(map.find(k).value_or(0), k);
    if (testing::Test::HasFailure()) return;
  }
}

// Method: one unit is stopped in the middle; the others are finished meanwhile, by as many operations as it takes. The
// map must not leave the old table, whose unit is not done.
TYPED_TEST(scripted, the_root_stays_while_a_unit_is_being_moved) {
  typename TypeParam::template map<portolan::hash<key>> map(portolan::map_options{.capacity = 600, .seed = 5});
  std::map<key, key> oracle = fill(map, 500);
  others writers;
  bool stopped = false;
  {
    const script stops([&](std::string_view place) {
      if (place != "copied" || stopped) return;
      stopped = true;
      for (key id = 0; id < 8; ++id) {
        writers.run([&map, id] {
          for (key i = 0; i < 8; ++i) map.insert(100000 + id * 8 + i, i);
        });
      }
      writers.leave_time();
      expect_same(map, oracle, 500, "with one unit left");
    });
    map.reserve(2000);
  }
  EXPECT_TRUE(stopped);
  writers.join();
  expect_same(map, oracle, 500, "after the move");
  EXPECT_EQ(map.size(), 500U + 64U);
}

// Method: an insert is stopped between counting a displaced entry and filling its slot. All other keys of its home go
// meanwhile, and with them the counts; who was found before must be found after.
TYPED_TEST(scripted, a_displaced_entry_is_counted_before_it_is_seen) {
  if (TypeParam::in_place) GTEST_SKIP() << "an erase waits for the insert of its line here";
  for (key last = 4; last < 24; ++last) {
    typename TypeParam::template map<crowded> map(portolan::map_options{.capacity = 300, .seed = 3});
    for (key k = 0; k < last; ++k) ASSERT_TRUE(map.insert(k / 8 * 8 + k % 8, k));
    {
      const script stop([&](std::string_view place) {
        if (place != "before fill") return;
        elsewhere([&] {
          const bool seen = map.contains(last);
          for (key k = 0; k < last; ++k) EXPECT_TRUE(map.erase(k));
          EXPECT_FALSE(seen && !map.contains(last)) << "seen, then missed: " << last;
        });
      });
      EXPECT_TRUE(map.insert(last, 1));
    }
    EXPECT_TRUE(map.contains(last));
    EXPECT_EQ(map.size(), 1U);
  }
}

// Method: an erase is stopped when its slot is empty and its counts stand yet. An entry missed there is not seen again.
TYPED_TEST(scripted, an_erased_entry_does_not_come_back) {
  for (key gone = 0; gone < 24; ++gone) {
    typename TypeParam::template map<constant> map(portolan::map_options{.capacity = 300, .seed = 3});
    for (key k = 0; k < 24; ++k) ASSERT_TRUE(map.insert(k, k));
    for (key k = 0; k < 24; ++k) {
      if (k != gone && k > 10) {
        ASSERT_TRUE(map.erase(k));
      }
    }
    bool reached = false;
    {
      const script stop([&](std::string_view place) {
        if (place != "emptied") return;
        reached = true;
        const bool seen = map.contains(gone);
        for (key k = 100; k < 120; ++k) map.insert(k, k);
        EXPECT_FALSE(!seen && map.contains(gone)) << "missed, then seen: " << gone;
      });
      EXPECT_TRUE(map.erase(gone));
    }
    EXPECT_FALSE(map.contains(gone));
    for (key k = 100; k < 120; ++k) EXPECT_EQ(map.contains(k), reached);
    EXPECT_EQ(reached, !TypeParam::in_place);
  }
}

// Method: an insert is stopped between the tag and the slot, whichever it writes first. What is seen in a slot must be
// found by its tag.
TYPED_TEST(scripted, an_entry_is_not_seen_before_its_tag) {
  typename TypeParam::template map<tagged> map(portolan::map_options{.capacity = 300, .seed = 3});
  for (key k = 0; k < 640; k += 16) {
    bool reached = false;
    {
      const script stop([&](std::string_view place) {
        if (place != "tagged") return;
        reached = true;
        elsewhere([&] {
          std::vector<key> shown;
          map.for_each([&](key seen, key) { shown.push_back(seen); });
          for (const key seen : shown) {
            EXPECT_TRUE(map.contains(seen)) << "shown, then missed: " << seen;
            EXPECT_TRUE(found_after_misses(map, seen)) << "shown, then missed in bulk: " << seen;
          }
        });
      });
      EXPECT_TRUE(map.insert(k, k));
    }
    EXPECT_TRUE(reached);
  }
}

// Method: an erase is stopped when its slot is empty, and another key comes into the slot: its tag must stay.
TYPED_TEST(scripted, an_erase_leaves_the_tag_of_the_next_entry_alone) {
  for (key round = 0; round < 4; ++round) {
    typename TypeParam::template map<tagged> map(portolan::map_options{.capacity = 300, .seed = 3});
    for (key k = 0; k <= round; ++k) ASSERT_TRUE(map.insert(k << 4, k));
    const key next = 8 << 4;
    bool reached = false;
    {
      const script stop([&](std::string_view place) {
        if (place != "emptied" || std::exchange(reached, true)) return;
        ASSERT_TRUE(map.insert(next, 1));
      });
      EXPECT_TRUE(map.erase(round << 4));
    }
    EXPECT_EQ(reached, !TypeParam::in_place);
    EXPECT_EQ(map.contains(next), reached);
    EXPECT_EQ(found_after_misses(map, next), reached);
  }
}

// Method: an insert is stopped before it holds its line; another one of the same key comes first.
TYPED_TEST(scripted, of_two_inserts_of_one_key_one_wins) {
  typename TypeParam::template map<portolan::hash<key>> map;
  for (key k = 0; k < 40; ++k) {
    bool first = false;
    {
      const script stop([&](std::string_view place) {
        if (place == "home wanted" && !first) first = map.insert(k, 1);
      });
      EXPECT_FALSE(map.insert(k, 2));
    }
    EXPECT_TRUE(first);
    EXPECT_EQ(map.find(k).value_or(0), 1U);
  }
  EXPECT_EQ(map.size(), 40U);
}

// Method: an insert is stopped before it holds its line, which is full. Another one of the same key puts it further on,
// and an erase makes room at home: there the late one must not put the key again.
TYPED_TEST(scripted, an_insert_finds_the_displaced_one_that_overtook_it) {
  for (key before = 1; before <= 16; ++before) {
    typename TypeParam::template map<plain> map(portolan::map_options{.capacity = 300, .seed = 3});
    for (key k = 0; k < before; ++k) ASSERT_TRUE(map.insert(k << 10 | 64, k));
    const key late = before << 10 | 64;
    bool overtaken = false;
    {
      const script stop([&](std::string_view place) {
        if (place != "home wanted" || std::exchange(overtaken, true)) return;
        EXPECT_TRUE(map.insert(late, 1));
        EXPECT_TRUE(map.erase(64));
      });
      EXPECT_FALSE(map.insert(late, 2));
    }
    EXPECT_TRUE(overtaken);
    EXPECT_EQ(map.find(late).value_or(0), 1U);
    EXPECT_EQ(map.size(), before);
  }
}

// Method: an insert is stopped when it is about to fill a slot of a neighbour's line; the neighbour inserts, too.
TYPED_TEST(scripted, two_inserts_do_not_fill_one_slot) {
  for (key round = 0; round < 12; ++round) {
    typename TypeParam::template map<plain> map(portolan::map_options{.capacity = 300, .seed = 3});
    const key home = round * 16;  // of 1024 parts of the hash space; the lines behind it are of home + 8, + 16 …
    key number = 0;
    const auto next_key = [&](key part) { return ++number << 10 | (part & 1023); };
    std::vector<key> keys;
    others writers;
    for (int i = 0; i < 20; ++i) {
      const key k = next_key(home);
      keys.push_back(k);
      int stops = 0;
      const script stop([&](std::string_view place) {
        if (place != "before fill" || ++stops > 1) return;
        for (key part = 0; part < 64; part += 4) {
          if (i % 4 != 3) break;
          keys.push_back(next_key(home + part));
          writers.run([&map, other = keys.back()] { EXPECT_TRUE(map.insert(other, other)); });
        }
        if (i % 4 == 3) writers.leave_time();
      });
      EXPECT_TRUE(map.insert(k, k));
    }
    writers.join();
    for (const key k : keys) EXPECT_EQ(map.find(k).value_or(0), k);
    EXPECT_EQ(map.size(), keys.size());
  }
}

// Method: an insert is stopped just before it fills its slot, and the table moves, as far as it can.
TYPED_TEST(scripted, what_an_insert_puts_into_a_line_that_is_to_move_moves_too) {
  typename TypeParam::template map<crowded> map(portolan::map_options{.seed = 3});
  for (key k = 0; k < 12; ++k) {
    others mover;
    {
      const script stop([&](std::string_view place) {
        if (place != "before fill") return;
        mover.run([&map] { map.reserve(map.stats().capacity + 1); });
        mover.leave_time();
      });
      EXPECT_TRUE(map.insert(k, k));
    }
    mover.join();
    for (key i = 0; i <= k; ++i) ASSERT_EQ(map.find(i).value_or(~key{0}), i);
  }
}

// Method: for_each is stopped after each line that it has looked at, and the whole table moves: larger and smaller.
TYPED_TEST(scripted, a_walk_starts_a_block_anew_that_moved_under_it) {
  typename TypeParam::template map<portolan::hash<key>> map(portolan::map_options{.capacity = 100, .seed = 5});
  const std::map<key, key> oracle = fill(map, 100);
  for (int stop_at = 1; stop_at < 60; stop_at += 5) {
    std::map<key, int> times;
    int lines = 0;
    {
      const script stop([&](std::string_view place) {
        if (place != "line collected" || ++lines != stop_at) return;
        if (stop_at % 2 == 1) {
          map.reserve(map.stats().capacity + 1);
        } else {
          map.erase_if([](key, key) { return false; });
        }
      });
      map.for_each([&](key k, key) { ++times[k]; });
    }
    EXPECT_EQ(times.size(), oracle.size());
    for (const auto& [k, n] : times) EXPECT_EQ(n, 1) << "key " << k;
  }
}

// Method: a shrinking table is stopped when all entries of a unit have moved and it is not done; a walk begins.
TYPED_TEST(scripted, a_walk_waits_for_each_block_of_a_unit_that_shrinks) {
  typename TypeParam::template map<portolan::hash<key>> map(portolan::map_options{.seed = 5});
  constexpr key stayers = 50;
  for (key k = 0; k < 6000; ++k) ASSERT_TRUE(map.insert(k, k));
  others walkers;
  int stops = 0;
  {
    const script stop([&](std::string_view place) {
      if (place != "before done" || ++stops > 6) return;
      walkers.run([&map] {
        std::map<key, int> times;
        map.for_each([&](key k, key) { ++times[k]; });
        for (key k = 0; k < stayers; ++k) EXPECT_EQ(times[k], 1) << "key " << k;
      });
      walkers.leave_time();
    });
    for (key k = stayers; k < 6000; ++k) ASSERT_TRUE(map.erase(k));
  }
  EXPECT_GT(stops, 0);
}

// Method: while compute's callable runs, another thread assigns, erases or computes, for an entry in its home line and
// for one behind it; the callable is asked again about what is there then, and nothing of the other's is lost.
TYPED_TEST(scripted, a_compute_that_lost_its_entry_asks_again) {
  if (TypeParam::in_place) GTEST_SKIP() << "who changes an entry waits for the compute of its line here";
  for (const key at : {key{1}, key{11}}) {  // in the home line, and behind it
    typename TypeParam::template map<constant> map(portolan::map_options{.capacity = 300, .seed = 3});
    for (key k = 0; k < 12; ++k) ASSERT_TRUE(map.insert(k, 1));
    const auto add = [&](const key* now) { return *now + 100; };
    const std::function<void()> others_ways[] = {
        [&] { map.insert_or_assign(at, 100); },
        [&] { EXPECT_EQ(map.compute(at, add), portolan::computed::assigned); },
        [&] {
          EXPECT_TRUE(map.erase(at));
          EXPECT_TRUE(map.insert(at, 100));
        },
    };
    for (const auto& way : others_ways) {
      map.insert_or_assign(at, 0);
      int asked = 0;
      const auto how = map.compute(at, [&](const key* now) {
        if (asked++ == 0) elsewhere(way);
        return *now + 1;
      });
      EXPECT_EQ(how, portolan::computed::assigned);
      EXPECT_EQ(asked, 2);
      EXPECT_EQ(map.find(at).value_or(0), 101U);
    }
    // One that wants to erase what another thread has changed meanwhile is asked about the change.
    map.insert_or_assign(at, 0);
    const auto how = map.compute(at, [&](const key* now) -> portolan::decision<key> {
      if (*now == 0) elsewhere([&] { map.insert_or_assign(at, 100); });
      return *now == 0 ? portolan::decision<key>(portolan::erase) : portolan::decision<key>(portolan::keep);
    });
    EXPECT_EQ(how, portolan::computed::kept);
    EXPECT_EQ(map.find(at).value_or(0), 100U);
    EXPECT_EQ(map.size(), 12U);
  }
}

// Method: a callable that takes so long that another thread changes the entry by compute each time. At last it is asked
// while it holds the line, and the other makes way, but for what it has begun.
TYPED_TEST(scripted, a_slow_compute_has_its_turn) {
  for (const key at : {key{1}, key{11}}) {  // in the home line, and behind it
    typename TypeParam::template map<constant> map(portolan::map_options{.capacity = 300, .seed = 3});
    for (key k = 0; k < 12; ++k) ASSERT_TRUE(map.insert(k, 0));
    std::atomic<key> added{0};
    std::atomic<bool> over{false};
    others quick;
    int asked = 0;
    bool held = false;
    const script stop([&](std::string_view place) { held |= place == "home held"; });
    const auto wait_for = [&](key additions, int times) {
      const key before = added;
      for (int i = 0; i < times && added - before < additions; ++i) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
      return added - before;
    };
    const auto how = map.compute(at, [&](const key* now) {
      if (asked++ == 0) {
        quick.run([&] {
          for (; !over; ++added) map.compute(at, [](const key* seen) { return *seen + 1; });
        });
      }
      if (!held) {
        EXPECT_GT(wait_for(1, 20000), 0U);
      } else if (wait_for(3, 400) > 2) {
        over = true;
        ADD_FAILURE() << "nobody makes way for who holds the line";
      }
      if (asked > 100) over = true;
      return *now + 1000000;
    });
    EXPECT_EQ(how, portolan::computed::assigned);
    EXPECT_LE(asked, 100) << "it would never have had its turn";
    over = true;
    quick.join();
    EXPECT_EQ(map.find(at).value_or(0), 1000000U + added);
  }
}

// Method: while the callable of an absent key is asked, another thread inserts the key. It must wait: one of both puts.
TYPED_TEST(scripted, what_was_decided_about_an_absent_key_holds) {
  typename TypeParam::template map<portolan::hash<key>> map;
  others writers;
  std::atomic<bool> put{false};
  int asked = 0;
  const auto how = map.compute(7, [&](const key* now) {
    EXPECT_EQ(now, nullptr);
    if (asked++ == 0) writers.run([&] { put = map.insert(7, 1); });
    writers.leave_time();
    return key{100};
  });
  writers.join();
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(how, portolan::computed::inserted);
  EXPECT_FALSE(put);
  EXPECT_EQ(map.find(7).value_or(0), 100U);
  EXPECT_EQ(map.size(), 1U);
}

}  // namespace
}  // namespace schedules
