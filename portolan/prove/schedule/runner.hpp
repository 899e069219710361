// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Runs a program once for each graph: its threads as fibers, each shared access a call of this file.
//
//   graph so far      the threads run natively again and are given what the graph says: replay
//   its end           the lowest thread that can goes on; its next event is added to the graph by the explorer
//
// 1. A load that the graph gives a store waits until that store's thread has run past it: what is not an event (memory
//    that only one thread touches at a time) is then as the load may expect it.
// 2. A thread that waits for a change is left where it is: the branch in which it reads the change is another graph. In a
//    random run, which has no other branch, it looks again after the next store.
// 3. What a fiber was doing when its graph is left is forgotten, not unwound.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <portolan/prove/schedule.hpp>
#include <portolan/prove/schedule/drawing.hpp>
#include <portolan/prove/schedule/explorer.hpp>
#include <portolan/prove/schedule/faults.hpp>
#include <portolan/prove/schedule/fiber.hpp>
#include <portolan/prove/schedule/lines.hpp>
#include <portolan/prove/schedule/races.hpp>
#include <portolan/prove/schedule/world.hpp>

namespace portolan::prove::schedule {

class runner {
 public:
  runner();
  ~runner();
  tally run(const program& of, const limits& within);

  /// The one that runs now.
  [[nodiscard]] static runner* active() noexcept { return active_; }

  /// Whether the program's own code runs now, not the checker's: its `new` then takes the world's memory.
  [[nodiscard]] static bool in_program() noexcept { return in_program_; }
  /// The one whose thread runs its own code now; null: none does.
  [[nodiscard]] static runner* in_a_thread() noexcept {
    return in_program_ && active_ != nullptr && active_->inside() ? active_ : nullptr;
  }
  /// Whether who calls is the program, and no other thread of the process: the program runs on fibers.
  [[nodiscard]] bool is_called_by_program() const noexcept {
    const char here = 0;
    return in_program_ && (inside() ? *threads_[running_].on : main_).holds(&here);
  }
  /// The checker's code, called by the program's.
  class [[nodiscard]] visit {
   public:
    visit() noexcept : was_(in_program_) { in_program_ = false; }
    ~visit() { in_program_ = was_; }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;

   private:
    bool was_;
  };

  // ---- called by the threads of a program ----
  cell load(void* address, unsigned size_bytes, ordering order, site at);
  void store(void* address, unsigned size_bytes, cell value, ordering order, site at);
  /// What was read; of a compare that failed nothing is stored.
  cell read_modify_write(void* address, unsigned size_bytes, change makes, cell expected, cell operand,
                         ordering succeeded, ordering failed, site at);
  void fence(ordering order, site at);
  void await(site at);
  /// Time passes. A thread that lets it pass at one place more than `often` times, and at no other, waits there for a
  /// change.
  void pass_time(site at, unsigned often);
  /// Sleeps until it is woken, unless the word is not `expected`.
  void park(void* word, unsigned size_bytes, cell expected, site at);
  /// `who`: wake_one or wake_all.
  void wake(const void* word, change who, site at);
  /// A plain access.
  void touch(const void* address, std::size_t size_bytes, bool writes);
  /// Of the running thread, from here on.
  void note_operation(const char* name);
  [[nodiscard]] void* allocate(std::size_t size_bytes, std::size_t alignment_bytes);
  void deallocate(void* memory);
  /// Of the running thread's allocations the next `more` succeed.
  void fail_allocations_after(std::uint64_t more) noexcept { threads_[running()].allocations_left = more; }
  /// Counts an allocation of the running thread; false: it is to fail.
  [[nodiscard]] bool may_allocate() noexcept {
    std::uint64_t& left = threads_[running()].allocations_left;
    if (left == unlimited) return true;
    if (left == 0) return false;
    --left;
    return true;
  }
  [[nodiscard]] site line_of(const void* return_address) { return lines_.of(return_address); }
  [[nodiscard]] bool owns(const void* memory) const noexcept { return world_.owns(memory); }
  [[nodiscard]] std::size_t blocks_in_use() const noexcept { return world_.blocks_used() - blocks_at_first_; }
  /// Has `heard(argument)` called when the running thread ends.
  void at_thread_end(void (*heard)(void*), void* argument) noexcept;
  /// Counts the running thread's calls.
  [[nodiscard]] std::uint64_t tick() noexcept;
  /// The order that an access has in this run: that of the program, or none.
  [[nodiscard]] ordering in_force(ordering asked, schedule::access what, site at) {
    return faults_.in_force(asked, what, at);
  }
  [[nodiscard]] bool is_planted(const char* name) { return faults_.is_planted(name); }
  [[nodiscard]] bool fences_are_asymmetric() const noexcept { return asymmetric_; }
  [[noreturn]] void fail(const std::string& what);
  [[nodiscard]] unsigned thread() const noexcept { return running_; }
  [[nodiscard]] bool inside() const noexcept { return running_ != nobody; }
  /// Setup and audit are alone, so nothing of theirs races; but memory that was given back is not theirs either.
  void touch_alone(const void* address) {
    if (inside() || !is_called_by_program()) return;
    const visit here;
    check_memory(address);
  }

