// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// The 16-byte word: two 64-bit halves that are read, written and compared as one.
//
// x86-64        load, store: movdqa (whole on every processor that reports AVX, by Intel's and AMD's manuals);
//               compare_exchange: lock cmpxchg16b. Assembler, because the compilers split or call a library.
// ThreadSanitizer: its own 128-bit atomics, so that it sees the accesses.
// elsewhere     not offered: `word16_offered` is false and the maps take their portable form.
//
// A load is an acquire, a store a release, a compare_exchange both: on x86-64 they cost nothing more.
// 16-byte and 8-byte accesses never mix on one word, except the relaxed looks at one half of `likely_of`
// and `seems`: what they say is confirmed by a whole load before it is believed, or speaks of a
// half that cannot change meanwhile.
#pragma once

#include <cstdint>

#include <portolan/base/platform/atomic.hpp>

namespace portolan::platform {

struct pair16 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend constexpr bool operator==(const pair16&, const pair16&) = default;
};

#if defined(__x86_64__)
inline constexpr bool word16_offered = true;

namespace detail {
[[nodiscard]] bool probe_whole_vector_loads() noexcept;
#if defined(PORTOLAN_CHECKED)
inline constexpr bool whole_vector_loads = true;
#elif defined(PORTOLAN_WORD16_BY_EXCHANGE)  // a test plays a processor without AVX
inline constexpr bool whole_vector_loads = false;
#elif defined(__AVX__)
inline constexpr bool whole_vector_loads = true;
#else
inline const bool whole_vector_loads = probe_whole_vector_loads();
#endif
}  // namespace detail

#if defined(__SANITIZE_THREAD__)
#define PORTOLAN_WORD16_BY_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PORTOLAN_WORD16_BY_SANITIZER 1
#endif
#endif

#if defined(PORTOLAN_CHECKED)
#define PORTOLAN_WORD16_BY_CALLS 1
namespace detail {
constexpr checked::bits joined(pair16 value) { return {value.low, value.high}; }
constexpr pair16 split(checked::bits value) { return {value.low, value.high}; }
}  // namespace detail
#elif defined(PORTOLAN_WORD16_BY_SANITIZER)
#define PORTOLAN_WORD16_BY_CALLS 1
namespace detail {
__extension__ typedef unsigned __int128 uint128;
extern "C" {
uint128 __tsan_atomic128_load(const volatile uint128* word, int order);
void __tsan_atomic128_store(volatile uint128* word, uint128 value, int order);
int __tsan_atomic128_compare_exchange_strong(volatile uint128* word, uint128* expected, uint128 desired, int order,
                                             int failure_order);
std::uint64_t __tsan_atomic64_load(const volatile std::uint64_t* word, int order);
}
constexpr uint128 joined(pair16 value) { return (uint128{value.high} << 64) | value.low; }
constexpr pair16 split(uint128 value) {
  return {static_cast<std::uint64_t>(value), static_cast<std::uint64_t>(value >> 64)};
}
}  // namespace detail
#endif

