// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One table: its lines, what stands beside each line, and the phase of each block of lines.
//
//    +--------+-----------------------+-----------------------+-------------------+----------------+
//    | header | lines, 64 bytes each  | side, 4 or 8 a line   | phase, 1 a block  | chunk, 4 each  |
//    +--------+-----------------------+-----------------------+-------------------+----------------+
//             ^ the root word points here and knows the number of lines, so that all the rest is arithmetic
//
//    line of a hash   its high bits; so the lines of one hash prefix are neighbours in a table of any size
//    block            64 neighbouring lines (all, in a smaller table); a key is always in its home line's block
//    unit             what one mover moves: the blocks of one hash prefix here and in the next table
//
// 1. A key's walk begins in its home line and wraps inside the block; so a block moves without the others.
// 2. A phase only goes open → busy → done. Busy is set by the one mover of the unit, done by him after the last slot.
// 3. `next` is set once. A table is retired when every unit is done and the root has left it.
// 4. A unit's lines in the next table are made ready by its mover; others reach them through `done` or a moved mark.
// 5. A mark is released by its mover and acquired by who meets it: whoever has met one sees its block busy or done.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>
#include <portolan/map/concurrent/side.hpp>

namespace portolan::concurrent {

enum class phase : std::uint8_t { open = 0, busy = 1, done = 2 };

inline constexpr std::size_t lines_per_block = platform::sizes::lines_per_block;
inline constexpr unsigned smallest_lg_lines = platform::sizes::smallest_lg_lines;

/// The lines that may hold a key, in the order of trial: from its home line on, wrapping inside the block.
class probe_range {
 public:
  constexpr probe_range(std::size_t home, std::size_t block_lines) noexcept : home_(home), mask_(block_lines - 1) {}
  struct finish {};
  [[nodiscard]] constexpr probe_range begin() const noexcept { return *this; }
  [[nodiscard]] static constexpr finish end() noexcept { return {}; }
  constexpr std::size_t operator*() const noexcept { return (home_ & ~mask_) | ((home_ + step_) & mask_); }
  constexpr probe_range& operator++() noexcept { return ++step_, *this; }
  friend constexpr bool operator!=(probe_range at, finish) noexcept { return at.step_ <= at.mask_; }

 private:
  std::size_t home_;
  std::size_t mask_;
  std::size_t step_ = 0;
};
static_assert(*probe_range(67, 64).begin() == 67 && *++probe_range(127, 64).begin() == 64, "wraps inside the block");

inline constexpr std::size_t line_bytes = 64;

/// What a table is apart from the type of its lines.
class alignas(line_bytes) table_frame {
 public:
  table_frame(unsigned lg_lines, std::size_t size_bytes, std::size_t side_bytes, bool mapped) noexcept
      : size_bytes_(size_bytes),
        lg_lines_(lg_lines),
        side_bytes_(static_cast<std::uint8_t>(side_bytes)),
        mapped_(mapped) {}
  table_frame(const table_frame&) = delete;
  table_frame& operator=(const table_frame&) = delete;

  // ---- geometry ----
  [[nodiscard]] unsigned lg_lines() const noexcept { return lg_lines_; }
  [[nodiscard]] std::size_t line_count() const noexcept { return std::size_t{1} << lg_lines_; }
  [[nodiscard]] std::size_t block_lines() const noexcept {
    return line_count() < lines_per_block ? line_count() : lines_per_block;
  }
  [[nodiscard]] std::size_t block_count() const noexcept { return line_count() / block_lines(); }
  [[nodiscard]] std::size_t home_of(std::uint64_t hash) const noexcept { return hash >> (64 - lg_lines_); }
  [[nodiscard]] std::size_t block_of(std::size_t line) const noexcept { return line / block_lines(); }
  [[nodiscard]] probe_range probe(std::uint64_t hash) const noexcept { return {home_of(hash), block_lines()}; }

