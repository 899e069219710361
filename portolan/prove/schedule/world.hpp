// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// What a checked program can change, and how it is put back before each of its executions.
//
//   arenas        memory that the program allocates: one for its main thread, one a thread, so that the same thread gets
//                 the same addresses in each execution; given back memory is filled with a pattern and never handed out
//                 again; or, if it is to be reused, handed at once to the thread that gave it back
//   data          the program's global objects
//   thread locals of the main thread and of the threads, which run as fibers with thread locals of their own
//
// 1. `remember` is called once, after the program's setup; `put_back` before each execution.
// 2. What the checker itself owns lies in the C library's heap: it is not put back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <portolan/prove/schedule/view.hpp>

namespace portolan::prove::schedule {

class world {
 public:
  static constexpr unsigned main_thread = most_threads;

  world();
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  /// Who gives memory back gets it again when it next asks for so many bytes.
  void reuse(bool at_once) noexcept { reuse_ = at_once; }
  /// All that a program can change, as it was at one moment; its memory is used again when another such is remembered in it.
  class image;
  void remember(image& as);
  void put_back(const image& from) noexcept;

  // ---- memory ----
  enum class block_state : std::uint8_t { none, used, given_back };
  struct block {
    std::byte* begin = nullptr;
    std::size_t size_bytes = 0;
    block_state state = block_state::none;
    unsigned owner = 0;
    unsigned generation = 0;  // how often it has been handed out again
  };
  [[nodiscard]] void* allocate(unsigned thread, std::size_t size_bytes, std::size_t alignment_bytes);
  /// The block that holds the address, given back or not; null if it is not ours.
  [[nodiscard]] block* block_of(const void* address) noexcept;
  void give_back(unsigned thread, block& which);
  [[nodiscard]] bool owns(const void* address) const noexcept;
  /// What threads can share: allocated memory, and the program's global objects.
  struct range {
    const std::byte* begin = nullptr;
    std::size_t size_bytes = 0;
  };
  [[nodiscard]] range allocated() const noexcept;
  [[nodiscard]] static range globals() noexcept;
  /// Blocks in use.
  [[nodiscard]] std::size_t blocks_used() const noexcept { return used_; }

  // ---- thread locals ----
  /// The value of the register through which a thread finds its thread locals.
  [[nodiscard]] std::uintptr_t thread_locals_of(unsigned thread) const noexcept { return registers_[thread]; }

 private:
  struct arena {
    std::byte* begin = nullptr;
    std::size_t filled_bytes = 0;
    std::vector<block> blocks;
    std::vector<std::uint32_t> granules;  // of each 16 bytes: the number of its block + 1
  };
  [[nodiscard]] void* allocate_again(unsigned thread, std::size_t size_bytes, std::size_t alignment_bytes) noexcept;

  arena arenas_[most_threads + 1];
  std::byte* memory_ = nullptr;
  std::size_t used_ = 0;
  bool reuse_ = false;
  std::vector<std::byte*> given_back_by_[most_threads + 1];
  std::uintptr_t registers_[most_threads] = {};
  struct idle_threads;
  idle_threads* idle_;
};

class world::image {
 private:
  friend class world;
  struct range {
    std::byte* at = nullptr;
    std::vector<std::byte> content;
  };
  struct arena_state {
    std::size_t filled_bytes = 0;
    std::vector<block> blocks;
  };
  void save(std::byte* begin, std::byte* end) { ranges_.push_back({begin, std::vector<std::byte>(begin, end)}); }

  std::vector<range> ranges_;
  arena_state arenas_[most_threads + 1];
  std::vector<std::byte*> given_back_by_[most_threads + 1];
  std::size_t used_ = 0;
};

/// Changes the thread locals that the code from here on sees.
void use_thread_locals(std::uintptr_t of) noexcept;
[[nodiscard]] std::uintptr_t own_thread_locals() noexcept;

}  // namespace portolan::prove::schedule
