// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What the maps are made of, by itself: locks, thread numbers, counters, and the two ways to reclaim memory.
//
// Method. Each program shares a little plain memory that only the part under test orders: where it fails, the checker
// reports a race, a use of memory that was given back, a deadlock; or the audit a block that was never given back.
#include <portolan/base/counters.hpp>
#include <portolan/base/shared_mutex.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/prove/schedule.hpp>
#include <portolan/reclaim/epoch.hpp>
#include <portolan/reclaim/hazard.hpp>
#include <portolan/reclaim/lock_free_domain.hpp>

#include "scenarios.hpp"

namespace portolan::model {
namespace {

using prove::schedule::blocks_in_use;
using prove::schedule::explore;
using prove::schedule::program;

using step = std::function<void()>;

/// Scenarios of one part.
class part {
 public:
  part(std::vector<scenario>& to, std::string name) : to_(to), name_(std::move(name)) {}
  void add(std::string name, program what, bool thread_ends = false) {
    for (const bool asymmetric : {true, false}) {
      const std::string how = asymmetric ? "" : ", no membarrier";
      to_.push_back({name_, "parts", name + how, [what, asymmetric, thread_ends](limits within) {
                       within.asymmetric_fences = asymmetric;
                       within.thread_ends = thread_ends;
                       return explore(what, within);
                     }});
    }
  }

