// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include "plan.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <portolan/base/platform.hpp>
#include <set>
#include <utility>

namespace portolan::model {
namespace {

using prove::schedule::blocks_in_use;
using prove::schedule::explore;

constexpr std::size_t most_threads = 4;
constexpr std::size_t most_calls = 8;
using outcome = std::vector<number>;
using content = std::map<number, number>;

bool is_whole(verb what) { return what >= verb::find_two; }
/// What the call returns is checked against bounds when it returns, not against an order: the count of entries trails
/// behind the entries.
bool is_loose(verb what) { return what == verb::size || what == verb::stats; }

content content_of(subject& map) {
  content all;
  map.walk([&](number key, number value) { require(all.emplace(key, value).second, "a key is shown twice"); });
  return all;
}

// ---- before the threads ----

/// What a thread does to a map before anything is looked at: what is made once a thread is there from then on.
void get_known(subject& map, number thread) {
  (void)map.perform({verb::insert, 900 + thread, 1});
  (void)map.perform({verb::erase, 900 + thread});
}
void fill(subject& map, const plan& of) {
  for (const number key : of.held) (void)map.perform({verb::insert, key, 10 * key});
  for (const call& step : of.before) (void)map.perform(step);
}
std::unique_ptr<subject> filled(const kind& map, const plan& of) {
  auto made = map.make();
  for (std::size_t thread = 0; of.who == threads_are::known && thread < of.threads.size(); ++thread) {
    get_known(*made, thread);
  }
  fill(*made, of);
  return made;
}

// ---- the legal outcomes ----

/// The keys that the threads name, and what the map holds of the others.
struct universe {
  std::set<number> named;
  content others;
};

/// One call walks through all keys while another one removes them all.
bool walks_meet_changes(const plan& of) {
  unsigned walks = 0;
  bool removes = false;
  for (const auto& calls : of.threads) {
    for (const call& each : calls) {
      const bool all = each.what == verb::clear || (each.what == verb::erase_if && each.key == 0);
      walks += all || each.what == verb::for_each ? 1 : 0;
      removes = removes || all;
    }
  }
  return removes && walks > 1;
}

universe universe_of(const kind& map, const plan& of) {
  universe all;
  for (const auto& calls : of.threads) {
    for (const call& each : calls) {
      if (!is_whole(each.what) || each.what == verb::find_two) all.named.insert(each.key);
      if (each.what == verb::find_two) all.named.insert(each.other);
      if (each.what == verb::erase_if && each.key != 0) all.named.insert(each.key);
    }
  }
  all.others = content_of(*filled(map, of));
  if (walks_meet_changes(of)) {
    for (const auto& [key, value] : all.others) all.named.insert(key);
  }
  for (const number key : all.named) all.others.erase(key);
  return all;
}

/// One instant of a call: one of these lists of calls takes place.
using instant = std::vector<std::vector<call>>;

std::vector<instant> instants_of(const kind& map, const universe& of, const call& what, bool may_fail) {
  std::vector<instant> all;
  const auto each_key = [&](verb does, bool may_be_left_out) {
    std::vector<call> others;
    for (const auto& [key, value] : of.others) {
      if (what.what != verb::erase_if || what.key == 0) others.push_back({does, key});
    }
    if (!others.empty()) all.push_back({std::move(others)});
    for (const number key : of.named) {
      if (what.what == verb::erase_if && what.key != 0 && what.key != key) continue;
      all.push_back({{{does, key}}});
      // An entry that is replaced between the look and the erase stays.
      if (may_be_left_out) all.back().push_back({});
    }
  };
  if (!map.whole_at_once) {
    switch (what.what) {
      case verb::find_two: return {{{{verb::find, what.key}}}, {{{verb::find, what.other}}}};
      case verb::for_each: each_key(verb::find, false); return all;
      case verb::clear: each_key(verb::erase, false); return all;
      case verb::erase_if: each_key(verb::erase, true); return all;
      default: break;
    }
  }
  all.push_back({{what}});
  if (may_fail) all.back().push_back({});
  return all;
}

/// What a call returns, of what its parts have returned.
class ending {
 public:
  explicit ending(const call& of) : of_(of) {}
  void add(const call& part, number ended) {
    if (part.what == of_.what) {
      sum_ = is_loose(of_.what) ? 0 : ended;
    } else if (of_.what == verb::erase_if) {
      sum_ += ended;
    } else if (of_.what != verb::clear && ended != absent) {
      sum_ += shown(part.key, ended);
    }
  }
  void add_nothing() {
    if (of_.what != verb::erase_if) sum_ = refused;
  }
  [[nodiscard]] number returned() const { return sum_; }

