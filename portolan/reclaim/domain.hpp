// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A reclamation domain: what one structure has retired and not yet freed.
//
//   domain (8 bytes) ─► state ─► bag of the first thread            while nobody was in its way
//                          └───► bags by thread number              from then on
//
// 1. An unused domain is a null pointer; its state is made by the first retire.
// 2. A bag belongs to the domain, not to a thread: a thread that ends leaves nothing behind, and the
//    destructor finds everything.
// 3. Every 32nd retire of a bag looks at its oldest block, so one retire disposes of at most 63 objects. What no
//    operation frees the timer frees, 20 ms to 1 s later (domain/idle.hpp).
// 4. A dispose that retires only puts the object aside: chains of any length are freed without recursion.
//
// `Rule` decides what may go: seal() gives a block its tag, judge(block) says which objects are still read.
// Process exit: what a domain holds that is never destroyed is not disposed of. Static destruction: domains
// work in every static constructor and destructor. Fork: the child has all that was retired; an object that
// another thread was disposing of at that moment is lost to the child.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>  // std::construct_at without the weight of <memory>

#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/reclaim/domain/bag.hpp>
#include <portolan/reclaim/domain/idle.hpp>
#include <portolan/reclaim/scheme.hpp>

namespace portolan::reclaim {

/// The thread that has been reading for longest.
struct reader {
  std::uint32_t thread = 0;
  std::uint64_t age_ns = 0;
};

namespace detail {
/// True while this thread disposes of retired objects: then retire only puts aside (4 above).
[[gnu::tls_model("initial-exec")]] inline constinit thread_local bool disposing = false;
}  // namespace detail

/// What one structure retires. Not for objects that have one owner at a time: destroy them.
template <class Rule>
class domain {
 public:
  constexpr domain() noexcept = default;
  domain(const domain&) = delete;
  domain& operator=(const domain&) = delete;

  /// Disposes of everything at once. Nobody may read or retire any more, except the disposes themselves.
  ~domain() {
    state* own = state_.observe();
    if (own == nullptr) return;
    idle::leave(*own);
    own->dispose_of_all();
    state::unmake(own);
  }

  /// Has `dispose(object, context)` called when no reader can hold the object any more. It must be unlinked
  /// already; `size_bytes` is what it occupies, for the statistics.
  ///
  /// @returns   nothing
  /// @sees      the dispose comes after everything that any reader did with the object
  /// @progress  may wait for another thread's few instructions on the same bag; never for a reader
  /// @cost      O(1), one lock that is nearly always its own; every 32nd call may dispose of up to 63 objects
  /// @throws    nothing; out of memory in the program and in the kernel terminates
  /// @calls     disposes of objects retired before, with no lock held
  void retire(void* object, dispose_function dispose, void* context, std::size_t size_bytes) noexcept {
    state& own = state_or_make();
    bag& mine = own.lock_own_bag();
    mine.template append_locked<Rule>({object, dispose, context, size_bytes});
    mine.retired_objects += 1;
    mine.retired_bytes += size_bytes;
    const bool due = ++mine.retired_since_tended >= tend_every;
    if (due) mine.retired_since_tended = 0;
    mine.lock.unlock();
    idle::wake();
    if (due && !detail::disposing) tend(mine);
  }

  /// Disposes of everything that no reader can hold now. Inside a dispose it does nothing.
  ///
  /// @returns   how many objects it disposed of
  /// @sees      as retire
  /// @progress  never waits for a reader; what is still read stays
  /// @cost      O(kept back + threads); one heavy fence at least if anything is kept back
  /// @throws    nothing
  /// @calls     the disposes, with no lock held
  std::size_t collect() noexcept {
    state* own = state_.observe();
    return own == nullptr || detail::disposing ? 0 : own->collect();
  }

