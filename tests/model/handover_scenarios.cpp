// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What one thread leaves and another takes over: thread numbers and the records that go with them, floors of versions, what
// the timer finds, a lock whose holder goes, links that have left a list, the keys that have a table of their own, a table
// that two movers move.
//
//   thread 0    number 0 ── ends ── owner := 0, then the hint lowered?      thread 1    hint raised, then owner 0 passed?
//
// Each begins in the very state in which a step that came out of order would be seen.
#include <portolan/base/thread_slots.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/concurrent_map.hpp>
#include <portolan/map/lock_free_map.hpp>
#include <portolan/map/portable_storage.hpp>
#include <portolan/map/versioned/floors.hpp>
#include <portolan/prove/schedule.hpp>
#include <portolan/reclaim/domain/idle.hpp>
#include <portolan/reclaim/epoch.hpp>
#include <portolan/reclaim/hazard.hpp>
#include <portolan/reclaim/lock_free_domain.hpp>

#include "plan.hpp"
#include "scenarios.hpp"
#include "subject_of.hpp"

namespace portolan::model {
namespace {

using prove::schedule::explore;
using prove::schedule::program;
using step = std::function<void()>;

/// How many threads have been prepared.
int prepared = 0;

void add(std::vector<scenario>& to, const char* part, const char* name, program what, bool thread_ends = false) {
  what.setup = [setup = what.setup] {
    prepared = 0;
    if (setup) setup();
  };
  to.push_back({part, "handed over", name, [what, thread_ends](limits within) {
                  within.thread_ends = thread_ends;
                  return explore(what, within);
                }});
}

// ---- thread numbers ----

struct leftover {
  int value = 0;
  void thread_left() noexcept { value = -1; }
};

platform::atomic<bool> ready{false};

/// Thread 0 has number 0, which stands at the hint as well, as in a forked child; and ends.
void take_number_zero() {
  per_thread<leftover>::mine().value = 1;
  detail::abandon_other_slots();
  // release: so that thread 1 begins in this state.
  ready.store(true, platform::release);
}
/// In thread 1, once that is so.
step then(step what) {
  return [what] {
    // acquire: see above.
    if (ready.load(platform::acquire)) what();
  };
}
/// A new thread gets the lowest number that is free.
void no_number_is_lost() {
  detail::own_slot_plus_one = 0;
  const std::uint32_t own = this_thread_slot();
  for (std::uint32_t below = 0; below < own; ++below) {
    require(thread_of_slot(below) != 0, "a free number stands below the hint");
  }
}

void add_numbers(std::vector<scenario>& to) {
  const auto numbers = [&](const char* name, step other) {
    add(to, "thread numbers", name, {{}, {}, {take_number_zero, then(std::move(other))}, no_number_is_lost}, true);
  };
  numbers("a number given back | one taken", [] { (void)this_thread_slot(); });
  numbers("a record left | a record taken", [] { per_thread<leftover>::mine().value = 2; });
}

// ---- a mutex that is held, and two who wait ----

mutex* held = nullptr;

void add_waiters(std::vector<scenario>& to) {
  const step takes = [] { const exclusive_lock hold(*held); };
  add(to, "mutex", "unlock | lock | lock",
      {[] { held = new mutex; },
       [] {
         if (prepared++ == 0) held->lock();
       },
       {[] { held->unlock(); }, takes, takes},
       [] { delete held; }});
}

// ---- floors of versions ----

detail::version_floors* floors = nullptr;

void add_floors(std::vector<scenario>& to) {
  static constexpr std::uint64_t hash = 5;
  const auto raises = [](std::uint64_t version) { return [version] { floors->raise(hash, {version}); }; };
  const auto both = [&](const char* name, std::vector<step> threads) {
    add(to, "floors of versions", name,
        {[] { floors = new detail::version_floors; },
         {},
         std::move(threads),
         [] {
           require(floors->above(hash).number > 7, "a version comes twice");
           delete floors;
         }});
  };
  both("raise | raise", {raises(7), raises(3)});
  both("raise | raise, raise", {raises(7), [=] { raises(3)(), raises(5)(); }});
}

// ---- what is retired while the timer comes by ----

using retiring_domain = reclaim::lock_free_domain_of<epoch>;
retiring_domain* retiring = nullptr;

void retire_one() {
  retiring->retire(
      new int, [](void* at, void*) noexcept { delete static_cast<int*>(at); }, nullptr, sizeof(int));
}

void add_timer(std::vector<scenario>& to) {
  // Seven objects fill the first block, which then goes on to the stack.
  for (const int objects : {1, 7}) {
    add(to, "the timer's pass", objects == 1 ? "retire | pass" : "retire a whole block | pass",
        {[] {
           retiring = new retiring_domain;
           retire_one();
           delete retiring;  // the timer is armed, and has nothing to do
           require(reclaim::idle::armed(), "what was retired waits for nobody");
           retiring = new retiring_domain;
         },
         [] { (void)this_thread_slot(); },
         {[objects] {
            for (int i = 0; i < objects; ++i) retire_one();
          },
          [] { reclaim::idle::pass(); }},
         [] {
           require(retiring->statistics().kept_back_objects == 0 || reclaim::idle::armed(),
                   "what was retired waits for nobody");
           delete retiring;
         }});
  }
}

// ---- links of a list that have left ----

/// Entries stand in the list in the order of their keys.
struct in_order {
  using is_seeded = void;
  in_order() = default;
  explicit in_order(const hash_seed&) noexcept {}
  std::size_t operator()(number key) const noexcept { return key * 4; }
};

template <class Reclaimer>
struct lists {
  using list_map =
      lock_free_map<number, wide, in_order, equal<number>, std::allocator<std::pair<const number, wide>>, Reclaimer>;
  static inline list_map* map = nullptr;

