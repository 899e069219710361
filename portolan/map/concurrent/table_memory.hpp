// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Where tables come from: the kernel's pages, small ones from `operator new`; or the user's allocator, if he gave one.
//
//   std::allocator, from 128 KiB   pages: untouched memory costs nothing, moved lines go back at once
//   std::allocator, smaller        one block of operator new
//   any other                      one block of that allocator, whatever the size; kept until the table is retired
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include <portolan/base/platform.hpp>
#include <portolan/map/concurrent/table.hpp>

namespace portolan::concurrent {

template <class Line, class Alloc>
class table_memory {
 public:
  using table_type = table<Line>;

  /// A table that is zero behind its header: every slot moved, every line closed, every block open. Throws what the
  /// allocator throws.
  [[nodiscard]] static table_type* make(const Alloc& allocator, unsigned lg_lines) {
    const bool mapped = kernel_pages && table_type::bytes_for(lg_lines, false) >= least_mapped_bytes;
    const std::size_t size_bytes = table_type::bytes_for(lg_lines, mapped);
    auto* raw = static_cast<unsigned char*>(raw_memory(allocator, size_bytes, mapped));
    if (mapped) raw += platform::page_bytes - sizeof(table_type);
    auto* made = std::construct_at(reinterpret_cast<table_type*>(raw), lg_lines, size_bytes, mapped);
    if (!mapped) __builtin_memset(static_cast<void*>(made->lines()), 0, size_bytes - sizeof(table_type));
    return made;
  }

  static void free(const Alloc& allocator, table_type* used) noexcept {
    const std::size_t size_bytes = used->size_bytes();
    const bool mapped = used->mapped();
    const std::size_t discarded_bytes = used->discarded_bytes();
    std::destroy_at(used);
    auto* raw = reinterpret_cast<unsigned char*>(used);
    if (mapped) {
      platform::unmap_pages(raw - (platform::page_bytes - sizeof(table_type)), size_bytes, discarded_bytes);
    } else if constexpr (kernel_pages) {
      platform::deallocate(raw, size_bytes, alignof(table_type));
    } else {
      chunk_allocator chunks(allocator);
      chunk_traits::deallocate(chunks, reinterpret_cast<chunk*>(raw), size_bytes / sizeof(chunk));
    }
  }

 private:
  struct alignas(64) chunk {
    unsigned char bytes[64];
  };
  using chunk_traits = typename std::allocator_traits<Alloc>::template rebind_traits<chunk>;
  using chunk_allocator = typename chunk_traits::allocator_type;
  static constexpr bool kernel_pages = std::is_same_v<Alloc, std::allocator<typename Alloc::value_type>>;
  static constexpr std::size_t least_mapped_bytes = std::size_t{128} << 10;

  static void* raw_memory(const Alloc& allocator, std::size_t size_bytes, bool mapped) {
    if (mapped) return platform::map_pages(size_bytes, platform::page_bytes);
    if constexpr (kernel_pages) {
      return platform::allocate(size_bytes, alignof(table_type));
    } else {
      chunk_allocator chunks(allocator);
      return chunk_traits::allocate(chunks, size_bytes / sizeof(chunk));
    }
  }
};

}  // namespace portolan::concurrent
