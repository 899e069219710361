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
// which may take locks of its own.
// The machinery is in domain/lock_free.hpp. Fork: the child loses what another thread had in hand at that moment.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>
#include <portolan/reclaim/domain.hpp>
#include <portolan/reclaim/domain/idle.hpp>
#include <portolan/reclaim/scheme.hpp>

namespace portolan::reclaim {

class block;
class epoch_rule;
class hazard_rule;
struct retired;

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
  lock_free_domain() noexcept;
  lock_free_domain(const lock_free_domain&) = delete;
  lock_free_domain& operator=(const lock_free_domain&) = delete;

  /// Disposes of everything at once. Nobody may read or retire any more, except the disposes themselves.
  ~lock_free_domain();

  /// Has `dispose(object, context)` called when no reader can hold the object any more. It must be unlinked
  /// already; `size_bytes` is what it occupies, for the statistics.
  ///
  /// @returns   nothing
  /// @sees      the dispose comes after everything that any reader did with the object
  /// @progress  lock-free but for the allocation of a block: no thread waits for one that is stopped in here
  /// @cost      O(1), two exchanges; one allocation in up to 63 calls; now and then disposes of what has gathered
  /// @throws    nothing; out of memory in the program and in the kernel terminates
  /// @calls     disposes of objects retired before
  void retire(void* object, dispose_function dispose, void* context, std::size_t size_bytes) noexcept;

  /// Disposes of everything that no reader can hold now. Inside a dispose it does nothing.
  ///
  /// @returns   how many objects it disposed of; what another thread is judging is not among them
  /// @sees      as retire
  /// @progress  lock-free
  /// @cost      O(kept back + threads)
  /// @throws    nothing
  /// @calls     the disposes
  std::size_t collect() noexcept;

  /// What was retired, freed and is kept back, and who has been reading for longest.
  ///
  /// @returns   the sums; exact when the domain is quiet
  /// @sees      each figure at one instant, one after the other
  /// @progress  lock-free
  /// @cost      O(processors + threads)
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] reclaim_statistics statistics() noexcept;

 private:
  static constexpr std::uint32_t least_look_at_blocks = 2;

  struct hand {
    platform::atomic<block*> open{nullptr};
    platform::atomic<std::uint64_t> retired_objects{0};
    platform::atomic<std::uint64_t> retired_bytes{0};
  };
  using padded_hand = padded<hand>;

  // ---- hands: one, until two threads meet at it ----

  [[nodiscard]] static std::uint32_t hand_count() noexcept;
  [[nodiscard]] hand& own_hand() noexcept;
  template <class F>
  void for_each_hand(F f) noexcept;
  void put_back(hand& mine, block* open) noexcept;
  void spread() noexcept;
  static void free_hands(padded_hand* all) noexcept;
  /// What a map that erases now and then needs is small.
  [[nodiscard]] std::uint32_t smallest_block_first() const noexcept;

  // ---- the stack of sealed blocks ----

  void seal(block* open) noexcept;
  void push(block* first, block* last, std::uint32_t count) noexcept;

  /// Takes all sealed blocks, disposes of what nobody reads, and pushes the rest back.
  std::size_t tend() noexcept;

  /// Disposes of what nobody reads in one block; the rest stays in it. Where later blocks cannot go sooner, one look
  /// at the readers serves all blocks that were sealed before it.
  [[nodiscard]] std::size_t settle(block& taken, bool& looked) noexcept;

  void dispose_of(retired* first, retired* last) noexcept;

  /// At the end of the domain; a dispose may retire once more, so until nothing is left.
  void dispose_of_all() noexcept;

  static std::size_t collect_for_idle(idle_client& self) noexcept;
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

#if !defined(PORTOLAN_STEPS)
extern template class lock_free_domain<epoch_rule>;
extern template class lock_free_domain<hazard_rule>;
#endif

}  // namespace portolan::reclaim

#if defined(PORTOLAN_STEPS)  // the machinery with its steps, instead of the library's
#include <portolan/reclaim/domain/lock_free.hpp>
#endif