  static void make() {
    map = new list_map;
    for (const number key : {1U, 2U, 3U}) (void)map->insert(key, key);
  }
  static step erases(number key) {
    return [key] { require(map->erase(key), "an entry that is there is not erased"); };
  }
  static step finds(number key) {
    return [key] { require(map->find(key).has_value(), "an entry that is there is not found"); };
  }
  static std::uint64_t retired_bytes(const list_map& of) {
    const map_statistics figures = of.stats();
    return figures.ever_bytes - figures.reserved_bytes;
  }
  /// What was erased has been taken out of the list, whoever did it.
  static void none_is_linked_still() {
    list_map one;
    (void)one.insert(number{1}, number{1});
    (void)one.erase(number{1});
    require(retired_bytes(*map) == 2 * retired_bytes(one), "an entry that was erased is still linked");
    delete map;
  }

  static void add_to(std::vector<scenario>& to, const char* name) {
    const step pass = [] { reclaim::idle::pass(); };
    const step known = [] { (void)this_thread_slot(); };
    add(to, name, "erase | erase its neighbour", {make, known, {erases(1), erases(2)}, none_is_linked_still});
    add(to, name, "erase, erase, the timer's pass | find behind them",
        {make, known, {[=] { erases(1)(), erases(2)(), pass(); }, finds(3)}, [] { delete map; }});
  }
};

// ---- tables that others have made or moved ----

template <class V, class Reclaimer = epoch, class Storage = automatic_storage>
constexpr auto make = &subject_of<concurrent_map<number, V, hash<number>, equal<number>,
                                                 std::allocator<std::pair<const number, V>>, Reclaimer, Storage>>::make;

const kind kinds[] = {
    {"concurrent_map: words of 16 bytes, epoch", make<number>},
    {"concurrent_map: words of 16 bytes, hazard", make<number, hazard>},
    {"concurrent_map: words of 8 bytes, epoch", make<number, epoch, portable_storage>},
    {"concurrent_map: nodes, epoch", make<wide>},
};

void add_tables(std::vector<scenario>& to) {
  for (const kind& each : kinds) {
    collection of(each);
    of.phase("reserved keys", {other_key});
    of.add_pairs({{verb::insert, 0, 7}},
                 {{verb::find, 0}, {verb::for_each}, {verb::stats}, {verb::insert, ~number{0}, 8}});
    // Four lines are two blocks, and eight are four: two units.
    const number room = room_of(each);
    of.phase("two units", keys(2 * room), {{verb::insert, fresh_key, 7}});
    const call one{verb::insert, later_key, 7};
    const call other{verb::insert, 102, 7};
    of.add({{one}, {other, {verb::find, 1}}});
    of.add({{one}, {other, {verb::find, 2}}});
    auto more = of.take();
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
}

}  // namespace

std::vector<scenario> handover_scenarios() {
  std::vector<scenario> all;
  add_numbers(all);
  add_waiters(all);
  add_floors(all);
  add_timer(all);
  lists<epoch>::add_to(all, "lock_free_map: epoch");
  lists<hazard>::add_to(all, "lock_free_map: hazard");
  add_tables(all);
  return all;
}

}  // namespace portolan::model
