// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Inserting a small entry as most inserts go: nobody forks or lists, and the key's home line has room and tells all.
//
//   key ─► hash ─► gate and guard, briefly ─► hold the line ─┬ the key seems there: one whole look ─► present
//                                                            ├ a slot is empty, no entry went further ─► filled
//                                                            ├ crowded: put behind it, under the same lock (near.hpp)
//                                                            └ anything else: nothing is changed; near.hpp and the walks
//
// 1. What near.hpp says of a held line holds here: no other insert of its keys, no mover, what is empty stays empty.
// 2. Who holds a line of the oldest table keeps that table: the root cannot leave it before that line has moved. So the
//    guard may end before the line is given back.
// 3. How many instructions an insert takes decides how many wait for memory at one time, as with finds (find.hpp, 3). So
//    this is one function of scalars that needs no frame; what is due afterwards is its last call.
#pragma once

#include <cstdint>

#include <portolan/base/counters.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/map/concurrent/near.hpp>
#include <portolan/map/concurrent/table.hpp>
#include <portolan/map/concurrent/write_gate.hpp>
#include <portolan/reclaim/epoch.hpp>

namespace portolan::concurrent {

/// Whether `put_small` is offered.
template <class Core>
inline constexpr bool puts_small = works_near<Core>&& requires(const typename Core::line& in) {
  Core::engine_type::seems_to_hold(in, 0);
};

/// The line is `root`'s, and protected. It is still held if the answer is `crowded`.
template <class Core>
[[nodiscard, gnu::always_inline]] inline near put_in_home_line(Core& core, root_word root, std::uint64_t hash,
                                                               typename Core::cell entry) noexcept {
  using engine = typename Core::engine_type;
  using line = typename Core::line;
  const std::size_t at = root.home_of(hash);
  line& home = root.template lines<line>()[at];
  auto& beside = root.template side_of<line>(at);
  __builtin_prefetch(&home);  // the lock is elsewhere: both waits at a time
  platform::step("home wanted");
  if (!beside.try_hold()) [[unlikely]]
    return near::far;
  platform::step("home held");
  near answer = near::far;
  if (engine::seems_to_hold(home, entry.low)) [[unlikely]] {
    std::uint64_t value = 0;
    if (engine::look_for_value(home, entry.low, value)) answer = near::found;
  } else {
    auto& slot = engine::roomiest(home);
    if (!engine::has_room(slot) || beside.overflow().may_hold(hash) || core.spill().used()) [[unlikely]]
      return near::crowded;
    platform::step("before fill");
    beside.set_tag(static_cast<unsigned>(&slot - home.slots), hash);  // as fill_slot does
    platform::step("tagged");
    slot.store_whole(entry);
    answer = near::vacant;
  }
  beside.give_back();
  return answer;
}

/// What is left to do of an insert that has filled its slot; nearly always only to leave the gate.
template <class Core>
[[gnu::cold, gnu::noinline]] near finish_put(Core& core, bool counted) {
  core.finish_insert(counted);
  write_gate::section::left_quickly();
  return near::vacant;
}
template <class Core>
[[nodiscard, gnu::always_inline]] inline near count_and_leave(Core& core, std::uint64_t hash) {
  if (!core.try_count_inserted()) [[unlikely]]
    return finish_put(core, false);
  if (core.is_due_after_insert(hash)) [[unlikely]]
    return finish_put(core, true);
  write_gate::section::left_quickly();
  return near::vacant;
}

/// Goes on where the home line is crowded: it is held, and so the table of the root stays, which nobody leaves before that
/// line has moved.
template <class Core>
[[nodiscard, gnu::noinline]] near put_behind_home_line(Core& core, std::uint64_t hash, std::uint64_t key_image,
                                                       std::uint64_t value_image) {
  using engine = typename Core::engine_type;
  using line = typename Core::line;
  const root_word root = core.root();
  const auto key = engine::probe_of(hash, key_image);
  const near answer = near_line<Core, typename engine::probe>::put_behind_held(core, root.template current<line>(), key,
                                                                               {key_image, value_image});
  root.template side_of<line>(root.home_of(hash)).give_back();
  if (answer == near::vacant) return count_and_leave(core, hash);
  write_gate::section::left_quickly();
  return answer;
}

/// `vacant`: the entry was put; `found`: its key is there; `far`: nothing was done.
template <class Core>
[[nodiscard, gnu::noinline]] near put_small(Core& core, typename Core::engine_type::key_type key,
                                            std::uint64_t value_image) noexcept {
  using engine = typename Core::engine_type;
  const std::uint64_t key_image = engine::plain_image(key);
  if (!engine::is_stored_plainly(key_image)) [[unlikely]]
    return near::far;
  const std::uint64_t hash = core.engine().hash_of_key(key);
  if (!write_gate::section::entered_quickly(core)) [[unlikely]]
    return near::far;
  near answer = near::far;
  // Not protected: nothing was done, the answer stays `far`.
  static_cast<void>(epoch::briefly(
      core.reclaimer(), [&](std::uint64_t & /*note*/) __attribute__((always_inline)) {
        answer = put_in_home_line(core, core.root(), hash, {key_image, value_image});
      }));
  if (answer == near::vacant) [[likely]]
    return count_and_leave(core, hash);
  if (answer == near::crowded) return put_behind_home_line(core, hash, key_image, value_image);
  write_gate::section::left_quickly();
  return answer;
}

}  // namespace portolan::concurrent
