// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What every operation of a plain_map is made of: find the place, put an entry where none is, change the value
// there, take the entry away; and the walk over all entries.
//
// 1. User code that may fail (hash, equality, making keys and values) runs before the first change of the map:
//    after an exception the map holds what it held before.
// 2. Moving buckets is done on the way and may fail without harm: a bucket that could not be moved stays.
// 3. Visitors see a copy or a handle (cell.hpp), so they may do anything to the map meanwhile.
// 4. A walk goes group by group. A group is the set of entries whose hashes end alike, as many bits as the
//    smallest array had when the walk began: arrays only grow, so growth never splits a group over two steps,
//    and no entry changes its group. Its keys are held before the first of them is shown: whoever stays is
//    shown once, and nobody is shown twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

#include <portolan/base/platform.hpp>
#include <portolan/map/plain/grow.hpp>
#include <portolan/map/plain/hashing.hpp>
#include <portolan/map/vocabulary.hpp>

namespace portolan::plain {

template <class K, class V, class Hash, class KeyEqual, class Alloc>
class core {
 public:
  using table_type = table<K, V, Alloc>;
  using place_type = typename table_type::place_type;
  using key_cell = typename table_type::key_cell;
  using value_cell = typename table_type::value_cell;
  using held_key = decltype(std::declval<const key_cell&>().hold());
  using held_value = decltype(std::declval<const value_cell&>().hold());

  core(const map_options& options, Hash hash, KeyEqual equal, const Alloc& alloc)
      : buckets(alloc), hash_(std::move(hash), options.seed), equal_(std::move(equal)) {
    if (options.capacity != 0) reserve(options.capacity);
  }

  /// A key's hash and its entry's place; the hash also tells where a new entry would go.
  struct spot {
    std::uint64_t hash;
    place_type at;
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(at); }
  };

  template <class Q>
  [[nodiscard]] spot locate(const Q& key) const {
    const std::uint64_t hash = hash_(key);
    return {hash, locate_hashed(hash, key)};
  }

  /// Puts an entry under a key that is absent; `hash` is the key's.
  template <class Q, class... Args>
  void put(std::uint64_t hash, Q&& key, Args&&... value) {
    help(hash);
    switch (moving().needed()) {
      case growth::none: break;
      case growth::doubling: begin_and_help(hash, buckets.current.count == 0 ? 1 : buckets.current.count * 2); break;
      case growth::closing_up: begin_and_help(hash, buckets.current.count); break;
    }
    buckets.fill(buckets.claim(hash), hash, std::forward<Q>(key), std::forward<Args>(value)...);
  }

  /// Gives the entry another value and returns what it held.
  template <class U>
  auto replace(const spot& found, U&& value) {
    value_cell next(buckets.alloc, std::in_place, std::forward<U>(value));
    tell_watchers(found);
    auto previous = found.at.value().take();
    found.at.value() = std::move(next);
    help(found.hash);
    return previous;
  }

  template <class U>
  void assign(const spot& found, U&& value) {
    value_cell next(buckets.alloc, std::in_place, std::forward<U>(value));
    tell_watchers(found);
    found.at.value() = std::move(next);
    help(found.hash);
  }

  void remove(const spot& found) {
    tell_watchers(found);
    buckets.remove(found.at, found.hash);
    help(found.hash);
  }

  /// Removes the entry and returns what it held.
  auto take_out(const spot& found) {
    tell_watchers(found);
    auto previous = found.at.value().take();
    buckets.remove(found.at, found.hash);
    help(found.hash);
    return previous;
  }

  /// Removes `key`'s entry if `wanted()` says so and nobody changed the entry meanwhile.
  template <class Wanted>
  bool removes_if_unchanged(const K& key, Wanted&& wanted) {
    const watcher watch(*this, hash_(key), key);
    if (!wanted() || watch.saw_a_change()) return false;
    const spot found = locate(key);
    if (found) remove(found);
    return static_cast<bool>(found);
  }

  [[nodiscard]] bool same(const K& left, const K& right) const { return static_cast<bool>(equal_(left, right)); }

  void reserve(std::size_t entries) {
    const std::size_t wanted = buckets_for(entries);
    if (buckets.current.count >= wanted) return;
    refuse_what_cannot_be_had(wanted);
    if (buckets.entries == 0) buckets.release_all();
    moving().finish();
    while (buckets.current.count < wanted) {
      moving().begin(buckets.current.count == 0 ? wanted : buckets.current.count * 2);
      moving().finish();
    }
  }

  /// Before the tables between have been filled.
  static void refuse_what_cannot_be_had(std::size_t bucket_count) {
    constexpr std::size_t bucket_bytes = sizeof(typename table_type::bucket_type);
    constexpr std::size_t worth_asking_bytes = std::size_t{16} << 20;
    if (bucket_count > SIZE_MAX / bucket_bytes) throw std::bad_alloc();
    if (bucket_count * bucket_bytes >= worth_asking_bytes) platform::ask_for_pages(bucket_count * bucket_bytes);
  }

  /// Remembers whether a key's entry was changed while user code looked at it. Lives on the stack.
  class watcher {
   public:
    watcher(core& owner, std::uint64_t hash, const K& key) noexcept
        : owner_(owner), outer_(owner.watchers_), hash_(hash), key_(key) {
      owner.watchers_ = this;
    }
    ~watcher() { owner_.watchers_ = outer_; }
    watcher(const watcher&) = delete;
    watcher& operator=(const watcher&) = delete;
    [[nodiscard]] bool saw_a_change() const noexcept { return changed_; }

   private:
    friend core;
    core& owner_;
    watcher* outer_;
    std::uint64_t hash_;
    const K& key_;
    bool changed_ = false;
  };

