// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A gate before every change of a concurrent_map. A fork closes the gates of all maps until nobody is in the middle of a
// change; a listing closes that of its map until nobody is, and then lets each writer in once his part is listed.
//
//   writer    1 inside := map   2 light_fence   3 looked after?   no: work, inside := 0      yes: look closer (cold)
//   closer    1 looked after    2 heavy_fence   3 wait until nobody's inside is the map (a fork: until all are 0)
//
//   state of a map's gate:   open ──► draining ──► listing ──► open        draining ──► open: tried again later
//                            pass     wait         list the key's part, pass
//
// The outcome that the fences forbid: the writer passes at 3 and the closer does not see him inside.
//
// 1. A thread's record is written by that thread alone, so a section costs no shared write.
// 2. Sections nest (compute on one map may write another map). Only the outermost looks at a fork; each looks at the
//    listing of its map. A record says `several` while a thread is inside more than one map.
// 3. Who closes a gate opens it again if a section does not end soon: its owner may be waiting for a lock of the
//    user's whose holder waits at the gate. Then it tries again (a fork: base/living.hpp).
// 4. `listing` begins at an instant at which nobody is inside, and a writer passes only when the part that his key
//    belongs to has been copied: so what is copied is the map at that instant (list.hpp).
#pragma once

#include <cstdint>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/base/wait.hpp>

namespace portolan::detail {
class flight_board;
}  // namespace portolan::detail

namespace portolan::concurrent {

class write_gate {
 public:
  write_gate() = default;
  write_gate(const write_gate&) = delete;
  write_gate& operator=(const write_gate&) = delete;

  /// Around fork, by the one thread that forks: nobody is inside, nobody lists, and the map's flights stand still; or
  /// nothing of that, if somebody did not leave soon.
  [[nodiscard]] bool try_lock_for_fork(detail::flight_board& flights) noexcept;
  void unlock_in_parent(detail::flight_board& flights) noexcept;
  void unlock_in_child(detail::flight_board& flights) noexcept;

  /// What one thread says about itself: 0, the gate whose map it changes, or one of the two numbers below.
  struct alignas(cache_line_bytes) record {
    platform::atomic<std::uintptr_t> inside{0};
    void thread_left() noexcept {
      // pair section_left: release, so that the child sees all that was done inside.
      inside.store(0, platform::release);
    }
  };
  enum work : std::uintptr_t { keeping_house = 1, several = 2 };

  /// A change of the entry of a key, or housekeeping, which moves entries and changes none.
  class section {
   public:
    template <class Probe>
    section(write_gate& of, const Probe& key) : section(of, of.name(), key.hash, key.reserved) {}
    section(write_gate& of, work housekeeping) : section(of, housekeeping, 0, false) {}
    ~section() {
      // pair section_left: release, so that who waits for this thread sees all that was done inside.
      mine_.inside.store(before_, platform::release);
    }
    section(const section&) = delete;
    section& operator=(const section&) = delete;

    /// Begins what `left_quickly` ends, at less than a section's cost: for a few loads and stores between which nothing is
    /// called. False, and nothing is begun: inside another section, at a thread's first, and while anybody forks or lists.
    /// Where `platform::asymmetric_fences()` is not true it promises nothing, and nothing may be done inside.
    [[nodiscard, gnu::always_inline]] static bool entered_quickly(write_gate& of) noexcept {
      record* const mine = per_thread<record>::mine_if_any();
      // relaxed: this thread's own
      if (mine == nullptr || mine->inside.load(platform::relaxed) != 0) [[unlikely]]
        return false;
      // pair write_gate: seq_cst where fences are not seen, so that who closes the gate sees this thread inside.
      // relaxed: elsewhere the fence orders it (steps above).
      mine->inside.store(of.name(), platform::under_thread_sanitizer ? platform::seq_cst : platform::relaxed);
      // pair write_gate: light_fence, so that this thread sees the gate closed or is seen inside.
      platform::free_light_fence();
      // relaxed: a stale 0 is what the fences forbid (steps above).
      if (looked_after_.load(platform::relaxed) == 0) [[likely]]
        return true;
      left_quickly();
      return false;
    }
    [[gnu::always_inline]] static void left_quickly() noexcept {
      // pair section_left: release, so that who waits for this thread sees all that was done inside.
      per_thread<record>::mine_if_any()->inside.store(0, platform::release);
    }

   private:
    [[gnu::always_inline]] section(write_gate& of, std::uintptr_t what, std::uint64_t hash, bool reserved)
        : mine_(per_thread<record>::mine()), before_(mine_.inside.load(platform::relaxed)) {  // relaxed: this thread's
      say(mine_, before_ == 0 ? what : nested(before_, what));
      // relaxed: a stale 0 is what the fences forbid (steps above).
      if (looked_after_.load(platform::relaxed) != 0) [[unlikely]]
        look_closer(mine_, before_, of, what, hash, reserved);
    }
    [[gnu::always_inline]] static void say(record& mine, std::uintptr_t what) noexcept {
      // pair write_gate: seq_cst where fences are not seen, so that who closes the gate sees this thread inside.
      // relaxed: elsewhere the fence orders it (steps above).
      mine.inside.store(what, platform::under_thread_sanitizer ? platform::seq_cst : platform::relaxed);
      // pair write_gate: light_fence, so that this thread sees the gate closed or is seen inside.
      platform::light_fence();
    }
    /// What a thread says inside the section that said `before`.
    [[nodiscard, gnu::cold]] static std::uintptr_t nested(std::uintptr_t before, std::uintptr_t what) noexcept {
      return before == what ? what : std::uintptr_t{several};
    }
    // By values, not as a member: so a section stays in registers. Its beginning has failed if this throws.
    static void look_closer(record& mine, std::uintptr_t before, write_gate& of, std::uintptr_t what,
                            std::uint64_t hash, bool reserved);

    record& mine_;
    const std::uintptr_t before_;
  };

  // ---- for list.hpp ----
  /// Lists the part of a hash unless that has been done; called by writers in the state `listing`.
  using part_lister = void (*)(write_gate& of, std::uint64_t hash, bool reserved);
  /// Waits until nobody is inside and keeps writers waiting until `let_writers_list`; the caller holds `one_listing`.
  void begin_listing(part_lister lister);
  void let_writers_list() noexcept;
  void end_listing() noexcept;
  [[nodiscard]] mutex& one_listing() noexcept { return one_listing_; }
  [[nodiscard]] platform::atomic<void*>& listing_word() noexcept { return listing_; }

 private:
  enum phase : std::uint32_t { is_open, is_draining, is_listing };
  [[nodiscard]] std::uintptr_t name() const noexcept { return reinterpret_cast<std::uintptr_t>(this); }
  void set_phase(phase next) noexcept;
  /// Nests over the living maps.
  [[nodiscard]] static bool try_close() noexcept;
  static void open() noexcept;

  /// How many forks and listings are under way in the process: all that a writer looks at, while it is 0.
  static inline constinit platform::atomic<std::uint32_t> looked_after_{0};
  static inline constinit platform::atomic<std::uint32_t> forking_{0};

  platform::atomic<std::uint32_t> phase_{is_open};
  mutex one_listing_;
  platform::atomic<part_lister> lister_{nullptr};
  platform::atomic<void*> listing_{nullptr};
};

}  // namespace portolan::concurrent
