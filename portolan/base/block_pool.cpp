// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Stocks, and the runs that they are filled from.
//
//    shelf (one for each size)     region: 64 KiB to 2 MiB of one size, aligned to 2 MiB
//      lock                        +--------+------------------+--------------------+------------------+---
//      runs with room ──► run ──►  | header | run 0: ■ ■ · ■   | run 1: all free,   | run 2: not yet   | …
//                                  |        |                  | pages given back   | used             |
//                                  +--------+------------------+--------------------+------------------+---
//
// 1. Everything of a region is guarded by the lock of its size, which is held for one list's length and never while a
//    lock of anybody else is asked for.
// 2. A run is 64 KiB, so one block that somebody keeps holds back no more than that. Regions double with what their size
//    has already; from 2 MiB on they are huge pages.
// 3. The pages of a run whose blocks are all free go back, but for a few runs; those of a region as a whole, unless it is
//    the size's only one: who takes and gives one block in turn does not ask the kernel each time.
// 4. A fork holds all locks. In the child the thread numbers go first, while it holds them: stocks of threads that are
//    not there are forgotten then, not given back, since they may have been in the middle of a change.
#include <portolan/base/block_pool.hpp>

#include <cstdint>

#include <portolan/base/cache_line.hpp>
#include <portolan/base/fork.hpp>
#include <portolan/base/platform.hpp>
#include <portolan/base/thread_slots.hpp>
#include <portolan/base/wait.hpp>

namespace portolan::block_pool {

namespace {

constexpr std::size_t run_bytes = std::size_t{64} << 10;
constexpr std::size_t region_alignment = platform::huge_page_bytes;
constexpr std::size_t most_runs = region_alignment / run_bytes;
constexpr std::uint32_t free_runs_kept = 4;
constexpr std::size_t most_bytes_of_a_stock = std::size_t{16} << 10;
constexpr std::uint32_t blocks_at_a_time = 64;
constexpr std::size_t sizes = largest_bytes / alignment_bytes;

constexpr std::size_t index_of(std::size_t block) noexcept { return block / alignment_bytes - 1; }

constinit platform::atomic<std::size_t> bytes_of_regions{0};
/// The thread that forks, while it holds the locks.
constinit platform::atomic<const void*> forking{nullptr};

struct link {
  link* next = nullptr;
};

/// One thread's blocks of one size: a list, and a run of its region that nobody has used yet.
struct stock {
  link* first = nullptr;
  std::uint32_t count = 0;  // of the list
  std::uint32_t fresh = 0;  // blocks of the run
  unsigned char* run = nullptr;
};

struct alignas(cache_line_bytes) stocks {
  stock of_size[sizes];
  void thread_left() noexcept;
  void give_all_back() noexcept;
};

/// 64 KiB of a region.
struct run {
  run* next = nullptr;
  run* previous = nullptr;
  link* free_blocks = nullptr;
  unsigned char* unused = nullptr;  // from here to `end` nobody has had a block since the pages came
  unsigned char* end = nullptr;
  std::uint32_t used = 0;  // blocks that takers and stocks have
  bool listed = false;     // it has room
};

/// The head of a region; its blocks follow.
struct alignas(cache_line_bytes) region {
  std::size_t size_bytes;
  std::uint32_t free_runs;
  run runs[most_runs];

  [[nodiscard]] static region& of(void* at) noexcept {
    return *reinterpret_cast<region*>(reinterpret_cast<std::uintptr_t>(at) & ~(region_alignment - 1));
  }
  [[nodiscard]] std::uint32_t run_count() const noexcept { return static_cast<std::uint32_t>(size_bytes / run_bytes); }
  [[nodiscard]] run& run_of(void* block) noexcept {
    return runs[(reinterpret_cast<std::uintptr_t>(block) & (region_alignment - 1)) / run_bytes];
  }
  [[nodiscard]] unsigned char* begin_of(const run& one) noexcept {
    const auto number = static_cast<std::size_t>(&one - runs);
    return reinterpret_cast<unsigned char*>(this) + (number == 0 ? sizeof(region) : number * run_bytes);
  }
  [[nodiscard]] unsigned char* end_of(const run& one) noexcept {
    return reinterpret_cast<unsigned char*>(this) + static_cast<std::size_t>(&one - runs + 1) * run_bytes;
  }
};

class shelf {
 public:
  mutex lock;