 private:
  call of_;
  number sum_ = 0;
};

/// Walks through all orders of the instants of all calls.
class orders {
 public:
  orders(const kind& map, const plan& of) : map_(map), of_(of), known_(universe_of(map, of)) {
    for (const auto& calls : of.threads) {
      bool may_fail = false;
      auto& mine = instants_.emplace_back();
      for (const call& each : calls) {
        mine.push_back(instants_of(map, known_, each, may_fail));
        may_fail = may_fail || each.what == verb::fail_allocations;
      }
      next_.push_back(0);
    }
  }

  [[nodiscard]] std::set<outcome> legal() {
    go_on();
    return std::move(legal_);
  }

 private:
  struct step {
    std::size_t thread;
    std::size_t call;
    std::size_t instant;
    std::size_t choice;
  };

  [[nodiscard]] bool is_done(std::size_t thread, std::size_t which) const {
    const auto count = std::count_if(steps_.begin(), steps_.end(),
                                     [&](const step& each) { return each.thread == thread && each.call == which; });
    return static_cast<std::size_t>(count) == instants_[thread][which].size();
  }

  void go_on() {
    bool over = true;
    for (std::size_t thread = 0; thread < instants_.size(); ++thread) {
      if (next_[thread] == instants_[thread].size()) continue;
      over = false;
      take_one_of(thread);
    }
    if (over) run();
  }
  void take_one_of(std::size_t thread) {
    const std::size_t which = next_[thread];
    const auto& mine = instants_[thread][which];
    for (std::size_t at = 0; at < mine.size(); ++at) {
      const bool taken = std::any_of(steps_.begin(), steps_.end(), [&](const step& each) {
        return each.thread == thread && each.call == which && each.instant == at;
      });
      if (taken) continue;
      for (std::size_t choice = 0; choice < mine[at].size(); ++choice) {
        steps_.push_back({thread, which, at, choice});
        next_[thread] = which + (is_done(thread, which) ? 1 : 0);
        go_on();
        next_[thread] = which;
        steps_.pop_back();
      }
    }
  }

  /// The outcome of this order; two, if thread 1 may have heard of thread 0's first call or not.
  void run() {
    const auto map = filled(map_, of_);
    std::vector<std::vector<ending>> ended;
    for (const auto& calls : of_.threads) ended.emplace_back(calls.begin(), calls.end());
    for (const step& each : steps_) {
      const auto& calls = instants_[each.thread][each.call][each.instant][each.choice];
      ending& to = ended[each.thread][each.call];
      if (calls.empty()) to.add_nothing();
      for (const call& part : calls) to.add(part, map->perform(part));
    }
    outcome whole = {0};
    for (const auto& each : ended) {
      for (const ending& one : each) whole.push_back(one.returned());
    }
    for (const auto& [key, value] : content_of(*map)) whole.insert(whole.end(), {key, value});
    legal_.insert(whole);
    if (!of_.tells || of_.threads.size() < 2) return;
    const auto of_thread_1 =
        std::find_if(steps_.begin(), steps_.end(), [](const step& each) { return each.thread == 1; });
    const auto first_call = static_cast<std::size_t>(std::count_if(
        steps_.begin(), of_thread_1, [](const step& each) { return each.thread == 0 && each.call == 0; }));
    if (first_call != instants_[0][0].size()) return;
    whole[0] = 1;
    legal_.insert(whole);
  }

