// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A reclamation domain in which nobody waits: a thread that is stopped anywhere in it keeps the objects that it has
// in hand, and nothing else.
//
//   retire ──► hand of this thread's group: [ block, open ] ── full ──► sealed ─► block ─► block ─► …
//                 taken out by an exchange, put back by a compare-and-swap           │ taken whole by an exchange
//                                                                 disposed of ◄── judged ──► pushed back
//
// 1. A block belongs to the thread that took it out, or to everybody; it has never two owners. Who takes something
//    out takes all of it, and pushing compares nothing but the first block: no word is compared with what it was
//    two changes ago.
// 2. A block that nobody could put back, because another thread put one there, is sealed half full.
// 3. The judged stack is looked at again when it has grown by half: a reader that stalls costs each retire O(1).
// 4. What no operation frees the timer frees. Retire reads `armed` after it changed a word by a compare-and-swap which
//    the timer's pass exchanges after it cleared `armed`: whichever comes second sees the other.
//
// `Rule` is that of domain.hpp. What may make a thread wait is said at each function; memory comes from `operator new`,
// which may take locks of its own. Fork: the child loses what another thread had in hand at that moment.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>  // std::construct_at without the weight of <memory>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/reclaim/domain.hpp>
#include <portolan/reclaim/domain/bag.hpp>
#include <portolan/reclaim/domain/idle.hpp>
#include <portolan/reclaim/scheme.hpp>

namespace portolan::reclaim {

/// What one lock-free structure retires. When not to use it: where locks are no harm take `domain`, which is smaller
/// and keeps its objects in order. A dispose comes after everything that any reader did with the object.
template <class Rule>
class lock_free_domain : private idle_client {
 public:
  /// Joins the list that the timer visits.
  ///
  /// @returns   nothing
  /// @sees      nothing shared but that list
  /// @progress  may wait for another domain that is made or destroyed
  /// @cost      O(1), no allocation
  /// @throws    nothing
  /// @calls     nothing
  lock_free_domain() noexcept : idle_client(for_idle) { idle::join(*this); }
  lock_free_domain(const lock_free_domain&) = delete;
  lock_free_domain& operator=(const lock_free_domain&) = delete;

  /// Disposes of everything at once. Nobody may read or retire any more, except the disposes themselves.
  ~lock_free_domain() {
    idle::leave(*this);
    dispose_of_all();
    if (padded_hand* all = hands_.observe()) free_hands(all);
  }

  /// Has `dispose(object, context)` called when no reader can hold the object any more. It must be unlinked
  /// already; `size_bytes` is what it occupies, for the statistics.
  ///
  /// @returns   nothing
  /// @sees      the dispose comes after everything that any reader did with the object
  /// @progress  lock-free but for the allocation of a block: no thread waits for one that is stopped in here
  /// @cost      O(1), two exchanges; one allocation in up to 63 calls; now and then disposes of what has gathered
  /// @throws    nothing; out of memory in the program and in the kernel terminates
  /// @calls     disposes of objects retired before
  void retire(void* object, dispose_function dispose, void* context, std::size_t size_bytes) noexcept {
    hand& mine = own_hand();
    // relaxed: sums for the statistics.
    mine.retired_objects.fetch_add(1, platform::relaxed);
    mine.retired_bytes.fetch_add(size_bytes, platform::relaxed);  // relaxed: as above.
    // pair retire_hand: acquire, so that the block is seen as its last owner left it.
    block* open = mine.open.exchange(nullptr, platform::acq_rel);
    platform::step("retire: hand taken");
    if (open == nullptr) open = block::make(smallest_block_first());
    open->append({object, dispose, context, size_bytes});
    if (open->full()) {
      seal(open);
    } else {
      put_back(mine, open);
    }
    idle::wake_without_waiting();
    // relaxed: a hint when to look.
    if (sealed_blocks_.load(platform::relaxed) >= look_at_blocks_.load(platform::relaxed) && !detail::disposing) tend();
  }

  /// Disposes of everything that no reader can hold now. Inside a dispose it does nothing.
  ///
  /// @returns   how many objects it disposed of; what another thread is judging is not among them
  /// @sees      as retire
  /// @progress  lock-free
  /// @cost      O(kept back + threads)
  /// @throws    nothing
  /// @calls     the disposes
  std::size_t collect() noexcept {
    if (detail::disposing) return 0;
    for_each_hand([&](hand& one) {
      // pair retire_hand: acquire, so that the block is seen as its last owner left it.
      if (block* open = one.open.exchange(nullptr, platform::acq_rel)) seal(open);
    });
    return tend();
  }