  /// Fills an empty stock from one run.
  void fill_locked(stock& into, std::size_t block) {
    if (first_ == nullptr) make_region_locked(block);
    run& from = *first_;
    if (from.used == 0) begin_to_use_locked(from);
    std::uint32_t taken = 0;
    for (; taken < blocks_at_a_time && from.free_blocks != nullptr; ++taken) {
      link* one = from.free_blocks;
      from.free_blocks = one->next;
      one->next = into.first;
      into.first = one;
    }
    into.count = taken;
    if (taken == 0) {
      const auto left = static_cast<std::size_t>(from.end - from.unused) / block;
      taken = left < blocks_at_a_time ? static_cast<std::uint32_t>(left) : blocks_at_a_time;
      into.run = from.unused;
      into.fresh = taken;
      from.unused += taken * block;
    }
    from.used += taken;
    if (from.free_blocks == nullptr && from.unused == from.end) unlist_locked(from);
  }

  void take_back_locked(link* one) noexcept {
    region& home = region::of(one);
    run& in = home.run_of(one);
    one->next = in.free_blocks;
    in.free_blocks = one;
    if (!in.listed) list_locked(in, first_);
    if (--in.used == 0) all_free_locked(home, in);
  }
  void take_all_back_locked(link* list) noexcept {
    while (list != nullptr) {
      link* after = list->next;
      take_back_locked(list);
      list = after;
    }
  }

 private:
  /// Before `next`, or last.
  void list_locked(run& one, run* next) noexcept {
    one.next = next;
    one.previous = next == nullptr ? last_ : next->previous;
    (one.previous == nullptr ? first_ : one.previous->next) = &one;
    (next == nullptr ? last_ : next->previous) = &one;
    one.listed = true;
  }
  void unlist_locked(run& one) noexcept {
    (one.previous == nullptr ? first_ : one.previous->next) = one.next;
    (one.next == nullptr ? last_ : one.next->previous) = one.previous;
    one.listed = false;
  }
  static bool has_pages(region& home, const run& one) noexcept { return one.unused != home.begin_of(one); }

  void begin_to_use_locked(run& one) noexcept {
    region& home = region::of(&one);
    --home.free_runs;
    if (has_pages(home, one)) {
      --free_runs_;
    } else {
      bytes_of_regions.fetch_add(run_bytes, platform::relaxed);  // relaxed: a figure
      platform::reuse_pages(run_bytes);
    }
  }
  void all_free_locked(region& home, run& in) noexcept {
    ++free_runs_;
    if (++home.free_runs == home.run_count() && regions_ > 1) return unmake_region_locked(home);
    if (free_runs_ <= free_runs_kept || &in == home.runs) return;
    if (platform::discard_pages(home.begin_of(in), run_bytes)) forget_pages_locked(home, in);
  }
  void forget_pages_locked(region& home, run& one) noexcept {
    --free_runs_;
    bytes_of_regions.fetch_sub(run_bytes, platform::relaxed);  // relaxed: a figure
    one.free_blocks = nullptr;
    one.unused = home.begin_of(one);
    unlist_locked(one);
    list_locked(one, nullptr);  // others first
  }

  void make_region_locked(std::size_t block) {
    std::size_t size = run_bytes;
    while (size < region_bytes_ && size < region_alignment) size *= 2;
    auto* made = std::construct_at(static_cast<region*>(platform::map_aligned(size, region_alignment)));
    platform::discount_pages(size);  // counted run by run
    made->size_bytes = size;
    made->free_runs = made->run_count();
    ++regions_;
    region_bytes_ += size;
    for (std::uint32_t i = 0; i < made->run_count(); ++i) {
      run& one = made->runs[i];
      one.unused = made->begin_of(one);
      one.end = one.unused + static_cast<std::size_t>(made->end_of(one) - one.unused) / block * block;
      list_locked(one, nullptr);
    }
  }
  void unmake_region_locked(region& empty) noexcept {
    std::size_t without_pages = 0;
    for (std::uint32_t i = 0; i < empty.run_count(); ++i) {
      unlist_locked(empty.runs[i]);
      if (has_pages(empty, empty.runs[i])) {
        --free_runs_;
      } else {
        without_pages += run_bytes;
      }
    }
    --regions_;
    region_bytes_ -= empty.size_bytes;
    // relaxed: a figure
    bytes_of_regions.fetch_sub(empty.size_bytes - without_pages, platform::relaxed);
    platform::unmap_pages(&empty, empty.size_bytes, without_pages);
  }