 private:
  std::vector<scenario>& to_;
  std::string name_;
};

// ---- locks ----

mutex* lock = nullptr;
shared_mutex* readers_lock = nullptr;
event* signal = nullptr;
int* shared = nullptr;

const step make_locks = [] {
  lock = new mutex;
  readers_lock = new shared_mutex;
  signal = new event;
  shared = new int(0);
};
const step end_locks = [] {
  delete lock;
  delete readers_lock;
  delete signal;
  delete shared;
  require(blocks_in_use() == 0, "memory was not given back");
};
step increments(int times) {
  return [times] {
    for (int i = 0; i < times; ++i) {
      const exclusive_lock hold(*lock);
      ++*shared;
    }
  };
}
/// The whole audit of what threads have added under a lock.
step sum_is(int expected) {
  return [expected] {
    require(*shared == expected, "a change under a lock was lost");
    end_locks();
  };
}

void add_locks(std::vector<scenario>& to) {
  const step thread_is_known = [] { (void)this_thread_slot(); };
  part of(to, "mutex");
  const auto of_locks = [&](std::string name, std::vector<step> threads, step audit) {
    of.add(std::move(name),
           {.setup = make_locks, .prepare = thread_is_known, .threads = std::move(threads), .audit = std::move(audit)});
  };
  of_locks("two threads", {increments(2), increments(1)}, sum_is(3));
  of_locks("three threads", {increments(1), increments(1), increments(1)}, sum_is(3));
  const step tries = [] {
    if (!lock->try_lock()) return;
    ++*shared;
    lock->unlock();
  };
  of_locks("try_lock beside lock", {tries, increments(1)}, [] {
    require(*shared == 1 || *shared == 2, "a change under a lock was lost");
    end_locks();
  });
  of_locks("event",
           {[] {
              *shared = 1;
              signal->set();
            },
            [] {
              signal->wait();
              require(*shared == 1, "what was written before the event is not seen");
            }},
           end_locks);
  const step writes = [] {
    const exclusive_lock hold(*readers_lock);
    ++*shared;
  };
  const step reads = [] {
    const shared_lock hold(*readers_lock);
    const int before = *shared;
    require(*shared == before, "a value changed under a shared lock");
  };
  const step tries_to_write = [] {
    if (!readers_lock->try_lock()) return;
    ++*shared;
    readers_lock->unlock();
  };
  const step tries_to_read = [] {
    if (!readers_lock->try_lock_shared()) return;
    require(*shared <= 2, "a value nobody wrote");
    readers_lock->unlock_shared();
  };
  of_locks("shared: write | write", {writes, writes}, sum_is(2));
  of_locks("shared: write | read", {writes, reads}, [] {
    require(readers_lock->try_lock(), "a reader that has gone is still counted");
    sum_is(1)();
  });
  of_locks("shared: write | read | read", {writes, reads, reads}, sum_is(1));
  of_locks("shared: write | write | read", {writes, writes, reads}, sum_is(2));
  of_locks("shared: try write | read", {tries_to_write, reads}, end_locks);
  of_locks("shared: write | try read", {writes, tries_to_read}, sum_is(1));
  of_locks("shared: try write | try read, read", {tries_to_write, [=] { tries_to_read(), reads(); }}, end_locks);
}

// ---- thread numbers, counters ----

std::uint32_t numbers[3];
striped_counter* counter = nullptr;

struct note {
  int value = 0;
  void thread_left() noexcept { value = 0; }
};

void add_threads(std::vector<scenario>& to) {
  part of(to, "thread numbers");
  const auto takes = [](std::size_t which) {
    return [which] {
      numbers[which] = this_thread_slot();
      per_thread<note>::mine().value = static_cast<int>(which) + 1;
    };
  };
  const step differ = [] {
    require(numbers[0] != numbers[1] && thread_slot_bound() > numbers[0] && thread_slot_bound() > numbers[1],
            "two threads have one number, or one beyond the bound");
    int sum = 0;
    per_thread<note>::for_each([&](std::uint32_t, note& each) { sum += each.value; });
    require(sum == 3, "the record of a thread is not looked at");
  };
  of.add("two threads begin", {.threads = {takes(0), takes(1)}, .audit = differ});
  const step looks = [] {
    per_thread<note>::for_each([](std::uint32_t, const note& each) { require(each.value == 0, "a record half made"); });
  };
  of.add("one begins, one looks", {.threads = {[] { (void)per_thread<note>::mine(); }, looks}});
  of.add("two threads begin and end", {.threads = {takes(0), takes(1)}}, true);
  of.add("three threads begin and end", {.threads = {takes(0), takes(1), takes(2)}}, true);

  part counts(to, "counter");
  const auto adds = [](std::int64_t what) { return [what] { counter->add(what); }; };
  const step made = [] { counter = new striped_counter; };
  const auto sums_to = [](std::int64_t what) {
    return [what] {
      require(counter->sum() == what, "a count was lost");
      counter->~striped_counter();
      ::operator delete(counter);
      require(blocks_in_use() == 0, "memory was not given back");
    };
  };
  const step known = [] { (void)this_thread_slot(); };
  counts.add("two threads", {.setup = made, .prepare = known, .threads = {adds(2), adds(3)}, .audit = sums_to(5)});
  counts.add("three threads",
             {.setup = made, .prepare = known, .threads = {adds(2), adds(3), adds(4)}, .audit = sums_to(9)});
  counts.add("six threads", {.setup = made,
                             .prepare = known,
                             .threads = {adds(1), adds(1), adds(1), adds(1), adds(1), adds(1)},
                             .audit = sums_to(6)});
}

// ---- reclamation ----

struct object {
  int value = 7;
  static void dispose(void* at, void*) noexcept { delete static_cast<object*>(at); }
};

template <class Scheme, class Domain>
struct reclaimed {
  static inline Domain* domain = nullptr;
  static inline typename Scheme::domain* named = nullptr;
  static inline platform::atomic<object*> words[2];

