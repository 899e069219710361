// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What one map consists of, and when its tables grow, shrink and go.
//
//   root ──► table ──next──► table ──next──► …      more than one only while entries are being moved
//   reserved root ──► the smallest table for the two keys that an inline engine reserves, made at first use
//   spill, count of entries, the domain that frees nodes and tables, the timer's last resort
//
// 1. An operation begins at the root, the oldest table, and goes on by marks and finished blocks (walk.hpp).
// 2. Every change happens inside a write_gate::section, so that a fork finds the map whole.
// 3. Growth begins when the entries exceed the load that suits the table's size, or when a block is full in a table
//    that is at least a quarter full; in an emptier one the hash is at fault and the entry is spilled.
// 4. While entries are being moved, each successful insert or erase moves one unit; the timer helps, has the kernel back
//    the pages that come next, and finishes what no operation does.
// 5. Earlier tables are freed before a resize and by the timer, so that what is kept back stays less than what is in use;
//    never while a line or a unit is held, since V's destructors run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include <portolan/base/block_pool.hpp>
#include <portolan/base/counters.hpp>
#include <portolan/base/error.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/timer.hpp>
#include <portolan/map/concurrent/claim.hpp>
#include <portolan/map/concurrent/migrate.hpp>
#include <portolan/map/concurrent/spill.hpp>
#include <portolan/map/concurrent/table.hpp>
#include <portolan/map/concurrent/table_memory.hpp>
#include <portolan/map/concurrent/walk.hpp>
#include <portolan/map/concurrent/write_gate.hpp>
#include <portolan/map/statistics.hpp>
#include <portolan/reclaim/epoch.hpp>

namespace portolan::concurrent {

template <class Engine, class Scheme, class Alloc>
class core : public write_gate {
 public:
  using engine_type = Engine;
  using line = typename Engine::line;
  using cell = typename Engine::cell;
  using table_type = table<line>;
  using guard = typename Scheme::guard;
  using domain = typename Scheme::domain;
  static constexpr bool guards_everything = std::is_same_v<Scheme, epoch>;

  core(Engine engine, const Alloc& allocator, std::size_t capacity, double max_load_factor = 0)
      : engine_(std::move(engine)),
        allocator_(allocator),
        entries_per_line_x64_(entries_for_load(max_load_factor)),
        timer_(&core::finish_idle_move, this) {
    least_lg_.store(static_cast<std::uint8_t>(lg_for(capacity)),
                    platform::relaxed);  // relaxed: nobody else knows the map yet
    table_type* first = make_open_table(lg_for(capacity));
    root_.store(root_word(*first, false).bits(), platform::relaxed);  // relaxed: nobody else knows the map yet
  }
  core(const core&) = delete;
  core& operator=(const core&) = delete;
  ~core() {
    timer_.cancel();
    for (table_type* at = &root().template current<line>(); at != nullptr;) {
      table_type* after = at->next();
      free_table(at);
      at = after;
    }
    if (const auto bits = reserved_root_.load(platform::relaxed)) {  // relaxed: nobody else uses the map any more
      free_table(&root_word(bits).template current<line>());
    }
    spill_.for_each_slot([](line& in, unsigned slot) { release_node(in, slot); });
    if constexpr (Engine::holds_nodes) block_pool::give_stock_back();
  }

  // ---- parts ----
  [[nodiscard]] const Engine& engine() const noexcept { return engine_; }
  [[nodiscard]] const Alloc& allocator() const noexcept { return allocator_; }
  [[nodiscard]] domain& reclaimer() noexcept { return domain_; }
  [[nodiscard]] spilled_entries<Engine>& spill() noexcept { return spill_; }
  [[nodiscard]] std::size_t size() const noexcept {
    const auto sum = entries_.sum();
    return sum > 0 ? static_cast<std::size_t>(sum) : 0;
  }

