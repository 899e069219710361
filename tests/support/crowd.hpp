// Threads that begin together, and that linger at the named steps of a protocol, so that narrow windows are met often.
//
//   const support::lingering<256, 4'000> at_steps;            one step in 256 yields, another pauses up to 4,000 times
//   support::run_threads(4, [&](unsigned id) { … });          all four, from one moment on, until all have ended
//
// The steps exist where PORTOLAN_STEPS is defined before the first header of Portolan.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include <portolan/base/platform.hpp>

namespace support {

/// Marsaglia's xorshift; `state` is not 0.
inline std::uint64_t next_random(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

template <class Body>
void run_threads(unsigned count, Body body) {
  std::atomic<unsigned> waiting{count};
  std::vector<std::thread> threads;
  for (unsigned id = 0; id < count; ++id) {
    threads.emplace_back([&, id] {
      waiting.fetch_sub(1);
      while (waiting.load() != 0) std::this_thread::yield();
      body(id);
    });
  }
  for (auto& thread : threads) thread.join();
}

/// Make one before the threads, of static life.
template <std::uint64_t OneIn, std::uint64_t MostPauses>
class lingering {
 public:
  lingering() { portolan::platform::step_hook.store(&linger); }

 private:
  static void linger(const char*) {
    static constexpr std::uint64_t seed = 0x9E3779B97F4A7C15U;
    thread_local std::uint64_t random = seed ^ reinterpret_cast<std::uintptr_t>(&random);
    const std::uint64_t draw = next_random(random) % OneIn;
    if (draw == 0) std::this_thread::yield();
    if (draw == 1) {
      for (std::uint64_t i = next_random(random) % MostPauses; i > 0; --i) portolan::platform::pause();
    }
  }
};

}  // namespace support
