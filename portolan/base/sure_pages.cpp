// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The reserve of pages. No lock: a forked child must find none held.
#include <portolan/base/sure_pages.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>

#include <portolan/base/platform.hpp>

namespace portolan {

namespace {

constexpr std::size_t reserved_pages = 256;
alignas(platform::page_bytes) constinit std::byte reserve[reserved_pages][platform::page_bytes]{};
constinit platform::atomic<bool> taken[reserved_pages]{};

}  // namespace

void* take_sure_page() noexcept {
  try {
    return platform::map_pages(platform::page_bytes);
  } catch (...) {
    for (std::size_t i = 0; i < reserved_pages; ++i) {
      // pair sure_page: acquire, so that a page is taken after its last owner's last use.
      if (!taken[i].exchange(true, platform::acquire)) return reserve[i];
    }
    std::terminate();
  }
}

void give_sure_page_back(void* page) noexcept {
  // Before the reserve the difference wraps round, and is too large as well.
  const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(page) - reinterpret_cast<std::uintptr_t>(reserve);
  if (offset >= sizeof reserve) return platform::unmap_pages(page, platform::page_bytes);
  // pair sure_page: release, so that the next owner comes after this one's last use.
  taken[offset / platform::page_bytes].store(false, platform::release);
}

}  // namespace portolan