  /// Tells every watcher that all entries go.
  void tell_all_watchers() noexcept {
    for (watcher* each = watchers_; each != nullptr; each = each->outer_) each->changed_ = true;
  }

  /// Puts all entries into as few buckets as they fit in; nothing while a walk is under way, whose groups would move.
  void shrink_to_fit() {
    if (walking_ != 0) return;
    if (buckets.entries == 0) return buckets.release_all();
    moving().finish();
    const std::size_t wanted = buckets_for(buckets.entries);
    if (wanted < buckets.current.count || buckets.current.overflows != 0) packing(*this, wanted).commit();
  }

  /// Exchanges everything but who is walking.
  void swap(core& other) {
    std::swap(hash_, other.hash_);
    std::swap(equal_, other.equal_);
    buckets.exchange(other.buckets);
    tell_all_watchers();
    other.tell_all_watchers();
  }

  /// Shows every entry: `show(hash, key, value)` returns false to end the walk.
  template <class Show>
  void walk(Show&& show) const {
    if (buckets.current.count == 0) return;
    const struct walking {
      explicit walking(std::size_t& counted) noexcept : count(counted) { ++count; }
      walking(const walking&) = delete;
      walking& operator=(const walking&) = delete;
      ~walking() { --count; }
      std::size_t& count;
    } under_way(walking_);
    const std::size_t groups = buckets.grows() ? buckets.old.count : buckets.current.count;
    const std::size_t first = hash_.chance(++walks_) & (groups - 1);
    std::vector<shown, rebound<Alloc, shown>> group{rebound<Alloc, shown>(buckets.alloc)};
    for (std::size_t step = 0; step < groups && groups <= buckets.current.count; ++step) {
      group.clear();
      const std::uint64_t rearranged = buckets.rearranged;
      hold_group((first + step) & (groups - 1), groups, group);
      for (const shown& each : group) {
        const place_type at = rearranged == buckets.rearranged ? each.at : locate(*each.key).at;
        if (!at) continue;
        const held_value value = at.value().hold();
        if (!show(*each.key, *value)) return;
      }
    }
  }

  table_type buckets;

 private:
  struct shown {
    held_key key;
    place_type at;
  };

  /// A table of another size with a place for every entry; the entries follow at `commit`, or stay where they are.
  class packing {
   public:
    packing(core& owner, std::size_t count)
        : owner_(owner), packed_(owner.buckets.alloc), moves_(rebound<Alloc, move>(owner.buckets.alloc)) {
      packed_.current = {packed_.make_buckets(count), count, 0};
      moves_.reserve(owner.buckets.entries);
      try {
        for (std::size_t i = 0; i < owner.buckets.current.count; ++i) {
          for (const place_type from : chain(owner.buckets.current.buckets[i])) {
            if (from.in->tags[from.slot].is_entry()) plan(from);
          }
        }
      } catch (...) {
        for (const move& each : moves_) each.to.in->tags[each.to.slot] = tag::free_from_here;
        throw;
      }
    }
    void commit() noexcept {
      for (const move& each : moves_) {
        std::construct_at(&each.to.key(), std::move(each.from.key()));
        std::construct_at(&each.to.value(), std::move(each.from.value()));
        std::destroy_at(&each.from.key());
        std::destroy_at(&each.from.value());
        each.from.in->tags[each.from.slot] = tag::free_from_here;
      }
      packed_.entries = owner_.buckets.entries;
      packed_.growths = owner_.buckets.growths;
      owner_.buckets.exchange(packed_);
      packed_.entries = 0;
    }

   private:
    struct move {
      place_type from;
      place_type to;
    };
    void plan(place_type from) {
      const std::uint64_t hash = owner_.hash_(std::as_const(*from.key()));
      const place_type to = packed_.claim(hash);
      moves_.push_back({from, to});
      to.in->tags[to.slot] = tag::of(hash);
    }

    core& owner_;
    table_type packed_;
    std::vector<move, rebound<Alloc, move>> moves_;
  };

  template <class Q>
  [[nodiscard]] place_type locate_hashed(std::uint64_t hash, const Q& key) const {
    return buckets.locate(hash, [&](const K& present) { return static_cast<bool>(equal_(present, key)); });
  }

  [[nodiscard]] auto moving() noexcept { return mover<table_type, hashing<K, Hash>>(buckets, hash_); }

  void begin_and_help(std::uint64_t hash, std::size_t count) {
    moving().begin(count);
    help(hash);
  }

  // Moves up to two buckets. What fails here (user code, memory) only leaves the work to a later write, whose
  // own result does not depend on it: so it is nobody's error.
  void help(std::uint64_t hash) noexcept {
    if (!buckets.grows()) return;
    try {
      moving().help(hash);
    } catch (...) {}
  }

  void tell_watchers(const spot& found) {
    for (watcher* each = watchers_; each != nullptr; each = each->outer_) {
      if (each->hash_ == found.hash && static_cast<bool>(equal_(*found.at.key(), each->key_))) each->changed_ = true;
    }
  }

  template <class Group>
  void hold_group(std::size_t number, std::size_t groups, Group& group) const {
    for (const auto& part : {buckets.old, buckets.current}) {
      for (std::size_t index = number; index < part.count; index += groups) {
        for (const place_type at : chain(part.buckets[index])) {
          if (at.in->tags[at.slot].is_entry()) group.push_back(shown{at.key().hold(), at});
        }
      }
    }
  }

  hashing<K, Hash> hash_;
  KeyEqual equal_;
  watcher* watchers_ = nullptr;
  mutable std::uint64_t walks_ = 0;  // each walk begins at another bucket
  mutable std::size_t walking_ = 0;  // walks under way
};

}  // namespace portolan::plain