  /// What was retired, freed and is kept back, and who has been reading for longest.
  ///
  /// @returns   the sums; exact when the domain is quiet
  /// @sees      each figure at one instant, one after the other
  /// @progress  lock-free
  /// @cost      O(processors + threads)
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] reclaim_statistics statistics() noexcept {
    reclaim_statistics sums;
    for_each_hand([&](hand& one) {
      sums.retired_objects += one.retired_objects.load(platform::relaxed);  // relaxed: figures on their own.
      sums.retired_bytes += one.retired_bytes.load(platform::relaxed);      // relaxed: as above.
    });
    sums.freed_objects = freed_objects_.load(platform::relaxed);  // relaxed: as above.
    sums.freed_bytes = freed_bytes_.load(platform::relaxed);      // relaxed: as above.
    if (sums.freed_objects > sums.retired_objects) sums.freed_objects = sums.retired_objects;
    if (sums.freed_bytes > sums.retired_bytes) sums.freed_bytes = sums.retired_bytes;
    sums.kept_back_objects = sums.retired_objects - sums.freed_objects;
    sums.kept_back_bytes = sums.retired_bytes - sums.freed_bytes;
    const reader oldest = Rule::oldest_reader();
    sums.oldest_reader_thread = oldest.thread;
    sums.oldest_reader_age_ns = oldest.age_ns;
    return sums;
  }

 private:
  static constexpr std::uint32_t least_look_at_blocks = 2;

  struct hand {
    platform::atomic<block*> open{nullptr};
    platform::atomic<std::uint64_t> retired_objects{0};
    platform::atomic<std::uint64_t> retired_bytes{0};
  };
  using padded_hand = padded<hand>;

  // ---- hands: one, until two threads meet at it ----

  [[nodiscard]] static std::uint32_t hand_count() noexcept {
    return std::bit_ceil(platform::processor_count() < 64 ? platform::processor_count() : 64U);
  }
  [[nodiscard]] hand& own_hand() noexcept {
    padded_hand* all = hands_.observe();
    return all == nullptr ? first_ : all[this_thread_slot() & (hand_count() - 1)].value;
  }
  template <class F>
  void for_each_hand(F f) noexcept {
    f(first_);
    padded_hand* all = hands_.observe();
    for (std::uint32_t i = 0; all != nullptr && i < hand_count(); ++i) f(all[i].value);
  }
  void put_back(hand& mine, block* open) noexcept {
    platform::step("retire: before put back");
    block* nothing = nullptr;
    // pair retire_hand: acq_rel, so that the next owner sees the block as it is, and this thread sees what the timer
    // did before it emptied the hand (4 above); relaxed on failure: the other block is not looked at.
    if (mine.open.compare_exchange_strong(nothing, open, platform::acq_rel, platform::relaxed)) return;
    seal(open);
    if (hands_.observe() == nullptr) spread();
  }
  [[gnu::cold, gnu::noinline]] void spread() noexcept {
    padded_hand* made = nullptr;
    try {
      made = static_cast<padded_hand*>(platform::allocate(hand_count() * sizeof(padded_hand), alignof(padded_hand)));
    } catch (...) {
      return;  // the first hand serves all
    }
    for (std::uint32_t i = 0; i < hand_count(); ++i) std::construct_at(made + i);
    platform::step("retire: hands made");
    padded_hand* first = nullptr;
    if (!hands_.replace(first, made)) free_hands(made);
  }
  static void free_hands(padded_hand* all) noexcept {
    platform::deallocate(all, hand_count() * sizeof(padded_hand), alignof(padded_hand));
  }
  /// What a map that erases now and then needs is small.
  [[nodiscard]] std::uint32_t smallest_block_first() const noexcept {
    // relaxed: a guess at a good size.
    return freed_objects_.load(platform::relaxed) == 0 && sealed_blocks_.load(platform::relaxed) == 0
               ? bag::small_block_objects
               : block::most_objects;
  }

  // ---- the stack of sealed blocks ----

  void seal(block* open) noexcept {
    open->tag = Rule::seal();
    open->next = nullptr;
    platform::step("retire: sealed");
    push(open, open, 1);
  }
  void push(block* first, block* last, std::uint32_t count) noexcept {
    // relaxed: the exchange decides.
    block* top = sealed_.load(platform::relaxed);
    do {
      last->next = top;
      // pair retire_stack: acq_rel, so that who takes the stack sees the blocks, and as in put_back; relaxed on
      // failure: the block on top is not looked at.
    } while (!sealed_.compare_exchange_weak(top, first, platform::acq_rel, platform::relaxed));
    sealed_blocks_.fetch_add(count, platform::relaxed);  // relaxed: a hint when to look.
    platform::step("retire: pushed");
  }

