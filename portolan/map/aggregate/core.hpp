// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// How an aggregate_map adds, reads and merges.
//
//   add ──► fresh ──(swap, under both locks)──► waiting ──(one node at a time, under the central lock)──► central
//           └────────────────────────── a key's total is the sum over all three, over all shards ──────────┘
//
// 1. A node is moved only under the central lock, held alone. A reader holds it shared from its first look to its
//    last, so what it counts in one place it meets in no other, and nothing escapes between two places.
// 2. Each step of a merge either moves a whole node, or combines it into the central one and then lets it go. If a
//    combine, an equality or an allocation throws, the node stays where it was: a later merge goes on from there.
// 3. Locks are taken in this order: opening, central, one shard's. An addition takes its shard's alone.
// 4. User code under a lock (combine, record, KeyEqual, copies) runs inside a critical_scope of the core: when it calls
//    the same map, the call is refused. Nodes are freed with no lock held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/base/hash.hpp>
#include <portolan/base/shared_mutex.hpp>
#include <portolan/base/timer.hpp>
#include <portolan/map/aggregate/shards.hpp>
#include <portolan/map/guarded/store.hpp>
#include <portolan/map/mixin.hpp>
#include <portolan/map/monoid.hpp>
#include <portolan/map/section.hpp>
#include <portolan/map/statistics.hpp>

namespace portolan {

/// An aggregate_map's figures; `entries` counts a key once in each shard that has additions not merged yet.
struct aggregate_statistics : map_statistics {
  std::size_t shards = 0;         ///< shards in which additions wait for a merge
  std::size_t waiting = 0;        ///< of `entries`, those not merged yet
  std::size_t merges = 0;         ///< merges that ended well, on demand, on schedule or for a reader
  std::size_t failed_merges = 0;  ///< scheduled merges that a throw ended; nothing is lost by one
};

namespace detail {

template <class K, class M, class Hash, class KeyEqual, class Alloc>
class aggregate_core {
  using V = typename M::value_type;
  using node = tally<K, V, Alloc>;
  using table = tally_table<node>;
  using shard = tally_shard<node>;

 public:
  aggregate_core(const map_options& options, std::size_t shard_count, shard_by chosen, Hash hash, KeyEqual equal,
                 const Alloc& alloc)
      : alloc_(alloc),
        hash_(std::move(hash), options.seed),
        equal_(std::move(equal)),
        central_(alloc),
        shards_(shard_count, chosen) {
    if (options.capacity != 0) central_.reserve(options.capacity);
  }

  template <class Q, class Change>
  void change_at(platform::code_address place, Q&& key, Change change) {
    const auto& named = key;
    const std::uint64_t hash = hash_(named);
    shard& in = shards_.open(hash, alloc_, [this] { start_schedule(); });
    const exclusive_section<mutex> held(in.lock, this, place);
    if (node* const there = in.fresh.find(hash, is_key(named))) {
      change(there->value);
      return;
    }
    add_first_locked(in, hash, std::forward<Q>(key), change);
  }

  template <class Q>
  [[nodiscard]] std::optional<V> find_at(platform::code_address place, const Q& key) const {
    std::optional<V> total;
    look_at(place, key, [&](const node& part) {
      if (total.has_value())
        M::combine(*total, part.value);
      else
        total.emplace(part.value);
      return true;
    });
    return total;
  }

  template <class Q>
  [[nodiscard]] bool contains_at(platform::code_address place, const Q& key) const {
    bool there = false;
    look_at(place, key, [&](const node&) {
      there = true;
      return false;
    });
    return there;
  }

  template <class Q, class Take>
  bool take_at(platform::code_address place, const Q& key, Take take) {
    departed<node> leaving;
    const std::uint64_t hash = hash_(key);
    const exclusive_section<shared_mutex> held(central_lock_, this, place);
    gather_key_locked(hash, key, leaving);
    node* const at = central_.find(hash, is_key(key));
    if (at == nullptr) return false;
    take(at->value);
    central_.unlink(*at);
    leaving.take(*at);
    return true;
  }

  void merge_at(platform::code_address place) {
    departed<node> leaving;
    const exclusive_section<shared_mutex> held(central_lock_, this, place);
    gather_locked(leaving);
  }

  [[nodiscard]] std::size_t size_at(platform::code_address place) {
    departed<node> leaving;
    const exclusive_section<shared_mutex> held(central_lock_, this, place);
    gather_locked(leaving);
    return central_.size();
  }

