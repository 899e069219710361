#pragma once
#include <new>
// A comment may say std::atomic, new and delete; so may a string.
struct table {
  table(const table&) = delete;
  const char* text = "new std::mutex";
  std::atomic<int> word;
  void lock() { std::lock_guard held(mutex_); }
  int load() { return word.load(std::memory_order_acquire); }
  void* make() { return new int; }
  void* place(void* at) { return ::new (at) int; }
  void drop(int* p) { delete p; }
  void wait() { std::this_thread::yield(); }
  void* raw() { return malloc(8); }
  int new_word = 0;
  void free(int* line);
  void own() { pool_.free(nullptr); }
};