 private:
  static constexpr unsigned nobody = ~0U;
  static constexpr std::uint64_t unlimited = ~std::uint64_t{0};
  static constexpr unsigned most_tries = 3;
  enum class standing : std::uint8_t { ready, finished, blocked };
  struct thread_state {
    std::unique_ptr<fiber> on;
    const std::function<void()>* body = nullptr;
    unsigned position = 0;        // events that have run natively
    unsigned waits_for = nobody;  // a thread that has to be replayed further
    standing stands = standing::ready;
    bool sleeps = false;
    unsigned tries = 0;  // in loops that store something before they look again
    const char* passed_time_at = nullptr;
    unsigned passed_time = 0;  // there
    std::uint64_t ticks = 0;
    std::uint64_t allocations_left = unlimited;
    void (*heard)(void*) = nullptr;  // at its end
    void* argument = nullptr;
  };

  void begin(const program& of, const limits& within);
  void search(const program& of, const limits& within);
  void note_failure(const std::string& what);
  static void enter(void* state);
  /// Runs the main thread's part of the program; on a fiber, so that it can be left where it fails.
  void call(const std::function<void()>& body, unsigned as = world::main_thread);
  static void enter_main(void* body);
  void run_once();
  /// Whose code runs: a thread, or the main one.
  [[nodiscard]] unsigned running() const noexcept { return running_ == nobody ? preparing_ : running_; }
  [[nodiscard]] unsigned next_turn();
  [[nodiscard]] unsigned wake_one() noexcept;
  void judge();
  void leave();
  [[nodiscard]] bool stuck(unsigned thread) const;
  [[nodiscard]] place_id place_of(void* address, unsigned size_bytes);
  [[nodiscard]] event access(action what, ordering order, void* address, unsigned size_bytes, site at);
  /// The event that the thread is at after `add` has put it there, or the graph had it.
  template <class Add>
  const event& step(Add add);
  cell change_sleepers(const void* word, change how, site at);
  void write_back();
  void check_memory(const void* address);
  /// As check_memory, for a shared word.
  void check_word(const void* address);
  [[noreturn]] void fail_of_race(const char* does, const races::rival& met);

  struct known_place {
    void* address = nullptr;
    unsigned size_bytes = 0;
    unsigned generation = 0;  // of the memory it lies in
  };
  [[nodiscard]] bool lies_in(place_id of, const world::block& block) noexcept;

  explorer search_;
  thread_state threads_[most_threads + 1];  // the main one last
  std::vector<begun_operation> operations_[most_threads];
  fiber main_;
  unsigned thread_count_ = 0;
  unsigned running_ = nobody;
  unsigned preparing_ = world::main_thread;  // whose memory is taken while nobody runs
  unsigned turn_ = 0;
  bool turn_is_drawn_ = false;  // for the next one to go on
  bool stop_ = false;
  bool contradicted_ = false;
  std::vector<known_place> places_;
  std::unordered_map<std::uintptr_t, place_id> place_ids_;  // by address, size and generation
  struct recent_place {
    std::uintptr_t key = 0;
    place_id id = 0;
  };
  recent_place recent_places_[64];  // of `place_ids_`
  tally tally_;
  world world_;
  races races_;
  lines lines_;
  world::image untouched_;  // before setup: what the caller gets back
  world::image begun_;      // after setup: where each execution begins
  std::size_t blocks_at_first_ = 0;
  bool asymmetric_ = true;
  bool thread_ends_ = false;
  bool one_by_one_ = false;  // after each event another thread may go on: random runs, and given ones
  bool wakes_all_ = false;   // a store lets all who wait look again: random runs
  faults faults_;
  static inline runner* active_ = nullptr;
  static inline bool in_program_ = false;
};

}  // namespace portolan::prove::schedule
