// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What many threads note and one thread takes: a ring for each thread, written by nobody else.
//
//   thread 3 ── record ──► lane 3  │ taken ░░│ records of thread 3 ▓▓▓▓▓▓▓▓│ free      │
//                                          ▲ tail (taker)                 ▲ head (thread 3)
//   thread 7 ── record ──► lane 7  │ … │                      taker: drain(f) ── f(event) for each, lane after lane
//
//   a record    63      48 47      32 31           0  │  nanoseconds  │  bytes, filled up to a whole word
//              +----------+----------+--------------+
//              |  bytes   |   kind   |    detail    |     kinds below `first_user_kind` are the buffer's own
//              +----------+----------+--------------+
//
// 1. Positions count words for ever; the word of position p lies at p modulo the ring's size. Between tail and head lie
//    whole records, and no record runs over the ring's end: a `filler` takes the rest there.
// 2. Only the lane's thread writes words, from head to tail + size, and raises head when a record is whole; only the
//    taker reads them, and raises tail when it has done so. There is one taker at a time.
// 3. What does not fit is dropped and counted, at once and for good: `dropped` is exact. A full lane takes new records
//    again once a quarter of it is free; the first of them is preceded by a `lost` record with the number.
// 4. A lane belongs to a thread number and goes with it to the next thread, whose first record is preceded by a
//    `begins` record: so each event is taken under the thread that noted it, in that thread's order.
// 5. Rings are made by a thread's first record, while all of them stay below the limit; a thread without one drops.
// 6. In the child of a fork a buffer is silent: what was noted before is the parent's to take.
// Recording is wait-free apart from a thread's first record, and writes nothing that another thread writes.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/thread_slots.hpp>

namespace portolan {

/// One event as the taker sees it; `data` lasts until the taker's call returns.
struct event_view {
  std::uint32_t source;  ///< which thread, counted from 1 in the order of their first records; 0: one without a ring
  std::uint16_t kind;
  std::uint32_t detail;
  std::uint64_t time_ns;  ///< of platform::now_ns
  const unsigned char* data;
  std::size_t size_bytes;
};

/// Kinds of the buffer's own records; `data` of both is one 64-bit number.
enum class event_kind : std::uint16_t {
  filler,  ///< never shown
  begins,  ///< a thread's first; the number is the kernel's for this thread
  lost,    ///< that many records of this thread were dropped before the next one
};
inline constexpr std::uint16_t first_user_kind = 16;

/// Not for what must not be lost: a thread that outruns the taker drops. Nobody may record while it is destroyed.
class event_buffer {
 public:
  static constexpr std::size_t longest_bytes = 4096;

  /// Rings of `ring_bytes` (rounded up to a power of two, at least 32 KiB), all together at most `limit_bytes`.
  event_buffer(std::size_t ring_bytes, std::size_t limit_bytes);
  ~event_buffer();
  event_buffer(const event_buffer&) = delete;
  event_buffer& operator=(const event_buffer&) = delete;

  /// Notes one event of this thread, of longest_bytes at most. False: it was dropped, and counted.
  bool record(std::uint16_t kind, std::uint32_t detail, std::uint64_t time_ns, const void* body,
              std::size_t size_bytes) noexcept {
    const std::uint32_t slot_plus_one = detail::own_slot_plus_one;
    lane* own = slot_plus_one == 0 ? nullptr : lanes_.find(slot_plus_one - 1);
    const std::uint64_t words = words_for(size_bytes);
    // relaxed: a record that is noted or not around the moment of closing belongs to neither side.
    if (own == nullptr || size_bytes > longest_bytes || own->position + words > own->limit ||
        mode_.load(platform::relaxed) != mode::open) [[unlikely]] {
      return record_slowly(kind, detail, time_ns, body, size_bytes);
    }
    put(*own, kind, detail, time_ns, body, size_bytes);
    return true;
  }

  /// Calls f(event_view) for each event noted before the call, and some of those noted meanwhile; one taker at a time.
  /// Gives the number of the calls.
  template <class F>
  std::size_t drain(F&& f) {
    std::size_t taken = 0;
    const std::uint32_t bound = thread_slot_bound();
    for (std::uint32_t slot = 0; slot < bound; ++slot) {
      if (lane* from = lanes_.find(slot)) taken += drain_lane(*from, f);
    }
    return taken;
  }

  /// Calls f(source, number) for each lane whose last drops no `lost` record has told yet; by the taker, when nobody
  /// records any more.
  template <class F>
  void for_each_untold_drop(F&& f) {
    const std::uint32_t bound = thread_slot_bound();
    for (std::uint32_t slot = 0; slot < bound; ++slot) {
      lane* from = lanes_.find(slot);
      if (from == nullptr) continue;
      const std::uint64_t dropped = from->dropped.load(platform::relaxed);  // relaxed: see above, nobody records
      if (dropped != from->told) f(from->source, dropped - from->told);
      from->told = dropped;
    }
  }

  /// Waits until a lane is half full, `nudge` was called or the deadline has passed; by the taker.
  void await_events(std::uint64_t deadline_ns) noexcept;
  /// Ends the taker's wait.
  void nudge() noexcept;

  /// From now on everything is dropped, and counted.
  void close() noexcept;
  /// True in a child of a fork whose parent made the buffer.
  [[nodiscard]] bool forked() const noexcept;

