// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <csignal>
#include <cstring>
#include <iterator>
#include <portolan/prove/schedule/drawing.hpp>
#include <portolan/prove/schedule/runner.hpp>
#include <portolan/prove/schedule/sleepers.hpp>
#include <stdexcept>
#include <utility>

namespace portolan::prove::schedule {

runner::runner() {
  for (unsigned at = 0; at < most_threads; ++at) threads_[at].on = std::make_unique<fiber>();
  for (const world::range& each : {world_.allocated(), world::globals()}) races_.watch(each.begin, each.size_bytes);
}
runner::~runner() = default;

// ---- the search ----

tally runner::run(const program& of, const limits& within) {
  if (of.threads.size() > most_threads)
    throw std::invalid_argument("portolan: a checked program has at most 8 threads");
  begin(of, within);
  if (of.setup) call(of.setup);
  for (unsigned at = 0; of.prepare && at < thread_count_; ++at) call(of.prepare, at);
  if (tally_.failure.empty()) {
    world_.remember(begun_);
    search(of, within);
    faults_.report(tally_);
  }
  world_.put_back(untouched_);
  active_ = nullptr;
  tally_.failure = lines_.told(std::move(tally_.failure));
  return tally_;
}

void runner::begin(const program& of, const limits& within) {
  const bool given = !within.replay.empty();
  if (given) {
    search_.take_given(choices_in(within.replay));
  } else if (within.random_runs != 0) {
    search_.take_random(within.seed, within.priority_changes);
  } else {
    search_.take_all();
  }
  search_.start();
  one_by_one_ = given || within.random_runs != 0;
  wakes_all_ = within.random_runs != 0 && !given;
  tally_ = {};
  places_.clear();
  place_ids_.clear();
  std::fill(std::begin(recent_places_), std::end(recent_places_), recent_place{});
  thread_count_ = static_cast<unsigned>(of.threads.size());
  for (unsigned at = 0; at < thread_count_; ++at) threads_[at].body = &of.threads[at];
  asymmetric_ = within.asymmetric_fences;
  thread_ends_ = within.thread_ends;
  world_.reuse(within.reuse_memory);
  faults_.start(within);
  blocks_at_first_ = world_.blocks_used();
  active_ = this;
  world_.remember(untouched_);
}

void runner::search(const program& of, const limits& within) {
  for (std::uint64_t runs = 1;; ++runs) {
    world_.put_back(begun_);
    races_.begin_execution();
    run_once();
    if (const auto& strayed = search_.strayed()) {
      tally_.failure = "the execution to be repeated is not one of this program: its event " +
                       std::to_string(*strayed + 1) + " is not what the program does";
      return;
    }
    if (!stop_ && tally_.failure.empty()) judge();
    if (!stop_ && tally_.failure.empty() && of.audit) {
      write_back();
      call(of.audit);
    }
    if (!tally_.failure.empty() || !within.replay.empty()) return;
    if (one_by_one_) {
      if (runs == within.random_runs) return;
      search_.start();
    } else if (!search_.next()) {
      tally_.exhausted = true;
      return;
    } else if (runs == within.executions) {
      return;
    }
  }
}

void runner::call(const std::function<void()>& body, unsigned as) {
  preparing_ = as;
  threads_[as].allocations_left = unlimited;
  main_.begin(&runner::enter_main, const_cast<std::function<void()>*>(&body));
  const std::uintptr_t own = own_thread_locals();
  if (as != world::main_thread) use_thread_locals(world_.thread_locals_of(as));
  main_.resume();
  use_thread_locals(own);
  in_program_ = false;
  preparing_ = world::main_thread;
}

void runner::enter_main(void* body) {
  in_program_ = true;
  (*static_cast<const std::function<void()>*>(body))();
  in_program_ = false;
}

void runner::run_once() {
  stop_ = false;
  contradicted_ = false;
  for (unsigned at = 0; at < thread_count_; ++at) {
    thread_state& each = threads_[at];
    each.position = 0;
    each.waits_for = nobody;
    each.stands = standing::ready;
    each.sleeps = false;
    operations_[at].clear();
    each.ticks = 0;
    each.allocations_left = unlimited;
    each.tries = 0;
    each.passed_time_at = nullptr;
    each.heard = nullptr;
    each.on->begin(&runner::enter, &each);
  }
  const std::uintptr_t own = own_thread_locals();
  turn_ = nobody;
  while (!stop_) {
    const bool drawn = std::exchange(turn_is_drawn_, false) && threads_[turn_].stands == standing::ready;
    if (!drawn) turn_ = next_turn();
    if (turn_ == nobody) break;
    running_ = turn_;
    while (threads_[running_].waits_for != nobody) {
      const unsigned source = threads_[running_].waits_for;
      threads_[running_].waits_for = nobody;
      running_ = source;
    }
    use_thread_locals(world_.thread_locals_of(running_));
    threads_[running_].on->resume();
  }
  use_thread_locals(own);
  turn_is_drawn_ = false;
  running_ = nobody;
  if (contradicted_) ++tally_.left;
}

unsigned runner::next_turn() {
  if (const unsigned given = search_.given_thread(); given != most_threads) {
    if (given >= thread_count_ || threads_[given].stands == standing::finished) {
      search_.stray();
      return nobody;
    }
    threads_[given].stands = standing::ready;
    return given;
  }
  unsigned ready[most_threads];
  unsigned count = 0;
  for (unsigned at = 0; at < thread_count_; ++at) {
    if (threads_[at].stands == standing::ready) ready[count++] = at;
  }
  if (count == 0) return wakes_all_ ? wake_one() : nobody;
  return search_.turn_among(ready, count);
}

/// A waiting thread that has read something old may look again: in a random run it goes on by itself.
unsigned runner::wake_one() noexcept {
  for (unsigned at = 0; at < thread_count_; ++at) {
    if (threads_[at].stands != standing::blocked || stuck(at)) continue;
    threads_[at].stands = standing::ready;
    return at;
  }
  return nobody;
}

void runner::enter(void* state) {
  auto& self = *static_cast<thread_state*>(state);
  in_program_ = true;
  (*self.body)();
  for (int round = 0; active_->thread_ends_ && round < 4 && self.heard != nullptr; ++round) {
    std::exchange(self.heard, nullptr)(self.argument);
  }
  in_program_ = false;
  self.stands = standing::finished;
}

void runner::judge() {
  bool blocked = false;
  bool hopeless = true;
  for (unsigned at = 0; at < thread_count_; ++at) {
    if (threads_[at].stands != standing::blocked) continue;
    blocked = true;
    hopeless = hopeless && stuck(at);
  }
  if (!blocked) {
    ++tally_.complete;
    return;
  }
  ++tally_.blocked;
  stop_ = true;
  if (hopeless) note_failure("threads wait for ever");
}

bool runner::stuck(unsigned thread) const {
  const graph& now = search_.now();
  if (threads_[thread].sleeps) {
    const event& look = now.at({thread, now.count(thread) - 1});
    return look.source == now.last_store(look.place);
  }
  for (unsigned index = now.count(thread); index-- > 0;) {
    const event& each = now.at({thread, index});
    if (each.what == action::fence) continue;
    if (each.what == action::write) return index + 1 != now.count(thread);
    if (each.source != now.last_store(each.place)) return false;
  }
  return true;
}

void runner::write_back() {
  const graph& now = search_.now();
  for (std::size_t at = 0; at < now.place_count(); ++at) {
    const graph::place& there = now.place_at(static_cast<place_id>(at));
    if (there.stores.empty()) continue;
    const cell value = now.at(there.stores.back()).value;
    const world::block* const block = world_.block_of(places_[at].address);
    if (block != nullptr && block->state == world::block_state::given_back) continue;
    if (block != nullptr && block->generation != places_[at].generation) continue;
    std::memcpy(places_[at].address, &value, places_[at].size_bytes);
  }
}

// ---- threads ----

void runner::leave() { threads_[running_].on->leave(); }

void runner::note_failure(const std::string& what) {
  if (!tally_.failure.empty()) return;
  tally_.replay = text_of(search_.now());
  tally_.failure = what + "\n" + drawing_of(search_.now(), thread_count_, operations_) + "again: limits{.replay = \"" +
                   tally_.replay + "\"}\n";
}

void runner::fail(const std::string& what) {
  note_failure(what);
  stop_ = true;
  for (;;) (running_ == nobody ? main_ : *threads_[running_].on).leave();
}

place_id runner::place_of(void* address, unsigned size_bytes) {
  const world::block* const block = world_.block_of(address);
  const unsigned generation = block == nullptr ? 0 : block->generation;
  const auto key = std::uintptr_t{generation} << 56 | reinterpret_cast<std::uintptr_t>(address) << 5 | size_bytes;
  recent_place& recent = recent_places_[key / 128 % std::size(recent_places_)];
  if (recent.key != key) {
    const auto [known, fresh] = place_ids_.try_emplace(key, static_cast<place_id>(places_.size()));
    if (fresh) places_.push_back({address, size_bytes, generation});
    recent = {key, known->second};
  }
  const place_id id = recent.id;
  graph& now = search_.now();
  while (now.place_count() <= id) (void)now.add_place({}, places_[now.place_count()].size_bytes);
  graph::place& there = now.place_at(id);
  // What it holds at its first access was put there by plain code, before the address was handed on.
  if (there.stores.empty() && there.loads.empty()) {
    there.initial = {};
    std::memcpy(&there.initial, address, size_bytes);
  }
  return id;
}

template <class Add>
const event& runner::step(Add add) {
  const unsigned self = running_;
  thread_state& me = threads_[self];
  for (;;) {
    graph& now = search_.now();
    if (me.position < now.count(self)) {
      const event& each = now.at({self, me.position});
      if (each.what == action::read && !each.source.is_initial()) {
        const unsigned source = each.source.thread();
        if (source != self && threads_[source].position <= each.source.index()) {
          me.waits_for = source;
          leave();
          continue;
        }
      }
      me.position += each.what == action::read && each.paired ? 2 : 1;
      return each;
    }
    if (turn_ != self) {
      leave();
      continue;
    }
    if (now.count(self) + 1 >= most_events)
      fail("a thread does more than the checker can follow: has its loop no end?");
    if (!add(self)) {
      contradicted_ = true;
      stop_ = true;
      for (;;) leave();
    }
    if (!one_by_one_) continue;
    if (wakes_all_ && search_.now().at({self, search_.now().count(self) - 1}).what == action::write) {
      for (thread_state& each : threads_) {
        if (each.stands == standing::blocked) each.stands = standing::ready;
      }
    }
    turn_ = next_turn();
    turn_is_drawn_ = turn_ != nobody;
  }
}

event runner::access(action what, ordering order, void* address, unsigned size_bytes, site at) {
  event fresh;
  fresh.what = what;
  fresh.order = order;
  fresh.place = place_of(address, size_bytes);
  fresh.at = at;
  return fresh;
}

cell runner::load(void* address, unsigned size_bytes, ordering order, site at) {
  check_word(address);
  return step([&](unsigned self) {
           return search_.add_load(self, access(action::read, order, address, size_bytes, at));
         })
      .value;
}

void runner::store(void* address, unsigned size_bytes, cell value, ordering order, site at) {
  check_word(address);
  (void)step([&](unsigned self) {
    event fresh = access(action::write, order, address, size_bytes, at);
    fresh.value = value;
    return search_.add_store(self, fresh);
  });
}

cell runner::read_modify_write(void* address, unsigned size_bytes, change makes, cell expected, cell operand,
                               ordering succeeded, ordering failed, site at) {
  check_word(address);
  return step([&](unsigned self) {
           event fresh = access(action::read, succeeded, address, size_bytes, at);
           fresh.succeeded = succeeded;
           fresh.failed = failed;
           fresh.makes = makes;
           fresh.expected = expected;
           fresh.operand = operand;
           return search_.add_load(self, fresh);
         })
      .value;
}

void runner::fence(ordering order, site at) {
  (void)step([&](unsigned self) {
    event fresh;
    fresh.what = action::fence;
    fresh.order = order;
    fresh.at = at;
    search_.add_fence(self, fresh);
    return true;
  });
}

// ---- sleeping ----

/// The queue of a word is a place of no bytes at the word's address: who wakes does not touch the word.
cell runner::change_sleepers(const void* word, change how, site at) {
  return step([&](unsigned self) {
           event fresh = access(action::read, ordering::both, const_cast<void*>(word), 0, at);
           fresh.succeeded = ordering::both;
           fresh.makes = how;
           fresh.operand = {self, 0};
           return search_.add_load(self, fresh);
         })
      .value;
}

void runner::park(void* word, unsigned size_bytes, cell expected, site at) {
  const unsigned self = running_;
  (void)change_sleepers(word, change::fall_asleep, at);
  if (load(word, size_bytes, ordering::relaxed, at) != expected) {
    const sleepers before(change_sleepers(word, change::leave, at));
    if (!before.hold(self) && before.one_was_woken(self)) wake(word, change::wake_one, at);
    return;
  }
  for (;;) {
    const event& look = step([&](unsigned thread) {
      return search_.add_load(thread, access(action::read, ordering::acquiring, word, 0, at));
    });
    if (!sleepers(look.value).hold(self)) return;
    threads_[self].sleeps = true;
    await(at);
    threads_[self].sleeps = false;
  }
}

void runner::wake(const void* word, change who, site at) { (void)change_sleepers(word, who, at); }

// ---- memory ----

void* runner::allocate(std::size_t size_bytes, std::size_t alignment_bytes) {
  void* const memory = world_.allocate(running(), size_bytes, alignment_bytes);
  races_.forget(memory, size_bytes);
  return memory;
}

bool runner::lies_in(place_id of, const world::block& block) noexcept {
  const known_place& known = places_[of];
  return known.size_bytes != 0 && known.generation == block.generation && world_.block_of(known.address) == &block;
}

void runner::deallocate(void* memory) {
  world::block* const block = world_.block_of(memory);
  if (block == nullptr || block->begin != memory) fail("memory is given back that was not allocated");
  if (block->state == world::block_state::given_back) fail("memory is given back twice");
  if (running_ != nobody) {
    const graph& now = search_.now();
    const view before = now.before({running_, threads_[running_].position});
    for (std::size_t at = 0; at < now.place_count(); ++at) {
      if (!lies_in(static_cast<place_id>(at), *block)) continue;
      const auto overtaken = [&](event_id id) {
        return !before.holds(id) && id.index() < threads_[id.thread()].position;
      };
      const graph::place& there = now.place_at(static_cast<place_id>(at));
      for (const event_id load : there.loads) {
        if (overtaken(load)) fail("memory is given back that another thread may still read");
      }
      for (const event_id store : there.stores) {
        if (overtaken(store)) fail("memory is given back that another thread may still write");
      }
    }
  }
  if (running_ != nobody) touch(block->begin, block->size_bytes, true);
  world_.give_back(running_ == nobody ? preparing_ : running_, *block);
}

void runner::touch(const void* address, std::size_t size_bytes, bool writes) {
  if (!races_.watches(address)) return;
  check_memory(address);
  const unsigned behind = threads_[running_].position;
  const view knows = search_.now().before({running_, behind});
  const races::rival met = races_.note({running_, behind, &knows}, address, size_bytes, writes);
  if (met.found) fail_of_race(writes ? "writes" : "reads", met);
}

void runner::fail_of_race(const char* does, const races::rival& met) {
  const auto name = [](unsigned thread, unsigned event) {
    return std::to_string(thread) + "." + std::to_string(event);
  };
  fail("a data race: thread " + std::to_string(running_) + ", before its event " +
       name(running_, threads_[running_].position) + ", " + does + " what thread " + std::to_string(met.thread) +
       ", before its event " + name(met.thread, met.events) + ", " + (met.wrote ? "writes" : "reads"));
}

void runner::check_memory(const void* address) {
  const world::block* const block = world_.block_of(address);
  if (block != nullptr && block->state == world::block_state::given_back) {
    fail("memory is used that was given back");
  }
}

void runner::check_word(const void* address) {
  check_memory(address);
  const unsigned behind = threads_[running_].position;
  const view knows = search_.now().before({running_, behind});
  if (const races::rival met = races_.unordered_write({running_, behind, &knows}, address); met.found) {
    fail_of_race("uses", met);
  }
}

void runner::at_thread_end(void (*heard)(void*), void* argument) noexcept {
  threads_[running_].heard = heard;
  threads_[running_].argument = argument;
}

std::uint64_t runner::tick() noexcept { return ++threads_[running_ == nobody ? 0 : running_].ticks; }

void runner::note_operation(const char* name) {
  if (running_ != nobody) operations_[running_].push_back({threads_[running_].position, name});
}

void runner::await(site) {
  thread_state& me = threads_[running_];
  // An iteration that ended with a store of its own is no waiting but a new try: it may go on, so often.
  const graph& now = search_.now();
  const bool tries = me.position != 0 && now.at({running_, me.position - 1}).what == action::write;
  if (tries && me.tries++ < most_tries) return;
  me.stands = standing::blocked;
  do leave();
  while (!one_by_one_);
}

void runner::pass_time(site at, unsigned often) {
  thread_state& me = threads_[running_];
  if (std::exchange(me.passed_time_at, at.file) != at.file) me.passed_time = 0;
  if (++me.passed_time > often) await(at);
}

namespace {

/// A program's bad pointer is the program's failure, not the checker's end. The handler runs on the fiber's own stack,
/// which is left as a failed require leaves it.
class bad_pointers_fail {
 public:
  bad_pointers_fail() {
    struct sigaction catching = {};
    catching.sa_handler = [](int number) {
      if (runner::in_program()) {
        const runner::visit inside;
        runner::active()->fail("what is touched is no memory");
      }
      (void)std::signal(number, SIG_DFL);
    };
    catching.sa_flags = SA_NODEFER;
    (void)sigaction(SIGSEGV, &catching, &before_);
  }
  ~bad_pointers_fail() { (void)sigaction(SIGSEGV, &before_, nullptr); }
  bad_pointers_fail(const bad_pointers_fail&) = delete;
  bad_pointers_fail& operator=(const bad_pointers_fail&) = delete;

 private:
  struct sigaction before_ = {};
};

}  // namespace

// ---- the public functions ----

tally explore(const program& of, const limits& within) {
  // Not among the program's global objects, which are put back.
  static runner& only = *new runner;
  const bad_pointers_fail watched;
  return only.run(of, within);
}

void require(bool holds, const char* what) {
  if (!holds) {
    const runner::visit inside;
    runner::active()->fail(what);
  }
}

void fail_allocations_after(std::uint64_t more) noexcept {
  if (runner* const now = runner::active()) now->fail_allocations_after(more);
}

void doing(const char* operation) {
  const runner::visit inside;
  runner::active()->note_operation(operation);
}

std::size_t blocks_in_use() noexcept { return runner::active()->blocks_in_use(); }

}  // namespace portolan::prove::schedule