  // pair root: acquire, so that who sees a table sees it whole.
  [[nodiscard]] root_word root() const noexcept { return root_word(root_.load(platform::acquire)); }
  template <class Probe>
  [[nodiscard]] const platform::atomic<std::uint64_t>& root_of(const Probe& key) {
    if (key.reserved) [[unlikely]]
      return reserved_root();
    return root_;
  }
  [[nodiscard]] const platform::atomic<std::uint64_t>& main_root() const noexcept { return root_; }
  /// The side table of reserved keys, or null while there is none.
  [[nodiscard]] table_type* reserved_table() noexcept {
    // pair root: acquire, so that who sees a table sees it whole.
    const auto bits = reserved_root_.load(platform::acquire);
    return bits == 0 ? nullptr : &root_word(bits).template current<line>();
  }

  // ---- changes that an operation made ----
  // They have happened, so what goes wrong from here on is nobody's failure: these two do not throw.
  /// After an insert; the caller holds no line.
  template <class Probe>
  [[gnu::always_inline]] void note_inserted(const Probe& key) noexcept {
    entries_.add(1);
    if (key.reserved) return;
    const root_word now = root();
    if (now.moving()) [[unlikely]]
      return keep_house();
    if (looks_at_size(now, key.hash)) [[unlikely]]
      grow_if_crowded(now);
  }
  /// The same in two halves, for who wants the usual case short: what is counted at once, and whether the rest is due.
  [[nodiscard, gnu::always_inline]] bool try_count_inserted() noexcept {
    auto* const own = entries_.own_cell();
    if (own != nullptr) striped_counter::add_to_own(*own, 1);
    return own != nullptr;
  }
  [[nodiscard, gnu::always_inline]] bool is_due_after_insert(std::uint64_t hash) const noexcept {
    const root_word now = root();
    return now.moving() || looks_at_size(now, hash);
  }
  /// The rest.
  [[gnu::cold]] void finish_insert(bool counted) {
    if (!counted) entries_.add(1);
    const root_word now = root();
    now.moving() ? keep_house() : grow_if_crowded(now);
  }
  /// After a value was exchanged for another; the caller holds no line.
  [[gnu::always_inline]] void note_changed() noexcept {
    if (root().moving()) [[unlikely]]
      keep_house();
  }

  enum class then : std::uint8_t { may_shrink, stays };

  /// After an erase of an entry that stood in its home line. Who erases many in the order of their hashes shrinks at the
  /// end.
  template <class Probe>
  [[gnu::always_inline]] void note_erased(const Probe& key, then after) noexcept {
    entries_.add(-1);
    if (key.reserved) return;
    const root_word now = root();
    if (now.moving()) [[unlikely]]
      return keep_house();
    if (after == then::may_shrink && looks_at_size(now, key.hash)) [[unlikely]]
      shrink_if_sparse();
  }
  /// After an erase of the entry that stood at `where`.
  template <class Probe>
  void note_erased(const Probe& key, const place<line>& where, then after) noexcept {
    if (where.in == nullptr) {
      spill_.one_erased();
    } else {
      uncount_displaced(*where.in, key.hash, where.at);
    }
    note_erased(key, after);
  }

  // ---- growing and shrinking ----
  /// Whether an entry whose block is full goes to the spill: the hash is at fault, or the table does not grow.
  template <class Probe>
  [[nodiscard]] bool spills(const table_type& full, const Probe& key) const noexcept {
    if (key.reserved) return true;
    return full.line_count() >= lines_per_block && size() < full.line_count() * Engine::slots_per_line / 4;
  }
  /// Moves the key's full block into a larger table at once. Throws std::bad_alloc; the map is then as before.
  void grow_full_block(table_type& full, std::uint64_t hash) {
    mover<core> moving(*this);
    if (full.next() == nullptr) {
      domain_.collect();  // earlier tables
      begin_resize(moving.guard(), full, full.lg_lines() + 1);
    }
    moving.move_block_of(full, hash);
  }

