#include <atomic>

std::atomic<long> word;
void elsewhere();
[[gnu::cold, gnu::noinline]] inline void far_away() { std::atomic_thread_fence(std::memory_order_seq_cst); }
[[gnu::noinline]] inline void near() { word.fetch_add(1); }

extern "C" {

// reader
long plain(bool fast) {
  if (!fast) [[unlikely]] far_away();
  return word.load(std::memory_order_acquire);
}

// reader
long fenced() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return word.load();
}

// reader
long adds_below() {
  near();
  return word.load();
}

// reader
long exchanges(long value) { return word.exchange(value); }

// reader
long asks_elsewhere() {
  elsewhere();
  return word.load();
}

// writer: cmpxchg
bool swaps(long old) { return word.compare_exchange_strong(old, old + 1); }

// writer: cmpxchg
bool stores(long old) {
  word.store(old, std::memory_order_relaxed);
  return true;
}

// writer: cmpxchg alone
bool swaps_alone(bool too, long old) {
  if (too) word.fetch_add(1);
  return word.compare_exchange_strong(old, old + 1);
}

// writer: cmpxchg alone
bool swaps_beside(long old) {
  word.fetch_add(1);
  return word.compare_exchange_strong(old, old + 1);
}

// branches: 0, near 0
// reader
long decides(long wanted) {
  if (wanted != word.load()) [[unlikely]] far_away();
  return wanted;
}

}
