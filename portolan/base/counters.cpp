// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a counter does seldom: its sum, and its stripes.
#include <portolan/base/counters.hpp>

#include <memory>

#include <portolan/base/bits.hpp>
#include <portolan/base/sure_pages.hpp>

namespace portolan {

namespace {
constexpr std::size_t most_stripes = 64;
}  // namespace

std::int64_t striped_counter::sum() const noexcept {
  // relaxed here and below: a number on its own; who needs it to agree with other words holds their lock.
  std::int64_t total = inline_cell_.load(platform::relaxed);
  const stripes* all = stripes_of(way_.observe());
  for (std::size_t i = 0; all != nullptr && i <= all->count; ++i) {
    total += all->cells()[i].value.load(platform::relaxed);  // relaxed: as above.
  }
  return total;
}

void striped_counter::reset() noexcept {
  inline_cell_.store(0, platform::relaxed);  // relaxed: as in sum.
  stripes* all = stripes_of(way_.observe());
  for (std::size_t i = 0; all != nullptr && i <= all->count; ++i) {
    all->cells()[i].value.store(0, platform::relaxed);  // relaxed: as in sum.
  }
}

std::size_t striped_counter::memory_bytes() const noexcept {
  const stripes* all = stripes_of(way_.observe());
  return all == nullptr ? 0 : all->size_bytes;
}

void striped_counter::add_elsewhere(std::uint32_t thread, std::int64_t amount) {
  std::uintptr_t way = way_.observe();
  if (way == 0 && way_.replace(way, alone(thread))) return add_to_own(inline_cell_, amount);
  if (stripes_of(way) == nullptr) {
    stripes* made = make();
    const auto fresh = reinterpret_cast<std::uintptr_t>(made);
    if (way_.replace(way, fresh)) {
      way = fresh;
    } else {
      unmake(made);
    }
  }
  stripes* all = stripes_of(way);
  if (thread < all->count) return add_to_own(all->cells()[thread].value, amount);
  all->cells()[all->count].value.fetch_add(amount, platform::relaxed);  // relaxed: as in sum.
}

/// For twice as many threads as processors. Where the program has no memory it is a sure page: an update does not fail.
striped_counter::stripes* striped_counter::make() noexcept {
  const auto size_of = [](std::size_t count) { return sizeof(stripes) + (count + 1) * sizeof(cell); };
  const std::size_t wanted = 2 * power_of_two_from(platform::processor_count());
  std::size_t count = wanted < most_stripes ? wanted : most_stripes;
  bool pages = false;
  void* raw = nullptr;
  try {
    raw = platform::allocate(size_of(count), alignof(stripes));
  } catch (...) {
    pages = true;
    while (size_of(count) > platform::page_bytes) count /= 2;
    raw = take_sure_page();
  }
  auto* made = std::construct_at(static_cast<stripes*>(raw), stripes{count, size_of(count), pages});
  for (std::size_t i = 0; i <= count; ++i) std::construct_at(made->cells() + i);
  return made;
}

void striped_counter::unmake(stripes* all) noexcept {
  if (all->pages) return give_sure_page_back(all);
  platform::deallocate(all, all->size_bytes, alignof(stripes));
}

}  // namespace portolan