  /// What was retired, freed and is kept back, and who has been reading for longest.
  ///
  /// @returns   the sums; exact when the domain is quiet. With `epoch` the oldest reader may read another structure
  /// @sees      each bag at one instant, one after the other
  /// @progress  may wait for another thread's few instructions on a bag
  /// @cost      O(processors + threads)
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] reclaim_statistics statistics() const noexcept {
    reclaim_statistics sums;
    if (state* own = state_.observe()) own->add_to(sums);
    const reader oldest = Rule::oldest_reader();
    sums.oldest_reader_thread = oldest.thread;
    sums.oldest_reader_age_ns = oldest.age_ns;
    return sums;
  }

 private:
  static constexpr std::uint32_t tend_every = 32;
  static constexpr std::uint32_t more_until_next_look = 4;  // blocks, while a reader keeps the oldest one

  class state;

  [[nodiscard]] state& state_or_make() noexcept {
    if (state* own = state_.observe()) [[likely]]
      return *own;
    state* made = state::make();
    idle::join(*made);
    state* first = nullptr;
    if (state_.replace(first, made)) return *made;
    idle::leave(*made);
    state::unmake(made);
    return *first;
  }

  /// The regular look at one bag: at most one block.
  [[gnu::noinline]] static void tend(bag& from) noexcept {
    block* taken = nullptr;
    {
      exclusive_lock hold(from.lock);
      if (from.oldest == nullptr) return;
      if (from.sealed_blocks < from.look_at_blocks && !Rule::known_free(from.oldest->tag)) return;
      taken = from.take_oldest_locked();
    }
    settle(from, taken);
  }

  /// Disposes of what nobody reads in a block that was taken out; the rest goes back: to the front, with longer
  /// until the next look, where later blocks cannot go sooner, else behind the others. Says how many went.
  static std::size_t settle(bag& from, block* taken) noexcept {
    const std::uint64_t read = Rule::judge(*taken);
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < taken->count(); ++i) {
      if ((read >> i & 1) != 0) swap(taken->begin()[kept++], taken->begin()[i]);
    }
    const std::uint32_t count = taken->count();
    {
      exclusive_lock hold(from.lock);
      if (kept == count && Rule::later_blocks_go_later) {
        from.put_back_locked(taken);
        from.look_at_blocks = from.sealed_blocks + more_until_next_look;
        return 0;
      }
      from.look_at_blocks = bag::least_look_at_blocks;
      for (std::uint32_t i = 0; i < kept; ++i) from.template append_locked<Rule>(taken->begin()[i]);
    }
    dispose_of(taken->begin() + kept, taken->end());
    block::unmake(taken);
    return count - kept;
  }

  static void dispose_of(retired* first, retired* last) noexcept {
    const bool outer = detail::disposing;
    detail::disposing = true;
    for (; first != last; ++first) first->dispose(first->object, first->context);
    detail::disposing = outer;
  }

  static void swap(retired& one, retired& other) noexcept {
    const retired kept = one;
    one = other;
    other = kept;
  }

  published<state*> state_{nullptr};
};

/// The bags of a domain that has retired something.
template <class Rule>
class domain<Rule>::state : public idle_client {
 public:
  [[nodiscard]] static state* make() noexcept {
    const sure_memory memory = sure_memory::take(sizeof(state), alignof(state));
    state* made = std::construct_at(static_cast<state*>(memory.at));
    made->pages_ = memory.pages;
    return made;
  }
  static void unmake(state* used) noexcept {
    if (bag* bags = used->bags_.observe()) {
      platform::deallocate(bags, used->bag_count_ * sizeof(bag), alignof(bag));
    }
    sure_memory::give_back(used, used->pages_, sizeof(state), alignof(state));
  }

  constexpr state() noexcept : idle_client(for_idle) {}

  /// The bag for this thread, locked.
  [[nodiscard]] bag& lock_own_bag() noexcept {
    bag* bags = bags_.observe();
    if (bags == nullptr) {
      if (first_.lock.try_lock()) [[likely]]
        return first_;
      bags = spread();
    }
    bag& own = bags == nullptr ? first_ : bags[this_thread_slot() & (bag_count_ - 1)];
    own.lock.lock();
    return own;
  }

