// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The rare parts of an event buffer: a thread's first record, the ring's end, full rings, ends of threads, fork.
#include <portolan/base/event_buffer.hpp>

#include <bit>

#include <portolan/base/fork.hpp>
#include <portolan/base/wait.hpp>

namespace portolan {

/// The buffers that live, for who hears of the ends of threads and of forks. Never destroyed.
struct living_event_buffers {
  static mutex lock;
  static event_buffer* first;

  static void join(event_buffer& one) {
    at_fork(fork_rank::events, around_fork);
    exclusive_lock hold(lock);
    static_cast<void>(&hears_of_threads);
    one.next_ = first;
    if (first != nullptr) first->previous_ = &one;
    first = &one;
  }
  static void leave(event_buffer& one) {
    exclusive_lock hold(lock);
    (one.previous_ == nullptr ? first : one.previous_->next_) = one.next_;
    if (one.next_ != nullptr) one.next_->previous_ = one.previous_;
  }

  static void left(std::uint32_t slot) noexcept {
    exclusive_lock hold(lock);
    for (event_buffer* one = first; one != nullptr; one = one->next_) one->thread_left(slot);
  }
  static void abandoned(std::uint32_t) noexcept {}  // a silent buffer has no lanes to hand on
  static slot_user user;
  static const bool hears_of_threads;