  /// Begins to move `from` into a table of 2^lg_lines lines, unless somebody else has begun; `from` is not protected any
  /// more afterwards if it was by `protection`. Throws std::bad_alloc before anything has changed, and nothing later.
  void begin_resize(guard& protection, table_type& from, unsigned lg_lines) {
    if (lg_lines > largest_lg) throw error(errc::capacity, "portolan: a concurrent_map holds at most 2^44 lines");
    table_type* fresh = table_memory<line, Alloc>::make(allocator_, lg_lines);
    if (!from.try_set_next(fresh)) {
      table_memory<line, Alloc>::free(allocator_, fresh);
      return;
    }
    // relaxed: figures
    (lg_lines > from.lg_lines() ? growths_ : shrinks_).fetch_add(1, platform::relaxed);
    mark_moving(protection);
  }

  /// Moves one unit of the oldest table, if any is left; false if none was.
  bool help() {
    guard protection(domain_);
    table_cursor<core> cursor(protection, root_);
    table_type& oldest = **cursor;
    platform::step("helping");
    if (oldest.next() == nullptr) return false;
    mover<core> moving(*this);  // before a number is drawn: who has one must use it
    const std::size_t unit = oldest.draw_unit();
    if (unit >= oldest.units()) return false;
    moving.move_unit(oldest, unit);
    return true;
  }

  /// Moves all that can be moved; waits for units that other threads are moving.
  void finish_moves() {
    for (;;) {
      guard protection(domain_);
      table_cursor<core> cursor(protection, root_);
      table_type& oldest = **cursor;
      if (oldest.next() == nullptr) return;
      const std::size_t units = oldest.units();
      for (std::size_t unit = 0; unit < units; ++unit) mover<core>(*this).move_unit(oldest, unit);
      spin_wait spin;
      for (root_word now = root(); now.moving() && now.address() == oldest.lines(); now = root()) spin.once();
    }
  }

  /// Lets the root leave tables whose units are all done, the oldest first, and retires them.
  void leave_moved_tables(guard& protection) {
    for (;;) {
      table_cursor<core> cursor(protection, root_);
      table_type& oldest = **cursor;
      table_type* next = oldest.next();
      if (next == nullptr || oldest.units_done() != oldest.units()) return;
      cursor.advance();
      if (*cursor != next) continue;
      std::uint64_t expected = root_word(oldest, true).bits();
      const root_word after(*next, next->next() != nullptr);
      // pair root: release, so that who sees a table sees it whole; relaxed on failure: the cursor looks again.
      if (!root_.compare_exchange_strong(expected, after.bits(), platform::release, platform::relaxed)) {
        // Either another thread has done it, or the bit is not set yet by the one who began the move.
        if (root_word(expected).address() == oldest.lines()) mark_moving(protection);
        continue;
      }
      domain_.retire(&oldest, &core::free_retired_table, this, oldest.size_bytes());
      mark_moving(protection);
    }
  }

  /// Room for `entries` in all without growing step by step. Throws std::bad_alloc.
  void reserve(std::size_t entries) {
    const unsigned wanted = lg_for(entries);
    // A table that cannot be had is refused before the ones between have been filled.
    if (wanted > root().lg_lines() + most_growth_bits) platform::ask_for_pages(table_type::bytes_for(wanted, true));
    // relaxed: a hint for later shrinking
    if (wanted > least_lg_.load(platform::relaxed)) {
      least_lg_.store(static_cast<std::uint8_t>(wanted), platform::relaxed);  // relaxed: as above
    }
    for (;;) {
      finish_moves();
      guard protection(domain_);
      table_cursor<core> cursor(protection, root_);
      const unsigned lg = (*cursor)->lg_lines();
      if (lg >= wanted) return;
      domain_.collect();  // earlier tables
      begin_resize(protection, **cursor, wanted - lg > most_growth_bits ? lg + most_growth_bits : wanted);
    }
  }
  void forget_reserved_room() noexcept {
    least_lg_.store(static_cast<std::uint8_t>(lg_for(0)), platform::relaxed);  // relaxed: a hint for later shrinking
  }

