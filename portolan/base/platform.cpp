// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The kernel behind base/platform.hpp. A source file, so that no system header enters a user's program.
#include <portolan/base/platform.hpp>
#include <portolan/base/platform/huge_pages.hpp>

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <new>

namespace portolan::platform {

namespace {

// relaxed everywhere: a statistic, read by nobody who decides anything.
atomic<std::size_t> mapped_total{0};

long futex(const atomic<std::uint32_t>& word, int operation, std::uint32_t value, const timespec* timeout,
           std::uint32_t bits) noexcept {
  return syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, timeout, nullptr, bits);
}

struct thread_start {
  void (*body)(void*);
  void* argument;
  char name[16];
};

void* run_thread(void* raw) {
  const thread_start start = *static_cast<thread_start*>(raw);
  std::free(raw);
  pthread_setname_np(pthread_self(), start.name);
  start.body(start.argument);
  return nullptr;
}

}  // namespace

namespace detail {

bool probe_membarrier() noexcept {
  // ThreadSanitizer sees neither fence of the pair; there the symmetric form is taken.
  if (under_thread_sanitizer || std::getenv("PORTOLAN_NO_MEMBARRIER") != nullptr) return false;
  const long offered = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
  if (offered < 0 || (offered & MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0) return false;
  return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

void membarrier_all_threads() noexcept {
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0) return;
  // Granted at the start, refused now: readers that run have passed no fence, and nothing else can give them one.
  constexpr char sentence[] =
      "portolan: the kernel has stopped to grant membarrier (a system call filter that was installed after the "
      "start?); "
      "start the program with PORTOLAN_NO_MEMBARRIER=1, or install the filter before it starts\n";
  syscall(SYS_write, STDERR_FILENO, sentence, sizeof sentence - 1);
  std::abort();
}

#if defined(__x86_64__)
bool probe_whole_vector_loads() noexcept { return __builtin_cpu_supports("avx") != 0; }
#endif

}  // namespace detail

void yield() noexcept { sched_yield(); }

void park(const atomic<std::uint32_t>& word, std::uint32_t expected) noexcept {
  futex(word, FUTEX_WAIT, expected, nullptr, 0);
}

bool park_until(const atomic<std::uint32_t>& word, std::uint32_t expected, std::uint64_t deadline_ns) noexcept {
  constexpr std::uint64_t second_ns = 1'000'000'000;
  timespec deadline{};
  deadline.tv_sec = static_cast<time_t>(deadline_ns / second_ns);
  deadline.tv_nsec = static_cast<long>(deadline_ns % second_ns);
  const long result = futex(word, FUTEX_WAIT_BITSET, expected, &deadline, FUTEX_BITSET_MATCH_ANY);
  return !(result != 0 && errno == ETIMEDOUT);
}

void wake_one(const atomic<std::uint32_t>& word) noexcept { futex(word, FUTEX_WAKE, 1, nullptr, 0); }
void wake_all(const atomic<std::uint32_t>& word) noexcept { futex(word, FUTEX_WAKE, INT_MAX, nullptr, 0); }

void* allocate(std::size_t size_bytes, std::size_t alignment_bytes) {
  if (alignment_bytes <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) return ::operator new(size_bytes);
  return ::operator new (size_bytes, std::align_val_t{alignment_bytes});
}

void deallocate(void* block, std::size_t, std::size_t alignment_bytes) noexcept {
  if (alignment_bytes <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
    ::operator delete(block);
  } else {
    ::operator delete (block, std::align_val_t{alignment_bytes});
  }
}

void* map_pages(std::size_t size_bytes, std::size_t lead_bytes) {
  const bool huge = size_bytes - lead_bytes >= 2 * huge_page_bytes;
  const std::size_t slack_bytes = huge ? huge_page_bytes : 0;
  void* raw = mmap(nullptr, size_bytes + slack_bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) throw std::bad_alloc();
  auto* pages = static_cast<std::byte*>(raw);
  if (huge) {
    const auto body = reinterpret_cast<std::uintptr_t>(raw) + lead_bytes;
    const std::size_t before = (huge_page_bytes - body % huge_page_bytes) % huge_page_bytes;
    if (before != 0) munmap(raw, before);
    pages += before;
    if (slack_bytes != before) munmap(pages + size_bytes, slack_bytes - before);
    madvise(pages + lead_bytes, size_bytes - lead_bytes, MADV_HUGEPAGE);
  }
  mapped_total.fetch_add(size_bytes, relaxed);
  return pages;
}

void ask_for_pages(std::size_t size_bytes) {
  // Without MAP_NORESERVE: what exceeds all memory of the machine is refused here and not by the end of the process.
  void* pages = mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  munmap(pages, size_bytes);
}

void* map_aligned(std::size_t size_bytes, std::size_t alignment_bytes) {
  void* raw = mmap(nullptr, size_bytes + alignment_bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) throw std::bad_alloc();
  const std::size_t before =
      (alignment_bytes - reinterpret_cast<std::uintptr_t>(raw) % alignment_bytes) % alignment_bytes;
  auto* pages = static_cast<std::byte*>(raw) + before;
  if (before != 0) munmap(raw, before);
  munmap(pages + size_bytes, alignment_bytes - before);
  if (size_bytes >= huge_page_bytes) madvise(pages, size_bytes, MADV_HUGEPAGE);
  mapped_total.fetch_add(size_bytes, relaxed);
  return pages;
}

void unmap_pages(void* pages, std::size_t size_bytes, std::size_t discarded_bytes) noexcept {
  munmap(pages, size_bytes);
  mapped_total.fetch_sub(size_bytes - discarded_bytes, relaxed);
}

bool discard_pages(void* pages, std::size_t size_bytes) noexcept {
  if (madvise(pages, size_bytes, MADV_DONTNEED) != 0) return false;
  mapped_total.fetch_sub(size_bytes, relaxed);
  return true;
}

void reuse_pages(std::size_t size_bytes) noexcept { mapped_total.fetch_add(size_bytes, relaxed); }
void discount_pages(std::size_t size_bytes) noexcept { mapped_total.fetch_sub(size_bytes, relaxed); }

void prefer_huge_pages(void* block, std::size_t size_bytes) noexcept {
  if (size_bytes < 2 * huge_page_bytes) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t first = (begin + page_bytes - 1) / page_bytes * page_bytes;
  const std::uintptr_t last = (begin + size_bytes) / page_bytes * page_bytes;
  madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

void touch_page(void* page) noexcept {
  // relaxed: adds nothing and orders nothing; the write alone is what makes the kernel give memory
  static_cast<atomic<std::uint64_t>*>(page)->fetch_add(0, relaxed);
}

std::size_t mapped_bytes() noexcept { return mapped_total.load(relaxed); }

std::uint32_t kernel_thread_id() noexcept { return static_cast<std::uint32_t>(syscall(SYS_gettid)); }

std::uint64_t now_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint64_t random_seed() noexcept {
  std::uint64_t bits = 0;
  // By the call's number: the C library's getrandom is a point of cancellation, which would unwind through us.
  if (syscall(SYS_getrandom, &bits, sizeof bits, 0) != static_cast<long>(sizeof bits)) {
    // No source of chance (a very old kernel or a strict sandbox): time and an address still differ by run.
    bits = now_ns() * 0x9E3779B97F4A7C15U ^ reinterpret_cast<std::uintptr_t>(&bits);
  }
  return bits;
}

unsigned processor_count() noexcept {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  const int count = CPU_COUNT(&allowed);
  return count > 0 ? static_cast<unsigned>(count) : 1;
}

bool start_thread(thread_handle& handle, const char* name, void (*body)(void*), void* argument) noexcept {
  auto* start = static_cast<thread_start*>(std::malloc(sizeof(thread_start)));
  if (start == nullptr) return false;
  start->body = body;
  start->argument = argument;
  std::size_t length = 0;
  for (; length + 1 < sizeof start->name && name[length] != '\0'; ++length) start->name[length] = name[length];
  start->name[length] = '\0';
  // A thread of ours takes no signals: the program's handlers run on the program's threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread{};
  const int failed = pthread_create(&thread, nullptr, run_thread, start);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failed != 0) {
    std::free(start);
    return false;
  }
  handle.native = static_cast<unsigned long>(thread);
  return true;
}

void join_thread(thread_handle handle) noexcept { pthread_join(static_cast<pthread_t>(handle.native), nullptr); }

}  // namespace portolan::platform