  static void before_fork() noexcept { lock.lock(); }
  static void in_parent() noexcept { lock.unlock(); }
  static void in_child() noexcept {
    lock.reset_after_fork();
    for (event_buffer* one = first; one != nullptr; one = one->next_) {
      // relaxed: the child has one thread.
      one->mode_.store(event_buffer::mode::forked, platform::relaxed);
    }
  }
  static constexpr fork_step around_fork{before_fork, in_parent, in_child};
};

constinit mutex living_event_buffers::lock;
constinit event_buffer* living_event_buffers::first = nullptr;
constinit slot_user living_event_buffers::user{left, abandoned};
// Before main, where one thread runs.
const bool living_event_buffers::hears_of_threads = (add_slot_user(user), true);

namespace {

constexpr std::size_t smallest_ring_bytes = std::size_t{32} << 10;

std::size_t ring_words_for(std::size_t ring_bytes) noexcept {
  return std::bit_ceil(ring_bytes < smallest_ring_bytes ? smallest_ring_bytes : ring_bytes) / sizeof(std::uint64_t);
}

}  // namespace

event_buffer::event_buffer(std::size_t ring_bytes, std::size_t limit_bytes)
    : ring_words_(ring_words_for(ring_bytes)), limit_bytes_(limit_bytes) {
  living_event_buffers::join(*this);
}

event_buffer::~event_buffer() {
  living_event_buffers::leave(*this);
  lanes_.for_each_lane([this](lane& one) {
    if (one.ring != nullptr) platform::deallocate(one.ring, ring_words_ * sizeof(std::uint64_t), cache_line_bytes);
  });
  lanes_.release();
}

void event_buffer::await_events(std::uint64_t deadline_ns) noexcept {
  // pair event_wake: acquire, so that the taker sees what was asked of it before the nudge.
  std::uint32_t now = wakes_.load(platform::acquire);
  if (now == wakes_seen_ && platform::park_until(wakes_, now, deadline_ns)) {
    // pair event_wake: acquire, so that the taker sees what was asked of it before the nudge.
    now = wakes_.load(platform::acquire);
  }
  wakes_seen_ = now;
}

void event_buffer::nudge() noexcept {
  // pair event_wake: release, so that the taker sees what was asked of it before the nudge.
  wakes_.fetch_add(1, platform::release);
  platform::wake_one(wakes_);
}

void event_buffer::close() noexcept {
  mode expected = mode::open;
  // relaxed: see record.
  static_cast<void>(mode_.compare_exchange_strong(expected, mode::closed, platform::relaxed));
}

bool event_buffer::forked() const noexcept {
  return mode_.load(platform::relaxed) == mode::forked;  // relaxed: set before this process had a second thread
}

std::uint64_t event_buffer::dropped() noexcept {
  // relaxed, here and below: a figure.
  std::uint64_t sum = dropped_without_lane_.load(platform::relaxed);
  lanes_.for_each_lane([&](const lane& one) { sum += one.dropped.load(platform::relaxed); });  // relaxed: as above
  return sum;
}

std::uint32_t event_buffer::sources() const noexcept { return sources_.load(platform::relaxed); }  // relaxed: a figure

std::size_t event_buffer::ring_bytes() const noexcept {
  return ring_bytes_made_.load(platform::relaxed);  // relaxed: a figure
}

/// What the buffer's own records say to the taker.
void event_buffer::note(lane& from, event_view& seen) noexcept {
  if (seen.kind == static_cast<std::uint16_t>(event_kind::begins)) {
    from.source = seen.detail;
    seen.source = seen.detail;
  } else if (seen.kind == static_cast<std::uint16_t>(event_kind::lost)) {
    std::uint64_t number = 0;
    __builtin_memcpy(&number, seen.data, sizeof number);
    from.told += number;
  }
}

[[gnu::cold, gnu::noinline]] bool event_buffer::record_slowly(std::uint16_t kind, std::uint32_t detail,
                                                              std::uint64_t time_ns, const void* body,
                                                              std::size_t size_bytes) noexcept {
  const mode now = mode_.load(platform::relaxed);  // relaxed: see record
  if (now == mode::forked) return false;
  lane* own = nullptr;
  try {
    own = &lanes_.get(this_thread_slot());
  } catch (...) {
    dropped_without_lane_.fetch_add(1, platform::relaxed);  // relaxed: a figure
    return false;
  }
  const auto begins = static_cast<std::uint16_t>(event_kind::begins);
  const auto lost = static_cast<std::uint16_t>(event_kind::lost);
  const bool fits = now == mode::open && size_bytes <= longest_bytes && begin_lane(*own);
  if (!fits) return drop(*own), false;
  // A lane's `lost` record belongs to the thread that lost them, so it comes before the next thread's `begins`.
  if (own->lost != 0) {
    if (!append(*own, lost, 0, time_ns, &own->lost, sizeof own->lost)) return drop(*own), false;
    own->lost = 0;
  }
  if (!own->begun) {
    const std::uint64_t thread = platform::kernel_thread_id();
    // relaxed: a number that nobody else gets.
    if (own->number == 0) own->number = sources_.fetch_add(1, platform::relaxed) + 1;
    if (!append(*own, begins, own->number, time_ns, &thread, sizeof thread)) return drop(*own), false;
    own->begun = true;
  }
  if (!append(*own, kind, detail, time_ns, body, size_bytes)) return drop(*own), false;
  return true;
}

/// The lane's ring, made at its first record; false: there is no room for one.
bool event_buffer::begin_lane(lane& own) noexcept {
  if (own.ring != nullptr) return true;
  const std::size_t size_bytes = ring_words_ * sizeof(std::uint64_t);
  // relaxed: a number; the ring is handed to the taker by its first record.
  if (ring_bytes_made_.fetch_add(size_bytes, platform::relaxed) + size_bytes <= limit_bytes_) {
    try {
      own.ring = static_cast<std::uint64_t*>(platform::allocate(size_bytes, cache_line_bytes));
      return true;
    } catch (...) {
      // As if the limit had been reached.
    }
  }
  ring_bytes_made_.fetch_sub(size_bytes, platform::relaxed);  // relaxed: as above
  return false;
}

/// Writes one record if there is room, looking at what was taken; after a drop only if there is plenty.
bool event_buffer::append(lane& own, std::uint16_t kind, std::uint32_t detail, std::uint64_t time_ns, const void* body,
                          std::size_t size_bytes) noexcept {
  // pair event_space: acquire, so that the words are written anew only after they were read.
  const std::uint64_t end = own.tail.load(platform::acquire) + ring_words_;
  const std::uint64_t wanted = own.lost != 0 ? ring_words_ / 4 : words_for(size_bytes);
  const std::uint64_t to_ring_end = ring_words_ - (own.position & (ring_words_ - 1));
  const std::uint64_t filler = words_for(size_bytes) > to_ring_end ? to_ring_end : 0;
  if (own.position + filler + wanted > end) return false;
  if (filler != 0) {
    own.ring[own.position & (ring_words_ - 1)] =
        header_of(static_cast<std::uint16_t>(event_kind::filler), static_cast<std::uint32_t>(filler), 0);
    own.position += filler;  // shown to the taker with the record behind it
  }
  put(own, kind, detail, time_ns, body, size_bytes);
  const std::uint64_t ring_end = own.position + ring_words_ - (own.position & (ring_words_ - 1));
  own.limit = ring_end < end ? ring_end : end;
  return true;
}

void event_buffer::drop(lane& own) noexcept {
  own.lost += 1;
  own.limit = 0;
  // relaxed: a figure, written by this thread alone.
  own.dropped.store(own.dropped.load(platform::relaxed) + 1, platform::relaxed);
}

/// By the thread that ends, its number still its own.
void event_buffer::thread_left(std::uint32_t slot) noexcept {
  lane* own = lanes_.find(slot);
  if (own == nullptr) return;
  if (own->begun) own->number = 0;
  own->begun = false;
  own->limit = 0;
}

}  // namespace portolan
