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
// The machinery is in domain/state.hpp; it is compiled once a scheme, in epoch.cpp and hazard.cpp.
// `Rule` decides what may go: seal() gives a block its tag, judge(block) says which objects are still read.
// Process exit: what a domain holds that is never destroyed is not disposed of. Static destruction: domains
// work in every static constructor and destructor. Fork: the child has all that was retired; an object that
// another thread was disposing of at that moment is lost to the child.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>
#include <portolan/reclaim/scheme.hpp>

namespace portolan::reclaim {

/// The thread that has been reading for longest.
struct reader {
  std::uint32_t thread = 0;
  std::uint64_t age_ns = 0;
};

/// What one structure retires. Not for objects that have one owner at a time: destroy them.
template <class Rule>
class domain {
 public:
  constexpr domain() noexcept = default;
  domain(const domain&) = delete;
  domain& operator=(const domain&) = delete;

  /// Disposes of everything at once. Nobody may read or retire any more, except the disposes themselves.
  ~domain();

  /// Has `dispose(object, context)` called when no reader can hold the object any more. It must be unlinked
  /// already; `size_bytes` is what it occupies, for the statistics.
  ///
  /// @returns   nothing
  /// @sees      the dispose comes after everything that any reader did with the object
  /// @progress  may wait for another thread's few instructions on the same bag; never for a reader
  /// @cost      O(1), one lock that is nearly always its own; every 32nd call may dispose of up to 63 objects
  /// @throws    nothing; out of memory in the program and in the kernel terminates
  /// @calls     disposes of objects retired before, with no lock held
  void retire(void* object, dispose_function dispose, void* context, std::size_t size_bytes) noexcept;

  /// Disposes of everything that no reader can hold now. Inside a dispose it does nothing.
  ///
  /// @returns   how many objects it disposed of
  /// @sees      as retire
  /// @progress  never waits for a reader; what is still read stays
  /// @cost      O(kept back + threads); one heavy fence at least if anything is kept back
  /// @throws    nothing
  /// @calls     the disposes, with no lock held
  std::size_t collect() noexcept;

  /// What was retired, freed and is kept back, and who has been reading for longest.
  ///
  /// @returns   the sums; exact when the domain is quiet. With `epoch` the oldest reader may read another structure
  /// @sees      each bag at one instant, one after the other
  /// @progress  may wait for another thread's few instructions on a bag
  /// @cost      O(processors + threads)
  /// @throws    nothing
  /// @calls     nothing
  [[nodiscard]] reclaim_statistics statistics() const noexcept;

 private:
  class state;

  published<state*> state_{nullptr};
};

}  // namespace portolan::reclaim