  /// Takes all sealed blocks, disposes of what nobody reads, and pushes the rest back.
  [[gnu::noinline]] std::size_t tend() noexcept {
    // pair retire_stack: acquire, so that the blocks are seen whole.
    block* taken = sealed_.exchange(nullptr, platform::acq_rel);
    platform::step("retire: stack taken");
    if (taken == nullptr) return 0;
    std::uint32_t count = 0;
    for (const block* each = taken; each != nullptr; each = each->next) ++count;
    sealed_blocks_.fetch_sub(count, platform::relaxed);  // relaxed: a hint when to look.

    std::size_t freed = 0;
    std::uint32_t kept_blocks = 0;
    block* kept_first = nullptr;
    block* kept_last = nullptr;
    bool looked = false;
    while (taken != nullptr) {
      block* const each = taken;
      taken = each->next;
      freed += settle(*each, looked);
      if (each->count() == 0) {
        block::unmake(each);
        continue;
      }
      each->next = kept_first;
      kept_first = each;
      if (kept_last == nullptr) kept_last = each;
      ++kept_blocks;
    }
    platform::step("retire: judged");
    // relaxed: a hint when to look; see 3 above.
    look_at_blocks_.store(kept_blocks + kept_blocks / 2 + least_look_at_blocks, platform::relaxed);
    if (kept_first != nullptr) push(kept_first, kept_last, kept_blocks);
    return freed;
  }

  /// Disposes of what nobody reads in one block; the rest stays in it. Where later blocks cannot go sooner, one look
  /// at the readers serves all blocks that were sealed before it.
  [[nodiscard]] std::size_t settle(block& taken, bool& looked) noexcept {
    std::uint64_t read = 0;
    if (Rule::later_blocks_go_later && looked) {
      read = Rule::known_free(taken.tag) ? 0 : ~std::uint64_t{0};
    } else {
      read = Rule::judge(taken);
      looked = true;
    }
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < taken.count(); ++i) {
      if ((read >> i & 1) == 0) continue;
      const retired other = taken.begin()[kept];
      taken.begin()[kept++] = taken.begin()[i];
      taken.begin()[i] = other;
    }
    const std::size_t gone = taken.count() - kept;
    dispose_of(taken.begin() + kept, taken.end());
    taken.keep_only(kept);
    return gone;
  }

  void dispose_of(retired* first, retired* last) noexcept {
    const bool outer = detail::disposing;
    detail::disposing = true;
    std::size_t bytes = 0;
    const auto count = static_cast<std::uint64_t>(last - first);
    for (; first != last; ++first) {
      bytes += first->size_bytes;
      first->dispose(first->object, first->context);
    }
    detail::disposing = outer;
    freed_objects_.fetch_add(count, platform::relaxed);  // relaxed: sums for the statistics.
    freed_bytes_.fetch_add(bytes, platform::relaxed);    // relaxed: as above.
  }

  /// At the end of the domain; a dispose may retire once more, so until nothing is left.
  void dispose_of_all() noexcept {
    const auto empty = [&](platform::atomic<block*>& from) {
      // pair retire_stack: acquire, so that the blocks are seen whole, here and in the hands (pair retire_hand: acquire).
      block* taken = from.exchange(nullptr, platform::acquire);
      const bool something = taken != nullptr;
      while (taken != nullptr) {
        block* const each = taken;
        taken = each->next;
        dispose_of(each->begin(), each->end());
        block::unmake(each);
      }
      return something;
    };
    for (bool again = true; again;) {
      again = empty(sealed_);
      for_each_hand([&](hand& one) { again |= empty(one.open); });
    }
  }

  static std::size_t collect_for_idle(idle_client& self) noexcept {
    auto& own = static_cast<lock_free_domain&>(self);
    own.collect();
    std::uint64_t retired_objects = 0;
    own.for_each_hand([&](hand& one) {
      retired_objects += one.retired_objects.load(platform::relaxed);  // relaxed: a figure on its own.
    });
    return retired_objects - own.freed_objects_.load(platform::relaxed);  // relaxed: as above.
  }
  static void nothing_to_lock(idle_client&) noexcept {}
  static constexpr calls for_idle{collect_for_idle, nothing_to_lock, nothing_to_lock};

  hand first_;
  published<padded_hand*> hands_{nullptr};
  platform::atomic<block*> sealed_{nullptr};
  platform::atomic<std::uint32_t> sealed_blocks_{0};  // about as many as are pushed
  platform::atomic<std::uint32_t> look_at_blocks_{least_look_at_blocks};
  platform::atomic<std::uint64_t> freed_objects_{0};
  platform::atomic<std::uint64_t> freed_bytes_{0};
};

namespace detail {
template <class Domain>
struct rule_of;
template <class Rule>
struct rule_of<domain<Rule>> {
  using type = Rule;
};
}  // namespace detail

/// The domain without locks that goes with the guards of a scheme: lock_free_domain_of<epoch>.
template <class Scheme>
using lock_free_domain_of = lock_free_domain<typename detail::rule_of<typename Scheme::domain>::type>;

}  // namespace portolan::reclaim
