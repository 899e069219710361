// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Going through a map that others change: part of the hash space by part, each collected first and then shown.
//
//   part = the hashes of one block of the table that was current when the walk began
//   collect(part):  table 0 ─ block open after the look? ─ its entries are the part
//                           └ busy or done ─ wait until done, forget what was seen, look in the next table
//
// 1. An entry that stays lies in one slot of one block until the block is moved; a look at a block that was open
//    throughout sees it exactly once.
// 2. A look at a block that turned out to be moving is thrown away whole, so nothing is shown twice.
// 3. Entries are kept (copies of small ones, counts on nodes) and shown with no lock and no guard held: the user may
//    call any operation of the same map.
// 4. A key that was erased and inserted again during one look could be met twice: it is shown once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <portolan/base/bits.hpp>
#include <portolan/map/concurrent/table.hpp>
#include <portolan/map/concurrent/walk.hpp>

namespace portolan::concurrent {

/// The hashes whose first `bits` bits are `value`.
struct hash_prefix {
  std::uint64_t value = 0;
  unsigned bits = 0;

  [[nodiscard]] constexpr bool holds(std::uint64_t hash) const noexcept {
    return bits == 0 || hash >> (64 - bits) == value;
  }
  /// What two prefixes have in common, one of which begins with the other.
  [[nodiscard]] static constexpr hash_prefix longer(hash_prefix a, hash_prefix b) noexcept {
    return a.bits > b.bits ? a : b;
  }
};
static_assert(hash_prefix{2, 2}.holds(std::uint64_t{1} << 63) && !hash_prefix{2, 2}.holds(0));

template <class Core>
class collector {
 public:
  using engine = typename Core::engine_type;
  using line = typename engine::line;
  using table_type = table<line>;
  using kept = typename engine::kept;

  struct entry {
    std::uint64_t hash;
    kept what;
  };

  explicit collector(Core& core) : core_(core) {}

  /// The number of parts, as bits of the hash; looked up once, before the first part.
  [[nodiscard]] unsigned part_bits() const {
    const unsigned lg = core_.root().lg_lines();
    return lg <= block_bits ? 0 : lg - block_bits;
  }

  /// Collects one part anew.
  void collect(hash_prefix part) {
    look_at(part);
    drop_repeated();
  }
  /// As `collect`, while no entry of the part is changed.
  void look_at(hash_prefix part) {
    clear_entries();
    typename Core::guard guard(core_.reclaimer());
    while (!try_collect(guard, part)) clear_entries();
    if (core_.spill().used()) {
      core_.spill().for_each_slot([&](line& in, unsigned slot) { keep(guard, in, slot, part); });
    }
  }
  /// Collects the two keys that have a table of their own.
  void collect_reserved() {
    clear_entries();
    typename Core::guard guard(core_.reclaimer());
    table_type* aside = core_.reserved_table();
    if (aside == nullptr) return;
    reserved_ = true;
    for (std::size_t at = 0; at < aside->line_count(); ++at) keep_line(guard, aside->line(at), hash_prefix{});
    reserved_ = false;
    drop_repeated();
  }

  [[nodiscard]] std::vector<entry>& entries() noexcept { return entries_; }

 private:
  static constexpr unsigned block_bits = lowest_bit(lines_per_block);

  void clear_entries() noexcept { keep_only(0); }
  void keep_only(std::size_t count) noexcept {
    while (entries_.size() > count) entries_.pop_back();
  }

  /// Collects from the oldest table, and from later ones where blocks have moved. False: a block was moved meanwhile.
  [[nodiscard]] bool try_collect(typename Core::guard& guard, hash_prefix part) {
    table_cursor<Core> cursor(guard, core_.main_root());
    std::vector<hash_prefix> left{part};
    while (!left.empty()) {
      std::vector<hash_prefix> moved;
      for (const hash_prefix& piece : left) {
        if (!collect_piece(guard, **cursor, piece, moved)) return false;
      }
      left = std::move(moved);
      if (left.empty()) return true;
      table_type* const next = (*cursor)->next();
      if (next == nullptr) return false;
      cursor.advance();
      if (*cursor != next) return false;
    }
    return true;
  }