  [[nodiscard]] std::vector<std::pair<K, V>> copies_at(platform::code_address place) {
    std::vector<std::pair<K, V>> all;
    departed<node> leaving;
    const exclusive_section<shared_mutex> held(central_lock_, this, place);
    gather_locked(leaving);
    all.reserve(central_.size());
    central_.for_each([&](const node& each) { all.emplace_back(each.key, each.value); });
    return all;
  }

  [[nodiscard]] std::vector<std::pair<K, V>> drain_at(platform::code_address place) {
    constexpr bool moves =
        std::is_nothrow_move_constructible_v<K> || !std::is_copy_constructible_v<K> || !std::is_copy_constructible_v<V>;
    std::vector<std::pair<K, V>> all;
    departed<node> leaving;
    const exclusive_section<shared_mutex> held(central_lock_, this, place);
    gather_locked(leaving);
    all.reserve(central_.size());
    central_.for_each([&](node& each) {
      if constexpr (moves)
        all.emplace_back(std::move(each.key), std::move(each.value));
      else
        all.emplace_back(std::as_const(each.key), std::as_const(each.value));
    });
    central_.take_all(leaving);
    return all;
  }

  void clear_at(platform::code_address place) {
    departed<node> leaving;
    const exclusive_section<shared_mutex> held(central_lock_, this, place);
    shards_.each([&](shard& in) { empty_shard_locked(in, leaving); });
    central_.take_all(leaving);
    central_.release_buckets();
  }

  [[nodiscard]] bool empty_at(platform::code_address place) const {
    const reading<shared_mutex> held(central_lock_, this, place);
    bool empty = central_.size() == 0;
    shards_.each([&](const shard& in) { empty = empty && in.waiting.size() == 0 && !in.has_entries(); });
    return empty;
  }

  [[nodiscard]] aggregate_statistics stats_at(platform::code_address place) const {
    const reading<shared_mutex> held(central_lock_, this, place);
    aggregate_statistics figures;
    shards_.each([&](const shard& in) {
      const exclusive_lock shard_held(in.lock);
      count_locked(in, figures);
    });
    count_central_locked(figures);
    return figures;
  }
  /// As stats_at, but false where a lock is not to be had at once: user code may run under it.
  [[nodiscard]] bool try_stats(aggregate_statistics& figures) const noexcept {
    if (critical_scope::inside_any() || !central_lock_.try_lock_shared()) return false;
    bool all = true;
    shards_.each([&](const shard& in) {
      if (!in.lock.try_lock()) return static_cast<void>(all = false);
      count_locked(in, figures);
      in.lock.unlock();
    });
    count_central_locked(figures);
    central_lock_.unlock_shared();
    return all;
  }

  void merge_every_at(platform::code_address place, std::uint64_t period_ns) {
    critical_scope::refuse_reentry(this, place);
    const exclusive_lock held(shards_.opening());
    period_ns_ = period_ns;
    if (period_ns == 0)
      schedule_.cancel();
    else if (shards_.exist())
      start_schedule();
  }

  [[nodiscard]] std::size_t shard_count() const noexcept { return shards_.count(); }

  [[nodiscard]] bool try_lock_for_fork() noexcept {
    if (!central_lock_.try_lock()) return false;
    if (shards_.try_lock_all()) return true;
    central_lock_.unlock();
    return false;
  }
  void unlock_in_parent() noexcept {
    shards_.unlock_all();
    central_lock_.unlock();
  }
  void unlock_in_child() noexcept {
    shards_.unlock_all_after_fork();
    central_lock_.reset_after_fork();
  }

 private:
  static void count_locked(const shard& in, aggregate_statistics& figures) {
    const std::size_t own = in.fresh.size() + in.waiting.size();
    figures.bytes += in.fresh.bytes() + in.waiting.bytes();
    figures.waiting += own;
    if (own != 0) ++figures.shards;
  }
  void count_central_locked(aggregate_statistics& figures) const {
    figures.bytes += central_.bytes() + (shards_.exist() ? shards_.count() * sizeof(shard) : 0);
    figures.capacity = central_.capacity();
    figures.tables = 1 + figures.shards;
    figures.entries = central_.size() + figures.waiting;
    figures.reserved_bytes = figures.bytes;
    figures.used_bytes = figures.entries * sizeof(node);
    figures.ever_bytes = figures.bytes;  // what tables gave back is not counted
    figures.merges = merges_;
    // relaxed: a number on its own.
    figures.failed_merges = failed_merges_.load(platform::relaxed);
  }
  template <class Q>
  [[nodiscard]] auto is_key(const Q& key) const {
    return [this, &key](const node& other) { return static_cast<bool>(equal_(other.key, key)); };
  }

