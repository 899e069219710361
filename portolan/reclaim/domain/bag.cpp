// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Blocks and bags: memory, and the order of sealed blocks.
#include <portolan/reclaim/domain/bag.hpp>

#include <portolan/base/sure_pages.hpp>

namespace portolan::reclaim {

sure_memory sure_memory::take(std::size_t size_bytes, std::size_t alignment_bytes) noexcept {
  try {
    return {platform::allocate(size_bytes, alignment_bytes), false};
  } catch (...) {
    return {take_sure_page(), true};
  }
}

void sure_memory::give_back(void* at, bool pages, std::size_t size_bytes, std::size_t alignment_bytes) noexcept {
  if (pages) {
    give_sure_page_back(at);
  } else {
    platform::deallocate(at, size_bytes, alignment_bytes);
  }
}

block* block::make(std::uint32_t capacity) noexcept {
  const sure_memory memory = sure_memory::take(size_of(capacity), alignof(block));
  auto* made = static_cast<block*>(memory.at);
  made->next = nullptr;
  made->tag = 0;
  made->count_ = 0;
  made->capacity_ = static_cast<std::uint16_t>(capacity);
  made->pages_ = memory.pages;
  return made;
}

void block::unmake(block* used) noexcept {
  sure_memory::give_back(used, used->pages_, size_of(used->capacity_), alignof(block));
}

block* bag::take_oldest_locked() noexcept {
  block* taken = oldest;
  if (taken == nullptr) return nullptr;
  oldest = taken->next;
  if (oldest == nullptr) newest = nullptr;
  taken->next = nullptr;
  --sealed_blocks;
  for (const retired& object : *taken) {
    kept_objects -= 1;
    kept_bytes -= object.size_bytes;
  }
  return taken;
}

void bag::put_back_locked(block* taken) noexcept {
  taken->next = oldest;
  oldest = taken;
  if (newest == nullptr) newest = taken;
  ++sealed_blocks;
  for (const retired& object : *taken) {
    kept_objects += 1;
    kept_bytes += object.size_bytes;
  }
}

}  // namespace portolan::reclaim
