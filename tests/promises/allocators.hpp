// An allocator that keeps books, and fails when told to.
//
// 1. Every block is written down with its size; giving back a block that is not there, or with another size, fails
//    the test.
// 2. `allocate` is a fault point (faults.hpp): the n-th allocation fails with std::bad_alloc.
// 3. `strict` allocators of two ledgers are unequal: a block that is given back to the wrong one is found.
#pragma once

#include <cstddef>
#include <mutex>
#include <new>
#include <unordered_map>

#include <gtest/gtest.h>

#include "faults.hpp"

namespace promises {

class ledger {
 public:
  void took(void* block, std::size_t bytes) {
    const std::lock_guard held(mutex_);
    blocks_.emplace(block, bytes);
    bytes_ += bytes;
    if (bytes_ > most_) most_ = bytes_;
    ++allocations_;
  }
  void gave_back(void* block, std::size_t bytes) {
    const std::lock_guard held(mutex_);
    const auto at = blocks_.find(block);
    if (at == blocks_.end()) {
      ADD_FAILURE() << "a block that was never taken, or was given back twice";
      return;
    }
    EXPECT_EQ(at->second, bytes) << "given back with another size";
    bytes_ -= at->second;
    blocks_.erase(at);
  }
  [[nodiscard]] std::size_t bytes() const {
    const std::lock_guard held(mutex_);
    return bytes_;
  }
  [[nodiscard]] std::size_t blocks() const {
    const std::lock_guard held(mutex_);
    return blocks_.size();
  }
  [[nodiscard]] std::size_t allocations() const {
    const std::lock_guard held(mutex_);
    return allocations_;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<void*, std::size_t> blocks_;
  std::size_t bytes_ = 0;
  std::size_t most_ = 0;
  std::size_t allocations_ = 0;
};

/// The ledger of allocators that were made without one.
inline ledger& nobodys_ledger() {
  static ledger books;
  return books;
}

template <class T>
class metered {
 public:
  using value_type = T;

  metered() noexcept : books_(&nobodys_ledger()) {}
  explicit metered(ledger& books) noexcept : books_(&books) {}
  template <class U>
  metered(const metered<U>& other) noexcept : books_(&other.books()) {}

  [[nodiscard]] T* allocate(std::size_t count) {
    if (faults::strikes()) throw std::bad_alloc();
    void* const block = ::operator new (count * sizeof(T), std::align_val_t{alignof(T)});
    books_->took(block, count * sizeof(T));
    return static_cast<T*>(block);
  }
  void deallocate(T* block, std::size_t count) noexcept {
    books_->gave_back(block, count * sizeof(T));
    ::operator delete (block, std::align_val_t{alignof(T)});
  }
  [[nodiscard]] ledger& books() const noexcept { return *books_; }

  template <class U>
  bool operator==(const metered<U>& other) const noexcept {
    return books_ == &other.books();
  }

 private:
  ledger* books_;
};

template <class Subject>
using metered_map =
    typename Subject::template map_with<metered<std::pair<const typename Subject::key, typename Subject::value>>>;

}  // namespace promises
