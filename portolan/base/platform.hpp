// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The machine, as the cores of Portolan see it: the one place that names the compilers' atomics, the
// memory orders, the kernel's waiting and pages, threads and `new`.
//
//   cores (base, reclaim, map)  →  portolan::platform  →  __atomic, futex, mmap, membarrier, pthread
//
// 1. Whatever two threads share in a core is a `platform::atomic`, a `platform::word16` or is guarded
//    by a lock of base/wait.hpp, which is built from these.
// 2. The choice of platform is made once for a whole program, here; a core never asks which one it has.
//    A checker replaces this header's names by its own and runs the same cores step by step.
// 3. `step` marks the places between which another thread matters most. It is nothing, unless the
//    program is built with PORTOLAN_STEPS, when a test may yield or pause there.
#pragma once

#include <cstddef>
#include <cstdint>

#include <portolan/base/platform/atomic.hpp>
#include <portolan/base/platform/eight_words.hpp>
#include <portolan/base/platform/sizes.hpp>
#include <portolan/base/platform/word16.hpp>

namespace portolan::platform {

#if defined(PORTOLAN_CHECKED)  // compiled with -fsanitize=thread, but for the checker
inline constexpr bool under_thread_sanitizer = false;
#elif defined(__SANITIZE_THREAD__)
inline constexpr bool under_thread_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool under_thread_sanitizer = true;
#else
inline constexpr bool under_thread_sanitizer = false;
#endif
#else
inline constexpr bool under_thread_sanitizer = false;
#endif

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool under_address_sanitizer = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool under_address_sanitizer = true;
#else
inline constexpr bool under_address_sanitizer = false;
#endif
#else
inline constexpr bool under_address_sanitizer = false;
#endif

// ---- shared words ------------------------------------------------------------------------------

#if defined(PORTOLAN_CHECKED)
/// Both forms of the pair are checked; which one is asked for before the first thread.
[[nodiscard]] bool asymmetric_fences() noexcept;
inline void light_fence(PORTOLAN_HERE) noexcept {
  if (asymmetric_fences()) {
    checked::fence(checked::light_order, {file, line});
  } else {
    fence(seq_cst, file, line);
  }
}
[[nodiscard]] inline bool quick_reads() noexcept { return asymmetric_fences(); }
inline void free_light_fence(PORTOLAN_HERE) noexcept { checked::fence(checked::light_order, {file, line}); }
inline void heavy_fence(PORTOLAN_HERE) noexcept { fence(seq_cst, file, line); }
#else
namespace detail {
/// Whether the kernel's expedited membarrier works here; decided before main, or at the first use.
[[nodiscard]] bool probe_membarrier() noexcept;
void membarrier_all_threads() noexcept;
inline const bool membarrier_works = probe_membarrier();
/// What readers pay where the kernel has no such call; out of the way of all others.
[[gnu::cold, gnu::noinline]] inline void full_fence() noexcept { fence(seq_cst); }
}  // namespace detail

/// True where `light_fence` costs nothing because `heavy_fence` reaches into every running thread.
[[nodiscard]] inline bool asymmetric_fences() noexcept { return detail::membarrier_works; }

/// The cheap side of an asymmetric pair of fences: orders this thread's earlier stores before its later
/// loads as seen by a thread that calls `heavy_fence` in between.
[[gnu::always_inline]] inline void light_fence() noexcept {
  if (detail::membarrier_works) [[likely]] {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
  } else {
    detail::full_fence();
  }
}

/// True where the quickest forms of reading hold: light fences cost nothing, and a vector register is loaded whole.
[[nodiscard]] inline bool quick_reads() noexcept {
#if defined(__x86_64__)
  return detail::membarrier_works && detail::whole_vector_loads;
#else
  return detail::membarrier_works;
#endif
}

/// As light_fence, for who knows that `asymmetric_fences()` is true.
inline void free_light_fence() noexcept { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

/// The dear side: afterwards every thread of the process has passed a full fence.
inline void heavy_fence() noexcept {
  fence(seq_cst);
  if (detail::membarrier_works) detail::membarrier_all_threads();
}
#endif

// ---- waiting -----------------------------------------------------------------------------------

/// The step of a loop that waits, whose iteration has read something that is not yet as it should be and has changed
/// nothing. The schedule checker lets the thread go on when something it has read is changed; elsewhere it is nothing.
#if defined(PORTOLAN_CHECKED)
inline void wait_for_change(PORTOLAN_HERE) { checked::wait_for_change({file, line}); }
#else
constexpr void wait_for_change() noexcept {}
#endif

/// Tells the processor that this is a spinning loop.
inline void pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

/// The same word, of which the compiler no longer knows how it came about: so it makes a branch on it neither of an
/// earlier branch nor of a number.
[[nodiscard, gnu::always_inline]] inline std::uint64_t unforeseen(std::uint64_t word) noexcept {
  asm("" : "+r"(word));
  return word;
}

template <class T>
[[nodiscard, gnu::always_inline]] inline T& unforeseen(T& object) noexcept {
  T* address = &object;
  asm("" : "+r"(address));
  return *address;
}

/// Gives the rest of this thread's time slice away.
void yield() noexcept;

/// Sleeps while `word` holds `expected`, until woken; may return early.
void park(const atomic<std::uint32_t>& word, std::uint32_t expected) noexcept;

/// As `park`, but returns false once the monotonic clock has passed `deadline_ns`.
[[nodiscard]] bool park_until(const atomic<std::uint32_t>& word, std::uint32_t expected,
                              std::uint64_t deadline_ns) noexcept;

void wake_one(const atomic<std::uint32_t>& word) noexcept;
void wake_all(const atomic<std::uint32_t>& word) noexcept;

// ---- memory ------------------------------------------------------------------------------------

/// Memory from the program's `operator new`; throws std::bad_alloc.
[[nodiscard]] void* allocate(std::size_t size_bytes, std::size_t alignment_bytes);
void deallocate(void* block, std::size_t size_bytes, std::size_t alignment_bytes) noexcept;

inline constexpr std::size_t page_bytes = 4096;
inline constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;

/// Whole pages from the kernel that read as zero; throws std::bad_alloc. From 4 MiB up they are huge pages,
/// aligned so that what follows the first `lead_bytes` begins a huge page.
[[nodiscard]] void* map_pages(std::size_t size_bytes, std::size_t lead_bytes = 0);
/// Throws std::bad_alloc if the kernel would never back so much memory; takes none. For who fills it step by step.
void ask_for_pages(std::size_t size_bytes);
/// As map_pages, but the pages begin at a multiple of `alignment_bytes`; they are huge pages from 2 MiB up.
[[nodiscard]] void* map_aligned(std::size_t size_bytes, std::size_t alignment_bytes);
/// Ends what map_pages or map_aligned began; `discarded_bytes` of it went back before, by discard_pages.
void unmap_pages(void* pages, std::size_t size_bytes, std::size_t discarded_bytes = 0) noexcept;
/// Gives the memory behind whole pages back; they read as zero afterwards. False where that cannot be had.
bool discard_pages(void* pages, std::size_t size_bytes) noexcept;
/// What discard_pages has discounted is used again; or is discounted though it was only mapped so far.
void reuse_pages(std::size_t size_bytes) noexcept;
void discount_pages(std::size_t size_bytes) noexcept;
/// Has the kernel back a page that map_pages handed out, whatever other threads do there: nothing changes.
void touch_page(void* page) noexcept;
/// Bytes that map_pages handed out and that were neither unmapped nor discarded, of the whole process.
[[nodiscard]] std::size_t mapped_bytes() noexcept;

// ---- threads, time, chance ---------------------------------------------------------------------

/// A value that no other living thread has.
[[nodiscard]] inline const void* thread_token() noexcept {
  static thread_local const char token = 0;
  return &token;
}

/// The kernel's number of this thread, for reports.
[[nodiscard]] std::uint32_t kernel_thread_id() noexcept;

/// Nanoseconds of a clock that never goes back.
[[nodiscard]] std::uint64_t now_ns() noexcept;

/// 64 bits from the kernel's source of chance.
[[nodiscard]] std::uint64_t random_seed() noexcept;

[[nodiscard]] unsigned processor_count() noexcept;

/// A thread that runs `body(argument)`; `join_thread` must be called once. False: none could be started.
struct thread_handle {
  unsigned long native = 0;
};
[[nodiscard]] bool start_thread(thread_handle& handle, const char* name, void (*body)(void*), void* argument) noexcept;
void join_thread(thread_handle handle) noexcept;

// ---- places ------------------------------------------------------------------------------------

using code_address = const void*;

/// The address of the code that this call is inlined into: debug information turns it into the user's line.
[[nodiscard, gnu::always_inline]] inline code_address here() noexcept {
  code_address address;
#if defined(__x86_64__)
  asm volatile("leaq 0(%%rip), %0" : "=r"(address));
#elif defined(__aarch64__)
  asm volatile("adr %0, ." : "=r"(address));
#else
  address = __builtin_return_address(0);
#endif
  return address;
}

#if defined(PORTOLAN_STEPS)
constexpr bool has_steps = true;
inline namespace with_steps {
inline atomic<void (*)(const char*)> step_hook{nullptr};
inline void step(const char* place) noexcept {
  if (auto* hook = step_hook.load(acquire)) hook(place);
}
}  // namespace with_steps
#else
constexpr bool has_steps = false;
constexpr void step(const char*) noexcept {}
#endif

}  // namespace portolan::platform
