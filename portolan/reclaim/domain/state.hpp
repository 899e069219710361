// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a domain does with the objects that it is given.
//
//   retire ─► this thread's bag ─(every 32nd: tend)─► its oldest block ─► Rule::judge ─► dispose of these, keep those
//
// 1. No bag's lock is held while something is judged or disposed of.
// 2. A block that was taken out of a bag belongs to who took it; what is kept goes back.
// Only epoch.cpp and hazard.cpp include it, and programs built with PORTOLAN_STEPS.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>  // std::construct_at without the weight of <memory>

#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/reclaim/domain.hpp>
#include <portolan/reclaim/domain/bag.hpp>
#include <portolan/reclaim/domain/idle.hpp>

namespace portolan::reclaim {

namespace detail {
/// True while this thread disposes of retired objects: then retire only puts aside (4 above).
[[gnu::tls_model("initial-exec")]] inline constinit thread_local bool disposing = false;
}  // namespace detail

/// The bags of a domain that has retired something.
template <class Rule>
class domain<Rule>::state : public idle_client {
 public:
  static constexpr std::uint32_t tend_every = platform::sizes::tend_every;
  static constexpr std::uint32_t more_until_next_look =
      platform::sizes::more_until_next_look;  // blocks, while a reader keeps the oldest one

  /// The state that `at` points to; made by the first call.
  [[nodiscard]] static state& get_or_make(published<state*>& at) noexcept {
    if (state* own = at.observe()) [[likely]]
      return *own;
    state* made = state::make();
    idle::join(*made);
    state* first = nullptr;
    if (at.replace(first, made)) return *made;
    idle::leave(*made);
    state::unmake(made);
    return *first;
  }

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

  /// The regular look at one bag: at most one block.
  [[gnu::noinline]] static void tend(bag& from) noexcept {
    block* taken = nullptr;
    {
      exclusive_lock hold(from.lock);
      if (from.oldest == nullptr) return;
      if (!from.template look_is_due_locked<Rule>() && !Rule::known_free(from.oldest->tag)) return;
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

  /// Two threads met at the first bag: from now on each has its own, unless their numbers are alike in the low bits. There
  /// are more bags than processors, since the numbers of the threads that are at work are not dense.
  [[nodiscard, gnu::cold, gnu::noinline]] bag* spread() noexcept {
    exclusive_lock hold(spread_lock_);
    if (bag* bags = bags_.observe()) return bags;
    const std::uint32_t count = std::bit_ceil(platform::processor_count() < 16 ? 4 * platform::processor_count() : 64U);
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

template <class Rule>
domain<Rule>::~domain() {
  state* own = state_.observe();
  if (own == nullptr) return;
  idle::leave(*own);
  own->dispose_of_all();
  state::unmake(own);
}

template <class Rule>
void domain<Rule>::retire(void* object, dispose_function dispose, void* context, std::size_t size_bytes) noexcept {
  state& own = state::get_or_make(state_);
  bag& mine = own.lock_own_bag();
  mine.template append_locked<Rule>({object, dispose, context, size_bytes});
  mine.retired_objects += 1;
  mine.retired_bytes += size_bytes;
  const bool due = ++mine.retired_since_tended >= state::tend_every;
  if (due) mine.retired_since_tended = 0;
  mine.lock.unlock();
  idle::wake();
  if (due && !detail::disposing) state::tend(mine);
}

template <class Rule>
std::size_t domain<Rule>::collect() noexcept {
  state* own = state_.observe();
  return own == nullptr || detail::disposing ? 0 : own->collect();
}

template <class Rule>
reclaim_statistics domain<Rule>::statistics() const noexcept {
  reclaim_statistics sums;
  if (state* own = state_.observe()) own->add_to(sums);
  const reader oldest = Rule::oldest_reader();
  sums.oldest_reader_thread = oldest.thread;
  sums.oldest_reader_age_ns = oldest.age_ns;
  return sums;
}

}  // namespace portolan::reclaim
