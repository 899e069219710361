// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One computation a key at a time: what load_or_compute of every map stands on.
//
//   flight_board (one a map)    lane 0 ── flight{key a, thread 1} ── flight{key b, thread 2}
//                               lane 1                 ▲
//   thread 3  waits for ───────────────────────────────┘   and leads a flight of its own, perhaps elsewhere
//
// 1. A flight is a stack object of the thread that leads it. It stands in its lane from boarding to landing.
// 2. At most one flight a key stands in a board: who finds one waits, who finds none leads.
// 3. Nobody waits holding a lock; a landing wakes every waiter, and each of them looks the key up anew.
//    So a computation that threw or declined leaves nothing behind, and one waiter leads the next flight.
// 4. `waits_for` of a thread names the flight it waits for. Thread → flight → leading thread → flight … is a
//    path; the wait that would close it to a ring is refused with waits_for_itself instead of begun.
// 5. Lane locks come before the graph's lock. The lane lock guards the list of flights; the graph's lock
//    guards every `waiters` list and every `waits_for`, over all boards, because a ring may run over many maps.
//
// The board costs two words until the first miss.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>  // std::construct_at without the weight of <memory>

#include <portolan/base/error.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>
#include <portolan/base/scope.hpp>
#include <portolan/base/wait.hpp>

namespace portolan::detail {

struct flight;

/// What the graph knows of one thread; guarded by the graph's lock.
struct flying_thread {
  const flight* waits_for = nullptr;

  [[nodiscard]] static flying_thread& current() noexcept {
    static thread_local constinit flying_thread self;
    return self;
  }
};

/// A thread that waits for a landing; lives on that thread's stack until `landed` is set.
struct flight_waiter {
  flying_thread* thread = nullptr;
  flight_waiter* next = nullptr;
  event landed;
};

/// One running computation.
struct flight {
  const void* key = nullptr;
  std::size_t hash = 0;
  platform::code_address place = nullptr;
  flying_thread* leader = nullptr;
  flight* next = nullptr;
  flight_waiter* waiters = nullptr;
};

/// Who waits for whom, over all maps; taken only by threads that wait or are waited for.
class flight_graph {
 public:
  /// Notes that this thread waits for `target`, or throws if that would close a ring.
  static void join_locked(flight& target, flight_waiter& waiter, platform::code_address place);

  /// Wakes all who wait for `landed`, which no longer stands in its lane.
  static void wake_all(flight& landed) noexcept;

  /// In the child of a fork, where this thread is the only one left.
  static void forget_others_after_fork() noexcept;

 private:
  static mutex& lock() noexcept;
};

/// The flights of one map.
class flight_board {
 public:
  static constexpr std::size_t lanes = platform::sizes::computing_lanes;

  struct lane {
    mutex lock;
    flight* first = nullptr;
  };

  constexpr flight_board() noexcept = default;
  flight_board(const flight_board&) = delete;
  flight_board& operator=(const flight_board&) = delete;
  ~flight_board();

  /// The lane of `hash`; the first call allocates the lanes and may throw std::bad_alloc.
  [[nodiscard]] lane& lane_of(std::size_t hash) {
    lane* all = lanes_.observe();
    if (all == nullptr) all = open_lanes();
    // The middle bits: the low ones chose a bucket, the high ones a shard, for all keys that come here together.
    return all[(hash ^ (hash >> 21) ^ (hash >> 43)) % lanes];
  }

  [[nodiscard]] std::size_t allocated_bytes() const noexcept { return lanes_.observe() == nullptr ? 0 : size_bytes; }

  /// Around fork: all lanes or none, without waiting; so that the child finds whole lists.
  [[nodiscard]] bool try_lock_all() noexcept;
  void unlock_all() noexcept;
  /// In the child, with every lane held by the parent's thread: forgets the flights of threads that exist no more.
  void forget_others_after_fork() noexcept;

 private:
  static constexpr std::size_t size_bytes = lanes * sizeof(lane);

  lane* open_lanes();

  published<lane*> lanes_;
  mutex opening_;  // held while the lanes are made, and around fork
};

/// What boarding came to: this thread leads the key's flight, or it has waited for another to land.
enum class boarding : std::uint8_t { leads, waited };

/// A seat on the one flight of a key. Leads or waits in the constructor; the leader lands in the destructor.
class flight_seat {
 public:
  /// `same_key(const void*)` compares a leader's key with ours and must not call the map.
  template <class SameKey>
  flight_seat(flight_board& board, const void* key, std::size_t hash, SameKey&& same_key, platform::code_address place)
      : lane_(board.lane_of(hash)) {
    flight_waiter waiter;
    waiter.thread = &flying_thread::current();
    {
      const exclusive_lock held(lane_.lock);
      flight* at = nullptr;
      {
        const critical_scope comparing(&board, place);
        for (at = lane_.first; at != nullptr && !(at->hash == hash && same_key(at->key)); at = at->next) {}
      }
      if (at == nullptr) {
        take_off_locked(key, hash, waiter.thread, place);
        return;
      }
      flight_graph::join_locked(*at, waiter, place);
    }
    waiter.landed.wait();
    outcome_ = boarding::waited;
  }
  flight_seat(const flight_seat&) = delete;
  flight_seat& operator=(const flight_seat&) = delete;
  ~flight_seat() {
    if (outcome_ == boarding::leads) land();
  }

  [[nodiscard]] boarding outcome() const noexcept { return outcome_; }

 private:
  void take_off_locked(const void* key, std::size_t hash, flying_thread* leader,
                       platform::code_address place) noexcept {
    own_.key = key;
    own_.hash = hash;
    own_.place = place;
    own_.leader = leader;
    own_.next = lane_.first;
    lane_.first = &own_;
    outcome_ = boarding::leads;
  }

  void land() noexcept;

  flight_board::lane& lane_;
  flight own_;
  boarding outcome_ = boarding::waited;
};

}  // namespace portolan::detail