  run* first_ = nullptr;  // of the runs with room
  run* last_ = nullptr;
  std::uint32_t free_runs_ = 0;  // runs whose blocks are all free, with pages
  std::uint32_t regions_ = 0;
  std::size_t region_bytes_ = 0;
};

constinit shelf shelves[sizes]{};

void before_fork() noexcept {
  for (shelf& one : shelves) one.lock.lock();
  forking.store(platform::thread_token(), platform::relaxed);  // relaxed: a thread compares it with its own alone
}
void after_fork() noexcept {
  forking.store(nullptr, platform::relaxed);  // relaxed: as above
  for (shelf& one : shelves) one.lock.unlock();
}
constexpr fork_step around_fork{before_fork, after_fork, after_fork};

[[gnu::noinline]] void* take_fresh(stock& mine, std::size_t block) {
  if (mine.fresh == 0) {
    at_fork(fork_rank::memory, around_fork);
    shelf& from = shelves[index_of(block)];
    exclusive_lock hold(from.lock);
    from.fill_locked(mine, block);
  }
  if (link* listed = mine.first) {
    mine.first = listed->next;
    --mine.count;
    return listed;
  }
  void* taken = mine.run;
  mine.run += block;
  --mine.fresh;
  return taken;
}

/// The first half stays: it is in this processor's caches.
[[gnu::noinline]] void give_half_back(stock& mine, std::size_t block) noexcept {
  const std::uint32_t kept = mine.count / 2;
  link* last = mine.first;
  for (std::uint32_t i = 1; i < kept; ++i) last = last->next;
  link* list = last->next;
  last->next = nullptr;
  mine.count = kept;
  shelf& to = shelves[index_of(block)];
  exclusive_lock hold(to.lock);
  to.take_all_back_locked(list);
}

[[gnu::cold]] void give_past_stock(void* given, std::size_t block) noexcept {
  shelf& to = shelves[index_of(block)];
  exclusive_lock hold(to.lock);
  to.take_back_locked(std::construct_at(static_cast<link*>(given)));
}

void stocks::thread_left() noexcept {
  // relaxed: this thread's own word, if it is the one that forks.
  if (forking.load(platform::relaxed) == platform::thread_token()) {
    *this = stocks{};
  } else {
    give_all_back();
  }
}

void stocks::give_all_back() noexcept {
  for (std::size_t i = 0; i < sizes; ++i) {
    const stock left = of_size[i];
    of_size[i] = stock{};
    if (left.first == nullptr && left.fresh == 0) continue;
    const std::size_t block = (i + 1) * alignment_bytes;
    exclusive_lock hold(shelves[i].lock);
    shelves[i].take_all_back_locked(left.first);
    for (std::uint32_t at = 0; at < left.fresh; ++at) {
      shelves[i].take_back_locked(std::construct_at(reinterpret_cast<link*>(left.run + at * block)));
    }
  }
}

}  // namespace

void* take(std::size_t size_bytes) {
  const std::size_t block = block_bytes(size_bytes);
  stock& mine = per_thread<stocks>::mine().of_size[index_of(block)];
  link* first = mine.first;
  if (first == nullptr) [[unlikely]]
    return take_fresh(mine, block);
  mine.first = first->next;
  --mine.count;
  return first;
}

void give(void* given, std::size_t size_bytes) noexcept {
  const std::size_t block = block_bytes(size_bytes);
  stocks* own = nullptr;
  try {
    own = &per_thread<stocks>::mine();
  } catch (...) {  // without memory for this thread's record
    return give_past_stock(given, block);
  }
  stock& mine = own->of_size[index_of(block)];
  mine.first = std::construct_at(static_cast<link*>(given), link{mine.first});
  if (++mine.count * block >= most_bytes_of_a_stock) [[unlikely]]
    give_half_back(mine, block);
}

void give_stock_back() noexcept {
  try {
    per_thread<stocks>::mine().give_all_back();
  } catch (...) {
    // Without memory for a record there is no stock.
  }
}

std::size_t region_bytes() noexcept {
  return bytes_of_regions.load(platform::relaxed);  // relaxed: a figure
}

}  // namespace portolan::block_pool
