// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a compiler calls for each plain access of a program that is compiled with -fsanitize=thread. The checker is not
// ThreadSanitizer: it takes the calls, and its own library, linked in place of the sanitizer's, decides what they mean.
//
//   program  ──  __tsan_write8(address)  ──►  runner: does another thread's access race with it?
//   std::atomic ──  __tsan_atomic…       ──►  done at once: they are no events; shared words are platform::atomic
//
// 1. Accesses to a thread's own stack and thread locals are shared with nobody: the runner watches allocated memory and
//    global objects only.
// 2. Not seen: what libraries do that were compiled without the option, memcpy among them under g++.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <portolan/prove/schedule/runner.hpp>

namespace {

using portolan::prove::schedule::runner;

void touched(const void* address, std::size_t size_bytes, bool writes) {
  runner* const on = runner::active();
  if (on == nullptr || !on->inside() || !runner::in_program()) return;
  const runner::visit inside;
  on->touch(address, size_bytes, writes);
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
#define PORTOLAN_CHANGE(bits, name, builtin)                                                                         \
  PORTOLAN_WORD(bits) __tsan_atomic##bits##_##name(volatile PORTOLAN_WORD(bits) * at, PORTOLAN_WORD(bits) by, int) { \
    return builtin(at, by, __ATOMIC_SEQ_CST);                                                                        \
  }
#define PORTOLAN_COMPARE(bits, strength)                                                                               \
  int __tsan_atomic##bits##_compare_exchange_##strength(volatile PORTOLAN_WORD(bits) * at, PORTOLAN_WORD(bits) * seen, \
                                                        PORTOLAN_WORD(bits) to, int, int) {                            \
    return __atomic_compare_exchange_n(at, seen, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ? 1 : 0;               \
  }
#define PORTOLAN_ATOMICS(bits)                                                                          \
  PORTOLAN_WORD(bits) __tsan_atomic##bits##_load(const volatile PORTOLAN_WORD(bits) * at, int) {        \
    return __atomic_load_n(at, __ATOMIC_SEQ_CST);                                                       \
  }                                                                                                     \
  void __tsan_atomic##bits##_store(volatile PORTOLAN_WORD(bits) * at, PORTOLAN_WORD(bits) value, int) { \
    __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                                                      \
  }                                                                                                     \
  PORTOLAN_CHANGE(bits, exchange, __atomic_exchange_n)                                                  \
  PORTOLAN_CHANGE(bits, fetch_add, __atomic_fetch_add)                                                  \
  PORTOLAN_CHANGE(bits, fetch_sub, __atomic_fetch_sub)                                                  \
  PORTOLAN_CHANGE(bits, fetch_and, __atomic_fetch_and)                                                  \
  PORTOLAN_CHANGE(bits, fetch_or, __atomic_fetch_or)                                                    \
  PORTOLAN_CHANGE(bits, fetch_xor, __atomic_fetch_xor)                                                  \
  PORTOLAN_COMPARE(bits, strong)                                                                        \
  PORTOLAN_COMPARE(bits, weak)
PORTOLAN_ATOMICS(8)
PORTOLAN_ATOMICS(16)
PORTOLAN_ATOMICS(32)
PORTOLAN_ATOMICS(64)
#undef PORTOLAN_ATOMICS
#undef PORTOLAN_COMPARE
#undef PORTOLAN_CHANGE
#undef PORTOLAN_WORD

void __tsan_atomic_thread_fence(int) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
void __tsan_atomic_signal_fence(int) {}

}  // extern "C"
