// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>

#include <cstdint>
#include <new>
#include <portolan/prove/schedule/fiber.hpp>

extern "C" void portolan_switch_stacks(void** leave_at, void* enter_at) noexcept;
extern "C" void portolan_fiber_entry() noexcept;

// What a called function must keep: saved on the stack that is left, taken from the one that is entered.
#if defined(__x86_64__)
asm(R"(
.text
.globl portolan_switch_stacks
.type portolan_switch_stacks, @function
portolan_switch_stacks:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size portolan_switch_stacks, .-portolan_switch_stacks
.globl portolan_fiber_entry
.type portolan_fiber_entry, @function
portolan_fiber_entry:
  movq %r12, %rdi
  call *%r13
  ud2
.size portolan_fiber_entry, .-portolan_fiber_entry
)");
#else
#error "The schedule checker switches stacks in assembler: write this function for your processor."
#endif

namespace portolan::prove::schedule {
namespace {

constexpr std::size_t guard_bytes = 4096;

}  // namespace

fiber::fiber(std::size_t stack_bytes) : size_bytes_(stack_bytes + guard_bytes) {
  void* pages = mmap(nullptr, size_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<std::byte*>(pages);
  (void)mprotect(memory_, guard_bytes, PROT_NONE);  // an overrun stops the program in place of another stack
}

fiber::~fiber() { (void)munmap(memory_, size_bytes_); }

void fiber::begin(void (*body)(void*), void* argument) noexcept {
  body_ = body;
  argument_ = argument;
  ended_ = false;
  auto* top = reinterpret_cast<void**>(memory_ + size_bytes_);
  *--top = nullptr;  // two words: a call is made from a multiple of 16 bytes
  *--top = nullptr;
  *--top = reinterpret_cast<void*>(&portolan_fiber_entry);
  *--top = nullptr;                                 // rbp
  *--top = nullptr;                                 // rbx
  *--top = this;                                    // r12
  *--top = reinterpret_cast<void*>(&fiber::enter);  // r13
  *--top = nullptr;                                 // r14
  *--top = nullptr;                                 // r15
  inside_ = top;
}

void fiber::enter(fiber& self) noexcept {
  self.body_(self.argument_);
  self.ended_ = true;
  for (;;) self.leave();
}

void fiber::resume() noexcept { portolan_switch_stacks(&outside_, inside_); }
void fiber::leave() noexcept { portolan_switch_stacks(&inside_, outside_); }

}  // namespace portolan::prove::schedule
