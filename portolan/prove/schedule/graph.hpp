// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// An execution as C++20 sees it: what each thread did, which store each load read, and in which order the stores to each
// place came. No clock and no interleaving: two runs that differ only in the timing of strangers are one graph.
//
//   thread 0        thread 1                        po   down a thread
//   W x = 1         R y = 1  ◄── rf ── W y          rf   from a store to the loads that read it
//   W y = 1         R x = 0  ◄── rf ── initial      mo   the stores to one place in their order, initial value first
//
// 1. Every event carries its views, made when it is added and never after: hb, what happens before it; acq, what an
//    acquire fence behind it would add; rel, what its thread's last release fence published; msg, what who reads it with
//    acquire learns; porf, all that it depends on through po and rf.
// 2. porf has no cycle: a load reads stores that are there. So load buffering is left out, by construction.
// 3. Stamps number the events in the order of their arrival; down a thread they grow. Cutting at a stamp leaves the graph
//    as it was then.
// 4. A place's `stores` is mo without the initial value: position p ≥ 1 is stores[p - 1].
//
// Source of the model: RC11, O. Lahav and others, *Repairing Sequential Consistency in C/C++11*, PLDI 2017; release
// sequences as C++20 has them (read-modify-writes only).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <portolan/base/platform/checked.hpp>
#include <portolan/prove/schedule.hpp>
#include <portolan/prove/schedule/view.hpp>

namespace portolan::prove::schedule {

using cell = platform::checked::bits;
using platform::checked::change;
using platform::checked::site;

enum class action : std::uint8_t { read, write, fence };

using place_id = std::uint16_t;

struct event {
  action what = action::fence;
  ordering order = ordering::relaxed;      // of a compare that failed: `failed`
  ordering succeeded = ordering::relaxed;  // of a read-modify-write
  ordering failed = ordering::relaxed;     // of a compare
  change makes = change::none;             // of the reading half of a read-modify-write
  bool paired = false;                     // a half of a read-modify-write that happens
  place_id place = 0;
  std::uint32_t stamp = 0;
  std::uint32_t position = 0;  // of a store: in mo
  event_id source;             // of a load: the store that it reads
  site at{};
  cell value;     // read or written
  cell expected;  // of a compare
  cell operand;   // of a read-modify-write
  view hb, acq, rel, msg, porf;
};

class graph {
 public:
  struct place {
    std::vector<event_id> stores;
    std::vector<event_id> loads;
    cell initial;
    unsigned size_bytes = 0;
  };

  void clear() noexcept;
  /// Everything of `other`.
  void become(const graph& other);

  // ---- what is there ----
  [[nodiscard]] unsigned count(unsigned thread) const noexcept { return counts_[thread]; }
  [[nodiscard]] event& at(event_id id) noexcept { return threads_[id.thread()][id.index()]; }
  [[nodiscard]] const event& at(event_id id) const noexcept { return threads_[id.thread()][id.index()]; }
  [[nodiscard]] place& place_at(place_id id) noexcept { return places_[id]; }
  [[nodiscard]] const place& place_at(place_id id) const noexcept { return places_[id]; }
  [[nodiscard]] std::size_t place_count() const noexcept { return place_count_; }
  place_id add_place(cell initial, unsigned size_bytes);
  [[nodiscard]] const cell& stored(place_id of, event_id store) const noexcept {
    return store.is_initial() ? places_[of].initial : at(store).value;
  }
  [[nodiscard]] unsigned position(event_id store) const noexcept { return store.is_initial() ? 0 : at(store).position; }
  [[nodiscard]] event_id store_at(place_id of, unsigned position) const noexcept {
    return position == 0 ? event_id::initial() : places_[of].stores[position - 1];
  }
  [[nodiscard]] event_id last_store(place_id of) const noexcept {
    const auto& stores = places_[of].stores;
    return stores.empty() ? event_id::initial() : stores.back();
  }

  // ---- adding ----
  /// The thread's next event, not yet connected.
  event_id append(unsigned thread, const event& what);
  /// The earliest store, by position, that a load or store may come after: nothing newer happens before the event.
  [[nodiscard]] unsigned floor_of(place_id of, const view& before) const noexcept;
  /// What happens before the thread's event `id`, apart from what it reads.
  [[nodiscard]] view before(event_id id) const noexcept;
  /// Makes a load read `store`, and its views; of a compare also whether it succeeds.
  void connect_load(event_id load, event_id store);
  /// Puts a store at a position, and makes its views.
  void connect_store(event_id store, unsigned position);
  /// Takes a store out of mo; connect it again at another position.
  void detach_store(event_id store) noexcept;
  void connect_fence(event_id fence);
  /// What a read-modify-write stores.
  [[nodiscard]] cell made_by(const event& load) const noexcept;
  /// A store may not come between a read-modify-write and what that read.
  [[nodiscard]] bool splits_a_pair(place_id of, unsigned position) const noexcept;
  /// Another read-modify-write reads the same store.
  [[nodiscard]] bool rivals(event_id load) const noexcept;

  // ---- removing ----
  /// Removes all that arrived after `stamp`.
  void cut(std::uint32_t stamp) noexcept;
  /// Of each thread what `kept` names stays.
  void keep(const view& kept) noexcept;
  [[nodiscard]] std::uint32_t newest_stamp() const noexcept { return next_stamp_ - 1; }

  // ---- judging ----
  /// RC11's axiom of sequential consistency: psc has no cycle.
  [[nodiscard]] bool sequentially_consistent() const;

 private:
  /// The views of the event before it in its thread, and itself.
  void begin_views(event_id id) noexcept;
  void remove_last(unsigned thread) noexcept;
  void renumber(place_id of, std::size_t from) noexcept;

  std::vector<event> threads_[most_threads];
  unsigned counts_[most_threads] = {};
  std::vector<place> places_;  // the first `place_count_`; the others wait with their memory
  std::size_t place_count_ = 0;
  std::uint32_t next_stamp_ = 1;
  unsigned sc_count_ = 0;     // what psc orders: accesses and fences
  unsigned light_count_ = 0;  // of these, light fences
};

[[nodiscard]] constexpr bool acquires(ordering order) noexcept {
  return order == ordering::acquiring || order == ordering::both || order == ordering::sequential;
}
[[nodiscard]] constexpr bool releases(ordering order) noexcept {
  return order == ordering::releasing || order == ordering::both || order == ordering::sequential;
}

}  // namespace portolan::prove::schedule