  const kind& map_;
  const plan& of_;
  universe known_;
  std::vector<std::vector<std::vector<instant>>> instants_;
  std::vector<std::size_t> next_;
  std::vector<step> steps_;
  std::set<outcome> legal_;
};

// ---- the program ----

/// What is known of a plan before it is run.
struct judged_plan {
  kind map;
  plan of;
  std::set<outcome> legal{};
  std::size_t fewest = 0;
  std::size_t most = 0;
};

const judged_plan* running = nullptr;
subject* shared = nullptr;
number results[most_threads][most_calls];
number heard = 0;
number prepared = 0;
platform::atomic<unsigned> told{0};

void run_thread(std::size_t thread) {
  const plan& of = running->of;
  if (of.tells && thread == 1) heard = told.load(platform::acquire);
  const auto& calls = of.threads[thread];
  for (std::size_t at = 0; at < calls.size(); ++at) {
    number ended = shared->perform(calls[at]);
    if (is_loose(calls[at].what)) {
      require(running->fewest <= ended && ended <= running->most, "the count is beyond its bounds");
      ended = 0;
    }
    results[thread][at] = ended;
    if (of.tells && thread == 0 && at == 0) told.store(1, platform::release);
  }
}

void judge() {
  outcome whole = {heard};
  for (std::size_t thread = 0; thread < running->of.threads.size(); ++thread) {
    whole.insert(whole.end(), results[thread], results[thread] + running->of.threads[thread].size());
  }
  const content all = content_of(*shared);
  require(shared->size() == all.size(), "size() differs from what the map holds");
  for (const auto& [key, value] : all) {
    require(shared->perform({verb::find, key}) == value, "a walk and find differ");
    whole.insert(whole.end(), {key, value});
  }
  require(running->legal.contains(whole), "no order of the calls gives this outcome");
  for (const auto& [key, value] : all) require(shared->perform({verb::erase, key}) == 1, "an entry cannot be erased");
  require(shared->size() == 0 && content_of(*shared).empty(), "the map is not empty when all is erased");
}

tally run(judged_plan& what, limits within) {
  if (what.legal.empty()) {
    const universe all = universe_of(what.map, what.of);
    what.fewest = 0;
    what.most = all.named.size() + all.others.size();
    // Of a deletion that is remembered a count sees one half or the other: a record more, an entry less.
    const bool removes = std::any_of(what.of.threads.begin(), what.of.threads.end(), [](const auto& calls) {
      return std::any_of(calls.begin(), calls.end(), [](const call& each) {
        return each.what == verb::clear || each.what == verb::erase_if || each.what == verb::apply_erase;
      });
    });
    if (!removes) what.fewest = all.others.size();
    what.legal = orders(what.map, what.of).legal();
  }
  running = &what;
  prove::schedule::program checked;
  checked.setup = [] {
    shared = running->map.make().release();
    if (running->of.who == threads_are::new_to_it) fill(*shared, running->of);
  };
  checked.prepare = [] {
    if (running->of.who == threads_are::new_to_it) return;
    get_known(*shared, prepared++);
    if (prepared == running->of.threads.size()) fill(*shared, running->of);
  };
  for (std::size_t thread = 0; thread < what.of.threads.size(); ++thread) {
    checked.threads.emplace_back([thread] { run_thread(thread); });
  }
  checked.audit = [] {
    judge();
    delete shared;
    require(blocks_in_use() == 0, "memory is left when the map is gone");
  };
  within.asymmetric_fences = within.asymmetric_fences && what.of.membarrier;
  return explore(checked, within);
}

}  // namespace

std::string to_text(const call& what) {
  static constexpr const char* names[] = {
      "find",        "contains",      "visit",           "pin",      "insert",         "try_emplace",
      "assign",      "exchange",      "extract",         "erase",    "c_erase",        "c_exchange",
      "compute",     "compute_erase", "load_or_compute", "update",   "erase_known",    "apply",
      "apply_erase", "find_two",      "for_each",        "erase_if", "clear",          "size",
      "reserve",     "shrink_to_fit", "stats",           "forget",   "no memory after"};
  std::string text = names[static_cast<unsigned>(what.what)];
  if (what.key != 0) text += " " + std::to_string(what.key);
  return text;
}

std::string to_text(const std::vector<std::vector<call>>& threads) {
  std::string text;
  for (const auto& calls : threads) {
    if (!text.empty()) text += " | ";
    for (std::size_t at = 0; at < calls.size(); ++at) text += (at == 0 ? "" : ", ") + to_text(calls[at]);
  }
  return text;
}

std::vector<number> keys(number count) {
  std::vector<number> all;
  for (number key = 1; key <= count; ++key) all.push_back(key);
  return all;
}

number room_of(const kind& of) { return of.make()->room(); }

bool offers(const kind& of, verb what) { return of.make()->perform({what, 1, 1, 2}) != no_such; }

scenario make_scenario(const kind& of, std::string phase, plan what, depth from) {
  std::string name = to_text(what.threads);
  const auto known = std::make_shared<judged_plan>(judged_plan{of, std::move(what)});
  return {of.name, std::move(phase), std::move(name), [known](const limits& within) { return run(*known, within); },
          from};
}

std::vector<call> walks_to(number key) {
  return {{verb::find, key}, {verb::insert, key, 5}, {verb::assign, key, 6}, {verb::erase, key}, {verb::add, key}};
}
std::vector<call> changes_of(number key) {
  return {{verb::insert, key, 5}, {verb::assign, key, 6}, {verb::erase, key}, {verb::add, key}};
}
std::vector<call> common_calls(number key, number other) {
  return {{verb::contains, key},
          {verb::visit, key},
          {verb::pin, key},
          {verb::try_emplace, key, 5},
          {verb::load_or_compute, key, 9},
          {verb::find_two, key, 0, other},
          {verb::for_each},
          {verb::erase_if},
          {verb::clear},
          {verb::size},
          {verb::reserve, 8},
          {verb::shrink_to_fit},
          {verb::stats}};
}

std::vector<call> all_calls(number key, number other) {
  std::vector<call> all = walks_to(key);
  const std::vector<call> more = {{verb::exchange, key, 7},
                                  {verb::extract, key},
                                  {verb::compare_erase, key, 0, 10 * key},
                                  {verb::compare_exchange, key, 8, 10 * key},
                                  {verb::drop, key}};
  all.insert(all.end(), more.begin(), more.end());
  const std::vector<call> common = common_calls(key, other);
  all.insert(all.end(), common.begin(), common.end());
  return all;
}

collection& collection::phase(std::string name, std::vector<number> held, std::vector<call> before) {
  phase_ = std::move(name);
  base_.held = std::move(held);
  base_.before = std::move(before);
  base_.membarrier = true;
  return *this;
}

void collection::add(std::vector<std::vector<call>> threads, threads_are who) {
  for (const auto& calls : threads) {
    for (const call& each : calls) {
      const auto [known, fresh] = offered_.try_emplace(each.what, false);
      if (fresh) known->second = offers(of_, each.what);
      if (!known->second) return;
    }
  }
  // Each key of each walk would be an instant of its own: too many orders.
  if (base_.held.size() > 2 && !of_.whole_at_once && walks_meet_changes({.threads = threads})) return;
  plan full = base_;
  full.who = who;
  full.threads = threads;
  std::sort(threads.begin(), threads.end(),
            [](const auto& one, const auto& other) { return to_text({one}) < to_text({other}); });
  if (!names_.insert(phase_ + ": " + to_text(threads)).second) return;
  all_.push_back(make_scenario(of_, phase_, std::move(full), run_));
}

void collection::add_pairs(const std::vector<call>& left, const std::vector<call>& right) {
  for (const call& one : left) {
    for (const call& other : right) add({{one}, {other}});
  }
}

void collection::add_pairs_and_find(const std::vector<call>& left, const std::vector<call>& right, number key) {
  for (const call& one : left) {
    for (const call& other : right) add({{one, {verb::find, key}}, {other}});
  }
}

}  // namespace portolan::model
