// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// All executions of a program, each once: a search over graphs, not over interleavings.
//
//   a new load        reads each store that coherence lets it read                      one branch each
//   a new store       takes each place in mo that coherence lets it take                one branch each
//                     and is read by each earlier load that could not know of it yet    a revisit: what depended on the
//                                                                                       load's old value is taken out
//
// 1. A branch is a graph cut back to the moment before, with another choice. A revisit works on a copy (a frame), because
//    events younger than the load survive there if the store depends on them.
// 2. A revisit is made only if the load and all that is taken out had been added in the one canonical way (each load
//    reading the newest, each store placed last, as far as was known then); of all ways to one graph just one passes.
// 3. An event that nothing comes after (the newest of its place, or a fence) closes no cycle; only others are judged.
// 4. What this leaves out: executions in which po and rf form a cycle.
//
// Source: TruSt, M. Kokologiannakis and others, *Truly Stateless, Optimal Dynamic Partial Order Reduction*, POPL 2022.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <portolan/prove/schedule/choices.hpp>
#include <portolan/prove/schedule/graph.hpp>
#include <portolan/prove/schedule/priorities.hpp>

namespace portolan::prove::schedule {

class explorer {
 public:
  /// False: this graph contradicts the model; take the next branch.
  [[nodiscard]] bool add_load(unsigned thread, const event& load);
  [[nodiscard]] bool add_store(unsigned thread, const event& store);
  void add_fence(unsigned thread, const event& fence);

  [[nodiscard]] graph& now() noexcept { return frames_[depth_ - 1]->at; }
  [[nodiscard]] const graph& now() const noexcept { return frames_[depth_ - 1]->at; }

  /// Begins with the empty graph.
  void start();
  /// Goes to the next branch; false: there is none left.
  [[nodiscard]] bool next();

  /// All branches; or in each run one, drawn, with priorities or without; or one that is given.
  void take_all() noexcept;
  void take_random(std::uint64_t seed, unsigned moments) noexcept;
  void take_given(std::vector<choice> given);
  /// The thread that goes on, of those that can.
  [[nodiscard]] unsigned turn_among(const unsigned* ready, unsigned count);
  /// The thread of the next given event; none are left: `most_threads`.
  [[nodiscard]] unsigned given_thread() const noexcept;
  void stray() noexcept { strayed_ = next_given_; }
  /// A given event was not what the program did; this is its number.
  [[nodiscard]] const std::optional<std::size_t>& strayed() const noexcept { return strayed_; }

 private:
  enum class branch : std::uint8_t { load, store, revisit };
  struct item {
    branch what;
    event_id event;         // load, store: whose choice; revisit: the store
    event_id other;         // load: the store to read; revisit: the load
    unsigned position = 0;  // store: in mo
  };
  struct frame {
    graph at;
    std::vector<item> work;
  };

  [[nodiscard]] frame& top() noexcept { return *frames_[depth_ - 1]; }
  frame& push_frame();
  /// A read-modify-write that happens cannot read the store: another one has.
  [[nodiscard]] bool is_taken(const event& load, event_id store, unsigned position) const;
  [[nodiscard]] bool complete_pair(event_id load);
  [[nodiscard]] bool complete_pairs();
  [[nodiscard]] bool take(const item& chosen);
  [[nodiscard]] bool revisit(event_id store, event_id load);
  void note_revisits(event_id store);
  [[nodiscard]] bool may_revisit(event_id store, const view& behind_store, event_id load) const;
  [[nodiscard]] bool added_last(event_id id, const view& behind_store) const;

  std::vector<std::unique_ptr<frame>> frames_;
  std::size_t depth_ = 0;
  enum class mode : std::uint8_t { all, random, given };
  [[nodiscard]] std::uint32_t draw(std::uint32_t below) noexcept;
  /// The position of the store that a load reads in a run that takes one branch.
  [[nodiscard]] std::optional<unsigned> chosen_for(event_id load, unsigned floor, unsigned newest);
  [[nodiscard]] std::optional<unsigned> chosen_for_store(event_id store, unsigned floor, unsigned last);
  /// The next given event, if it is such a one; else the run has strayed.
  [[nodiscard]] const choice* given_for(unsigned thread, action what);

  std::vector<unsigned> positions_;
  mode mode_ = mode::all;
  std::uint64_t state_ = 1;
  unsigned moments_ = 0;  // of changed priorities in a random run; 0: threads take turns at random
  priorities priorities_;
  std::vector<choice> given_;
  std::size_t next_given_ = 0;
  const choice* given_now_ = nullptr;                           // of the event that is being added
  std::vector<std::pair<event_id, unsigned>> final_positions_;  // of the stores that were given
  std::optional<std::size_t> strayed_;
};

}  // namespace portolan::prove::schedule