  /// Begins to shrink if the table has become far too large; false if it has not, or there is no memory now.
  bool shrink_if_sparse() noexcept {
    const std::size_t entries = size();
    const unsigned lg = root().lg_lines();
    // relaxed: hints
    const unsigned least = least_lg_.load(platform::relaxed);
    if (lg <= least || entries * 8 > comfortable_entries(lg)) return false;
    if (entries > shrink_from_.load(platform::relaxed)) return false;  // relaxed: a hint
    unsigned wanted = lg - 1;
    while (wanted > least && lg - wanted < most_shrink_bits && entries * 2 < comfortable_entries(wanted - 1)) --wanted;
    try {
      guard protection(domain_);
      table_cursor<core> cursor(protection, root_);
      if ((*cursor)->lg_lines() != lg) return false;
      domain_.collect();  // earlier tables
      begin_resize(protection, **cursor, wanted);
      return true;
    } catch (...) {
      return false;  // tried again at a later erase
    }
  }
  /// Shrinks as far as the entries allow, now.
  void shrink_to_fit() {
    do finish_moves();
    while (shrink_if_sparse());
    finish_moves();
    domain_.collect();
  }
  /// Shrinks into the smallest table that suits the entries, now, whatever was reserved. Throws std::bad_alloc.
  void fit() {
    forget_reserved_room();
    for (unsigned before = largest_lg + 1;;) {
      finish_moves();
      guard protection(domain_);
      table_cursor<core> cursor(protection, root_);
      const unsigned lg = (*cursor)->lg_lines();
      const unsigned wanted = lg_for(size());
      if (lg <= wanted || lg >= before) break;  // no smaller than before: the entries did not fit
      before = lg;
      domain_.collect();  // earlier tables
      begin_resize(protection, **cursor, lg - wanted > most_shrink_bits ? lg - most_shrink_bits : wanted);
    }
    domain_.collect();
  }
  /// What was to shrink did not fit: its entries crowd in few blocks. Not tried again before half of them are gone.
  void postpone_shrinking() noexcept {
    shrink_from_.store(size() / 2, platform::relaxed);  // relaxed: a hint
  }

  [[nodiscard]] map_statistics statistics() {
    guard protection(domain_);
    map_statistics figures;
    figures.entries = size();
    for (table_cursor<core> cursor(protection, root_);; cursor.advance()) {
      table_type& at = **cursor;
      figures.tables += 1;
      figures.bytes += at.size_bytes() - at.discarded_bytes();
      figures.capacity = comfortable_entries(at.lg_lines());
      if (at.next() == nullptr) break;
    }
    // pair root: acquire, so that who sees a table sees it whole.
    const root_word apart(reserved_root_.load(platform::acquire));
    if (apart.bits() != 0) figures.bytes += apart.current<line>().size_bytes();
    const std::int64_t node_sum = node_bytes_.sum();
    const std::size_t node_bytes = node_sum > 0 ? static_cast<std::size_t>(node_sum) : 0;
    figures.bytes += spill_.bytes() + node_bytes;
    figures.spilled = spill_.entries();
    figures.growths = growths_.load(platform::relaxed);  // relaxed: a figure
    figures.shrinks = shrinks_.load(platform::relaxed);  // relaxed: a figure
    const reclaim_statistics kept = domain_.statistics();
    figures.kept_back_bytes = kept.kept_back_bytes;
    figures.reserved_bytes = figures.bytes;
    figures.used_bytes = figures.entries * (sizeof(line) / Engine::slots_per_line) + node_bytes;
    figures.ever_bytes = figures.bytes + kept.retired_bytes;
    figures.bytes += kept.kept_back_bytes;
    return figures;
  }

  /// Entries that a table of 2^lg lines holds before it grows.
  [[nodiscard]] std::size_t comfortable_entries(unsigned lg_lines) const noexcept {
    const std::size_t lines = std::size_t{1} << lg_lines;
    if (entries_per_line_x64_ != 0) return lines * entries_per_line_x64_ / 64;
    const bool in_cache = lines * sizeof(line) <= cached_bytes;
    return lines * (in_cache ? Engine::entries_per_line_in_cache_x4 : Engine::entries_per_line_x4) / 4;
  }

  /// Memory of nodes that came or went.
  void note_node_bytes([[maybe_unused]] std::int64_t change) {
    if constexpr (Engine::holds_nodes) node_bytes_.add(change);
  }