  // ---- phases ----
  // pair block_done: acquire, so that who finds a block done finds its entries in the next table.
  [[nodiscard]] phase phase_of(std::size_t block) noexcept {
    return static_cast<phase>(phase_word(block).load(platform::acquire));
  }
  /// True for the one who moves these blocks, all or none.
  [[nodiscard]] bool claim(std::size_t first_block, std::size_t blocks) noexcept;
  void finish(std::size_t first_block, std::size_t blocks) noexcept;

  // ---- the next table ----
  // Its address and, in the low bits, the number of its lines: who only wants to know how far the move is need not
  // touch a table that may be gone already.
  [[nodiscard]] const platform::atomic<std::uint64_t>& next_word() const noexcept { return next_.word(); }
  [[nodiscard]] bool try_set_next(table_frame* fresh) noexcept {
    std::uint64_t none = 0;
    return next_.replace(none, reinterpret_cast<std::uintptr_t>(fresh) | fresh->lg_lines());
  }
  /// Units of the move into the next table, which must be set.
  [[nodiscard]] std::size_t units() const noexcept;
  /// A number that no other helper got; beyond the last unit there is nothing left to claim.
  [[nodiscard]] std::size_t draw_unit() noexcept;
  /// True for the one who finished the last unit.
  [[nodiscard]] bool unit_finished(std::size_t units) noexcept {
    // pair units_done: acq_rel, so that who counts the last one has seen all the others' work.
    return units_done_.fetch_add(1, platform::acq_rel) + 1 == units;
  }
  // pair units_done: acquire, so that who leaves the table has seen all the movers' work.
  [[nodiscard]] std::size_t units_done() const noexcept { return units_done_.load(platform::acquire); }

  // ---- memory ----
  /// Has the kernel back the huge pages of the next table that the movers come to next, so that none of them waits for
  /// it. `ready` is the caller's, who does this alone: how many of them he has made ready.
  void make_pages_ready(std::uint32_t& ready) noexcept;
  [[nodiscard]] bool mapped() const noexcept { return mapped_; }
  [[nodiscard]] std::size_t size_bytes() const noexcept { return size_bytes_; }
  [[nodiscard]] std::size_t discarded_bytes() const noexcept {
    return discarded_bytes_.load(platform::relaxed);  // relaxed: a figure
  }
  /// Counts moved lines; gives a chunk of 2 MiB back once all its lines have moved. They then read as zero: moved.
  void count_moved(std::size_t first, std::size_t lines_moved) noexcept;
  [[nodiscard]] static std::size_t bytes_for(unsigned lg_lines, std::size_t side_bytes, bool mapped) noexcept;

 protected:
  static table_frame* of_link(std::uint64_t link) noexcept {
    return reinterpret_cast<table_frame*>(static_cast<std::uintptr_t>(link & ~std::uint64_t{63}));
  }
  [[nodiscard]] std::uint64_t link() const noexcept { return next_.observe(); }

 private:
  [[nodiscard]] std::byte* first_line() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  [[nodiscard]] platform::atomic<std::uint8_t>& phase_word(std::size_t block) noexcept {
    return reinterpret_cast<platform::atomic<std::uint8_t>*>(first_line() +
                                                             line_count() * (line_bytes + side_bytes_))[block];
  }
  [[nodiscard]] platform::atomic<std::uint32_t>& chunk_word(std::size_t chunk) noexcept;

  published<std::uint64_t> next_;
  std::size_t size_bytes_;
  platform::atomic<std::size_t> next_unit_{0};
  platform::atomic<std::size_t> units_done_{0};
  platform::atomic<std::size_t> discarded_bytes_{0};
  unsigned lg_lines_;
  std::uint8_t side_bytes_;
  bool mapped_;
};

template <class Line>
class table : public table_frame {
  static_assert(sizeof(Line) == line_bytes);

 public:
  using side_type = typename Line::side_type;

