// What another thread, a timer or a process brings about in its own time.
//
//   EXPECT_TRUE(support::eventually([&] { return map.stats().tables == 1; }));
//
// No test asserts how long something takes: the limit only turns a wait for ever into a failure.
#pragma once

#include <chrono>
#include <thread>

namespace support {

/// Looks every few milliseconds; false if it does not hold after a minute.
template <class Holds>
[[nodiscard]] bool eventually(Holds&& holds) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > limit) return holds();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace support
