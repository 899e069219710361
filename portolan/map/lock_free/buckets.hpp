// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The buckets: short cuts into the list. The list alone would be right; they make it fast.
//
//   slot 0 = head   segment 0: slots 0…7   segment 1: 8…15   segment 2: 16…31   …   each made when first needed
//
//   the first eight segments hang in the map, the others in a block that is made with the first of them
//
//   4 buckets:    0 ────────── 2 ────────── 1 ────────── 3          order of the bucket's link in the list:
//   8 buckets:    0 ─── 4 ─── 2 ─── 6 ─── 1 ─── 5 ─── 3 ─── 7       the bits of its number, reversed
//
// 1. Growing is one compare-and-swap on `count`: no entry moves, and nobody waits. A bucket is made by whoever first
//    inserts through it, one slot at a time; until then its walks begin at its parent, the number without its highest bit.
// 2. A slot is null, or leads to a link that is in the list and never leaves it. Two threads that make one bucket find
//    each other's link in the list; the one that comes later gives its own back.
// 3. A segment that two threads make at once is given back by one of them. Neither waits.
// 4. Buckets stay until the map's end.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>  // std::construct_at without the weight of <memory>
#include <type_traits>
#include <vector>  // std::allocator_traits without the weight of <memory>

#include <portolan/base/error.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>
#include <portolan/map/lock_free/list.hpp>
#include <portolan/map/sync/counted.hpp>

namespace portolan::lock_free {

/// The bits of a number in opposite order.
[[nodiscard]] constexpr std::uint64_t reversed(std::uint64_t bits) noexcept {
  bits = (bits >> 1 & 0x5555555555555555U) | (bits & 0x5555555555555555U) << 1;
  bits = (bits >> 2 & 0x3333333333333333U) | (bits & 0x3333333333333333U) << 2;
  bits = (bits >> 4 & 0x0F0F0F0F0F0F0F0FU) | (bits & 0x0F0F0F0F0F0F0F0FU) << 4;
  return __builtin_bswap64(bits);
}
static_assert(reversed(1) == std::uint64_t{1} << 63 && reversed(reversed(0x123456789ABCDEFU)) == 0x123456789ABCDEFU);

/// The link of a bucket.
template <class Alloc>
struct bucket_link : link {
  using allocator_type = Alloc;
  bucket_link(const Alloc& allocator, std::uint64_t its_order) noexcept : link(its_order), alloc(allocator) {}
  [[no_unique_address]] Alloc alloc;
};

template <class Alloc>
class buckets {
 public:
  // Smaller where the schedule checker plays, as everywhere: two threads are to meet at every step.
  static constexpr std::size_t least = platform::sizes::first_buckets;
  static constexpr unsigned segment_count = 32;
  static constexpr std::size_t most = least << (segment_count - 1);

  explicit buckets(const Alloc& allocator) : alloc_(allocator) {}
  buckets(const buckets&) = delete;
  buckets& operator=(const buckets&) = delete;
  ~buckets() {
    for (unsigned i = 0; i < segment_count; ++i) {
      if (slot* made = segment(i)) free_segment(made, slots_in(i));
    }
    if (further* others = further_.observe()) detail::free_node(others);
  }

  [[nodiscard]] link& head() noexcept { return head_; }
  [[nodiscard]] std::size_t count() const noexcept {
    // relaxed: a bucket that is not made yet is never followed, whatever the number.
    return count_.load(platform::relaxed);
  }
  /// True if this call made them `wanted`; they are never fewer than before.
  bool grow(std::size_t wanted) noexcept {
    std::size_t now = count();
    platform::step("grow: before");
    while (now < wanted) {
      // relaxed: as in count.
      if (count_.compare_exchange_weak(now, wanted, platform::relaxed)) {
        platform::step("grow: done");
        return true;
      }
    }
    return false;
  }

  /// The nearest link that stands before all entries of `order`: allocates nothing and writes nothing.
  [[nodiscard]] link& before(std::uint64_t order) noexcept {
    for (std::size_t number = number_of(order); number != 0; number = parent_of(number)) {
      if (link* made = link_of(number)) return *made;
    }
    return head_;
  }

  [[nodiscard]] bool lacks(std::uint64_t order) noexcept {
    const std::size_t number = number_of(order);
    return number != 0 && link_of(number) == nullptr;
  }

  /// Makes the bucket of `order`, after those of its parents. `insert(start, link)` puts a bucket's link into the list
  /// from `start` on, or gives the one that is there.
  template <class Insert>
  [[gnu::cold, gnu::noinline]] void make(std::uint64_t order, Insert&& insert) {
    std::size_t missing[64];
    unsigned depth = 0;
    link* from = &head_;
    for (std::size_t each = number_of(order); each != 0; each = parent_of(each)) {
      if (link* made = link_of(each)) {
        from = made;
        break;
      }
      missing[depth++] = each;
    }
    while (depth > 0) from = &make_one(missing[--depth], *from, insert);
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    // relaxed: a figure on its own.
    return bytes_.load(platform::relaxed);
  }
  static void free_link(link* one) noexcept { detail::free_node(static_cast<bucket_link<Alloc>*>(one)); }