 private:
  struct no_bytes {
    [[nodiscard]] static constexpr std::int64_t sum() noexcept { return 0; }
  };
  static constexpr unsigned largest_lg = 44;
  // What one mover moves stays small: at most 64 new blocks, or 8 old ones.
  static constexpr unsigned most_growth_bits = 6;
  static constexpr unsigned most_shrink_bits = 3;
  static constexpr std::size_t cached_bytes = std::size_t{1} << 20;
  static constexpr unsigned collected_lg = 12;  // the tables before are freed at once; of larger ones the timer does it
  static constexpr std::uint64_t idle_look_ns = 5'000'000;
  // A large move is looked after sooner, in bursts that a writer on the same processor hardly notices; in longer ones
  // once nobody else moves anything.
  static constexpr std::size_t many_blocks = 256;
  static constexpr std::uint64_t short_look_ns = 100'000;  // and as long a burst
  static constexpr std::uint64_t long_burst_ns = 4'000'000;

  [[nodiscard]] static std::uint16_t entries_for_load(double load) {
    if (load == 0) return 0;
    if (load >= 0.05 && load <= 0.75) return static_cast<std::uint16_t>(load * (64 * Engine::slots_per_line));
    throw error(errc::capacity, "portolan: map_options::max_load_factor is from 0.05 to 0.75, or 0: the map chooses");
  }
  [[nodiscard]] unsigned lg_for(std::size_t entries) const noexcept {
    for (unsigned lg = smallest_lg_lines;; ++lg) {
      if (comfortable_entries(lg) >= entries || lg == largest_lg) return lg;
    }
  }
  /// In a small table every change looks at the size, in a large one 1 in 64: chosen by the hash, which costs nothing.
  [[nodiscard]] static bool looks_at_size(root_word now, std::uint64_t hash) noexcept {
    return now.lg_lines() <= 8 || (hash & 63) == 0;
  }

  /// What a change does besides its own work while entries are being moved; it protects nothing any more.
  [[gnu::noinline]] void keep_house() noexcept {
    try {
      help();
      if (const root_word now = root(); !now.moving() && now.lg_lines() <= collected_lg) domain_.collect();
    } catch (...) {
      // Others help, and the timer does.
    }
  }
  [[gnu::cold, gnu::noinline]] void grow_if_crowded(root_word now) noexcept {
    if (size() <= comfortable_entries(now.lg_lines())) return;
    try {
      guard protection(domain_);
      table_cursor<core> cursor(protection, root_);
      if ((*cursor)->lg_lines() != now.lg_lines()) return;  // another thread has grown it since
      domain_.collect();                                    // earlier tables
      begin_resize(protection, **cursor, now.lg_lines() + 1);
      shrink_from_.store(SIZE_MAX, platform::relaxed);  // relaxed: a hint
    } catch (...) {
      // The insert has succeeded. A full block will ask again; then the insert that needs the room reports it.
    }
  }

  /// Sets the moving bit while the oldest table has a next one, and the timer then; uses the guard's hands for tables.
  void mark_moving(guard& protection) {
    for (;;) {
      table_cursor<core> cursor(protection, root_);
      if ((*cursor)->next() == nullptr) return;
      std::uint64_t expected = root_word(**cursor, false).bits();
      // relaxed: the bit asks for help, and who helps looks himself whether there is a next table. An exchange goes on with
      // the release of the word before: who sees the bit sees the table whole.
      if (root_.compare_exchange_strong(expected, expected | root_word::moving_bit, platform::relaxed)) {
        const bool large = (*cursor)->block_count() >= many_blocks;
        return timer_.start_every(large ? short_look_ns : idle_look_ns);
      }
      if (root_word(expected).moving()) return;
    }
  }

