// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A census over base's list of living maps. A map cannot end while its list is locked, so its figures may be read then;
// it is asked for them in a way that waits for no lock under which user code runs: that code may make or destroy a map,
// and would wait for the list.
#include <portolan/map/memory.hpp>

#include <portolan/base/living.hpp>

namespace portolan {

namespace detail {

map_memory memory_in(const map_statistics& figures) noexcept {
  // A map that says no more than its bytes has all of them reserved.
  const std::size_t reserved = figures.reserved_bytes != 0 ? figures.reserved_bytes : figures.bytes;
  map_memory memory;
  memory.bytes_now = reserved + figures.kept_back_bytes;
  memory.bytes_ever = figures.ever_bytes < memory.bytes_now ? memory.bytes_now : figures.ever_bytes;
  memory.entries = figures.entries;
  memory.tables = figures.tables;
  memory.bytes_reserved = reserved;
  memory.bytes_used = figures.used_bytes;
  memory.bytes_kept_back = figures.kept_back_bytes;
  return memory;
}

void add_to(map_memory& sum, const map_memory& one) noexcept {
  sum.bytes_now += one.bytes_now;
  sum.bytes_ever += one.bytes_ever;
  sum.entries += one.entries;
  sum.tables += one.tables;
  sum.bytes_reserved += one.bytes_reserved;
  sum.bytes_used += one.bytes_used;
  sum.bytes_kept_back += one.bytes_kept_back;
}

}  // namespace detail

memory_listing memory_of_all_maps() {
  memory_listing all;
  all.maps.reserve(living::count() + 16);
  living::for_each(
      [](void* context, const living& one) {
        auto& maps = static_cast<memory_listing*>(context)->maps;
        constexpr int looks = 64;
        map_statistics figures;
        bool known = false;
        for (int look = 0; !known && look < looks; ++look) {
          figures = {};
          known = one.take_census(figures);
        }
        living_map& line = maps.emplace_back();
        for (std::size_t i = 0; i + 1 < sizeof line.name && one.name()[i] != '\0'; ++i) line.name[i] = one.name()[i];
        line.type = one.type();
        if (known) line.memory = detail::memory_in(figures);
        line.busy = !known;
      },
      &all);
  for (const living_map& one : all.maps) detail::add_to(all.sum, one.memory);
  return all;
}

}  // namespace portolan