 private:
  using slot = published<link*>;
  static constexpr unsigned segments_here = platform::sizes::segments_in_the_map;
  struct further {
    using allocator_type = Alloc;
    explicit further(const Alloc& allocator) noexcept : alloc(allocator) {}
    [[no_unique_address]] Alloc alloc;
    published<slot*> segments[segment_count - segments_here]{};
  };

  [[nodiscard]] std::size_t number_of(std::uint64_t order) const noexcept { return reversed(order) & (count() - 1); }
  [[nodiscard]] static constexpr std::size_t parent_of(std::size_t number) noexcept {
    return number & ~std::bit_floor(number);
  }
  [[nodiscard]] static constexpr unsigned segment_of(std::size_t number) noexcept {
    return number < least ? 0 : static_cast<unsigned>(std::bit_width(number) - std::bit_width(least - 1));
  }
  [[nodiscard]] static constexpr std::size_t slots_in(unsigned segment) noexcept {
    return segment == 0 ? least : least << (segment - 1);
  }
  [[nodiscard]] static constexpr std::size_t offset_of(std::size_t number) noexcept {
    return number < least ? number : number & ~std::bit_floor(number);
  }
  static_assert(segment_of(least - 1) == 0 && segment_of(least) == 1 && segment_of(2 * least - 1) == 1);
  static_assert(segment_of(2 * least) == 2 && slots_in(2) == 2 * least);
  static_assert(offset_of(least) == 0 && offset_of(2 * least - 1) == least - 1 &&
                offset_of(4 * least - 1) == 2 * least - 1);
  static_assert(segment_of(most - 1) == segment_count - 1);

  [[nodiscard]] link* link_of(std::size_t number) noexcept {
    slot* const slots = segment(segment_of(number));
    return slots == nullptr ? nullptr : slots[offset_of(number)].observe();
  }
  [[nodiscard]] slot* segment(unsigned which) noexcept {
    if (which < segments_here) return segments_[which].observe();
    further* const others = further_.observe();
    return others == nullptr ? nullptr : others->segments[which - segments_here].observe();
  }

  template <class Insert>
  link& make_one(std::size_t number, link& from, Insert& insert) {
    slot& its = slot_of(number);
    link* own = detail::make_node<bucket_link<Alloc>>(alloc_, reversed(number));
    platform::step("bucket: before link");
    link* const there = insert(from, *own);
    if (there != own) {
      free_link(own);
    } else {
      bytes_.fetch_add(sizeof(bucket_link<Alloc>), platform::relaxed);  // relaxed: a figure on its own.
    }
    platform::step("bucket: linked");
    its.publish(there);  // every thread that publishes this bucket publishes this link
    platform::step("bucket: published");
    return *there;
  }
  [[nodiscard]] slot& slot_of(std::size_t number) {
    const unsigned which = segment_of(number);
    slot* slots = segment(which);
    if (slots == nullptr) slots = make_segment(which);
    return slots[offset_of(number)];
  }
  [[nodiscard]] slot* make_segment(unsigned which) {
    published<slot*>& its = which < segments_here ? segments_[which] : others().segments[which - segments_here];
    slot* made = static_cast<slot*>(take_zeroed(slots_in(which)));
    platform::step("segment: made");
    slot* first = nullptr;
    if (!its.replace(first, made)) {
      free_segment(made, slots_in(which));
      return first;
    }
    bytes_.fetch_add(slots_in(which) * sizeof(slot), platform::relaxed);  // relaxed: a figure on its own.
    platform::step("segment: published");
    return made;
  }
  [[nodiscard]] further& others() {
    if (further* made = further_.observe()) return *made;
    further* made = detail::make_node<further>(alloc_);
    platform::step("segments: made");
    further* first = nullptr;
    if (!further_.replace(first, made)) {
      detail::free_node(made);
      return *first;
    }
    bytes_.fetch_add(sizeof(further), platform::relaxed);  // relaxed: a figure on its own.
    return *made;
  }

  // ---- memory: large segments are pages of the kernel, which cost nothing until they are touched ----

  static constexpr bool from_kernel = std::is_same_v<Alloc, std::allocator<typename Alloc::value_type>>;
  static constexpr std::size_t least_mapped_bytes = std::size_t{128} << 10;
  using slot_allocator = detail::rebound<Alloc, slot>;

  [[nodiscard]] void* take_zeroed(std::size_t slots) {
    const std::size_t size_bytes = slots * sizeof(slot);
    if (from_kernel && size_bytes >= least_mapped_bytes) return platform::map_pages(size_bytes);
    slot_allocator allocator(alloc_);
    slot* const taken = std::allocator_traits<slot_allocator>::allocate(allocator, slots);
    for (std::size_t i = 0; i < slots; ++i) std::construct_at(taken + i);
    return taken;
  }
  void free_segment(slot* taken, std::size_t slots) noexcept {
    const std::size_t size_bytes = slots * sizeof(slot);
    if (from_kernel && size_bytes >= least_mapped_bytes) {
      platform::unmap_pages(taken, size_bytes);
      return;
    }
    slot_allocator allocator(alloc_);
    std::allocator_traits<slot_allocator>::deallocate(allocator, taken, slots);
  }

  link head_{0};
  platform::atomic<std::size_t> count_{least};
  platform::atomic<std::size_t> bytes_{0};
  published<slot*> segments_[segments_here]{};
  published<further*> further_{nullptr};
  [[no_unique_address]] Alloc alloc_;
};

}  // namespace portolan::lock_free
