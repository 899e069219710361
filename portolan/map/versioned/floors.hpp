// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Why a key that comes back never repeats a version: what leaves the map leaves its version here.
//
//   erase    key at version 7 ── raise the floor of its stripe to 7 ── then take the entry out
//   insert   claim the absent key ── read the floor ── the first version is floor + 1
//
// 1. Before a record leaves the map, the floor of its key's stripe is at least its version.
// 2. A first version is drawn while the home line of the absent key is held, so after every removal of that key: the look
//    that found the key absent acquired the removal (slots, overflow bytes and blocks are acquired), and the raise came
//    before the removal. It is above every version that the key ever had.
// 3. Many keys share a stripe: a first version may be higher than it need be, never lower.
// 4. One word serves until two removals meet at it; then stripes on lines of their own take the raises over. A floor is
//    the greater of the word and the stripe, so it never falls.
//
// Updates do not come here: the next version of an entry is its own plus one.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>  // std::construct_at without the weight of <memory>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/published.hpp>
#include <portolan/map/versioned/record.hpp>

namespace portolan::detail {

class version_floors {
 public:
  constexpr version_floors() noexcept = default;
  version_floors(const version_floors&) = delete;
  version_floors& operator=(const version_floors&) = delete;
  ~version_floors() {
    if (stripe* all = stripes_.observe()) platform::deallocate(all, size_of_stripes(), alignof(stripe));
  }

  /// The version for a key that has none: above all that ever left under this hash. By the holder of its home line.
  [[nodiscard]] entry_version above(std::uint64_t hash) const noexcept {
    // relaxed here and below: the raise happened before the removal that the caller has acquired (2 above).
    std::uint64_t floor = first_.load(platform::relaxed);
    if (const stripe* all = stripes_.observe()) {
      const std::uint64_t own = all[stripe_of(hash)].floor.load(platform::relaxed);  // relaxed: as above
      if (own > floor) floor = own;
    }
    return {floor + 1};
  }

  /// Before a record of this hash and version is taken out.
  void raise(std::uint64_t hash, entry_version version) noexcept {
    if (stripe* all = stripes_.observe()) {
      raise_word(all[stripe_of(hash)].floor, version.number);
      return;
    }
    std::uint64_t seen = first_.load(platform::relaxed);  // relaxed: the exchange decides
    if (seen >= version.number) return;
    platform::step("floor read");
    // relaxed: the removal that follows releases it (2 above).
    if (first_.compare_exchange_strong(seen, version.number, platform::relaxed)) [[likely]]
      return;
    raise_contended(hash, version.number);
  }

  /// What it occupies beyond itself.
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return stripes_.observe() == nullptr ? 0 : size_of_stripes();
  }

 private:
  struct alignas(cache_line_bytes) stripe {
    platform::atomic<std::uint64_t> floor{0};
  };
  static constexpr std::size_t stripe_count = platform::sizes::version_stripes;
  static constexpr std::size_t size_of_stripes() noexcept { return stripe_count * sizeof(stripe); }
  static constexpr std::size_t stripe_of(std::uint64_t hash) noexcept {
    return (hash ^ hash >> 32) & (stripe_count - 1);
  }

  static void raise_word(platform::atomic<std::uint64_t>& word, std::uint64_t version) noexcept {
    std::uint64_t seen = word.load(platform::relaxed);  // relaxed: the exchange decides
    // relaxed: the removal that follows releases it (2 above).
    while (seen < version && !word.compare_exchange_weak(seen, version, platform::relaxed)) {}
  }

  [[gnu::cold, gnu::noinline]] void raise_contended(std::uint64_t hash, std::uint64_t version) noexcept {
    stripe* all = stripes_or_none();
    raise_word(all == nullptr ? first_ : all[stripe_of(hash)].floor, version);
  }

  /// Null when there is no memory for them; the one word then serves all.
  [[nodiscard]] stripe* stripes_or_none() noexcept {
    if (stripe* all = stripes_.observe()) return all;
    stripe* made = nullptr;
    try {
      made = static_cast<stripe*>(platform::allocate(size_of_stripes(), alignof(stripe)));
    } catch (...) {
      return nullptr;
    }
    for (std::size_t i = 0; i < stripe_count; ++i) std::construct_at(made + i);
    stripe* first = nullptr;
    if (stripes_.replace(first, made)) return made;
    platform::deallocate(made, size_of_stripes(), alignof(stripe));
    return first;
  }

  platform::atomic<std::uint64_t> first_{0};
  published<stripe*> stripes_{nullptr};
};

}  // namespace portolan::detail
