// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One table: its lines, the two bytes beside each line, and the phase of each block of lines.
//
//    +--------+-----------------------+------------------+-------------------+----------------+
//    | header | lines, 64 bytes each  | side, 2 a line   | phase, 1 a block  | chunk, 4 each  |
//    +--------+-----------------------+------------------+-------------------+----------------+
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
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>
#include <portolan/map/concurrent/side.hpp>

namespace portolan::concurrent {

enum class phase : std::uint8_t { open = 0, busy = 1, done = 2 };

inline constexpr std::size_t lines_per_block = 64;
inline constexpr std::size_t smallest_lines = 4;

/// The lines that may hold a key, in the order of trial: from its home line on, wrapping inside the block.
class probe_range {
 public:
  constexpr probe_range(std::size_t home, std::size_t block_lines) noexcept : home_(home), mask_(block_lines - 1) {}

  class iterator {
   public:
    constexpr iterator(std::size_t home, std::size_t mask, std::size_t step) noexcept
        : home_(home), mask_(mask), step_(step) {}
    constexpr std::size_t operator*() const noexcept { return (home_ & ~mask_) | ((home_ + step_) & mask_); }
    constexpr iterator& operator++() noexcept {
      ++step_;
      return *this;
    }
    friend constexpr bool operator!=(iterator a, iterator b) noexcept { return a.step_ != b.step_; }

   private:
    std::size_t home_;
    std::size_t mask_;
    std::size_t step_;
  };
  [[nodiscard]] constexpr iterator begin() const noexcept { return {home_, mask_, 0}; }
  [[nodiscard]] constexpr iterator end() const noexcept { return {home_, mask_, mask_ + 1}; }

 private:
  std::size_t home_;
  std::size_t mask_;
};
static_assert(*probe_range(67, 64).begin() == 67 && *++probe_range(127, 64).begin() == 64, "wraps inside the block");

template <class Line>
class alignas(64) table {
 public:
  table(unsigned lg_lines, std::size_t size_bytes, bool mapped) noexcept
      : size_bytes_(size_bytes), lg_lines_(lg_lines), mapped_(mapped) {}
  table(const table&) = delete;
  table& operator=(const table&) = delete;

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

  [[nodiscard]] Line* lines() noexcept { return reinterpret_cast<Line*>(this + 1); }
  [[nodiscard]] Line& line(std::size_t at) noexcept { return lines()[at]; }
  [[nodiscard]] side& side_of(std::size_t at) noexcept { return reinterpret_cast<side*>(lines() + line_count())[at]; }
  static table& of_lines(void* lines) noexcept { return *(static_cast<table*>(lines) - 1); }

  // ---- phases ----
  // pair block_done: acquire, so that who finds a block done finds its entries in the next table.
  [[nodiscard]] phase phase_of(std::size_t block) noexcept {
    return static_cast<phase>(phase_word(block).load(platform::acquire));
  }
  [[nodiscard]] bool claim(std::size_t first_block, std::size_t blocks) noexcept {
    auto expected = static_cast<std::uint8_t>(phase::open);
    // pair block_busy: acq_rel, so that the one who claims is the only one and sees the block as it is.
    if (!phase_word(first_block)
             .compare_exchange_strong(expected, static_cast<std::uint8_t>(phase::busy), platform::acq_rel,
                                      platform::relaxed)) {  // relaxed: who fails believes nothing
      return false;
    }
    for (std::size_t block = first_block + 1; block < first_block + blocks; ++block) {
      // pair block_busy: release, so that a look that met a moved slot sees that the block is busy.
      phase_word(block).store(static_cast<std::uint8_t>(phase::busy), platform::release);
    }
    return true;
  }
  void finish(std::size_t first_block, std::size_t blocks) noexcept {
    for (std::size_t block = first_block; block < first_block + blocks; ++block) {
      // pair block_done: release, so that who finds a block done finds its entries in the next table.
      phase_word(block).store(static_cast<std::uint8_t>(phase::done), platform::release);
    }
  }

  // ---- the next table ----
  // Its address and, in the low bits, the number of its lines: who only wants to know how far the move is need not
  // touch a table that may be gone already.
  [[nodiscard]] table* next() const noexcept { return of_link(next_.observe()); }
  [[nodiscard]] const platform::atomic<std::uint64_t>& next_word() const noexcept { return next_.word(); }
  static table* of_link(std::uint64_t link) noexcept {
    return reinterpret_cast<table*>(static_cast<std::uintptr_t>(link & ~std::uint64_t{63}));
  }
  [[nodiscard]] bool try_set_next(table* fresh) noexcept {
    std::uint64_t none = 0;
    return next_.replace(none, reinterpret_cast<std::uintptr_t>(fresh) | fresh->lg_lines());
  }
  /// Units of the move into the next table, which must be set.
  [[nodiscard]] std::size_t units() const noexcept {
    const std::size_t there = (std::size_t{1} << (next_.observe() & 63)) / lines_per_block;
    const std::size_t here = block_count();
    return there == 0 ? 1 : here < there ? here : there;
  }
  /// A number that no other helper got; beyond the last unit there is nothing left to claim.
  [[nodiscard]] std::size_t draw_unit() noexcept {
    // relaxed: the phase decides who moves the unit, this only spreads the helpers
    if (next_unit_.load(platform::relaxed) >= block_count()) return block_count();
    return next_unit_.fetch_add(1, platform::relaxed);  // relaxed: as above
  }
  /// True for the one who finished the last unit.
  [[nodiscard]] bool unit_finished(std::size_t units) noexcept {
    // pair units_done: acq_rel, so that who counts the last one has seen all the others' work.
    return units_done_.fetch_add(1, platform::acq_rel) + 1 == units;
  }
  // pair units_done: acquire, so that who leaves the table has seen all the movers' work.
  [[nodiscard]] std::size_t units_done() const noexcept { return units_done_.load(platform::acquire); }