  /// A new entry in a shard; the first addition happens to it before it is there.
  template <class Q, class Change>
  void add_first_locked(shard& in, std::uint64_t hash, Q&& key, Change& change) {
    struct unfinished {
      ~unfinished() {
        if (made != nullptr) free_node(made);
      }
      node* made;
    };
    unfinished entry{make_node<node>(alloc_, hash, K(std::forward<Q>(key)), M::identity())};
    change(entry.made->value);
    in.fresh.link(*std::exchange(entry.made, nullptr));
    in.count_entries_locked();
  }

  /// Calls `f` with each part of a key's total, until it returns false.
  template <class Q, class F>
  void look_at(platform::code_address place, const Q& key, F f) const {
    const std::uint64_t hash = hash_(key);
    const reading<shared_mutex> held(central_lock_, this, place);
    bool goes_on = true;
    const auto look_in = [&](const table& in) {
      if (!goes_on || in.size() == 0) return;
      if (const node* const part = in.find(hash, is_key(key))) goes_on = f(*part);
    };
    look_in(central_);
    shards_.each_of(hash, [&](const shard& in) {
      look_in(in.waiting);
      if (!goes_on || !in.has_entries()) return;
      const exclusive_lock shard_held(in.lock);
      look_in(in.fresh);
    });
  }

  /// The node goes to the central table, whole; or into the node that stands there, and then it departs.
  void settle_locked(node& part, departed<node>& leaving) {
    node* const there = central_.find(part.hash, is_key(part.key));
    if (there == nullptr) return central_.link(part);
    change_whole<combines_in_place<M>>(there->value, [&](V& into) { M::combine(into, std::as_const(part.value)); });
    leaving.take(part);
  }

  void gather_locked(departed<node>& leaving) {
    const auto settle = [&](node& part) { settle_locked(part, leaving); };
    shards_.each([&](shard& in) {
      in.waiting.hand_over(settle);
      if (!in.has_entries()) return;
      {
        const exclusive_lock shard_held(in.lock);
        in.fresh.swap(in.waiting);
        in.count_entries_locked();
      }
      in.waiting.hand_over(settle);
    });
    ++merges_;
  }

  template <class Q>
  void gather_key_locked(std::uint64_t hash, const Q& key, departed<node>& leaving) {
    const auto settle = [&](table& from, node& part) {
      from.unlink(part);
      struct put_back {
        ~put_back() {
          if (part != nullptr) from.link(*part);
        }
        table& from;
        node* part;
      } undo{from, &part};
      settle_locked(part, leaving);
      undo.part = nullptr;
    };
    shards_.each_of(hash, [&](shard& in) {
      if (in.waiting.size() != 0) {
        if (node* const part = in.waiting.find(hash, is_key(key))) settle(in.waiting, *part);
      }
      if (!in.has_entries()) return;
      node* part = nullptr;
      {
        const exclusive_lock shard_held(in.lock);
        part = in.fresh.find(hash, is_key(key));
        if (part == nullptr) return;
        in.fresh.unlink(*part);
        in.waiting.link(*part);
        in.count_entries_locked();
      }
      settle(in.waiting, *part);
    });
  }

  /// What both tables hold departs, and their chains' memory is given back.
  void empty_shard_locked(shard& in, departed<node>& leaving) {
    const auto empty_waiting = [&] {
      in.waiting.take_all(leaving);
      in.waiting.release_buckets();
    };
    empty_waiting();
    {
      const exclusive_lock shard_held(in.lock);
      in.fresh.swap(in.waiting);
      in.count_entries_locked();
    }
    empty_waiting();
  }

  void start_schedule() noexcept {
    if (period_ns_ != 0) schedule_.start_every(period_ns_);
  }
  static void merge_on_schedule(void* self) noexcept {
    auto& core = *static_cast<aggregate_core*>(self);
    try {
      core.merge_at(platform::here());
    } catch (...) {
      // relaxed: a number on its own.
      core.failed_merges_.fetch_add(1, platform::relaxed);
    }
  }

  [[no_unique_address]] const Alloc alloc_;
  const hash_policy<K, Hash> hash_;
  [[no_unique_address]] const KeyEqual equal_;
  mutable shared_mutex central_lock_;
  table central_;
  std::size_t merges_ = 0;  // guarded by the central lock
  tally_shards<node> shards_;
  std::uint64_t period_ns_ = 0;  // guarded by shards_.opening()
  platform::atomic<std::size_t> failed_merges_{0};
  timer_task schedule_{merge_on_schedule, this};
};

}  // namespace detail
}  // namespace portolan
