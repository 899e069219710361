// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What no hash map can beat: the hash names a place in an array of 16-byte entries, and that is all.
//
//    find(key)   entries[hash >> shift]      one random cache line, no comparison, no lock; a power of two of entries,
//                                            on huge pages where a large table has them
//
// It holds nothing: every find "hits" and gives the right value by adding the zero that it read to the key.
#include <sys/mman.h>

#include <bit>
#include <cstring>
#include <new>

#include "bench/matrix/arena.hpp"
#include "bench/matrix/loops.hpp"

namespace portolan::matrix {
namespace {

template <class K, class V>
class array_of_entries {
  struct entry {
    std::uint64_t key;
    std::uint64_t value;
  };

 public:
  explicit array_of_entries(const workload::setup& how) {
    const std::size_t count = std::bit_ceil(std::max<std::size_t>(how.work.key_count / 2, 16));
    shift_ = static_cast<unsigned>(64 - std::bit_width(count - 1));
    bytes_ = count * sizeof(entry);
    void* const pages = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    (void)::madvise(pages, bytes_, MADV_HUGEPAGE);
    std::memset(pages, 0, bytes_);  // pages that were only read would all be one
    entries_ = static_cast<entry*>(pages);
  }
  array_of_entries(const array_of_entries&) = delete;
  array_of_entries& operator=(const array_of_entries&) = delete;
  ~array_of_entries() { ::munmap(entries_, bytes_); }

  template <class F>
  bool find(const K& key, F&& f) {
    f(key + entries_[workload::shared_hash<K>{}(key) >> shift_].value);
    return true;
  }
  template <class F>
  void find_many(std::span<const K> keys, F&& f) {
    for (std::size_t i = 0; i < keys.size(); ++i) find(keys[i], [&](const V& value) { f(i, value); });
  }
  bool insert(const K&, V) { return true; }
  bool erase(const K&) { return true; }
  void add(const K&, std::uint64_t) {}
  template <class F>
  void for_each(F&&) {}
  std::size_t size() { return 0; }

 private:
  entry* entries_ = nullptr;
  std::size_t bytes_ = 0;
  unsigned shift_ = 0;
};

std::unique_ptr<measured_map> make_array(key_form form, const workload::setup& how) {
  using number = std::uint64_t;
  if (form != key_form::number) return nullptr;
  return std::make_unique<measured<array_of_entries<number, number>, number, number>>(how);
}

}  // namespace

workload::candidate plain_array() {
  workload::candidate made;
  made.name = "plain array";
  made.what = "one random cache line an operation";
  made.measure = make_array;
  return made;
}

}  // namespace portolan::matrix
