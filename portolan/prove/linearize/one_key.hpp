// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The operations of one key, from the first call to the last: is there an instant in each, so that one entry explains them?
//
//      ├── assign 5 ──┤                 when a call returns, it must have had its instant: each configuration takes it now,
//          ├ find → 5 ┤                 and before it whatever open calls must come first; who cannot is dropped. No
//    ──────────────────────► time       configuration left: there is no such order.
//
// 1. The frontier holds a configuration for each way in which the calls returned so far can have been taken, as late as
//    possible ("just in time": Lowe, Testing for linearizability, 2017). It is never empty but after a violation.
// 2. In each configuration all quiet open calls that the entry allows are taken.
// 3. A key's calls that do not overlap, which is nearly all of them, are a plain walk with one entry.
// 4. The search is complete; what is not followed is covered: of "y, then x" where x overwrites y and y made nothing else
//    possible, "x with y covered" can do all that it could.
// 5. Where many calls overlap, the rest of the history is read as well. A configuration is dropped when a value that is still
//    needed can never come back, or when another can do all that it could; values that nobody asks for any more are one
//    value; and of the calls that could be next only those are tried that must be (outlook.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <portolan/prove/linearize/outlook.hpp>

namespace portolan::prove::linearize {

enum class walked { explained, violated, too_wide, too_many_open };

/// A moment at which there is only one configuration: what follows can be told from there.
struct resting_place {
  std::size_t next = 0;  ///< the first item called after it
  entry now{};
  std::vector<const operation*> open{};  ///< called before it and not taken
};

template <unsigned Words>
class key_walk {
 public:
  /// Up to `few` configurations are carried on as they are; from there on they are thinned out.
  explicit key_walk(std::size_t widest, std::size_t few = 4) : widest_(widest), few_(few) {}

  /// Where `why` is given, it gets the last resting place before the violation.
  walked walk(std::span<const item> items, const entry& first, resting_place* why = nullptr);

  /// The call that could not be taken.
  [[nodiscard]] const operation* culprit() const noexcept { return culprit_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return outlook_.bytes(); }
  [[nodiscard]] std::size_t most_configurations() const noexcept { return most_; }

 private:
  using one = configuration<Words>;
  struct open_call {
    std::uint64_t returned;
    unsigned slot;
    const operation* of;
  };
  /// A configuration on the way to a call's instant, and the step that led to it.
  struct reached {
    one now;
    entry from;
    unsigned by;     ///< slot; `nobody` at the start
    bool dominated;  ///< an overwriting step from here was better taken from `from`
    bool plainly;    ///< it covered nobody
    bool only;       ///< one call is to be taken at once, and no other
  };
  static constexpr unsigned nobody = ~0U;

  bool alone(const step& made, const operation& of);
  bool open(const step& made, const operation& of);
  bool close_first();
  bool close(unsigned slot);
  bool close_all(unsigned slot);
  void search(const one& from, unsigned slot);
  void expand(reached at, unsigned slot);
  void follow(const reached& at, unsigned by, unsigned slot);
  void look_ahead();
  void thin_out();
  [[nodiscard]] bool better_from_before(const reached& at, unsigned by) const;
  [[nodiscard]] bool absorb(one& at) const;
  [[nodiscard]] bool cover(one& at, const entry& from, const step& by) const;
  void rest(std::size_t next);

  std::size_t widest_;
  std::size_t few_;
  std::size_t most_ = 0;
  const operation* culprit_ = nullptr;
  bool too_wide_ = false;
  bool too_many_open_ = false;
  resting_place* why_ = nullptr;
  std::span<const item> items_{};
  std::size_t at_ = 0;  ///< the next item to be called
  configuration_set<Words> frontier_{};
  configuration_set<Words> next_{};
  configuration_set<Words> visited_{};
  std::vector<reached> left_{};
  std::vector<open_call> open_{};  ///< by `returned`, the first to return last
  std::vector<open_call> pending_calls_{};
  open_calls<Words> calls_{};
  outlook<Words> outlook_{calls_};
};

extern template class key_walk<1>;
extern template class key_walk<8>;

}  // namespace portolan::prove::linearize
