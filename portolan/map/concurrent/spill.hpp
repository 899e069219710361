// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Where entries go whose block is full although the table is not: only a hash that sends very many keys to one
// place does that, and growing would not help. A list of lines that are searched one by one.
//
//   head ──► line of slots ──► line of slots ──► …          the newest first; a line is never moved or freed
//
// 1. An entry enters the spill only under the lock of its home line in the current table; so a key is never both there
//    and in a table, and two inserts of one key exclude each other as everywhere.
// 2. Entries never leave the spill for a table; an emptied slot is used again.
// 3. Walks look here last, and only if there is a line at all: with a good hash there never is.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/concurrent/walk.hpp>

namespace portolan::concurrent {

template <class Engine>
class spilled_entries {
 public:
  using line = typename Engine::line;
  using cell = typename Engine::cell;

  spilled_entries() = default;
  spilled_entries(const spilled_entries&) = delete;
  spilled_entries& operator=(const spilled_entries&) = delete;
  ~spilled_entries() {
    for (spilled_line* at = head_.observe(); at != nullptr;) {
      spilled_line* after = at->after;
      platform::deallocate(at, sizeof(spilled_line), alignof(spilled_line));
      at = after;
    }
  }

  /// As used, as bits for who makes no branch of it: not 0 for true.
  [[nodiscard]] std::uintptr_t used_bits() const noexcept { return reinterpret_cast<std::uintptr_t>(head_.observe()); }
  [[nodiscard]] bool used() const noexcept { return head_.observe() != nullptr; }
  [[nodiscard]] std::size_t entries() const noexcept {
    return entries_.load(platform::relaxed);  // relaxed: a figure
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    std::size_t sum = 0;
    for (spilled_line* at = head_.observe(); at != nullptr; at = at->after) sum += sizeof(spilled_line);
    return sum;
  }

  template <class Guard, class Probe>
  [[nodiscard]] sighting<Engine> look(const Engine& engine, Guard& guard, const Probe& key) {
    if (key.reserved) return {};  // its image here would be another key's; it has a table of its own
    for (spilled_line* at = head_.observe(); at != nullptr; at = at->after) {
      for (unsigned slot = 0; slot < Engine::slots_per_line; ++slot) {
        auto seen = Engine::load(at->slots, slot);
        if (!Engine::may_match(seen, key)) continue;
        seen = Engine::load_protected(guard, node_hand, at->slots, slot);
        if (Engine::may_match(seen, key) && engine.matches(seen, key)) {
          return {outcome::found, {nullptr, 0, &at->slots, slot}, seen};
        }
      }
    }
    return {};
  }

  /// Puts a new entry here; the caller holds the home line of its key. Throws std::bad_alloc.
  place<line> put(cell entry) {
    exclusive_lock held(lock_);
    for (spilled_line* at = head_.observe(); at != nullptr; at = at->after) {
      for (unsigned slot = 0; slot < Engine::slots_per_line; ++slot) {
        if (!Engine::is_empty(Engine::load(at->slots, slot))) continue;
        return put_at(*at, slot, entry);
      }
    }
    void* raw = platform::allocate(sizeof(spilled_line), alignof(spilled_line));
    auto* fresh = std::construct_at(static_cast<spilled_line*>(raw));
    Engine::open_unshared(fresh->slots);
    fresh->after = head_.observe();
    const place<line> where = put_at(*fresh, 0, entry);
    head_.publish(fresh);
    return where;
  }
  void one_erased() noexcept {
    entries_.fetch_sub(1, platform::relaxed);  // relaxed: a figure
  }

  /// Calls f(line, slot) for each slot that is not empty.
  template <class F>
  void for_each_slot(F f) {
    for (spilled_line* at = head_.observe(); at != nullptr; at = at->after) {
      for (unsigned slot = 0; slot < Engine::slots_per_line; ++slot) f(at->slots, slot);
    }
  }

 private:
  struct alignas(64) spilled_line {
    line slots;
    spilled_line* after = nullptr;
  };

  place<line> put_at(spilled_line& in, unsigned slot, cell entry) {
    Engine::overwrite(in.slots, slot, entry);
    entries_.fetch_add(1, platform::relaxed);  // relaxed: a figure
    return {nullptr, 0, &in.slots, slot};
  }

  published<spilled_line*> head_;
  platform::atomic<std::uint32_t> entries_{0};
  mutex lock_;
};

}  // namespace portolan::concurrent
