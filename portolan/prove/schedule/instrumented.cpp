// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a compiler calls for each plain access of a program that is compiled with -fsanitize=thread. The checker is not
// ThreadSanitizer: it takes the calls, and its own library, linked in place of the sanitizer's, decides what they mean.
//
//   program  ──  __tsan_write8(address)     ──►  runner: does another thread's access race with it?
//   std::atomic ──  __tsan_atomic32_load(…) ──►  an event, as that of a platform::atomic
//
// 1. Accesses to a thread's own stack and thread locals are shared with nobody: the runner watches allocated memory and
//    global objects only.
// 2. The line of a std::atomic's event is that of the instruction behind the call (lines.hpp).
// 3. Not seen: what libraries do that were compiled without the option, memcpy among them under g++.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <portolan/prove/schedule/runner.hpp>

#define PORTOLAN_CALLER __builtin_return_address(0)

namespace {

namespace checked = portolan::platform::checked;
using portolan::prove::schedule::runner;

void touched(const void* address, std::size_t size_bytes, bool writes) {
  runner* const on = runner::in_a_thread();
  if (on == nullptr) {
    if (runner* const alone = runner::active()) alone->touch_alone(address);
    return;
  }
  const runner::visit inside;
  on->touch(address, size_bytes, writes);
}

// ---- words of std::atomic; outside a checked program they are what they always are ----

checked::site line_of(const void* caller) {
  const runner::visit inside;
  return runner::active()->line_of(caller);
}

template <class Word>
Word loaded(const volatile Word* at, int order, const void* caller) {
  if (runner::in_a_thread() == nullptr) return __atomic_load_n(at, __ATOMIC_SEQ_CST);
  return static_cast<Word>(checked::load(const_cast<const Word*>(at), sizeof(Word), order, line_of(caller)).low);
}

template <class Word>
void stored(volatile Word* at, Word value, int order, const void* caller) {
  if (runner::in_a_thread() == nullptr) return __atomic_store_n(at, value, __ATOMIC_SEQ_CST);
  checked::store(const_cast<Word*>(at), sizeof(Word), {value, 0}, order, line_of(caller));
}

template <class Word>
Word changed(volatile Word* at, checked::change makes, Word operand, int order, const void* caller) {
  if (runner::in_a_thread() != nullptr) {
    return static_cast<Word>(checked::read_modify_write(const_cast<Word*>(at), sizeof(Word), makes, {}, {operand, 0},
                                                        order, order, line_of(caller))
                                 .low);
  }
  switch (makes) {
    case checked::change::add: return __atomic_fetch_add(at, operand, __ATOMIC_SEQ_CST);
    case checked::change::bit_or: return __atomic_fetch_or(at, operand, __ATOMIC_SEQ_CST);
    case checked::change::bit_and: return __atomic_fetch_and(at, operand, __ATOMIC_SEQ_CST);
    case checked::change::bit_xor: return __atomic_fetch_xor(at, operand, __ATOMIC_SEQ_CST);
    case checked::change::bit_nand: return __atomic_fetch_nand(at, operand, __ATOMIC_SEQ_CST);
    default: return __atomic_exchange_n(at, operand, __ATOMIC_SEQ_CST);
  }
}

/// Whether `desired` was stored; what was read is in `expected` then and else.
template <class Word>
bool compared(volatile Word* at, Word& expected, Word desired, int order, int failed, const void* caller) {
  if (runner::in_a_thread() == nullptr)
    return __atomic_compare_exchange_n(at, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  const auto seen = checked::read_modify_write(const_cast<Word*>(at), sizeof(Word), checked::change::compare,
                                               {expected, 0}, {desired, 0}, order, failed, line_of(caller));
  const bool done = seen.low == expected;
  expected = static_cast<Word>(seen.low);
  return done;
}

}  // namespace

// The names are the compilers', and each is called by code that they make.
extern "C" {

#define PORTOLAN_TOUCHES(bytes)                                                        \
  void __tsan_read##bytes(void* address) { touched(address, bytes, false); }           \
  void __tsan_write##bytes(void* address) { touched(address, bytes, true); }           \
  void __tsan_unaligned_read##bytes(void* address) { touched(address, bytes, false); } \
  void __tsan_unaligned_write##bytes(void* address) { touched(address, bytes, true); } \
  void __tsan_volatile_read##bytes(void* address) { touched(address, bytes, false); }  \
  void __tsan_volatile_write##bytes(void* address) { touched(address, bytes, true); }  \
  void __tsan_read_write##bytes(void* address) { touched(address, bytes, true); }
PORTOLAN_TOUCHES(1)
PORTOLAN_TOUCHES(2)
PORTOLAN_TOUCHES(4)
PORTOLAN_TOUCHES(8)
PORTOLAN_TOUCHES(16)
#undef PORTOLAN_TOUCHES

void __tsan_read_range(void* begin, std::size_t size_bytes) { touched(begin, size_bytes, false); }
void __tsan_write_range(void* begin, std::size_t size_bytes) { touched(begin, size_bytes, true); }
void __tsan_vptr_update(void** at, void* table) {
  if (*at != table) touched(static_cast<const void*>(at), sizeof *at, true);
}
void __tsan_vptr_read(void** at) { touched(static_cast<const void*>(at), sizeof *at, false); }

void* __tsan_memcpy(void* to, const void* from, std::size_t size_bytes) {
  touched(from, size_bytes, false);
  touched(to, size_bytes, true);
  return std::memcpy(to, from, size_bytes);
}
void* __tsan_memmove(void* to, const void* from, std::size_t size_bytes) {
  touched(from, size_bytes, false);
  touched(to, size_bytes, true);
  return std::memmove(to, from, size_bytes);
}
void* __tsan_memset(void* to, int value, std::size_t size_bytes) {
  touched(to, size_bytes, true);
  return std::memset(to, value, size_bytes);
}

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_ignore_thread_begin() {}
void __tsan_ignore_thread_end() {}

#define PORTOLAN_WORD(bits) std::uint##bits##_t
#define PORTOLAN_CHANGE(bits, name, makes, operand)                                                                \
  PORTOLAN_WORD(bits)                                                                                              \
  __tsan_atomic##bits##_##name(volatile PORTOLAN_WORD(bits) * at, PORTOLAN_WORD(bits) by, int order) {             \
    return changed(at, checked::change::makes, static_cast<PORTOLAN_WORD(bits)>(operand), order, PORTOLAN_CALLER); \
  }
#define PORTOLAN_COMPARE(bits, strength)                                                                               \
  int __tsan_atomic##bits##_compare_exchange_##strength(volatile PORTOLAN_WORD(bits) * at, PORTOLAN_WORD(bits) * seen, \
                                                        PORTOLAN_WORD(bits) to, int order, int failed) {               \
    return compared(at, *seen, to, order, failed, PORTOLAN_CALLER) ? 1 : 0;                                            \
  }
