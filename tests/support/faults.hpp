// Faults on demand: the n-th call of whatever may throw throws.
//
//   faults::arm(n)  →  the operation: faults::point(kind), point(kind), …  →  the n-th throws  →  faults::disarm()
//
// 1. A fault point counts only while an operation is armed, and only on the thread that armed it.
// 2. Each point says of what kind it is; of what kind the one was that failed can be asked for afterwards.
#pragma once

#include <array>
#include <cstddef>
#include <exception>

namespace support {

struct injected : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "injected"; }
};

/// What failed.
enum class fault : unsigned char { allocation, hash, equality, construction, copy, move, visitor };
inline constexpr std::size_t fault_kinds = 7;
inline constexpr std::array<const char*, fault_kinds> fault_names{"allocation", "hash", "equality", "construction",
                                                                  "copy",       "move", "visitor"};

class faults {
 public:
  /// Called by everything that may fail.
  static void point(fault kind = fault::visitor) {
    if (strikes(kind)) throw injected();
  }
  /// Says whether this point is the one that fails; for allocators, which throw std::bad_alloc.
  [[nodiscard]] static bool strikes(fault kind = fault::allocation) noexcept {
    if (left_ == 0) return false;
    if (--left_ != 0) return false;
    fired_ = true;
    last_ = kind;
    return true;
  }
  static void arm(int nth) noexcept {
    left_ = nth;
    fired_ = false;
  }
  static void disarm() noexcept { left_ = 0; }
  [[nodiscard]] static bool fired() noexcept { return fired_; }
  /// Of what kind the point was that failed.
  [[nodiscard]] static fault last() noexcept { return last_; }

 private:
  static inline thread_local int left_ = 0;
  static inline thread_local bool fired_ = false;
  static inline thread_local fault last_ = fault::visitor;
};

}  // namespace support
