// The program's operator new as a fault point: what maps take without the user's allocator fails when told to.
#include <cstdlib>
#include <new>

#include "tests/support/faults.hpp"

namespace {
void* take(std::size_t bytes, std::size_t alignment) {
  if (support::faults::strikes(support::fault::allocation)) throw std::bad_alloc();
  const std::size_t rounded = (bytes + alignment) / alignment * alignment;  // a multiple, and never nothing
  void* const block =
      alignment <= alignof(std::max_align_t) ? std::malloc(rounded) : std::aligned_alloc(alignment, rounded);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
}  // namespace

void* operator new(std::size_t bytes) { return take(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return take(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }
