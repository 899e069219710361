// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What the C++ library asks of the system, inside a checked program: its locks, conditions, waits and what is made once.
//
//   std::mutex, shared_mutex …   pthread_mutex_lock, pthread_rwlock_rdlock …  ─┐
//   std::condition_variable      pthread_cond_wait, signal, broadcast          ├─►  events on the object's own words
//   std::call_once, `static`     pthread_once, __cxa_guard_acquire             │
//   atomic::wait, semaphore …    syscall(SYS_futex)                           ─┘
//
// The functions have the system's names, so the program calls these; outside a checked program they hand the call on.
//
// 1. A lock is one word: 0, or who holds it. It is taken by a compare-exchange with acquire and given back by an exchange
//    with release, as POSIX asks; who finds it held waits for a change of the word (no lock forgets to wake).
// 2. A condition is a count of signals. A waiter reads it while it holds the lock and sleeps only while it is the same:
//    no signal is lost between the two, and one that never comes is a failure.
// 3. A timed wait is over at once. A thread that lets time pass at one place again and again waits there for a change.
// 4. Threads of the system are not started: a checked program names its threads.
#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <portolan/prove/schedule/runner.hpp>

#define PORTOLAN_CALLER __builtin_return_address(0)

namespace {

using portolan::platform::checked::change;
using portolan::platform::checked::site;
using portolan::prove::schedule::ordering;
using portolan::prove::schedule::runner;

[[nodiscard]] bool in_program() noexcept {
  return runner::active() != nullptr && runner::active()->is_called_by_program();
}

/// The system's function of this name.
template <class Function>
[[nodiscard]] Function* real(const char* name) {
  void* const found = dlsym(RTLD_NEXT, name);
  if (found != nullptr) return reinterpret_cast<Function*>(found);
  std::fprintf(stderr, "portolan: %s is not in a shared library; link this program dynamically\n", name);
  std::abort();
}
#define PORTOLAN_REAL(name) real<decltype(name)>(#name)

[[noreturn]] void fail(const std::string& what) {
  const runner::visit inside;
  runner::active()->fail(what);
}

/// A word of 1 or 4 bytes of an object of the system. In a thread its accesses are events; before and after the threads,
/// where one stack runs alone, they are what they look like.
class system_word {
 public:
  system_word(void* at, const void* caller, unsigned size_bytes = 4)
      : at_(at), size_bytes_(size_bytes), line_(line_of(caller)) {}

  [[nodiscard]] std::uint32_t load(ordering order) const {
    const runner::visit inside;
    if (runner* const on = thread()) return static_cast<std::uint32_t>(on->load(at_, size_bytes_, order, line_).low);
    return now();
  }
  void store(std::uint32_t value, ordering order) const {
    const runner::visit inside;
    if (runner* const on = thread()) return on->store(at_, size_bytes_, {value, 0}, order, line_);
    std::memcpy(at_, &value, size_bytes_);
  }
  std::uint32_t exchange(std::uint32_t value, ordering order) const {
    return changed(change::exchange, 0, value, order);
  }
  std::uint32_t add(std::uint32_t by, ordering order) const { return changed(change::add, 0, by, order); }
  /// What was read: `expected` if `desired` was stored.
  [[nodiscard]] std::uint32_t compare_exchange(std::uint32_t expected, std::uint32_t desired) const {
    return changed(change::compare, expected, desired, ordering::acquiring);
  }

  /// The thread goes on when what it has read is changed.
  void wait_for_change(const char* what_if_nobody_can) const {
    const runner::visit inside;
    if (runner* const on = thread()) return on->await(line_);
    runner::active()->fail(what_if_nobody_can);
  }
  void park(std::uint32_t expected) const {
    const runner::visit inside;
    if (runner* const on = thread()) return on->park(at_, size_bytes_, {expected, 0}, line_);
    if (now() == expected) runner::active()->fail("what runs alone waits to be woken");
  }
  void wake(change who) const {
    const runner::visit inside;
    if (runner* const on = thread()) on->wake(at_, who, line_);
  }

 private:
  [[nodiscard]] static runner* thread() noexcept { return runner::active()->inside() ? runner::active() : nullptr; }
  [[nodiscard]] static site line_of(const void* caller) {
    const runner::visit inside;
    return runner::active()->line_of(caller);
  }
  [[nodiscard]] std::uint32_t now() const noexcept {
    std::uint32_t value = 0;
    std::memcpy(&value, at_, size_bytes_);
    return value;
  }
  std::uint32_t changed(change makes, std::uint32_t expected, std::uint32_t operand, ordering order) const {
    const runner::visit inside;
    if (runner* const on = thread()) {
      return static_cast<std::uint32_t>(
          on->read_modify_write(at_, size_bytes_, makes, {expected, 0}, {operand, 0}, order, ordering::relaxed, line_)
              .low);
    }
    const std::uint32_t seen = now();
    if (makes == change::compare && seen != expected) return seen;
    const std::uint32_t made = makes == change::add ? seen + operand : operand;
    std::memcpy(at_, &made, size_bytes_);
    return seen;
  }

  void* at_;
  unsigned size_bytes_;
  site line_;
};

// ---- locks ----

/// The running thread, in a lock's word.
[[nodiscard]] std::uint32_t self() noexcept {
  const runner& on = *runner::active();
  return on.inside() ? on.thread() + 1 : 100;
}
[[nodiscard]] std::string named(std::uint32_t holder) {
  return holder == 100 ? "who runs alone" : "thread " + std::to_string(holder - 1);
}

constexpr const char* held_at_the_end = "a lock is wanted that a thread still holds which has ended";

class mutex {
 public:
  mutex(pthread_mutex_t* of, const void* caller) : of_(of), word_(of, caller) {}

  int lock() {
    for (;;) {
      const std::uint32_t seen = word_.compare_exchange(0, self());
      if (seen == 0) return 0;
      if (seen == self()) return lock_again();
      word_.wait_for_change(held_at_the_end);
    }
  }
  int try_lock() {
    const std::uint32_t seen = word_.compare_exchange(0, self());
    if (seen == 0) return 0;
    if (seen == self() && kind() == PTHREAD_MUTEX_RECURSIVE) return lock_again();
    return EBUSY;
  }
  int unlock() {
    if (of_->__data.__count != 0) {
      --of_->__data.__count;
      return 0;
    }
    const std::uint32_t holder = word_.exchange(0, ordering::releasing);
    if (holder == self()) return 0;
    fail(holder == 0 ? "a mutex is unlocked that nobody holds"
                     : "a mutex is unlocked that " + named(holder) + " holds");
  }

 private:
  [[nodiscard]] int kind() const noexcept { return of_->__data.__kind & 3; }
  int lock_again() {
    if (kind() == PTHREAD_MUTEX_ERRORCHECK) return EDEADLK;
    if (kind() != PTHREAD_MUTEX_RECURSIVE) fail(named(self()) + " locks a mutex that it holds: it waits for ever");
    ++of_->__data.__count;  // its holder's alone
    return 0;
  }

  pthread_mutex_t* of_;
  system_word word_;
};

/// 0, the number of readers, or `writer`.
class shared_lock {
 public:
  shared_lock(pthread_rwlock_t* of, const void* caller) : word_(of, caller) {}

  int lock_shared(bool waits) {
    for (std::uint32_t seen = word_.load(ordering::relaxed);;) {
      if (seen == writer) {
        if (!waits) return EBUSY;
        word_.wait_for_change(held_at_the_end);
        seen = word_.load(ordering::relaxed);
        continue;
      }
      const std::uint32_t was = word_.compare_exchange(seen, seen + 1);
      if (was == seen) return 0;
      seen = was;
    }
  }
  int lock(bool waits) {
    while (word_.compare_exchange(0, writer) != 0) {
      if (!waits) return EBUSY;
      word_.wait_for_change(held_at_the_end);
    }
    return 0;
  }
  int unlock() {
    const std::uint32_t seen = word_.load(ordering::relaxed);
    if (seen == 0) fail("a shared mutex is unlocked that nobody holds");
    if (seen == writer)
      word_.store(0, ordering::releasing);
    else
      word_.add(~0U, ordering::releasing);
    return 0;
  }

 private:
  static constexpr std::uint32_t writer = 1U << 31;
  system_word word_;
};

/// g++'s atomic::wait yields so often before it sleeps, and only a sleeper finds that nobody wakes it.
constexpr unsigned yields_of_a_wait = 4;

void pass_time(const void* caller, unsigned often = 1) {
  const runner::visit inside;
  runner* const on = runner::active();
  if (on->inside()) on->pass_time(on->line_of(caller), often);
}

int timed_out(int outcome) { return outcome == EBUSY ? ETIMEDOUT : outcome; }

/// Its time is over at once; meanwhile others may hold the lock.
int wait_for_a_time(pthread_mutex_t* lock, const void* caller) {
  (void)mutex(lock, caller).unlock();
  pass_time(caller);
  (void)mutex(lock, caller).lock();
  return ETIMEDOUT;
}

// ---- what is made once ----

enum class once : std::uint8_t { not_yet, busy, done };

[[nodiscard]] constexpr std::uint32_t raw(once state) noexcept { return static_cast<std::uint32_t>(state); }

constexpr const char* made_by_nobody = "what is to be made once waits for a thread that has ended";

/// A static variable's guard, as the Itanium ABI has it: its first byte says "made" and is read by compiled code; the
/// second word says that somebody is at it.
class guard {
 public:
  guard(std::uint64_t* of, const void* caller)
      : made_(of, caller, 1), busy_(reinterpret_cast<std::uint32_t*>(of) + 1, caller) {}

  [[nodiscard]] bool acquire() const {
    for (;;) {
      if (made_.load(ordering::acquiring) != 0) return false;
      if (busy_.compare_exchange(0, 1) == 0) break;
      busy_.wait_for_change(made_by_nobody);
    }
    // Between the two looks another thread may have made it.
    if (made_.load(ordering::acquiring) == 0) return true;
    busy_.store(0, ordering::releasing);
    return false;
  }
  void release(bool made) const {
    if (made) made_.store(1, ordering::releasing);
    busy_.store(0, ordering::releasing);
  }

 private:
  system_word made_;
  system_word busy_;
};

long wait_or_wake(long operation, void* at, std::uint32_t value, const void* until, const void* caller) {
  const system_word word(at, caller);
  switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
      if (until == nullptr) {
        word.park(value);
        return 0;
      }
      pass_time(caller);
      errno = ETIMEDOUT;
      return -1;
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET: word.wake(value == 1 ? change::wake_one : change::wake_all); return 0;
    default: fail("a checked program asks for a futex operation that the checker does not know");
  }
}

}  // namespace

// The system's names, and its declarations of what they throw.
extern "C" {

int pthread_mutex_lock(pthread_mutex_t* lock) noexcept {
  return in_program() ? mutex(lock, PORTOLAN_CALLER).lock() : PORTOLAN_REAL(pthread_mutex_lock)(lock);
}
int pthread_mutex_trylock(pthread_mutex_t* lock) noexcept {
  return in_program() ? mutex(lock, PORTOLAN_CALLER).try_lock() : PORTOLAN_REAL(pthread_mutex_trylock)(lock);
}
int pthread_mutex_timedlock(pthread_mutex_t* lock, const timespec* until) noexcept {
  if (!in_program()) return PORTOLAN_REAL(pthread_mutex_timedlock)(lock, until);
  return timed_out(mutex(lock, PORTOLAN_CALLER).try_lock());
}
int pthread_mutex_clocklock(pthread_mutex_t* lock, clockid_t clock, const timespec* until) noexcept {
  if (!in_program()) return PORTOLAN_REAL(pthread_mutex_clocklock)(lock, clock, until);
  return timed_out(mutex(lock, PORTOLAN_CALLER).try_lock());
}
int pthread_mutex_unlock(pthread_mutex_t* lock) noexcept {
  return in_program() ? mutex(lock, PORTOLAN_CALLER).unlock() : PORTOLAN_REAL(pthread_mutex_unlock)(lock);
}

int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  if (!in_program()) return PORTOLAN_REAL(pthread_rwlock_rdlock)(lock);
  return shared_lock(lock, PORTOLAN_CALLER).lock_shared(true);
}
int pthread_rwlock_tryrdlock(pthread_rwlock_t* lock) noexcept {
  if (!in_program()) return PORTOLAN_REAL(pthread_rwlock_tryrdlock)(lock);
  return shared_lock(lock, PORTOLAN_CALLER).lock_shared(false);
}
int pthread_rwlock_clockrdlock(pthread_rwlock_t* lock, clockid_t clock, const timespec* until) noexcept {
  if (!in_program()) return PORTOLAN_REAL(pthread_rwlock_clockrdlock)(lock, clock, until);
  return timed_out(shared_lock(lock, PORTOLAN_CALLER).lock_shared(false));
}
int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  if (!in_program()) return PORTOLAN_REAL(pthread_rwlock_wrlock)(lock);
  return shared_lock(lock, PORTOLAN_CALLER).lock(true);
}
int pthread_rwlock_trywrlock(pthread_rwlock_t* lock) noexcept {
  if (!in_program()) return PORTOLAN_REAL(pthread_rwlock_trywrlock)(lock);
  return shared_lock(lock, PORTOLAN_CALLER).lock(false);
}
int pthread_rwlock_clockwrlock(pthread_rwlock_t* lock, clockid_t clock, const timespec* until) noexcept {
  if (!in_program()) return PORTOLAN_REAL(pthread_rwlock_clockwrlock)(lock, clock, until);
  return timed_out(shared_lock(lock, PORTOLAN_CALLER).lock(false));
}
int pthread_rwlock_unlock(pthread_rwlock_t* lock) noexcept {
  return in_program() ? shared_lock(lock, PORTOLAN_CALLER).unlock() : PORTOLAN_REAL(pthread_rwlock_unlock)(lock);
}

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* lock) {
  if (!in_program()) return PORTOLAN_REAL(pthread_cond_wait)(condition, lock);
  const system_word signals(condition, PORTOLAN_CALLER);
  const std::uint32_t seen = signals.load(ordering::relaxed);
  (void)mutex(lock, PORTOLAN_CALLER).unlock();
  signals.park(seen);
  return mutex(lock, PORTOLAN_CALLER).lock();
}
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* lock, const timespec* until) {
  if (!in_program()) return PORTOLAN_REAL(pthread_cond_timedwait)(condition, lock, until);
  return wait_for_a_time(lock, PORTOLAN_CALLER);
}
int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* lock, clockid_t clock, const timespec* until) {
  if (!in_program()) return PORTOLAN_REAL(pthread_cond_clockwait)(condition, lock, clock, until);
  return wait_for_a_time(lock, PORTOLAN_CALLER);
}
int pthread_cond_signal(pthread_cond_t* condition) noexcept {
  if (!in_program()) return PORTOLAN_REAL(pthread_cond_signal)(condition);
  const system_word signals(condition, PORTOLAN_CALLER);
  signals.add(1, ordering::relaxed);
  signals.wake(change::wake_one);
  return 0;
}
int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
  if (!in_program()) return PORTOLAN_REAL(pthread_cond_broadcast)(condition);
  const system_word signals(condition, PORTOLAN_CALLER);
  signals.add(1, ordering::relaxed);
  signals.wake(change::wake_all);
  return 0;
}
int pthread_cond_destroy(pthread_cond_t* condition) noexcept {
  return in_program() ? 0 : PORTOLAN_REAL(pthread_cond_destroy)(condition);
}

int pthread_once(pthread_once_t* control, void (*make)()) {
  if (!in_program()) return PORTOLAN_REAL(pthread_once)(control, make);
  const system_word state(control, PORTOLAN_CALLER);
  for (std::uint32_t seen;
       (seen = state.compare_exchange(raw(once::not_yet), raw(once::busy))) != raw(once::not_yet);) {
    // A failed compare-exchange is relaxed here; the load behind it has the acquire.
    if (seen == raw(once::done) && state.load(ordering::acquiring) == raw(once::done)) return 0;
    state.wait_for_change(made_by_nobody);
  }
  try {
    make();
  } catch (...) {
    state.store(raw(once::not_yet), ordering::releasing);
    throw;
  }
  state.store(raw(once::done), ordering::releasing);
  return 0;
}

int __cxa_guard_acquire(std::uint64_t* of) {
  if (!in_program()) return PORTOLAN_REAL(__cxa_guard_acquire)(of);
  return guard(of, PORTOLAN_CALLER).acquire() ? 1 : 0;
}
void __cxa_guard_release(std::uint64_t* of) noexcept {
  if (!in_program()) return PORTOLAN_REAL(__cxa_guard_release)(of);
  guard(of, PORTOLAN_CALLER).release(true);
}
void __cxa_guard_abort(std::uint64_t* of) noexcept {
  if (!in_program()) return PORTOLAN_REAL(__cxa_guard_abort)(of);
  guard(of, PORTOLAN_CALLER).release(false);
}

long syscall(long number, ...) noexcept {
  va_list rest;
  va_start(rest, number);
  long a[6];
  for (long& each : a) each = va_arg(rest, long);
  va_end(rest);
  if (number != SYS_futex || !in_program()) return PORTOLAN_REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  return wait_or_wake(a[1], reinterpret_cast<void*>(a[0]), static_cast<std::uint32_t>(a[2]),
                      reinterpret_cast<const void*>(a[3]), PORTOLAN_CALLER);
}

int sched_yield() noexcept {
  if (!in_program()) return PORTOLAN_REAL(sched_yield)();
  pass_time(PORTOLAN_CALLER, yields_of_a_wait);
  return 0;
}
int nanosleep(const timespec* time, timespec* left) {
  if (!in_program()) return PORTOLAN_REAL(nanosleep)(time, left);
  pass_time(PORTOLAN_CALLER);
  return 0;
}
int clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec* left) {
  if (!in_program()) return PORTOLAN_REAL(clock_nanosleep)(clock, flags, time, left);
  pass_time(PORTOLAN_CALLER);
  return 0;
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) noexcept {
  if (!in_program()) return PORTOLAN_REAL(pthread_create)(thread, attributes, run, argument);
  fail("a checked program starts no threads: name them in program.threads");
}

}  // extern "C"
