// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A listing of one instant, while writers go on: copy on write, a part at a time.
//
//   drain           nobody is inside the map: this is the instant T (write_gate.hpp)
//   parts           p0 done │ p1 done │ p2 busy │ p3 open │ …      a part = the hashes of one block, as in iterate.hpp
//                     lister ───────────►  takes them in order
//                     writer of a key in p3: lists p3 first, then changes it
//   collect         all parts are done: what they hold is the map at T; the gate is open again
//   copy            K and V are copied from what was kept, with nothing held
//
// 1. No entry of a part changes between T and `done`: writers pass the gate only when their key's part is done, and
//    nobody was inside at T. Movers change the place of entries, which a look notices (iterate.hpp, 1 and 2).
// 2. A part is listed by whoever takes it from open to busy; others wait for done. Nobody holds a line or a unit then.
// 3. A part that could not be listed for want of memory is done, too, and the listing fails: writers never do.
// 4. User code runs at most where Hash is called for small entries; K's and V's copies run after the gate is open.
// 5. The listing's memory is retired, since a writer may still look at a part's state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>  // std::construct_at without the weight of <memory>
#include <utility>
#include <vector>

#include <portolan/base/platform.hpp>
#include <portolan/base/wait.hpp>
#include <portolan/map/concurrent/iterate.hpp>
#include <portolan/map/concurrent/write_gate.hpp>

namespace portolan::concurrent {

/// One listing under way.
template <class Core>
class listing {
 public:
  using guard = typename Core::guard;
  using entries = std::vector<typename collector<Core>::entry>;

  explicit listing(unsigned bits) : bits_(bits), parts_((std::size_t{1} << bits) + 1) {}

  /// What stood in the map at one instant within the call, a part at a time.
  static std::vector<entries> of(Core& core) {
    const owner own(core);  // given back last, when nothing is held
    const exclusive_lock<mutex> one_at_a_time(core.one_listing());
    const underway now(core, *own);
    for (std::size_t part = 0; part < own->parts_.size(); ++part) own->make_done(core, part);
    // relaxed: acquired with the part that failed.
    if (own->failed_.load(platform::relaxed)) throw std::bad_alloc();
    std::vector<entries> all;
    all.reserve(own->parts_.size());
    for (part& each : own->parts_) all.push_back(std::move(each.kept));
    return all;
  }

 private:
  enum progress : std::uint32_t { is_open, is_busy, is_done };
  struct part {
    platform::atomic<std::uint32_t> state{is_open};
    entries kept;
  };

  /// Makes a listing and retires it.
  class owner {
   public:
    explicit owner(Core& core) : core_(core), own_(make(core)) {}
    owner(const owner&) = delete;
    owner& operator=(const owner&) = delete;
    ~owner() { core_.reclaimer().retire(own_, &owner::free, nullptr, sizeof(listing) + own_->bytes()); }
    listing* operator->() const noexcept { return own_; }
    listing& operator*() const noexcept { return *own_; }

   private:
    static listing* make(Core& core) {
      void* const room = platform::allocate(sizeof(listing), alignof(listing));
      try {
        return std::construct_at(static_cast<listing*>(room), collector<Core>(core).part_bits());
      } catch (...) {
        platform::deallocate(room, sizeof(listing), alignof(listing));
        throw;
      }
    }
    static void free(void* used, void*) noexcept {
      std::destroy_at(static_cast<listing*>(used));
      platform::deallocate(used, sizeof(listing), alignof(listing));
    }

    Core& core_;
    listing* own_;
  };

  /// From the instant T until the gate is open again.
  class underway {
   public:
    underway(Core& core, listing& own) : core_(core) {
      core.begin_listing(&listing::list_part_of);
      // pair published: release, so that who finds the listing sees its parts.
      core.listing_word().store(&own, platform::release);
      core.let_writers_list();
    }
    underway(const underway&) = delete;
    underway& operator=(const underway&) = delete;
    ~underway() {
      // pair published: release, so that who finds the listing sees its parts.
      core_.listing_word().store(nullptr, platform::release);
      core_.end_listing();
    }

   private:
    Core& core_;
  };

  /// What a writer does before he changes an entry of that hash.
  static void list_part_of(write_gate& gate, std::uint64_t hash, bool reserved) {
    Core& core = static_cast<Core&>(gate);
    guard protection(core.reclaimer());
    auto* now = static_cast<listing*>(
        protection.protect(node_hand, core.listing_word(), [](void* raw) -> void* { return raw; }));
    if (now == nullptr) return;  // it has ended: every part was done
    now->make_done(core, reserved ? now->parts_.size() - 1 : now->number_of(hash));
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return parts_.size() * sizeof(part); }
  [[nodiscard]] std::size_t number_of(std::uint64_t hash) const noexcept {
    return bits_ == 0 ? 0 : static_cast<std::size_t>(hash >> (64 - bits_));
  }

  void make_done(Core& core, std::size_t number) {
    part& its = parts_[number];
    std::uint32_t seen = is_open;
    platform::step("part wanted");
    // pair part_done: acquire, so that who changes an entry of the part does it after the part was listed.
    if (its.state.compare_exchange_strong(seen, is_busy, platform::acquire, platform::acquire)) {
      list(core, number, its);
      // pair part_done: release, so that who changes an entry of the part does it after the part was listed.
      its.state.store(is_done, platform::release);
      platform::wake_all(its.state);
    } else if (seen == is_busy) {
      await(its.state, [](std::uint32_t now) { return now == is_done; });
    }
  }
  void list(Core& core, std::size_t number, part& its) noexcept {
    try {
      collector<Core> looking(core);
      if (number + 1 == parts_.size()) {
        looking.collect_reserved();
      } else {
        looking.entries().reserve(lines_per_block * Core::engine_type::slots_per_line);
        looking.look_at({number, bits_});
      }
      its.kept = std::move(looking.entries());
    } catch (...) {
      failed_.store(true, platform::relaxed);  // relaxed: released with the part's state
    }
  }

  const unsigned bits_;
  std::vector<part> parts_;
  platform::atomic<bool> failed_{false};
};

}  // namespace portolan::concurrent
