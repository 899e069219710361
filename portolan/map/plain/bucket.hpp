// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// One bucket of a plain_map: eight slots, the tag of each, and the way to the bucket where the ninth entry went.
//
//   +----------+-----------+---------------+-----------------+----------+
//   | tags × 8 | goes_high | key cells × 8 | value cells × 8 | overflow |
//   +----------+-----------+---------------+-----------------+----------+
//        tag 0         free_from_here   this slot and all behind it in the chain are free: a search ends here
//        tag 1         free             this slot is free, a later one may not be
//        tag 2         moved            the chain's entries are in the next table (all eight tags, or none)
//        tag 3 … 255   entry            the upper byte of the key's hash, lifted above the three states
//
// 1. A slot holds a key and a value exactly if its tag is an entry's.
// 2. Behind a slot that is free_from_here every slot of the chain is free_from_here.
// 3. `goes_high` means something only between the plan and the end of one bucket's move (grow.hpp).
// Keys lie beside keys and values beside values: no padding between a small key and a large value.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/map/plain/cell.hpp>

namespace portolan::plain {

inline constexpr unsigned slots_per_bucket = 8;

class tag {
 public:
  constexpr tag() noexcept = default;
  [[nodiscard]] static constexpr tag of(std::uint64_t hash) noexcept {
    const auto top = static_cast<std::uint8_t>(hash >> 56);
    return tag(top < states ? static_cast<std::uint8_t>(top + states) : top);
  }
  static const tag free_from_here;
  static const tag free;
  static const tag moved;

  [[nodiscard]] constexpr bool is_entry() const noexcept { return value_ >= states; }
  [[nodiscard]] constexpr bool is_free() const noexcept { return value_ < 2; }
  [[nodiscard]] constexpr bool operator==(const tag&) const noexcept = default;

 private:
  static constexpr std::uint8_t states = 3;
  explicit constexpr tag(std::uint8_t value) noexcept : value_(value) {}
  std::uint8_t value_ = 0;
};

inline constexpr tag tag::free_from_here{0};
inline constexpr tag tag::free{1};
inline constexpr tag tag::moved{2};

static_assert(tag{} == tag::free_from_here, "a bucket that was just made is empty");
static_assert(tag::of(0).is_entry() && tag::of(~std::uint64_t{0}).is_entry(), "no hash looks like a state");
static_assert(tag::free.is_free() && !tag::moved.is_free() && !tag::moved.is_entry());

template <class KeyCell, class ValueCell>
class bucket {
 public:
  tag tags[slots_per_bucket];
  std::uint8_t goes_high = 0;
  bucket* overflow = nullptr;

  [[nodiscard]] bool was_moved() const noexcept { return tags[0] == tag::moved; }
  [[nodiscard]] KeyCell* key(unsigned slot) noexcept { return cell_at<KeyCell>(keys_, slot); }
  [[nodiscard]] ValueCell* value(unsigned slot) noexcept { return cell_at<ValueCell>(values_, slot); }

 private:
  template <class Cell>
  [[nodiscard]] static Cell* cell_at(std::byte* cells, unsigned slot) noexcept {
    return reinterpret_cast<Cell*>(cells) + slot;
  }

  alignas(KeyCell) std::byte keys_[slots_per_bucket * sizeof(KeyCell)];
  alignas(ValueCell) std::byte values_[slots_per_bucket * sizeof(ValueCell)];
};

/// Where an entry stands, or that there is none.
template <class Bucket>
struct place {
  Bucket* in = nullptr;
  unsigned slot = 0;

  [[nodiscard]] explicit operator bool() const noexcept { return in != nullptr; }
  [[nodiscard]] auto& key() const noexcept { return *in->key(slot); }
  [[nodiscard]] auto& value() const noexcept { return *in->value(slot); }
};

/// The slots of a chain of buckets, first to last: `for (auto at : chain(first))`.
template <class Bucket>
class chain {
 public:
  class cursor {
   public:
    explicit cursor(place<Bucket> at) noexcept : at_(at) {}
    [[nodiscard]] place<Bucket> operator*() const noexcept { return at_; }
    cursor& operator++() noexcept {
      if (++at_.slot == slots_per_bucket) at_ = {at_.in->overflow, 0};
      return *this;
    }
    [[nodiscard]] bool operator==(const cursor& other) const noexcept {
      return at_.in == other.at_.in && at_.slot == other.at_.slot;
    }

   private:
    place<Bucket> at_;
  };

  explicit chain(Bucket& first) noexcept : first_(&first) {}
  [[nodiscard]] cursor begin() const noexcept { return cursor({first_, 0}); }
  [[nodiscard]] cursor end() const noexcept { return cursor({}); }

 private:
  Bucket* first_;
};

}  // namespace portolan::plain