  [[nodiscard]] table_type* make_open_table(unsigned lg_lines) {
    table_type* made = table_memory<line, Alloc>::make(allocator_, lg_lines);
    for (std::size_t at = 0; at < made->line_count(); ++at) {
      Engine::open_unshared(made->line(at));
      made->side_of(at).open_unshared();
    }
    return made;
  }
  static void release_node([[maybe_unused]] line& in, [[maybe_unused]] unsigned slot) noexcept {
    if constexpr (Engine::holds_nodes) {
      const cell left = Engine::load(in, slot);
      if (auto* node = left.template node<typename Engine::node_type>()) Engine::node_type::release(node);
    }
  }
  void free_table(table_type* used) noexcept {
    if constexpr (Engine::holds_nodes) {
      for (std::size_t at = 0; at < used->line_count(); ++at) {
        for (unsigned slot = 0; slot < Engine::slots_per_line; ++slot) release_node(used->line(at), slot);
      }
    }
    table_memory<line, Alloc>::free(allocator_, used);
  }
  static void free_retired_table(void* used, void* self) noexcept {
    table_memory<line, Alloc>::free(static_cast<core*>(self)->allocator_, static_cast<table_type*>(used));
  }

  [[gnu::cold, gnu::noinline]] const platform::atomic<std::uint64_t>& reserved_root() {
    // relaxed: whether there is one; who follows the word loads it again.
    std::uint64_t seen = reserved_root_.load(platform::relaxed);
    if (seen != 0) return reserved_root_;
    table_type* made = make_open_table(smallest_lg_lines);
    // pair root: release, so that who sees a table sees it whole; relaxed on failure: as above.
    if (!reserved_root_.compare_exchange_strong(seen, root_word(*made, false).bits(), platform::release,
                                                platform::relaxed)) {
      table_memory<line, Alloc>::free(allocator_, made);
    }
    return reserved_root_;
  }

  /// The timer's share of a move, which is all of it once no operation brings it forward; and what a move leaves behind.
  static void finish_idle_move(void* raw) noexcept {
    auto& self = *static_cast<core*>(raw);
    if (!self.root().moving()) {
      self.timer_.cancel();
      self.units_at_last_look_ = UINT32_MAX;
      if (self.root().moving()) return self.timer_.start_every(idle_look_ns);
      return static_cast<void>(self.domain_.collect());
    }
    try {
      const section inside(self, keeping_house);
      const std::uint64_t begun_ns = platform::now_ns();
      bool large = false;
      const auto done = [&] {
        guard protection(self.domain_);
        table_cursor<core> cursor(protection, self.root_);
        (*cursor)->make_pages_ready(self.pages_ready_);
        large = (*cursor)->block_count() >= many_blocks;
        return static_cast<std::uint32_t>((*cursor)->units_done());
      };
      const bool alone = done() == self.units_at_last_look_;
      const std::uint64_t burst_ns = alone ? long_burst_ns : large ? short_look_ns : 0;
      while (platform::now_ns() - begun_ns < burst_ns && self.help()) {}
      self.units_at_last_look_ = done();
    } catch (...) {
      // Without memory, or in a child of a fork that cannot go on: the next look tries again.
    }
  }

  // What every lookup reads stands together; what writers change stands apart.
  platform::atomic<std::uint64_t> root_{0};
  [[no_unique_address]] Engine engine_;
  spilled_entries<Engine> spill_;
  platform::atomic<std::uint64_t> reserved_root_{0};
  [[no_unique_address]] Alloc allocator_;  // outlives the domain, whose objects are freed with it
  domain domain_;
  platform::atomic<std::size_t> shrink_from_{SIZE_MAX};
  striped_counter entries_;
  [[no_unique_address]] std::conditional_t<Engine::holds_nodes, striped_counter, no_bytes> node_bytes_;
  platform::atomic<std::uint8_t> least_lg_{smallest_lg_lines};
  std::uint16_t entries_per_line_x64_;  // the user's; 0: by the table's size
  platform::atomic<std::uint32_t> growths_{0};
  platform::atomic<std::uint32_t> shrinks_{0};
  std::uint32_t units_at_last_look_ = UINT32_MAX;  // before the first look; the timer's own, as the next one
  std::uint32_t pages_ready_ = 0;
  timer_task timer_;
};

}  // namespace portolan::concurrent
