// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// A library that holds maps is loaded, used and unloaded, again and again, by a program with maps of its own.
//
//   program ── its maps, its Portolan          plugin.so ── its maps, a Portolan of its own (linked into it)
//
// 1. While it is unloaded its maps are destroyed, its timer thread is joined, and nothing of it is called any more: not by
//    a thread that used it and ends later, not by a fork.
// 2. Memory does not grow with how often that happened.
// 3. With g++ the library is compiled with -fno-gnu-unique: else the dynamic linker keeps it for ever, which is right as
//    well, and tries nothing here.
//
// Method: each cycle loads the library, uses it here, on its own thread and on a thread of ours that lives on and ends only
// after the unloading; a fork follows; the program's own map is used all the time. Whether the library is gone is asked of
// the linker (RTLD_NOLOAD).
#include <dlfcn.h>

#include "../promises/numbered.hpp"
#include "../promises/threads.hpp"
#include "children.hpp"
#include "own_memory.hpp"

namespace {

using namespace promises;
using hostile::address_space_bytes;

using use_function = bool (*)(std::uint64_t);

class plugin {
 public:
  plugin() : library_(::dlopen(PORTOLAN_HOSTILE_PLUGIN, RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) ADD_FAILURE() << ::dlerror();
  }
  ~plugin() { EXPECT_EQ(::dlclose(library_), 0); }
  plugin(const plugin&) = delete;
  plugin& operator=(const plugin&) = delete;

  [[nodiscard]] use_function function(const char* name) const {
    return reinterpret_cast<use_function>(::dlsym(library_, name));
  }
  [[nodiscard]] static bool is_loaded() {
    void* const library = ::dlopen(PORTOLAN_HOSTILE_PLUGIN, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (library != nullptr) ::dlclose(library);
    return library != nullptr;
  }

 private:
  void* library_;
};

/// Loads, uses and unloads; `own` is used beside it. One thread ends only after that.
void one_cycle(numbered_map& own, std::uint64_t number) {
  std::barrier step(2);
  std::thread outlives;
  {
    const plugin loaded;
    const use_function use = loaded.function("plugin_use_maps");
    const use_function use_on_a_thread = loaded.function("plugin_use_maps_on_a_thread");
    ASSERT_NE(use, nullptr);
    ASSERT_NE(use_on_a_thread, nullptr);
    outlives = std::thread([&, use] {
      EXPECT_TRUE(use(1'000'000));
      own.insert_or_assign(number % 50, number);
      step.arrive_and_wait();
      step.arrive_and_wait();  // the library is gone
      own.insert_or_assign(number % 50, number + 1);
    });
    EXPECT_TRUE(use(10'000'000 + number * 1'000));
    EXPECT_TRUE(use_on_a_thread(2'000'000));
    step.arrive_and_wait();
  }
  EXPECT_FALSE(plugin::is_loaded());
  step.arrive_and_wait();
  outlives.join();
  EXPECT_EQ(own.find(number % 50), number + 1);
}

TEST(a_library_that_holds_maps, is_unloaded_without_a_trace) {
  const watchdog guard("loading and unloading");
  const std::vector<numbered_kind> kinds = numbered_kinds(subjects<testing::Types<concurrent>>());
  const std::unique_ptr<numbered_map> own = kinds[0].make();
  const int cycles = hostile::cycles();
  std::size_t bytes = 0;
  for (int i = 0; i < cycles && !HasFailure(); ++i) {
    one_cycle(*own, static_cast<std::uint64_t>(i));
    if (i == cycles / 3) bytes = address_space_bytes();
  }
  // Stacks and arenas of threads, of which the C library keeps some.
  if (!support::sanitized) {
    EXPECT_LE(address_space_bytes(), bytes + (std::size_t{160} << 20));
  }
}

TEST(a_library_that_holds_maps, is_not_asked_by_a_fork_after_it_was_unloaded) {
  const auto ends = hostile::in_children(std::max(1, hostile::cycles() / 10), [](int i) {
    const std::vector<numbered_kind> kinds = numbered_kinds(subjects<testing::Types<concurrent>>());
    const std::unique_ptr<numbered_map> own = kinds[0].make();
    {
      const plugin loaded;
      if (!loaded.function("plugin_use_maps")(static_cast<std::uint64_t>(i))) return false;
    }
    own->insert(1, 1);
    const pid_t child = ::fork();
    if (child == 0) ::_exit(own->contains(1) ? 0 : 1);
    int status = -1;
    return ::waitpid(child, &status, 0) == child && status == 0;
  });
  EXPECT_EQ(ends, hostile::all_well);
}

// What is still loaded at the end of the process is destroyed with it.
TEST(a_library_that_holds_maps, may_be_loaded_when_the_process_ends) {
  const auto ends = hostile::in_children(std::max(1, hostile::cycles() / 10), [](int i) -> bool {
    auto* const loaded = new plugin;
    if (!loaded->function("plugin_use_maps")(static_cast<std::uint64_t>(i))) return false;
    std::exit(0);
  });
  EXPECT_EQ(ends, hostile::all_well);
}

}  // namespace