  /// How many records were dropped so far.
  [[nodiscard]] std::uint64_t dropped() noexcept;
  /// How many threads have noted something.
  [[nodiscard]] std::uint32_t sources() const noexcept;
  /// What the rings occupy.
  [[nodiscard]] std::size_t ring_bytes() const noexcept;

 private:
  friend struct living_event_buffers;

  enum class mode : std::uint8_t { open, closed, forked };

  struct lane {
    // The lane's thread.
    alignas(quiet_zone_bytes) std::uint64_t* ring = nullptr;
    std::uint64_t position = 0;  // head, as its writer knows it
    std::uint64_t limit = 0;     // up to here it may write without looking: the ring's end, or what is not taken yet
    std::uint64_t lost = 0;      // dropped since the last record
    std::uint32_t number = 0;    // this thread's among the sources; 0: not drawn yet
    bool begun = false;          // this thread has written its `begins`
    platform::atomic<std::uint64_t> head{0};
    platform::atomic<std::uint64_t> dropped{0};
    // The taker.
    alignas(quiet_zone_bytes) platform::atomic<std::uint64_t> tail{0};
    std::uint64_t told = 0;
    std::uint32_t source = 0;
  };

  struct lane_array : detail::slot_array<lane> {
    template <class F>
    void for_each_lane(F f) noexcept {
      for (lane& one : first_) f(one);
      for (std::uint32_t chunk = 1; chunk < chunk_count; ++chunk) {
        lane* lanes = chunks_[chunk].observe();
        for (std::uint32_t i = 0; lanes != nullptr && i < first_chunk << chunk; ++i) f(lanes[i]);
      }
    }
    /// Only while nobody uses it any more.
    void release() noexcept {
      for (std::uint32_t chunk = 1; chunk < chunk_count; ++chunk) {
        if (lane* lanes = chunks_[chunk].observe()) {
          platform::deallocate(lanes, (first_chunk << chunk) * sizeof(lane), alignof(lane));
        }
      }
    }
  };

  static constexpr std::uint64_t words_for(std::size_t size_bytes) noexcept { return 2 + (size_bytes + 7) / 8; }
  static constexpr std::uint64_t header_of(std::uint16_t kind, std::uint32_t detail, std::size_t size_bytes) noexcept {
    return std::uint64_t{size_bytes} << 48 | std::uint64_t{kind} << 32 | detail;
  }
  static_assert(longest_bytes < std::size_t{1} << 16);

  void put(lane& own, std::uint16_t kind, std::uint32_t detail, std::uint64_t time_ns, const void* body,
           std::size_t size_bytes) noexcept {
    std::uint64_t* const at = own.ring + (own.position & (ring_words_ - 1));
    at[0] = header_of(kind, detail, size_bytes);
    at[1] = time_ns;
    __builtin_memcpy(at + 2, body, size_bytes);
    const std::uint64_t before = own.position;
    own.position += words_for(size_bytes);
    // pair event_ready: release, so that the taker finds whole records below head.
    own.head.store(own.position, platform::release);
    if (((before ^ own.position) & (ring_words_ / 2)) != 0) [[unlikely]]
      nudge();
  }

  template <class F>
  std::size_t drain_lane(lane& from, F& f) {
    // relaxed: the taker's own.
    std::uint64_t at = from.tail.load(platform::relaxed);
    // pair event_ready: acquire, so that the taker finds whole records below head.
    const std::uint64_t head = from.head.load(platform::acquire);
    std::size_t taken = 0;
    for (std::uint64_t given_back = at; at != head;) {
      const std::uint64_t* const record = from.ring + (at & (ring_words_ - 1));
      const auto size_bytes = static_cast<std::size_t>(record[0] >> 48);
      const auto kind = static_cast<std::uint16_t>(record[0] >> 32);
      const auto detail = static_cast<std::uint32_t>(record[0]);
      if (kind == static_cast<std::uint16_t>(event_kind::filler)) {
        at += detail;  // its first word may be all of it
      } else {
        event_view seen{from.source, kind, detail, record[1], reinterpret_cast<const unsigned char*>(record + 2),
                        size_bytes};
        note(from, seen);
        f(static_cast<const event_view&>(seen));
        ++taken;
        at += words_for(size_bytes);
      }
      // pair event_space: release, so that the words are written anew only after they were read.
      if (at - given_back > ring_words_ / 8 || at == head) from.tail.store(given_back = at, platform::release);
    }
    return taken;
  }

  static void note(lane& from, event_view& seen) noexcept;
  bool record_slowly(std::uint16_t kind, std::uint32_t detail, std::uint64_t time_ns, const void* body,
                     std::size_t size_bytes) noexcept;
  [[nodiscard]] bool begin_lane(lane& own) noexcept;
  [[nodiscard]] bool append(lane& own, std::uint16_t kind, std::uint32_t detail, std::uint64_t time_ns,
                            const void* body, std::size_t size_bytes) noexcept;
  void drop(lane& own) noexcept;
  void thread_left(std::uint32_t slot) noexcept;

  const std::size_t ring_words_;
  const std::size_t limit_bytes_;
  platform::atomic<mode> mode_{mode::open};
  platform::atomic<std::size_t> ring_bytes_made_{0};
  platform::atomic<std::uint32_t> sources_{0};
  platform::atomic<std::uint64_t> dropped_without_lane_{0};
  platform::atomic<std::uint32_t> wakes_{0};
  std::uint32_t wakes_seen_ = 0;
  event_buffer* next_ = nullptr;
  event_buffer* previous_ = nullptr;
  lane_array lanes_{};
};

}  // namespace portolan
