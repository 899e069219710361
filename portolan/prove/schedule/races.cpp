// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <portolan/prove/schedule/races.hpp>

namespace portolan::prove::schedule {

void races::watch(const void* begin, std::size_t size_bytes) {
  if (area_of(begin) != nullptr) return;
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  const std::size_t before = address % granule_bytes;
  area fresh;
  fresh.begin = static_cast<const std::byte*>(begin) - before;
  fresh.size_bytes = size_bytes + before;
  const std::size_t granules = (fresh.size_bytes + granule_bytes - 1) / granule_bytes;
  void* records = mmap(nullptr, granules * sizeof(record), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (records == MAP_FAILED) throw std::bad_alloc();
  fresh.records = static_cast<record*>(records);
  areas_.push_back(fresh);
}

void races::begin_execution() {
  apart_count_ = 0;
  if (++execution_ != 0) return;
  execution_ = 1;
  for (const area& each : areas_) {
    (void)madvise(each.records, (each.size_bytes / granule_bytes + 1) * sizeof(record), MADV_DONTNEED);
  }
}

const races::area* races::area_of(const void* address) const noexcept {
  const auto* at = static_cast<const std::byte*>(address);
  for (const area& each : areas_) {
    if (at >= each.begin && at < each.begin + each.size_bytes) return &each;
  }
  return nullptr;
}

void races::forget(const void* begin, std::size_t size_bytes) noexcept {
  const area* const in = area_of(begin);
  if (in == nullptr) return;
  const auto first = static_cast<std::size_t>(static_cast<const std::byte*>(begin) - in->begin) / granule_bytes;
  const std::size_t granules = (size_bytes + granule_bytes - 1) / granule_bytes;
  for (std::size_t at = 0; at < granules; ++at) in->records[first + at].execution = 0;
}

std::array<races::record, races::granule_bytes>& races::taken_apart(record& whole) {
  if (whole.bytes == 0) return apart_[whole.written_after];
  if (apart_count_ == apart_.size()) apart_.emplace_back();
  std::array<record, granule_bytes>& bytes = apart_[apart_count_];
  for (std::size_t at = 0; at < granule_bytes; ++at) {
    bytes[at] = (whole.bytes >> at & 1) != 0 ? whole : record{};
    bytes[at].execution = execution_;
  }
  whole.bytes = 0;
  whole.written_after = static_cast<std::uint16_t>(apart_count_++);
  return bytes;
}

races::rival races::note_in(record& in, const moment& now, bool writes) noexcept {
  const auto unordered = [&](unsigned thread, unsigned events) {
    return thread != now.thread && now.knows->count(thread) <= events;
  };
  if (in.writer != nobody && unordered(in.writer, in.written_after)) return {true, true, in.writer, in.written_after};
  for (unsigned thread = 0; writes && thread < most_threads; ++thread) {
    const std::uint16_t after = in.read_after[thread];
    if (after != 0 && unordered(thread, after - 1U)) return {true, false, thread, after - 1U};
  }
  if (writes) {
    in.writer = static_cast<std::uint8_t>(now.thread);
    in.written_after = static_cast<std::uint16_t>(now.events);
  } else {
    in.read_after[now.thread] = static_cast<std::uint16_t>(now.events + 1);
  }
  return {};
}

races::rival races::unordered_write(const moment& now, const void* begin) noexcept {
  const area* const in = area_of(begin);
  if (in == nullptr) return {};
  const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(begin) - in->begin);
  const record* of = &in->records[offset / granule_bytes];
  if (of->execution != execution_) return {};
  if (of->bytes == 0) {
    of = &apart_[of->written_after][offset % granule_bytes];
  } else if ((of->bytes >> offset % granule_bytes & 1) == 0) {
    return {};  // its neighbours were used
  }
  if (of->writer == nobody || of->writer == now.thread || now.knows->count(of->writer) > of->written_after) return {};
  return {true, true, of->writer, of->written_after};
}

races::rival races::note(const moment& now, const void* begin, std::size_t size_bytes, bool writes) {
  const area* const in = area_of(begin);
  if (in == nullptr || size_bytes == 0) return {};
  std::size_t offset = static_cast<std::size_t>(static_cast<const std::byte*>(begin) - in->begin);
  const std::size_t end = std::min(offset + size_bytes, in->size_bytes);
  while (offset < end) {
    const std::size_t first = offset % granule_bytes;
    const std::size_t behind = std::min(first + (end - offset), granule_bytes);
    const auto bytes = static_cast<std::uint8_t>(((1U << (behind - first)) - 1) << first);
    record& whole = in->records[offset / granule_bytes];
    if (whole.execution != execution_) {
      whole = record{};
      whole.execution = execution_;
      whole.bytes = bytes;
    }
    if (whole.bytes == bytes) {
      if (const rival met = note_in(whole, now, writes); met.found) return met;
    } else {
      auto& apart = taken_apart(whole);
      for (std::size_t at = first; at < behind; ++at) {
        if (const rival met = note_in(apart[at], now, writes); met.found) return met;
      }
    }
    offset += behind - first;
  }
  return {};
}

}  // namespace portolan::prove::schedule