  // ---- memory ----
  [[nodiscard]] bool mapped() const noexcept { return mapped_; }
  [[nodiscard]] std::size_t size_bytes() const noexcept { return size_bytes_; }
  [[nodiscard]] std::size_t discarded_bytes() const noexcept {
    return discarded_bytes_.load(platform::relaxed);  // relaxed: a figure
  }
  static constexpr std::size_t chunk_lines = platform::huge_page_bytes / sizeof(Line);

  /// Counts moved lines; gives a chunk of 2 MiB back once all its lines have moved. They then read as zero: moved.
  void count_moved(std::size_t first_line, std::size_t lines_moved) noexcept {
    if (!mapped_ || line_count() < chunk_lines) return;
    for (std::size_t at = first_line; at < first_line + lines_moved;) {
      const std::size_t chunk = at / chunk_lines;
      const std::size_t end = chunk * chunk_lines + chunk_lines;
      const std::size_t here = (end < first_line + lines_moved ? end : first_line + lines_moved) - at;
      // pair chunk_moved: acq_rel, so that who counts the last line has seen all the others' moves.
      if (chunk_word(chunk).fetch_add(static_cast<std::uint32_t>(here), platform::acq_rel) + here == chunk_lines) {
        discard_chunk(chunk);
      }
      at += here;
    }
  }

  static constexpr std::size_t bytes_for(unsigned lg_lines, bool mapped) noexcept {
    const std::size_t lines = std::size_t{1} << lg_lines;
    const std::size_t blocks = lines < lines_per_block ? 1 : lines / lines_per_block;
    const std::size_t chunks = lines < chunk_lines ? 0 : lines / chunk_lines;
    const std::size_t header = mapped ? platform::page_bytes : sizeof(table);
    const std::size_t body = lines * (sizeof(Line) + sizeof(side)) + blocks + 4 + chunks * 4;
    const std::size_t grain = mapped ? platform::page_bytes : std::size_t{64};
    return (header + body + grain - 1) / grain * grain;
  }

 private:
  void discard_chunk(std::size_t chunk) noexcept {
    if (platform::discard_pages(lines() + chunk * chunk_lines, platform::huge_page_bytes)) {
      discarded_bytes_.fetch_add(platform::huge_page_bytes, platform::relaxed);  // relaxed: a figure
    }
  }
  [[nodiscard]] platform::atomic<std::uint8_t>& phase_word(std::size_t block) noexcept {
    return reinterpret_cast<platform::atomic<std::uint8_t>*>(&side_of(0) + line_count())[block];
  }
  [[nodiscard]] platform::atomic<std::uint32_t>& chunk_word(std::size_t chunk) noexcept {
    auto* after_phases = reinterpret_cast<unsigned char*>(&phase_word(0)) + (block_count() + 3) / 4 * 4;
    return reinterpret_cast<platform::atomic<std::uint32_t>*>(after_phases)[chunk];
  }

  published<std::uint64_t> next_;
  std::size_t size_bytes_;
  platform::atomic<std::size_t> next_unit_{0};
  platform::atomic<std::size_t> units_done_{0};
  platform::atomic<std::size_t> discarded_bytes_{0};
  unsigned lg_lines_;
  bool mapped_;
};

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

/// The root: the address of the current table's lines, how many they are, and whether they are being moved.
///
///    63     62      61 .. 6              5 .. 0
///   +--+---------+---------------------+----------+
///   |0 | moving  |  lines, 64-aligned  | lg lines |
///   +--+---------+---------------------+----------+
class root_word {
 public:
  constexpr explicit root_word(std::uint64_t bits) noexcept : bits_(bits) {}
  template <class Line>
  root_word(table<Line>& current, bool moving) noexcept
      : bits_(reinterpret_cast<std::uintptr_t>(current.lines()) | current.lg_lines() | (moving ? moving_bit : 0)) {}

  static constexpr std::uint64_t moving_bit = std::uint64_t{1} << 62;
  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }
  [[nodiscard]] constexpr bool moving() const noexcept { return (bits_ & moving_bit) != 0; }
  [[nodiscard]] constexpr unsigned lg_lines() const noexcept { return static_cast<unsigned>(bits_ & 63); }
  [[nodiscard]] void* address() const noexcept { return reinterpret_cast<void*>(bits_ & ~(moving_bit | 63)); }
  template <class Line>
  [[nodiscard]] table<Line>& current() const noexcept {
    return table<Line>::of_lines(address());
  }
  template <class Line>
  [[nodiscard]] Line* lines() const noexcept {
    return static_cast<Line*>(address());
  }
  [[nodiscard]] std::size_t home_of(std::uint64_t hash) const noexcept { return hash >> (64 - lg_lines()); }
  template <class Line>
  [[nodiscard]] side& side_of(std::size_t at) const noexcept {
    return reinterpret_cast<side*>(lines<Line>() + (std::size_t{1} << lg_lines()))[at];
  }
  [[nodiscard]] bool same_table(root_word other) const noexcept { return address() == other.address(); }

 private:
  std::uint64_t bits_;
};

}  // namespace portolan::concurrent