class alignas(16) word16 {
 public:
  constexpr word16() noexcept = default;
  constexpr explicit word16(pair16 value) noexcept : value_(value) {}
  word16(const word16&) = delete;
  word16& operator=(const word16&) = delete;

#if defined(PORTOLAN_CHECKED)
  [[nodiscard]] pair16 load(PORTOLAN_HERE) const noexcept {
    return detail::split(checked::load(&value_, 16, __ATOMIC_ACQUIRE, {file, line}));
  }
  void store(pair16 value, PORTOLAN_HERE) noexcept {
    checked::store(&value_, 16, detail::joined(value), __ATOMIC_RELEASE, {file, line});
  }
  [[nodiscard]] bool compare_exchange(pair16& expected, pair16 desired, PORTOLAN_HERE) noexcept {
    const pair16 wanted = expected;
    expected = detail::split(checked::read_modify_write(&value_, 16, checked::change::compare, detail::joined(wanted),
                                                        detail::joined(desired), __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE,
                                                        {file, line}));
    return expected == wanted;
  }
#elif defined(PORTOLAN_WORD16_BY_SANITIZER)
  [[nodiscard]] pair16 load() const noexcept {
    return detail::split(detail::__tsan_atomic128_load(raw(), __ATOMIC_ACQUIRE));
  }
  void store(pair16 value) noexcept { detail::__tsan_atomic128_store(raw(), detail::joined(value), __ATOMIC_RELEASE); }
  [[nodiscard]] bool compare_exchange(pair16& expected, pair16 desired) noexcept {
    detail::uint128 seen = detail::joined(expected);
    const int done = detail::__tsan_atomic128_compare_exchange_strong(raw(), &seen, detail::joined(desired),
                                                                      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    expected = detail::split(seen);
    return done != 0;
  }
#endif
#if defined(PORTOLAN_WORD16_BY_CALLS)
  [[nodiscard]] bool load_if(std::uint64_t low, std::uint64_t& high) const noexcept {
    const pair16 seen = load();
    high = seen.high;
    return seen.low == low;
  }
  [[nodiscard]] std::uint64_t load_difference(std::uint64_t low, std::uint64_t& high) const noexcept {
    const pair16 seen = load();
    high = seen.high;
    return seen.low ^ low;
  }
  template <unsigned Count>
  [[nodiscard]] static const word16& likely_of(const word16* words, std::uint64_t low) noexcept {
    unsigned chosen = 0;
    for (unsigned at = 1; at < Count; ++at) chosen = words[at].load().low == low ? at : chosen;
    return words[chosen];
  }
  [[nodiscard]] bool seems(std::uint64_t low) const noexcept { return load().low == low; }
  void store_whole(pair16 value) noexcept { store(value); }
#else
  [[nodiscard, gnu::always_inline]] pair16 load() const noexcept {
    if (!detail::whole_vector_loads) [[unlikely]]
      return load_by_exchange();
    const vector bits = load_vector();
    return {static_cast<std::uint64_t>(bits[0]), static_cast<std::uint64_t>(bits[1])};
  }
  /// As load, for who wants the high half of a word that has this low half; false if it has another. Only where
  /// `quick_reads()` is true.
  [[nodiscard, gnu::always_inline]] bool load_if(std::uint64_t low, std::uint64_t& high) const noexcept {
    vector bits = load_vector();
    if (static_cast<std::uint64_t>(bits[0]) != low) return false;
    // Not bits[1]: the compilers take that by way of memory.
    asm("punpckhqdq %0, %0\n\tmovq %0, %1" : "+x"(bits), "=r"(high));
    return true;
  }
  /// As load_if, without a branch: the low half's difference from this one, which is 0 if it is the same.
  [[nodiscard, gnu::always_inline]] std::uint64_t load_difference(std::uint64_t low,
                                                                  std::uint64_t& high) const noexcept {
    vector bits = load_vector();
    std::uint64_t difference;
    asm("movq %0, %1\n\tpunpckhqdq %0, %0\n\tmovq %0, %2\n\txorq %3, %1"
        : "+x"(bits), "=&r"(difference), "=&r"(high)
        : "r"(low)
        : "cc");
    return difference;
  }
  [[gnu::always_inline]] void store(pair16 value) noexcept {
    if (!detail::whole_vector_loads) [[unlikely]]
      return store_by_exchange(value);
    store_whole(value);
  }
  /// As store, only where `quick_reads()` is true.
  [[gnu::always_inline]] void store_whole(pair16 value) noexcept {
    const vector bits = {static_cast<long long>(value.low), static_cast<long long>(value.high)};
    asm volatile("movdqa %1, %0" : "=m"(value_) : "x"(bits) : "memory");
  }
  [[nodiscard, gnu::always_inline]] bool compare_exchange(pair16& expected, pair16 desired) noexcept {
    bool done;
    asm volatile("lock cmpxchg16b %1"
                 : "=@ccz"(done), "+m"(value_), "+a"(expected.low), "+d"(expected.high)
                 : "b"(desired.low), "c"(desired.high)
                 : "memory");
    return done;
  }
  /// The one of `Count` neighbouring words, four here, that has this low half, as far as a look at each half at some moment tells: if
  /// any has it and none changed meanwhile, it is this one. Without a branch, so that nobody waits for the memory before
  /// he goes on, and in assembler, because the compilers make branches or twice the instructions of it.
  template <unsigned Count>
  [[nodiscard, gnu::always_inline]] static const word16& likely_of(const word16* words, std::uint64_t low) noexcept {
    static_assert(Count == 4);
    static constexpr std::uint64_t offsets[3] = {16, 32, 48};  // in memory: an instruction less each than in a register
    std::uint64_t offset = 0;
    asm volatile(
        "cmpq %[low], 16(%[words])\n\tcmoveq %[second], %[offset]\n\t"
        "cmpq %[low], 32(%[words])\n\tcmoveq %[third], %[offset]\n\t"
        "cmpq %[low], 48(%[words])\n\tcmoveq %[fourth], %[offset]"
        : [offset] "+&r"(offset)
        :
        [words] "r"(words), [low] "r"(low), [second] "m"(offsets[0]), [third] "m"(offsets[1]), [fourth] "m"(offsets[2])
        : "cc", "memory");
    return *reinterpret_cast<const word16*>(reinterpret_cast<const unsigned char*>(words) + offset);
  }
  /// Whether the word had this low half at some moment. In assembler, because GCC loads an atomic before it compares it.
  [[nodiscard, gnu::always_inline]] bool seems(std::uint64_t low) const noexcept {
    bool same;
    asm volatile("cmpq %[low], %[word]" : "=@ccz"(same) : [low] "er"(low), [word] "m"(value_.low));
    return same;
  }
#endif

 private:
#if defined(PORTOLAN_CHECKED)
#elif defined(PORTOLAN_WORD16_BY_SANITIZER)
  [[nodiscard]] const volatile detail::uint128* raw() const noexcept {
    return reinterpret_cast<const volatile detail::uint128*>(&value_);
  }
  [[nodiscard]] volatile detail::uint128* raw() noexcept {
    return reinterpret_cast<volatile detail::uint128*>(&value_);
  }
#else
  typedef long long vector __attribute__((vector_size(16)));
  [[nodiscard, gnu::always_inline]] vector load_vector() const noexcept {
    vector bits;
    asm volatile("movdqa %1, %0" : "=x"(bits) : "m"(value_) : "memory");
    return bits;
  }

  [[gnu::cold, gnu::noinline]] pair16 load_by_exchange() const noexcept {
    pair16 seen;
    (void)const_cast<word16*>(this)->compare_exchange(seen, seen);
    return seen;
  }
  [[gnu::cold, gnu::noinline]] void store_by_exchange(pair16 value) noexcept {
    pair16 seen = load_by_exchange();
    while (!compare_exchange(seen, value)) {}
  }
#endif

  pair16 value_;
};
static_assert(sizeof(word16) == 16 && alignof(word16) == 16);

#else
inline constexpr bool word16_offered = false;
#endif

}  // namespace portolan::platform
