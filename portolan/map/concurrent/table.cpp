// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What movers need of a table, a unit at a time.
#include <portolan/map/concurrent/table.hpp>

namespace portolan::concurrent {

namespace {
constexpr std::size_t chunk_lines = platform::huge_page_bytes / line_bytes;
constexpr std::size_t chunks_ahead = 1;
}  // namespace

bool table_frame::claim(std::size_t first_block, std::size_t blocks) noexcept {
  auto expected = static_cast<std::uint8_t>(phase::open);
  // relaxed: busy says only whose the block is. Its mover acquires each line as he closes it, and who has met a mark of his
  // has acquired what came before it, busy among it (table.hpp, 5).
  if (!phase_word(first_block)
           .compare_exchange_strong(expected, static_cast<std::uint8_t>(phase::busy), platform::relaxed)) {
    return false;
  }
  for (std::size_t block = first_block + 1; block < first_block + blocks; ++block) {
    phase_word(block).store(static_cast<std::uint8_t>(phase::busy), platform::relaxed);  // relaxed: as above
  }
  return true;
}

void table_frame::finish(std::size_t first_block, std::size_t blocks) noexcept {
  for (std::size_t block = first_block; block < first_block + blocks; ++block) {
    // pair block_done: release, so that who finds a block done finds its entries in the next table.
    phase_word(block).store(static_cast<std::uint8_t>(phase::done), platform::release);
  }
}

std::size_t table_frame::units() const noexcept {
  const std::size_t there = (std::size_t{1} << (next_.observe() & 63)) / lines_per_block;
  const std::size_t here = block_count();
  return there == 0 ? 1 : here < there ? here : there;
}

std::size_t table_frame::draw_unit() noexcept {
  // relaxed: the phase decides who moves the unit, this only spreads the helpers
  if (next_unit_.load(platform::relaxed) >= block_count()) return block_count();
  return next_unit_.fetch_add(1, platform::relaxed);  // relaxed: as above
}

void table_frame::make_pages_ready(std::uint32_t& ready) noexcept {
  table_frame* to = of_link(link());
  if (to == nullptr || !to->mapped_ || to->lg_lines_ < lg_lines_ || to->line_count() < chunk_lines) return;
  // relaxed: a hint how far the movers are
  const std::size_t unit = next_unit_.load(platform::relaxed);
  const std::size_t now = unit * (to->line_count() / units()) / chunk_lines;
  if (ready > now + chunks_ahead || ready <= now) ready = static_cast<std::uint32_t>(now) + 1;
  for (; ready <= now + chunks_ahead && ready < to->line_count() / chunk_lines; ++ready) {
    platform::touch_page(to->first_line() + ready * platform::huge_page_bytes);
  }
}

void table_frame::count_moved(std::size_t first, std::size_t lines_moved) noexcept {
  if (!mapped_ || line_count() < chunk_lines) return;
  for (std::size_t at = first; at < first + lines_moved;) {
    const std::size_t chunk = at / chunk_lines;
    const std::size_t end = chunk * chunk_lines + chunk_lines;
    const std::size_t here = (end < first + lines_moved ? end : first + lines_moved) - at;
    // pair chunk_moved: acq_rel, so that who counts the last line has seen all the others' moves.
    if (chunk_word(chunk).fetch_add(static_cast<std::uint32_t>(here), platform::acq_rel) + here == chunk_lines &&
        platform::discard_pages(first_line() + chunk * platform::huge_page_bytes, platform::huge_page_bytes)) {
      discarded_bytes_.fetch_add(platform::huge_page_bytes, platform::relaxed);  // relaxed: a figure
    }
    at += here;
  }
}

platform::atomic<std::uint32_t>& table_frame::chunk_word(std::size_t chunk) noexcept {
  auto* after_phases = reinterpret_cast<unsigned char*>(&phase_word(0)) + (block_count() + 3) / 4 * 4;
  return reinterpret_cast<platform::atomic<std::uint32_t>*>(after_phases)[chunk];
}

std::size_t table_frame::bytes_for(unsigned lg_lines, std::size_t side_bytes, bool mapped) noexcept {
  const std::size_t lines = std::size_t{1} << lg_lines;
  const std::size_t blocks = lines < lines_per_block ? 1 : lines / lines_per_block;
  const std::size_t chunks = lines < chunk_lines ? 0 : lines / chunk_lines;
  const std::size_t header = mapped ? platform::page_bytes : sizeof(table_frame);
  const std::size_t body = lines * (line_bytes + side_bytes) + blocks + 4 + chunks * 4;
  const std::size_t grain = mapped ? platform::page_bytes : std::size_t{64};
  return (header + body + grain - 1) / grain * grain;
}

}  // namespace portolan::concurrent
