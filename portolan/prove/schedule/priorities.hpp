// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Which thread goes on in a run with priorities: the highest that can, and at a few moments chosen at random it becomes
// the lowest. A fault that needs d such moments is met with a probability that falls with the length of the run to the
// power of d - 1, not with the number of schedules.
//
// Source: S. Burckhardt and others, *A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs* (PCT), ASPLOS
// 2010. Of what a load may read it is the newest, but at as many moments as threads change: after M. Gao and others,
// *Probabilistic Concurrency Testing for Weak Memory Programs*, ASPLOS 2023.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include <portolan/prove/schedule/view.hpp>

namespace portolan::prove::schedule {

class priorities {
 public:
  static constexpr unsigned most_moments = 16;

  /// Draws anew; `draw(n)` is a number below n.
  template <class Draw>
  void begin_run(unsigned moments, Draw draw) {
    moments_ = std::min(moments, most_moments);
    longest_ = std::max(longest_, steps_);
    steps_ = 0;
    for (unsigned thread = 0; thread < most_threads; ++thread) rank_[thread] = most_moments + 1 + thread;
    for (unsigned thread = most_threads; thread-- > 1;) std::swap(rank_[thread], rank_[draw(thread + 1)]);
    for (unsigned at = 0; at < moments_; ++at) {
      falls_at_[at] = draw(longest_);
      stale_at_[at] = draw(longest_);
    }
  }
  /// An event of the thread has been added.
  void step(unsigned thread) {
    for (unsigned at = 0; at < moments_; ++at) {
      if (falls_at_[at] == steps_) rank_[thread] = at;
    }
    ++steps_;
  }
  /// The load that comes now may read something old.
  [[nodiscard]] bool may_be_stale() const {
    return std::find(stale_at_, stale_at_ + moments_, steps_) != stale_at_ + moments_;
  }
  /// Of the ready ones, which are not none.
  [[nodiscard]] unsigned first_of(const unsigned* ready, unsigned count) const {
    return *std::max_element(ready, ready + count,
                             [&](unsigned left, unsigned right) { return rank_[left] < rank_[right]; });
  }

 private:
  unsigned moments_ = 0;
  unsigned steps_ = 0;
  unsigned longest_ = 16;
  unsigned rank_[most_threads] = {};
  unsigned falls_at_[most_moments] = {};
  unsigned stale_at_[most_moments] = {};
};

}  // namespace portolan::prove::schedule
