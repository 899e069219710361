// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What no hash map can beat: the loop of a find, with an array where the table would be.
//
//    key of the stream ── hash ──► place = hash >> shift ──► entries[place] ──► the value is compared with the expected one
//
//    as a find has it     the keys, their hash (ours, under a secret), one random cache line for each, its value looked at
//    what is left out     finding the key among others, and whatever lets others write meanwhile
//
// 1. It is as large as our table at 10 M entries, 16 bytes for each place and a power of two of them, and asks for huge
//    pages as ours does. A table with a lower load factor is compared with this smaller array.
// 2. Each place holds its own number as the value: the place that a key should have is known, so the value is checked by
//    one subtraction as a map's is, and the compiler cannot leave the load out.
#include <sys/mman.h>

#include <bit>
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
    entries_ = static_cast<entry*>(pages);
    for (std::uint64_t place = 0; place < count; ++place) entries_[place] = {place, place};
  }
  array_of_entries(const array_of_entries&) = delete;
  array_of_entries& operator=(const array_of_entries&) = delete;
  ~array_of_entries() { ::munmap(entries_, bytes_); }

  template <class F>
  bool find(const K& key, F&& f) {
    const std::uint64_t place = hash_(key) >> shift_;
    f(key + (entries_[place].value - place));
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
  hash<K> hash_;
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