  /// Looks at each block of one table that the prefix meets; what has moved is added to `moved`.
  [[nodiscard]] bool collect_piece(typename Core::guard& guard, table_type& in, hash_prefix part,
                                   std::vector<hash_prefix>& moved) {
    const auto in_bits = lowest_bit(in.block_count());
    const std::size_t first =
        part.bits <= in_bits ? part.value << (in_bits - part.bits) : part.value >> (part.bits - in_bits);
    const std::size_t count = part.bits <= in_bits ? std::size_t{1} << (in_bits - part.bits) : 1;
    for (std::size_t block = first; block < first + count; ++block) {
      const hash_prefix piece = hash_prefix::longer(part, {block, in_bits});
      if (in.phase_of(block) == phase::done) {
        moved.push_back(piece);
        continue;
      }
      for (std::size_t at = block * in.block_lines(); at < (block + 1) * in.block_lines(); ++at) {
        keep_line(guard, in.line(at), piece);
        platform::step("line collected");
      }
      // A block that is open after the look was so throughout: a look that met a mark sees that it is busy (table.hpp, 5).
      if (in.phase_of(block) != phase::open) return wait_for(in, block);
    }
    return true;
  }
  static bool wait_for(table_type& in, std::size_t block) {
    spin_wait spin;
    while (in.phase_of(block) != phase::done) spin.once();
    return false;
  }

  void keep_line(typename Core::guard& guard, line& in, hash_prefix part) {
    for (unsigned slot = 0; slot < engine::slots_per_line; ++slot) keep(guard, in, slot, part);
  }
  void keep(typename Core::guard& guard, line& in, unsigned slot, hash_prefix part) {
    const auto seen = engine::load_protected(guard, node_hand, in, slot);
    if (engine::is_empty(seen) || engine::is_moved(seen)) return;
    const std::uint64_t hash = reserved_ ? 0 : core_.engine().hash_of(seen);
    if (part.holds(hash)) entries_.push_back({hash, kept(seen, reserved_)});
  }

  void drop_repeated() {
    std::size_t slots = 64;
    while (slots < entries_.size() * 2) slots *= 2;
    first_of_.assign(slots, 0);
    std::size_t left = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (seen_before(entries_[i], slots - 1, left)) continue;
      if (left != i) {
        std::destroy_at(&entries_[left]);
        std::construct_at(&entries_[left], std::move(entries_[i]));
      }
      ++left;
    }
    keep_only(left);
  }
  [[nodiscard]] bool seen_before(const entry& candidate, std::size_t mask, std::size_t number) {
    std::size_t at = (candidate.hash ^ candidate.hash >> 32) & mask;
    for (; first_of_[at] != 0; at = (at + 1) & mask) {
      const entry& other = entries_[first_of_[at] - 1];
      if (other.hash == candidate.hash && same_key(other.what, candidate.what)) return true;
    }
    first_of_[at] = static_cast<std::uint32_t>(number + 1);
    return false;
  }
  [[nodiscard]] bool same_key(const kept& a, const kept& b) const {
    if constexpr (engine::holds_nodes) {
      if constexpr (engine::node_type::text) {
        return a.key_view() == b.key_view();
      } else {
        return core_.engine().key_eq()(a.key_view(), b.key_view());
      }
    } else {
      return engine::bits_of(a.key()) == engine::bits_of(b.key());
    }
  }

  Core& core_;
  std::vector<entry> entries_;
  std::vector<std::uint32_t> first_of_;
  bool reserved_ = false;
};

/// Calls f(kept entry) for each entry, with nothing held; stops when f returns false.
template <class Core, class F>
void for_each_kept(Core& core, F&& f) {
  collector<Core> parts(core);
  const auto show = [&] {
    for (auto& entry : parts.entries()) {
      if (!f(entry.what)) return false;
    }
    return true;
  };
  parts.collect_reserved();
  if (!show()) return;
  const unsigned bits = parts.part_bits();
  for (std::uint64_t part = 0; part < std::uint64_t{1} << bits; ++part) {
    parts.collect({part, bits});
    if (!show()) return;
  }
}

}  // namespace portolan::concurrent