  std::size_t collect() noexcept {
    std::size_t freed = 0;
    for_each_bag([&](bag& from) { freed += collect_bag(from); });
    return freed;
  }

  void add_to(reclaim_statistics& sums) noexcept {
    for_each_bag([&](bag& from) {
      exclusive_lock hold(from.lock);
      sums.retired_objects += from.retired_objects;
      sums.retired_bytes += from.retired_bytes;
      sums.kept_back_objects += from.kept_objects;
      sums.kept_back_bytes += from.kept_bytes;
    });
    sums.freed_objects = sums.retired_objects - sums.kept_back_objects;
    sums.freed_bytes = sums.retired_bytes - sums.kept_back_bytes;
  }

  /// At the end of the domain; a dispose may retire once more, so until nothing is left.
  void dispose_of_all() noexcept {
    bool something = true;
    while (something) {
      something = false;
      for_each_bag([&](bag& from) {
        while (block* taken = take_any(from)) {
          something = true;
          dispose_of(taken->begin(), taken->end());
          block::unmake(taken);
        }
      });
    }
  }

 private:
  static std::size_t collect_bag(bag& from) noexcept {
    std::uint32_t blocks = 0;
    {
      exclusive_lock hold(from.lock);
      from.template seal_locked<Rule>();
      blocks = from.sealed_blocks;
    }
    std::size_t freed = 0;
    for (; blocks > 0; --blocks) {
      block* taken = nullptr;
      {
        exclusive_lock hold(from.lock);
        taken = from.take_oldest_locked();
      }
      if (taken == nullptr) break;
      const std::size_t gone = settle(from, taken);
      freed += gone;
      if (gone == 0 && Rule::later_blocks_go_later) break;
    }
    return freed;
  }

  [[nodiscard]] static block* take_any(bag& from) noexcept {
    exclusive_lock hold(from.lock);
    from.template seal_locked<Rule>();
    return from.take_oldest_locked();
  }

  /// Two threads met at the first bag: from now on each processor's worth of threads has its own.
  [[nodiscard, gnu::cold, gnu::noinline]] bag* spread() noexcept {
    exclusive_lock hold(spread_lock_);
    if (bag* bags = bags_.observe()) return bags;
    const std::uint32_t count = std::bit_ceil(platform::processor_count() < 64 ? platform::processor_count() : 64U);
    bag* made = nullptr;
    try {
      made = static_cast<bag*>(platform::allocate(count * sizeof(bag), alignof(bag)));
    } catch (...) {
      return nullptr;  // the first bag serves all
    }
    for (std::uint32_t i = 0; i < count; ++i) std::construct_at(made + i);
    bag_count_ = count;
    bags_.publish(made);
    return made;
  }

  template <class F>
  void for_each_bag(F f) noexcept {
    f(first_);
    bag* bags = bags_.observe();
    for (std::uint32_t i = 0; bags != nullptr && i < bag_count_; ++i) f(bags[i]);
  }

  static std::size_t collect_for_idle(idle_client& self) noexcept {
    auto& own = static_cast<state&>(self);
    own.collect();
    reclaim_statistics sums;
    own.add_to(sums);
    return sums.kept_back_objects;
  }
  static void lock_for_fork(idle_client& self) noexcept {
    auto& own = static_cast<state&>(self);
    own.spread_lock_.lock();
    own.for_each_bag([](bag& one) { one.lock.lock(); });
  }
  static void unlock_after_fork(idle_client& self) noexcept {
    auto& own = static_cast<state&>(self);
    own.for_each_bag([](bag& one) { one.lock.unlock(); });
    own.spread_lock_.unlock();
  }
  static constexpr calls for_idle{collect_for_idle, lock_for_fork, unlock_after_fork};

  bag first_;
  published<bag*> bags_{nullptr};
  std::uint32_t bag_count_ = 0;
  mutex spread_lock_;
  bool pages_ = false;
};

}  // namespace portolan::reclaim