  table(unsigned lg_lines, std::size_t size_bytes, bool mapped) noexcept
      : table_frame(lg_lines, size_bytes, sizeof(side_type), mapped) {}
  [[nodiscard]] static std::size_t bytes_for(unsigned lg_lines, bool mapped) noexcept {
    return table_frame::bytes_for(lg_lines, sizeof(side_type), mapped);
  }
  [[nodiscard]] Line* lines() noexcept { return reinterpret_cast<Line*>(this + 1); }
  [[nodiscard]] Line& line(std::size_t at) noexcept { return lines()[at]; }
  [[nodiscard]] side_type& side_of(std::size_t at) noexcept {
    return reinterpret_cast<side_type*>(lines() + line_count())[at];
  }
  [[nodiscard]] table* next() const noexcept { return of_link(link()); }
  static table& of_lines(void* lines) noexcept { return *(static_cast<table*>(lines) - 1); }
  static table* of_link(std::uint64_t link) noexcept { return static_cast<table*>(table_frame::of_link(link)); }
};

/// Puts an entry into a slot that is empty: the way into a table for all but put_small.hpp, which does the same with a slot
/// in its hands. By the holder of the line, or by the mover that owns the block.
template <class Engine>
[[gnu::always_inline]] inline void fill_slot(typename Engine::line& in, typename Engine::line::side_type& beside,
                                             unsigned slot, typename Engine::cell entry, std::uint64_t hash) {
  beside.set_tag(slot, hash);
  platform::step("tagged");
  Engine::overwrite(in, slot, entry);
}

/// Raises the counts of the lines from home to the one before `at`; before the slot is filled.
template <class Line>
void count_displaced(table<Line>& in, std::uint64_t hash, std::size_t at) noexcept {
  for (const std::size_t before : in.probe(hash)) {
    if (before == at) return;
    in.side_of(before).add_displaced(hash);
  }
}

/// Lowers them again; after the slot is emptied.
template <class Line>
void uncount_displaced(table<Line>& in, std::uint64_t hash, std::size_t at) noexcept {
  for (const std::size_t before : in.probe(hash)) {
    if (before == at) return;
    in.side_of(before).drop_displaced();
  }
}

/// The root: the address of the current table's lines, how many they are, and whether they are being moved. A processor
/// that shifts by this word shifts by its low six bits.
///
///    63     62      61 .. 6              5 .. 0
///   +--+---------+---------------------+---------------+
///   |0 | moving  |  lines, 64-aligned  | 64 - lg lines |
///   +--+---------+---------------------+---------------+
class root_word {
 public:
  constexpr explicit root_word(std::uint64_t bits) noexcept : bits_(bits) {}
  template <class Line>
  root_word(table<Line>& current, bool moving) noexcept
      : bits_(reinterpret_cast<std::uintptr_t>(current.lines()) | (64 - current.lg_lines()) |
              (moving ? moving_bit : 0)) {}

  static constexpr std::uint64_t moving_bit = std::uint64_t{1} << 62;
  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }
  [[nodiscard]] constexpr bool moving() const noexcept { return (bits_ & moving_bit) != 0; }
  [[nodiscard]] constexpr unsigned lg_lines() const noexcept { return 64 - static_cast<unsigned>(bits_ & 63); }
  [[nodiscard]] void* address() const noexcept { return reinterpret_cast<void*>(bits_ & ~(moving_bit | 63)); }
  template <class Line>
  [[nodiscard]] table<Line>& current() const noexcept {
    return table<Line>::of_lines(address());
  }
  template <class Line>
  [[nodiscard]] Line* lines() const noexcept {
    return static_cast<Line*>(address());
  }
  [[nodiscard]] std::size_t home_of(std::uint64_t hash) const noexcept { return hash >> (bits_ & 63); }
  template <class Line>
  [[nodiscard]] typename Line::side_type& side_of(std::size_t at) const noexcept {
    return reinterpret_cast<typename Line::side_type*>(lines<Line>() +
                                                       (std::size_t{2} << (~bits_ & 63)))[at];  // 2^lg lines
  }
  [[nodiscard]] bool same_table(root_word other) const noexcept { return address() == other.address(); }

 private:
  std::uint64_t bits_;
};

}  // namespace portolan::concurrent
