// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// How a plain_map grows: a second array, and every write moves at most two old buckets into it.
//
//   old [ i ]──────────┬── hash bit clear ──►  current [ i ]
//                      └── hash bit set   ──►  current [ i + old.count ]      (doubling only)
//
//   too full       more than 6.5 entries a bucket: the next array has twice the buckets
//   too ragged     as many overflow buckets as buckets: the next array has the same size, entries closed up
//
// One bucket's move has three steps, so that what may fail comes before the first entry moves:
//   plan       hash every key and note where it goes          user code, may throw
//   provide    give both targets room                         may throw; what was provided stays
//   transfer   move the cells, mark the old chain as moved    cannot throw
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/map/plain/table.hpp>

namespace portolan::plain {

/// Entries that `buckets` hold before the next one makes the table grow: 8, then 13 for every two buckets.
[[nodiscard]] constexpr std::size_t room_in(std::size_t buckets) noexcept {
  return buckets <= 1 ? buckets * slots_per_bucket : buckets / 2 * 13;
}
static_assert(room_in(64) == 416, "2^6 buckets grow when entry 417 comes");

/// The fewest buckets, a power of two, that hold `entries` without growing.
[[nodiscard]] constexpr std::size_t buckets_for(std::size_t entries) noexcept {
  constexpr std::size_t most = std::size_t{1} << 56;  // refused by the allocator, whatever it is
  std::size_t buckets = 1;
  while (room_in(buckets) < entries && buckets < most) buckets *= 2;
  return buckets;
}

enum class growth : std::uint8_t { none, doubling, closing_up };

/// Moves a table's entries into its next array; `HashOf` gives the hash of a key that stands in the table.
template <class Table, class HashOf>
class mover {
  using bucket_type = typename Table::bucket_type;
  using array = typename Table::array;

 public:
  mover(Table& table, const HashOf& hash_of) noexcept : table_(table), hash_of_(hash_of) {}

  /// What the table needs before it takes one entry more.
  [[nodiscard]] growth needed() const noexcept {
    if (table_.grows()) return growth::none;
    if (table_.entries + 1 > room_in(table_.current.count)) return growth::doubling;
    return table_.current.overflows >= table_.current.count ? growth::closing_up : growth::none;
  }

  /// Puts a new array in front; the entries follow bucket by bucket.
  void begin(std::size_t buckets) {
    bucket_type* const made = table_.make_buckets(buckets);
    if (buckets > table_.current.count && table_.current.count != 0) ++table_.growths;
    table_.old = std::exchange(table_.current, array{made, buckets, 0});
    table_.next_to_move = 0;
  }

  /// A write's share: the bucket that it is about to use, and the next one in line.
  void help(std::uint64_t hash) {
    if (table_.grows()) move_bucket(hash & (table_.old.count - 1));
    if (table_.grows()) move_bucket(table_.next_to_move);
  }

  void finish() {
    while (table_.grows()) move_bucket(table_.next_to_move);
  }

 private:
  void move_bucket(std::size_t index) {
    bucket_type& from = table_.old.buckets[index];
    if (!from.was_moved()) {
      bucket_type& low = table_.current.buckets[index];
      bucket_type& high = table_.current.buckets[doubles() ? index + table_.old.count : index];
      const auto [to_low, to_high] = plan(from);
      provide(low, to_low);
      provide(high, to_high);
      transfer(from, low, high);
    }
    while (table_.next_to_move < table_.old.count && table_.old.buckets[table_.next_to_move].was_moved()) {
      ++table_.next_to_move;
    }
    if (table_.next_to_move == table_.old.count) {
      const array done = std::exchange(table_.old, array());
      deallocate(table_.alloc, done.buckets, done.count);
    }
  }

  struct counts {
    std::size_t low = 0;
    std::size_t high = 0;
  };
  [[nodiscard]] counts plan(bucket_type& from) const {
    counts result;
    for (const auto at : chain(from)) {
      if (at.slot == 0) at.in->goes_high = 0;
      if (!at.in->tags[at.slot].is_entry()) continue;
      const bool high = doubles() && (hash_of_(*at.key()) & table_.old.count) != 0;
      if (high) at.in->goes_high = static_cast<std::uint8_t>(at.in->goes_high | (1U << at.slot));
      ++(high ? result.high : result.low);
    }
    return result;
  }

  void provide(bucket_type& target, std::size_t entries) {
    bucket_type* last = &target;
    for (std::size_t room = slots_per_bucket; room < entries; room += slots_per_bucket) {
      if (last->overflow == nullptr) {
        last->overflow = table_.make_buckets(1);
        ++table_.current.overflows;
      }
      last = last->overflow;
    }
  }

  void transfer(bucket_type& from, bucket_type& low, bucket_type& high) noexcept {
    auto to_low = chain(low).begin();
    auto to_high = chain(high).begin();
    for (const auto at : chain(from)) {
      if (!at.in->tags[at.slot].is_entry()) continue;
      auto& cursor = (at.in->goes_high >> at.slot & 1U) != 0 ? to_high : to_low;
      const auto target = *cursor;
      ++cursor;
      std::construct_at(&target.key(), std::move(at.key()));
      std::construct_at(&target.value(), std::move(at.value()));
      std::destroy_at(&at.key());
      std::destroy_at(&at.value());
      target.in->tags[target.slot] = at.in->tags[at.slot];
    }
    for (tag& each : from.tags) each = tag::moved;
    table_.old.overflows -= table_.release_overflow(from);
    ++table_.rearranged;
  }

  [[nodiscard]] bool doubles() const noexcept { return table_.current.count != table_.old.count; }

  Table& table_;
  const HashOf& hash_of_;
};

}  // namespace portolan::plain