  static void make() {
    domain = new Domain;
    if constexpr (std::is_same_v<Domain, typename Scheme::domain>) {
      named = domain;
    } else {
      named = new typename Scheme::domain;
    }
    // relaxed: before the threads.
    for (auto& word : words) word.store(new object, platform::relaxed);
  }
  static void end() {
    // relaxed: after the threads.
    for (auto& word : words) delete word.load(platform::relaxed);
    delete domain;
    if constexpr (!std::is_same_v<Domain, typename Scheme::domain>) delete named;
  }
  static void end_whole() {
    end();
    require(blocks_in_use() == 0, "memory was not given back");
  }
  /// Where nobody reads, what the threads have retired and collected has gone.
  static void end_empty() {
    require(domain->statistics().kept_back_objects == 0, "an object is kept back that nobody reads");
    end_whole();
  }
  static void look(typename Scheme::guard& guard, unsigned hand, unsigned which) {
    object* const seen = guard.protect(hand, words[which], [](object* at) -> void* { return at; });
    if (seen != nullptr) require(seen->value == 7, "an object was given back under its reader");
  }
  static void read(unsigned which = 0) {
    typename Scheme::guard guard(*named);
    look(guard, 0, which);
  }
  static void read_two() {
    typename Scheme::guard guard(*named);
    object* const first = guard.protect(0, words[0], [](object* at) -> void* { return at; });
    object* const second = guard.protect(1, words[1], [](object* at) -> void* { return at; });
    if (first != nullptr) require(first->value == 7, "an object was given back under its reader");
    if (second != nullptr) require(second->value == 7, "an object was given back under its reader");
  }
  /// A guard within a guard, as one map's callable uses another map.
  static void read_nested() {
    typename Scheme::guard outer(*named);
    object* const seen = outer.protect(0, words[0], [](object* at) -> void* { return at; });
    read(1);
    if (seen != nullptr) require(seen->value == 7, "an object was given back under its reader");
  }
  /// As many guards as a record has, and one more.
  static void read_deep(int guards) {
    typename Scheme::guard one(*named);
    if (guards > 0) return read_deep(guards - 1);
    look(one, 0, 0);
  }
  static void take_out(unsigned which) {
    // The reader's side has acquire in protect.
    object* const gone = words[which].exchange(nullptr, platform::acq_rel);
    if (gone != nullptr) domain->retire(gone, &object::dispose, nullptr, sizeof(object));
  }
  static void replace(unsigned which) {
    object* const gone = words[which].exchange(new object, platform::acq_rel);
    domain->retire(gone, &object::dispose, nullptr, sizeof(object));
  }
  static void remove(unsigned which) {
    take_out(which);
    (void)domain->collect();
  }

  static void add_to(std::vector<scenario>& to, const std::string& name) {
    part of(to, name);
    // A thread's first guard and first retire make what it keeps.
    const step known = [] {
      typename Scheme::guard guard(*named);
      (void)this_thread_slot();
    };
    const auto add = [&](std::string of_what, std::vector<step> threads, step audit = end) {
      of.add(of_what, {.setup = make, .prepare = known, .threads = threads, .audit = audit});
      of.add(of_what + ", threads new to it", {.setup = make, .threads = threads, .audit = audit});
    };
    const step reads = [] { read(); };
    const step looks = [] { (void)domain->statistics(); };
    const step reads_twice = [] { read(), read(); };
    const step removes = [] { remove(0); };
    const step removes_other = [] { remove(1); };
    add("read | remove", {reads, removes});
    add("read, read | remove", {reads_twice, removes});
    add("read | replace, collect", {reads, [] { replace(0), (void)domain->collect(); }});
    add("read two | remove, remove", {[] { read_two(); }, [] { remove(1), remove(0); }});
    add("nested | remove", {[] { read_nested(); }, removes});
    add("nested | remove other, remove", {[] { read_nested(); }, [] { remove(1), remove(0); }});
    add("deep | remove", {[] { read_deep(5); }, removes});
    add("read, look | remove", {[=] { read(), looks(); }, removes});
    add("read | remove | look", {reads, removes, looks});
    // Who ends has left its guards long ago; its record says so once more.
    of.add("read, end | remove", {.setup = make, .threads = {reads, removes}, .audit = end}, true);
    add("remove | remove other", {removes, removes_other}, end_empty);
    add("remove | remove", {removes, removes});
    add("take out | take out other", {[] { take_out(0); }, [] { take_out(1); }}, end_whole);
    add("take out | collect | read", {[] { take_out(0); }, [] { (void)domain->collect(); }, reads});
    add("take out | remove other | read", {[] { take_out(0); }, removes_other, reads});
    add("read | remove | remove other", {reads, removes, removes_other});
    add("replace, replace | remove", {[] { replace(0), replace(0); }, removes});
    // Of itself a bag is looked after each so many retires.
    const step replaces_many = [] {
      for (unsigned i = 0; i < platform::sizes::tend_every; ++i) replace(0);
    };
    add("replace until it is looked after | read", {replaces_many, reads});
  }
};

}  // namespace

std::vector<scenario> parts_scenarios() {
  std::vector<scenario> all;
  add_locks(all);
  add_threads(all);
  reclaimed<epoch, epoch::domain>::add_to(all, "epochs");
  reclaimed<hazard, hazard::domain>::add_to(all, "hazard pointers");
  reclaimed<epoch, reclaim::lock_free_domain_of<epoch>>::add_to(all, "epochs, no locks");
  reclaimed<hazard, reclaim::lock_free_domain_of<hazard>>::add_to(all, "hazard pointers, no locks");
  return all;
}

}  // namespace portolan::model