#define PORTOLAN_ATOMICS(bits)                                                                                \
  PORTOLAN_WORD(bits) __tsan_atomic##bits##_load(const volatile PORTOLAN_WORD(bits) * at, int order) {        \
    return loaded(at, order, PORTOLAN_CALLER);                                                                \
  }                                                                                                           \
  void __tsan_atomic##bits##_store(volatile PORTOLAN_WORD(bits) * at, PORTOLAN_WORD(bits) value, int order) { \
    stored(at, value, order, PORTOLAN_CALLER);                                                                \
  }                                                                                                           \
  PORTOLAN_CHANGE(bits, exchange, exchange, by)                                                               \
  PORTOLAN_CHANGE(bits, fetch_add, add, by)                                                                   \
  PORTOLAN_CHANGE(bits, fetch_sub, add, 0 - by)                                                               \
  PORTOLAN_CHANGE(bits, fetch_and, bit_and, by)                                                               \
  PORTOLAN_CHANGE(bits, fetch_or, bit_or, by)                                                                 \
  PORTOLAN_CHANGE(bits, fetch_xor, bit_xor, by)                                                               \
  PORTOLAN_CHANGE(bits, fetch_nand, bit_nand, by)                                                             \
  PORTOLAN_COMPARE(bits, strong)                                                                              \
  PORTOLAN_COMPARE(bits, weak)                                                                                \
  PORTOLAN_WORD(bits)                                                                                         \
  __tsan_atomic##bits##_compare_exchange_val(volatile PORTOLAN_WORD(bits) * at, PORTOLAN_WORD(bits) expected, \
                                             PORTOLAN_WORD(bits) to, int order, int failed) {                 \
    (void)compared(at, expected, to, order, failed, PORTOLAN_CALLER);                                         \
    return expected;                                                                                          \
  }
PORTOLAN_ATOMICS(8)
PORTOLAN_ATOMICS(16)
PORTOLAN_ATOMICS(32)
PORTOLAN_ATOMICS(64)
#undef PORTOLAN_ATOMICS
#undef PORTOLAN_COMPARE
#undef PORTOLAN_CHANGE
#undef PORTOLAN_WORD

void __tsan_atomic_thread_fence(int order) {
  if (const runner* on = runner::in_a_thread(); on != nullptr)
    checked::fence(order, line_of(PORTOLAN_CALLER));
  else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
void __tsan_atomic_signal_fence(int) {}

}  // extern "C"
